"""Check the models: their files, what runs them, and that a face is really restored."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, PackagePath, files

from gfrnet.doctor.check import Check, State
from gfrnet.errors import PIP, GfrnetError, ModelError
from gfrnet.files import sha256
from gfrnet.types import UInt8Image

FACE_MODELS = (
    "shape_predictor_5_face_landmarks.dat",
    "shape_predictor_68_face_landmarks.dat",
    "dlib_face_recognition_resnet_model_v1.dat",
    "mmod_human_face_detector.dat",
)
"""Files of `face-recognition-models` that gfrnet reads."""

AGAIN = f"Install again: {PIP} install --force-reinstall --no-deps"


@dataclass(frozen=True, eq=False)
class Trial:
    """Hold what a trial restores, each (H, W, 3) RGB of the same size.

    Attributes:
        truth: Portrait of one face.
        degraded: The same, made bad.
        guide: Another picture of the person.
    """

    truth: UInt8Image
    degraded: UInt8Image
    guide: UInt8Image


def check_providers() -> Iterator[Check]:
    """Name what ONNX Runtime can compute on."""
    import onnxruntime

    there = onnxruntime.get_available_providers()
    found = ", ".join(there)
    if "CPUExecutionProvider" in there:
        yield Check("providers", State.OK, found)
    else:
        yield Check("providers", State.FAULT, found or "none", f"{AGAIN} onnxruntime")


def check_models() -> Iterator[Check]:
    """Compare the SHA-256 of every embedded model with the catalogue."""
    from gfrnet.weights import BAD_FACES, CROWDS, DETECTOR, GLASSES, MODELS, check_installed

    for model in (*MODELS, DETECTOR, GLASSES, CROWDS, BAD_FACES):
        name, remedy = f"model {model.name}", f"{AGAIN} /path/to/gfrnet"
        if not model.path.is_file():
            yield Check(name, State.FAULT, f"{model.path} is missing", remedy)
            continue
        try:
            check_installed(model)
            yield Check(name, State.OK, f"{model.version}, SHA-256 as released")
        except ModelError:
            yield Check(name, State.FAULT, f"{model.path} is damaged: its SHA-256 is another one", remedy)


def check_face_models() -> Iterator[Check]:
    """Compare the networks that find and compare faces with the checksums of their package."""
    from gfrnet.faces.models import model_path

    checksums = _checksums()
    unknown, remedy = [], f"{AGAIN} face-recognition-models"
    for file in FACE_MODELS:
        try:
            path = model_path(file)
        except ModelError:
            yield Check("face models", State.FAULT, f"{file} is missing", remedy)
            return
        if file not in checksums:
            unknown.append(file)
        elif sha256(path) != checksums[file]:
            found = f"{path} is damaged: its SHA-256 is another one"
            yield Check("face models", State.FAULT, found, remedy)
            return
    if unknown:
        yield Check("face models", State.WARNING, f"no checksums of {', '.join(unknown)}", remedy)
    else:
        yield Check("face models", State.OK, f"{len(FACE_MODELS)} files, SHA-256 as installed")


def check_restoring(trial: Trial) -> Iterator[Check]:
    """Restore a face with the default model, and see whether it comes nearer to the truth."""
    from gfrnet.faces import CropPlace, cut
    from gfrnet.metrics import psnr
    from gfrnet.restore import Restorer
    from gfrnet.weights import DEFAULT

    started, name, remedy = time.perf_counter(), "restoring", f"{AGAIN} /path/to/gfrnet onnxruntime"
    try:
        result = Restorer.load(DEFAULT).restore(trial.degraded, [trial.guide])
        result.check()
    except GfrnetError as error:
        yield Check(name, State.FAULT, f"{DEFAULT} restores nothing. {error}", remedy)
        return
    seconds = time.perf_counter() - started
    box = next(face.box for face in result.faces if face.result)
    truth = cut(trial.truth, CropPlace.around(box))
    before, after = (
        psnr(cut(pixels, truth.place).pixels, truth.pixels, truth.real)
        for pixels in (trial.degraded, result.photo.rgb8)
    )
    found = f"{DEFAULT} restores a face in {seconds:.1f} s: PSNR {before:.2f} dB before, {after:.2f} dB after"
    if after > before:
        yield Check(name, State.OK, found)
    else:
        yield Check(name, State.FAULT, found, remedy)


def _checksums() -> dict[str, str]:
    """Return the SHA-256 that the package of the face models was installed with, by file name."""
    try:
        listed = files("face-recognition-models") or []
    except PackageNotFoundError:
        return {}
    return {file.name: _hexadecimal(file) for file in listed if file.hash and file.hash.mode == "sha256"}


def _hexadecimal(file: PackagePath) -> str:
    value = file.hash.value if file.hash else ""
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
