"""Time each stage of restoring alone, then whole photos."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeAlias

import cv2
import numpy as np

from gfrnet import faces, images
from gfrnet.degradation import Recipe, degrade
from gfrnet.restore import Restorer
from gfrnet.runtime import Runtime
from gfrnet.types import Box, FloatImage, UInt8Image

SIDE = 1000
"""Side of the photo, pixels."""

RECIPE = Recipe(blur=1, scale=4, noise=3, jpeg=40, seed=1)
"""Degradation that is timed; it has all four steps of equation 4."""

FACES = 8
"""Number of faces in the largest run of the network."""

_Stage: TypeAlias = tuple[str, Callable[[], object]]


@dataclass(frozen=True)
class Timing:
    """Hold one line of the table.

    Attributes:
        stage: What was timed.
        milliseconds: Median time of a run.
        fastest: Shortest time of a run, milliseconds.
        memory: Largest memory of the process so far, in MB; None where the system does not tell (Windows).
    """

    stage: str
    milliseconds: float
    fastest: float
    memory: float | None


def time_stages(photo: UInt8Image, guide: UInt8Image, runtime: Runtime, runs: int) -> Iterator[Timing]:
    """Time every stage, after one run that warms it up.

    Args:
        photo: (H, W, 3) RGB, with one face; it is resized to a square of `SIDE` pixels.
        guide: (H, W, 3) RGB, a good photo of the same person, resized likewise.
        runtime: Runs the network.
        runs: Number of runs of each stage, 1 or more.

    Yields:
        One timing a stage, as soon as it is known.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = _Files(*(Path(folder) / f"{name}.jpg" for name in ("photo", "guide", "result")))
        images.write(images.Photo(_resized(photo)), files.photo)
        images.write(images.Photo(_resized(guide)), files.guide)
        sample = _Sample.of(files)
        for stage, run in (*_parts(sample, runtime), *_whole(files, runtime), *_more(sample, runtime)):
            yield _timed(stage, runs, run)


@dataclass(frozen=True)
class _Files:
    photo: Path
    guide: Path
    result: Path


@dataclass(frozen=True, eq=False)
class _Sample:
    """Hold the photo as it is on its way through the stages."""

    files: _Files
    photo: images.Photo
    box: Box
    crop: faces.Crop
    batch: FloatImage

    @classmethod
    def of(cls, files: _Files) -> _Sample:
        """Read, detect and cut."""
        photo = images.read(files.photo)
        box = faces.find_faces(photo.rgb8)[0].box
        crop = faces.cut(photo.pixels, faces.CropPlace.around(box))
        return cls(files, photo, box, crop, np.repeat(images.to_signed(crop.pixels)[None], FACES, axis=0))


def _parts(sample: _Sample, runtime: Runtime) -> tuple[_Stage, ...]:
    pixels, image, place = sample.photo.pixels, sample.photo.rgb8, sample.crop.place
    one, changed = sample.batch[:1], sample.crop.pixels.astype(np.float32) + 3
    return (
        ("read JPEG", lambda: images.read(sample.files.photo)),
        ("detect faces", lambda: faces.find_faces(image)),
        ("recognise one face", lambda: faces.embed(image, sample.box)),
        ("cut and paste", lambda: faces.paste(pixels, faces.cut(pixels, place), changed)),
        ("network, 1 face", lambda: runtime.run(one, one)),
        ("write JPEG", lambda: images.write(sample.photo, sample.files.result)),
    )


def _whole(files: _Files, runtime: Runtime) -> tuple[_Stage, ...]:
    restorer = Restorer(runtime)

    def restore(restorer: Restorer) -> None:
        restorer.restore(files.photo, [files.guide]).save(files.result)

    return (
        ("whole photo, guide known", lambda: restore(restorer)),
        ("whole photo, new guide", lambda: restore(Restorer(runtime))),
    )


def _more(sample: _Sample, runtime: Runtime) -> tuple[_Stage, ...]:
    """Return what a photo of one face does not need; it comes last because it takes most memory."""
    batch = sample.batch
    return (
        (f"network, {FACES} times 1 face", lambda: [runtime.run(batch[:1], batch[:1]) for _ in batch]),
        (f"network, {FACES} faces", lambda: runtime.run(batch, batch)),
        ("degrade 256 x 256", lambda: degrade(sample.crop.pixels, RECIPE)),
    )


def _resized(pixels: UInt8Image) -> UInt8Image:
    return np.asarray(cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _timed(stage: str, runs: int, run: Callable[[], object]) -> Timing:
    run()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1000)
    return Timing(stage, median(times), min(times), _peak_memory())


def _peak_memory() -> float | None:
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
