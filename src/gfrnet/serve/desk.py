"""Give a job in a worker what it needs: its files, its results, and somebody to tell."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from gfrnet.serve.keeping import KeepingRestorer
from gfrnet.types import Box

FacePicture: TypeAlias = Literal[
    "before",
    "guide",
    "warped",
    "after",
    "region-before",
    "region-restored",
    "region-textured",
]
"""Pictures of a face.

- ``before``, ``guide``, ``warped``, ``after``: Crops of 256 x 256 pixels, upright for the network.
- ``region-before``, ``region-restored``, ``region-textured``: The part of the photo around the face, for
  blends. They are as it was, and with all of the change at fidelity 1 and at fidelity 0.
"""

PhotoPicture: TypeAlias = Literal[
    "after", "sheet", "view-before", "view-after", "view-restored", "view-textured"
]
"""Pictures of a photo.

- ``after``: The result itself, in its own format.
- ``sheet``: Before, guide and after of every face.
- ``view-before``, ``view-restored``, ``view-textured``: The whole photo for a screen, for blends.
- ``view-after``: The result for a screen, where several faces have strengths of their own.
"""

SUFFIXES = {"view": ".jpg", "region": ".jpg"}


def photo_picture(out: Path, photo: int, picture: PhotoPicture) -> Path | None:
    """Return the file of a picture of a photo; None where there is none (yet).

    Args:
        out: Folder of the results of the job.
        photo: Position of the photo.
        picture: Which picture.
    """
    folder = out / str(photo)
    if picture == "after":
        found = sorted(path for path in (folder / "after").glob("*") if not path.name.startswith("."))
        return found[0] if found else None
    path = folder / f"{picture}{_suffix(picture)}"
    return path if path.is_file() else None


def face_picture(out: Path, photo: int, face: int, picture: FacePicture) -> Path | None:
    """Return the file of a picture of a face; None where there is none (yet)."""
    path = face_folder(out, photo, face) / f"{picture}{_suffix(picture)}"
    return path if path.is_file() else None


def guide_picture(out: Path, guide: int) -> Path | None:
    """Return the file of the small picture of a guide; None where there is none."""
    path = guide_file(out, guide)
    return path if path.is_file() else None


def guide_file(out: Path, guide: int) -> Path:
    """Return where the small picture of a guide lies."""
    return out / "guides" / f"{guide}.png"


def face_folder(out: Path, photo: int, face: int) -> Path:
    """Return the folder of the files of a face."""
    return out / str(photo) / "faces" / str(face)


def _suffix(picture: str) -> str:
    return SUFFIXES.get(picture.partition("-")[0], ".png")


def as_ltwh(box: Box) -> tuple[float, float, float, float]:
    """Return left, top, width, height, as clients give and get boxes."""
    return box.left, box.top, box.width, box.height


def as_box(ltwh: tuple[float, float, float, float]) -> Box:
    """Return the box of left, top, width, height."""
    left, top, width, height = ltwh
    return Box(left, top, left + width, top + height)


@dataclass(frozen=True)
class Desk:
    """Hold what a job in a worker needs. The current folder is that of its input files.

    Attributes:
        job: Name of the job.
        jobs: Folder of all jobs.
        roots: Folders below which albums lie.
        names: Names of the input files by their SHA-256.
        restorer: Restores, with its model loaded.
        model: Name of the model for people.
        max_megabytes: Largest decoded size of a picture.
        tell: Writes down what happens.
        stopped: Whether the job is to end.
        earlier: What happened before a worker or server died, as kind and data.
    """

    job: str
    jobs: Path
    roots: tuple[Path, ...]
    names: Mapping[str, str]
    restorer: KeepingRestorer
    model: str
    max_megabytes: float
    tell: Callable[[str, Mapping[str, Any]], None]
    stopped: Callable[[], bool]
    earlier: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    def out(self) -> Path:
        """Return the folder of the results."""
        return self.jobs / self.job / "out"

    def clear(self, photo: int) -> Path:
        """Make the folder of a photo's results anew; return it."""
        folder = self.out / str(photo)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def told(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """Yield what was told of one kind before a worker or server died."""
        return (data for earlier, data in self.earlier if earlier == kind)
