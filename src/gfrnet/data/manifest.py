"""The manifest: one row a photo, in a CSV file that a spreadsheet opens.

Columns: person, source (path below SRC), crop (path below the data set), left, top, right, bottom (the real,
unpadded part of the crop in crop pixels), landmarks (68 pairs ``x y`` in crop pixels, the centre of column i
is i), guide (1 for the person's guide image), dropped (why the photo is not used; empty for a used one).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gfrnet import images
from gfrnet.errors import DataError
from gfrnet.types import BoolArray, FloatArray, UInt8Image

MANIFEST = "manifest.csv"
COLUMNS = ("person", "source", "crop", "left", "top", "right", "bottom", "landmarks", "guide", "dropped")


@dataclass(frozen=True)
class Portrait:
    """One photo of one person.

    Attributes:
        person: Folder name of the person.
        source: Path of the photo below the source folder.
        crop: Path of the 256 x 256 crop; empty for a dropped photo.
        real: (left, top, right, bottom) of the part of the crop that is photo and not padding, crop pixels.
        landmarks: (68, 2) x, y in crop pixels, pixel centres; None for a dropped photo.
        guide: Whether this is the person's guide image (section 4.1).
        dropped: Why the photo is not used; empty for a used one.
    """

    person: str
    source: str
    crop: Path | None
    real: tuple[int, int, int, int]
    landmarks: FloatArray | None
    guide: bool = False
    dropped: str = ""

    def pixels(self) -> UInt8Image:
        """The (256, 256, 3) crop, RGB 0..255."""
        if self.crop is None:
            raise DataError(f"{self.source} was dropped ({self.dropped}); it has no crop.")
        return images.read(self.crop).rgb8

    def points(self) -> FloatArray:
        """(68, 2) landmarks in crop pixels."""
        if self.landmarks is None:
            raise DataError(f"{self.source} was dropped ({self.dropped}); it has no landmarks.")
        return self.landmarks

    def mask(self, size: int = 256) -> BoolArray:
        """(size, size), true in the real part."""
        left, top, right, bottom = self.real
        mask = np.zeros((size, size), dtype=np.bool_)
        mask[top:bottom, left:right] = True
        return mask


def write_manifest(root: Path, portraits: Iterable[Portrait]) -> Path:
    """Write ``manifest.csv`` in the data set's folder."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_to_row(root, portrait) for portrait in portraits)
    return images.write_text(text.getvalue(), root / MANIFEST)


def read_manifest(root: Path) -> tuple[Portrait, ...]:
    """Read the used photos of a data set.

    Raises:
        DataError: There is no manifest, it has other columns, or no photo in it is used.
    """
    path = root / MANIFEST
    if not path.is_file():
        raise DataError(f"{path} is missing. Build the data set first: gfrnet data build PHOTOS -o {root}")
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise DataError(f"{path} has other columns than {', '.join(COLUMNS)}. Build the data set again.")
        portraits = tuple(_from_row(root, row) for row in reader if not row["dropped"])
    if not portraits:
        raise DataError(f"{path} lists no usable photo. Its last column says why each was dropped.")
    return portraits


def read_manifests(roots: Iterable[Path]) -> tuple[Portrait, ...]:
    """Read several data sets as one.

    Raises:
        DataError: One of them cannot be read, or two of them have a person of the same name.
    """
    homes: dict[str, Path] = {}
    portraits: list[Portrait] = []
    for root in roots:
        found = read_manifest(root)
        for person in by_person(found):
            if homes.setdefault(person, root) != root:
                raise DataError(
                    f"{person} is in {homes[person]} and in {root}. Two people must not share a "
                    "name: rename the folder of one of them and build that data set again."
                )
        portraits += found
    return tuple(portraits)


def by_person(portraits: Iterable[Portrait]) -> dict[str, tuple[Portrait, ...]]:
    """Portraits grouped by person, in the manifest's order."""
    people: dict[str, list[Portrait]] = {}
    for portrait in portraits:
        people.setdefault(portrait.person, []).append(portrait)
    return {person: tuple(group) for person, group in people.items()}


def _to_row(root: Path, portrait: Portrait) -> dict[str, str | int]:
    left, top, right, bottom = portrait.real
    points = () if portrait.landmarks is None else portrait.landmarks.ravel()
    return {
        "person": portrait.person,
        "source": portrait.source,
        "crop": "" if portrait.crop is None else portrait.crop.relative_to(root).as_posix(),
        "left": left,
        "top": top,
        "right": right,
        "bottom": bottom,
        "landmarks": " ".join(f"{value:.2f}" for value in points),
        "guide": int(portrait.guide),
        "dropped": portrait.dropped,
    }


def _from_row(root: Path, row: dict[str, str]) -> Portrait:
    try:
        real = (int(row["left"]), int(row["top"]), int(row["right"]), int(row["bottom"]))
        landmarks = np.array(row["landmarks"].split(), dtype=np.float32).reshape(68, 2)
    except ValueError as error:
        raise DataError(
            f"{root / MANIFEST}: the row of {row['source']} is broken ({error}). Build again."
        ) from error
    return Portrait(row["person"], row["source"], root / row["crop"], real, landmarks, row["guide"] == "1")
