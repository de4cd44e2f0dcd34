"""Convert between the colour space of a photo and sRGB, in which networks see faces."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from gfrnet.types import UInt8Image

NEAR = 2
"""Largest difference, in levels of 255, of a space that counts as sRGB."""

_STEPS = (0, 32, 64, 96, 128, 160, 192, 224, 255)


@dataclass(frozen=True, eq=False)
class ColourSpace:
    """Convert pixels of an RGB space other than sRGB. Threads may share it."""

    _into: Any = field(repr=False)
    _back: Any = field(repr=False)

    def to_srgb(self, pixels: UInt8Image) -> UInt8Image:
        """Return (H, W, 3) pixels of this space in sRGB; colours outside it move to its edge."""
        return _applied(self._into, pixels)

    def from_srgb(self, pixels: UInt8Image) -> UInt8Image:
        """Return (H, W, 3) sRGB pixels in this space."""
        return _applied(self._back, pixels)


@lru_cache(maxsize=16)
def colour_space(icc: bytes | None) -> ColourSpace | None:
    """Return the colour space of a profile; None for sRGB, for no RGB, and for a broken profile.

    Args:
        icc: The profile as a photo holds it; None for sRGB.
    """
    if not icc or icc[16:20] != b"RGB ":
        return None
    try:
        space = ColourSpace(_transform(icc, to_srgb=True), _transform(icc, to_srgb=False))
        colours = np.stack(np.meshgrid(_STEPS, _STEPS, _STEPS), axis=-1).reshape(-1, 1, 3).astype(np.uint8)
        moved = np.abs(space.to_srgb(colours).astype(np.int16) - colours).max()
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return space if moved > NEAR else None


def _transform(icc: bytes, *, to_srgb: bool) -> Any:  # noqa: ANN401 - a transform of LittleCMS
    own = ImageCms.ImageCmsProfile(BytesIO(icc))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    source, target = (own, srgb) if to_srgb else (srgb, own)
    # Without its cache a transform may serve several threads at once.
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.NOCACHE
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    return ImageCms.buildTransform(source, target, "RGB", "RGB", intent, flags)


def _applied(transform: Any, pixels: UInt8Image) -> UInt8Image:  # noqa: ANN401
    return np.array(ImageCms.applyTransform(Image.fromarray(pixels), transform), dtype=np.uint8)
