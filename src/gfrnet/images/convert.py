"""Convert numbers and colours: [-1, 1] and 8 or 16 bit, orientation, and profiles to sRGB."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from PIL import Image, ImageCms

from gfrnet.types import AnyArray, FloatArray


def to_signed(pixels: AnyArray) -> FloatArray:
    """Return uint8 or uint16 pixels of any shape as float32 in [-1, 1]."""
    half = _largest(pixels.dtype) / 2
    signed = pixels.astype(np.float32)
    # In place: a new array costs as much time as the arithmetic.
    signed /= np.float32(half)
    signed -= np.float32(1)
    return signed


def from_signed(signed: FloatArray, dtype: DTypeLike) -> FloatArray:
    """Return [-1, 1] as float32 in the units of ``dtype`` (0..255 or 0..65535), not rounded, not clipped."""
    half = np.float32(_largest(np.dtype(dtype)) / 2)
    return (signed.astype(np.float32) + np.float32(1)) * half


def to_uint8(signed: FloatArray) -> NDArray[np.uint8]:
    """Return values of any shape in [-1, 1] as 0..255, rounded and clipped."""
    return np.clip(np.rint(from_signed(signed, np.uint8)), 0, 255).astype(np.uint8)


def to_eight_bit(pixels: AnyArray) -> NDArray[np.uint8]:
    """Return uint16 as uint8, rounded, and uint8 as it is."""
    if _largest(pixels.dtype) == 255:
        return pixels
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _largest(dtype: np.dtype[Any]) -> int:
    if dtype not in (np.uint8, np.uint16):
        raise ValueError(f"Pixels must be uint8 or uint16, got {dtype}. Convert them with to_uint8.")
    return int(np.iinfo(dtype).max)


def oriented(samples: AnyArray, orientation: int) -> AnyArray:
    """Turn and mirror (H, W, C) samples so that they stand upright.

    Args:
        samples: As stored in the file.
        orientation: The EXIF tag, 1..8; 1 is upright.
    """
    if orientation >= 5:
        samples = np.swapaxes(samples, 0, 1)
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    return np.ascontiguousarray(samples)


def to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Convert a CMYK, LAB or grey picture to RGB in sRGB.

    Args:
        image: The picture.
        icc: Its profile; without one, or with a broken one, the plain formula is used.
    """
    try:
        source = ImageCms.createProfile("LAB") if image.mode == "LAB" else _profile(icc)
        converted = ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError):
        return image.convert("RGB")
    return converted or image


def _profile(icc: bytes | None) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(BytesIO(icc or b""))
