"""Make a bad photo and a guide from the portrait that comes with the package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gfrnet import images
from gfrnet.degradation import Recipe, degrade
from gfrnet.types import UInt8Image

PORTRAIT = Path(__file__).with_name("portrait.jpg")
"""Portrait of 512 x 512 pixels with one face; public domain, see the licence beside it."""

RECIPE = Recipe(blur=1, scale=4, noise=3, jpeg=40, seed=1)
"""Degradation of the demo; it leaves a face of 22 pixels."""


@dataclass(frozen=True, eq=False)
class DemoPictures:
    """Hold the pictures that the demo starts from, each (H, W, 3) RGB.

    Attributes:
        portrait: The truth.
        degraded: The bad photo.
        guide: Another "photo" of the person.
    """

    portrait: UInt8Image
    degraded: UInt8Image
    guide: UInt8Image


def make_pictures() -> DemoPictures:
    """Read the portrait, degrade it, and make its guide."""
    portrait = images.read(PORTRAIT).rgb8
    return DemoPictures(portrait, degrade(portrait, RECIPE), make_guide(portrait))


def make_guide(portrait: UInt8Image) -> UInt8Image:
    """Make another "photo" of the person: mirrored, turned, moved and lit from the side.

    Args:
        portrait: (H, W, 3) RGB.

    Returns:
        (H, W, 3) RGB.
    """
    height, width = portrait.shape[:2]
    place = cv2.getRotationMatrix2D((width / 2, height / 2), 6, 1.08)
    place[:, 2] += 0.03 * width, 0.02 * height
    mirrored = np.ascontiguousarray(portrait[:, ::-1])
    moved = cv2.warpAffine(
        mirrored, place, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    light = np.linspace(0.75, 1.15, width)[None, :, None]
    return np.clip(np.rint(255 * (moved / 255) ** 0.9 * light), 0, 255).astype(np.uint8)
