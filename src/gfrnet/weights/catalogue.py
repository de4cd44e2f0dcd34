"""The catalogue of models: a literal tuple."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from gfrnet.errors import ModelError

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class ModelInfo:
    """One model that comes with the package.

    Attributes:
        name: What ``--model`` and `Restorer.load` take.
        file: File name inside the package.
        description: The network, in a sentence.
        licence: Licence of the weights.
        data: What it was trained on.
        size: (height, width) of the faces that it takes and gives, pixels.
        measured: Measured figures, as (what, value).
    """

    name: str
    file: str
    description: str
    licence: str
    data: str
    size: tuple[int, int]
    measured: tuple[tuple[str, str], ...]

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return FOLDER / self.file


LICENCE = "Research and non-commercial use (see docs/results/model-card.md)"

DATA = "PINS celebrity faces (research use), London Set (CC BY 4.0), single portraits"

MODELS: tuple[ModelInfo, ...] = (
    ModelInfo(
        name="gfrnet-slim",
        file="gfrnet-slim.onnx",
        description="Our slim WarpNet, RecNet and TextureNet, 11.9 M parameters, weights in half precision.",
        licence=LICENCE,
        data=DATA,
        size=(256, 256),
        measured=(
            ("measured on", "466 pairs of 19 unseen people, blind degradation (docs/results/gfrnet-slim.md)"),
            ("PSNR", "26.94 dB at 4x (bicubic 24.96), 24.23 dB at 8x (bicubic 22.21)"),
            ("SSIM", "0.769 at 4x (bicubic 0.705), 0.708 at 8x (bicubic 0.634)"),
            ("identity", "distance 0.351 at 4x, 0.487 at 8x"),
            ("with texture", "fidelity 0.5: 26.75 and 24.13 dB, identity 0.340 and 0.472"),
        ),
    ),
    ModelInfo(
        name="gfrnet-slim-int8",
        file="gfrnet-slim-int8.onnx",
        description="gfrnet-slim with convolutions in int8: half as large, and twice as fast or more.",
        licence=LICENCE,
        data=DATA,
        size=(256, 256),
        measured=(
            ("measured on", "the same pairs"),
            ("PSNR", "26.92 dB at 4x (bicubic 24.96), 24.21 dB at 8x (bicubic 22.21)"),
            ("SSIM", "0.768 at 4x (bicubic 0.705), 0.707 at 8x (bicubic 0.634)"),
            ("identity", "distance 0.351 at 4x, 0.489 at 8x; without a guide 0.381 and 0.558"),
            ("album", "the eight fittest of all photos guide: 27.10 and 24.38 dB, identity 0.330 and 0.449"),
            ("with texture", "fidelity 0.5: 26.74 and 24.11 dB, identity 0.340 and 0.476"),
        ),
    ),
)

DEFAULT = "gfrnet-slim-int8"
"""The model that is used where none is named."""


def find(name_or_path: str | Path) -> Path:
    """The file of a model, by its name in the catalogue or by its own path.

    Raises:
        ModelError: It is neither, or a folder.
    """
    for model in MODELS:
        if model.name == str(name_or_path):
            return _installed(model)
    path = Path(name_or_path)
    if path.is_dir():
        raise ModelError(f"{path} is a folder. If it is a run of `gfrnet train`, {export_first(path)}")
    if not path.is_file():
        names = ", ".join(model.name for model in MODELS)
        raise ModelError(f"There is no model `{name_or_path}`. Give a model file, or one of: {names}.")
    return path


def export_first(path: Path) -> str:
    """What to do with a network of torch where an ONNX file is needed: a run's folder, or a file of one."""
    source = path.resolve()
    model = f"{source.name if path.is_dir() else source.stem}.onnx"
    return f"export it first: {shlex.join(['gfrnet', 'export', str(path), '-o', model])}"


def _installed(model: ModelInfo) -> Path:
    if not model.path.is_file():
        raise ModelError(
            f"{model.path} is missing. Install again: pip install --force-reinstall --no-deps /path/to/gfrnet"
        )
    return model.path
