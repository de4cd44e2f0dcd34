"""Describe one photo of one person, as a row of the manifest holds it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from gfrnet import images
from gfrnet.errors import DataError
from gfrnet.types import CROP_SIZE, BoolArray, FloatArray, UInt8Image

Role: TypeAlias = Literal["guide", "target", "single", "spare", ""]
"""Purpose of a photo.

- guide: the person's guide image (section 4.1).
- target: another photo of a person with a guide image.
- single: the only photo of its person, for self-guided samples.
- spare: good, but beyond the wanted number of photos.
- empty: dropped.
"""

USED = ("guide", "target", "single")
"""Roles of the photos that training and evaluation use."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """Hold one photo of one person; `COLUMNS` explains the measures, which are 0 without a face.

    Attributes:
        person: Name of the person.
        source: Path of the photo below the source folder.
        crop: File of the crop; None where no face was found.
        real: (left, top, right, bottom) of the part of the crop that is photo and not padding, crop pixels.
        landmarks: (68, 2) x, y in crop pixels, pixel centres; None where no face was found.
        role: Purpose of the photo.
        dropped: Why the photo is not used; empty for a used one.
        split: "train", "val", or empty.
        size: Side of the crop, pixels.
        yaw: Degrees.
        pitch: Degrees.
        roll: Degrees.
        eyes_open: Opening of the less open eye.
        sharpness: Fine over coarse detail.
        resolution: Side in pixels that would hold the crop's real detail.
        occlusion: Share of the face that is covered or cut off, 0..1.
        brightness: 0..1.
        contrast: 0..1.
        side_light: -1..1.
        grey: Whether the photo is black and white, or toned.
        embedding: (128,); None where no face was found.
    """

    person: str
    source: str
    crop: Path | None
    real: tuple[int, int, int, int]
    landmarks: FloatArray | None
    role: Role = ""
    dropped: str = ""
    split: str = ""
    size: int = CROP_SIZE
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    eyes_open: float = 0.0
    sharpness: float = 0.0
    resolution: float = 0.0
    occlusion: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    side_light: float = 0.0
    grey: bool = False
    embedding: FloatArray | None = field(default=None, repr=False)

    @property
    def guide(self) -> bool:
        """Say whether this is the person's guide image (section 4.1)."""
        return self.role == "guide"

    def pixels(self) -> UInt8Image:
        """Read the (size, size, 3) crop, RGB 0..255.

        Raises:
            DataError: The photo has no crop.
            ImageError: The crop cannot be read.
        """
        if self.crop is None:
            raise DataError(f"{self.source} was dropped ({self.dropped}); it has no crop.")
        return images.read(self.crop, mend=False).rgb8

    def points(self) -> FloatArray:
        """Return the (68, 2) landmarks in crop pixels.

        Raises:
            DataError: The photo has no landmarks.
        """
        if self.landmarks is None:
            raise DataError(f"{self.source} was dropped ({self.dropped}); it has no landmarks.")
        return self.landmarks

    def mask(self) -> BoolArray:
        """Return a (size, size) mask, true in the part that is photo and not padding."""
        left, top, right, bottom = self.real
        mask = np.zeros((self.size, self.size), dtype=np.bool_)
        mask[top:bottom, left:right] = True
        return mask


def by_person(portraits: Iterable[Portrait]) -> dict[str, tuple[Portrait, ...]]:
    """Group portraits by person, in the order of the manifest."""
    people: dict[str, list[Portrait]] = {}
    for portrait in portraits:
        people.setdefault(portrait.person, []).append(portrait)
    return {person: tuple(group) for person, group in people.items()}


def guide_image(group: Sequence[Portrait]) -> Portrait:
    """Return a person's guide image; the first photo where none is marked."""
    return next((portrait for portrait in group if portrait.guide), group[0])


def kind_of_reason(dropped: str) -> str:
    """Shorten the reason of a dropped photo to its kind, without the details of this photo."""
    return dropped.split(":")[0].split(" of ")[0].split(";")[0]
