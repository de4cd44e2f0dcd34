"""List the models of the package, and find their files."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gfrnet.errors import PIP, ConfigError, ModelError
from gfrnet.files import sha256
from gfrnet.types import CROP_SIZE

FOLDER = Path(__file__).parent
"""Folder of the model files."""

MEASURED = FOLDER / "measured.json"
"""File of each model's measured figures, (what, value) by name; ``python scripts/figures.py`` writes it."""


@dataclass(frozen=True)
class WeightsFile:
    """Describe a file of weights that comes with the package.

    Attributes:
        name: Name of what it holds.
        file: File name inside the package.
        version: Day on which these weights were released.
        sha256: SHA-256 of the file, 64 hexadecimal digits.
        description: Sentence about it.
        licence: Licence of the weights.
        data: Photographs that it was trained on.
    """

    name: str
    file: str
    version: str
    sha256: str
    description: str
    licence: str
    data: str

    @property
    def path(self) -> Path:
        """Return the place of the file."""
        return FOLDER / self.file


@dataclass(frozen=True)
class ModelInfo(WeightsFile):
    """Describe one model that restores faces; ``--model`` and `Restorer.load` take its name.

    Attributes:
        size: (height, width) of the faces that it takes and gives, pixels.
    """

    size: tuple[int, int]

    @property
    def measured(self) -> tuple[tuple[str, str], ...]:
        """Return the measured figures, as (what, value)."""
        return tuple((what, value) for what, value in json.loads(MEASURED.read_text("utf-8"))[self.name])


LICENCE = "Research and non-commercial use (see docs/results/model-card.md)"

DATA = "PINS celebrity faces (research use), London Set (CC BY 4.0), single portraits"

MODELS: tuple[ModelInfo, ...] = (
    ModelInfo(
        name="gfrnet-slim",
        file="gfrnet-slim.onnx",
        version="2026-11-27",
        sha256="73f4d1652481f6ca37309f358ad33515b7d9f792aada0fe750ccd7e8d00cc26d",
        description="Our slim WarpNet, RecNet and TextureNet, 11.9 M parameters, weights in half precision.",
        licence=LICENCE,
        data=DATA,
        size=(CROP_SIZE, CROP_SIZE),
    ),
    ModelInfo(
        name="gfrnet-slim-int8",
        file="gfrnet-slim-int8.onnx",
        version="2026-11-27",
        sha256="f0e123e4e2d3feccf7bfa0d1fb4e7262b8877dc65db24d2c041f87e3820196bc",
        description="gfrnet-slim with convolutions in int8: half as large, and twice as fast or more.",
        licence=LICENCE,
        data=DATA,
        size=(CROP_SIZE, CROP_SIZE),
    ),
)

DEFAULT = "gfrnet-slim-int8"
"""Name of the model that is used where none is named."""


DETECTOR = WeightsFile(
    name="face-detector",
    file="face-detector.onnx",
    version="2026-11-29",
    sha256="edbda8e5355322b4e8d4c56124f584d417bc657586d3bf5308c3fc53ee997837",
    description="Our detector of faces at every turn of the head, 0.1 M parameters.",
    licence=LICENCE,
    data="PINS celebrity faces, public figures, LFW (research use), London Set (CC BY 4.0), single portraits",
)
"""Network that finds the faces; `faces.find_faces` runs it."""

GLASSES = WeightsFile(
    name="glasses",
    file="glasses.npy",
    version="2026-11-29",
    sha256="7df5ffe3398c3bb58e1a94edd6e12010f263af585d23d78d47c29f6d37348aa1",
    description="Our logistic regression that finds glasses in guides, 981 weights.",
    licence=LICENCE,
    data="PINS celebrity faces, LFW (research use), single portraits",
)
"""Weights that find glasses; `restore.glasses` runs them, and `scripts/glasses.py` learned them."""

CROWDS = WeightsFile(
    name="crowds",
    file="crowds.npy",
    version="2026-11-29",
    sha256="a1663287faca22ff97897a5ec35d5f4678d2ecc0ee20f627ed6ad54455f5e99e",
    description="Our 32 middles of crowds of people who look alike to the recogniser.",
    licence=LICENCE,
    data="PINS celebrity faces, public figures, LFW (research use)",
)
"""Mean embeddings of many people each; `album.closeness` reads them."""


BAD_FACES = WeightsFile(
    name="bad-faces",
    file="bad-faces.npy",
    version="2026-11-29",
    sha256="4e1356fb513bce5dbffcdbe54be53c81063ff4317fbd92e32ab8e4ddcb2aa9d0",
    description="Mean embeddings of good and of bad faces, 384 values.",
    licence=LICENCE,
    data="PINS celebrity faces, LFW (research use)",
)
"""Centres of embeddings; `album.attaching` uses them, and `benchmarks/album_attaching.py` measured them."""


def find(name_or_path: str | Path) -> Path:
    """Return the file of an installed model by its name, or the path of another model.

    The SHA-256 of an installed file is checked once. That takes about 10 ms for 13 MB.

    Raises:
        ConfigError: It is neither text nor a path.
        ModelError: There is no such name, file or folder; or an installed file is missing or damaged.
    """
    if not (isinstance(name_or_path, (str, Path)) and str(name_or_path)):
        raise ConfigError(f"A model is given as its name or the path of a file, got {name_or_path!r}.")
    for model in MODELS:
        if model.name == str(name_or_path):
            return check_installed(model)
    path = Path(name_or_path)
    # `Path.exists` raises for a name that is too long.
    if not os.path.exists(path):
        names = ", ".join(model.name for model in MODELS)
        raise ModelError(
            f"There is no model `{name_or_path}`. Give a model file, the folder of a run, or one of: {names}."
        )
    return path


def check_installed(model: WeightsFile) -> Path:
    """Return a file of weights of the package. Its SHA-256 is checked once.

    Raises:
        ModelError: The file is missing or damaged.
    """
    again = f"Install again: {PIP} install --force-reinstall --no-deps /path/to/gfrnet"
    if not model.path.is_file():
        raise ModelError(f"{model.path} is missing. {again}")
    state = model.path.stat()
    if _sha256(model.path, state.st_mtime_ns, state.st_size) != model.sha256:
        raise ModelError(f"{model.path} is damaged or was changed: its SHA-256 is another one. {again}")
    return model.path


@lru_cache(maxsize=16)
def _sha256(path: Path, changed: int, size: int) -> str:
    """Hash a file; a changed time or size makes the remembered hash invalid."""
    return sha256(path)
