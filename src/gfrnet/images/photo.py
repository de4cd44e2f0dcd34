"""Hold a picture in memory, with everything of its file that must be written again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from gfrnet.images.chunks import Text
from gfrnet.images.convert import to_eight_bit
from gfrnet.types import AnyArray, UInt8Image

PixelArray: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
"""(H, W, 3) RGB or (H, W), 0..255 or 0..65535."""


@dataclass(frozen=True, eq=False)
class Photo:
    """Hold a picture, upright, with its metadata.

    Attributes:
        pixels: (H, W, 3) RGB, uint8 or uint16.
        alpha: (H, W) opacity of the same dtype, or None.
        grey: Whether the picture has no colour; then it is written with a single channel.
        exif: EXIF as a JPEG holds it (``Exif``, two zero bytes, a TIFF header), orientation 1, no thumbnail.
        xmp: XMP of the file, without orientation and size.
        icc: The colour profile of ``pixels``; None is sRGB.
        dpi: Resolution across and down, dots per inch, where the file states it beside its EXIF.
        iptc: IPTC records: captions, names and places as press agencies write them.
        text: Texts, such as the title of a PNG or the comment of a JPEG.
        png_colour: Names and data of the chunks of a PNG that state colours beside a profile.
        lossless: Whether the file is a WebP without loss; then it is written so again.
        orientation: Orientation of the pixels as the file stores them, 1..8; those here are upright.
        remarks: Sentences for people on what of the file is lost, such as a gain map.
        first_of_several: Whether the file holds more pictures: pages, or frames of an animation.
        format: Format of the file: "JPEG", "PNG", "WEBP", "TIFF", "AVIF", "BMP", "GIF" or "HEIC".
        path: The file, None for a picture made in memory. `write` never overwrites it.
    """

    pixels: PixelArray = field(repr=False)
    alpha: PixelArray | None = field(default=None, repr=False)
    grey: bool = False
    exif: bytes | None = field(default=None, repr=False)
    xmp: bytes | None = field(default=None, repr=False)
    icc: bytes | None = field(default=None, repr=False)
    dpi: tuple[float, float] | None = None
    iptc: bytes | None = field(default=None, repr=False)
    text: tuple[Text, ...] = field(default=(), repr=False)
    png_colour: tuple[tuple[bytes, bytes], ...] = field(default=(), repr=False)
    lossless: bool = False
    orientation: int = 1
    remarks: tuple[str, ...] = ()
    first_of_several: bool = False
    format: str = "PNG"
    path: Path | None = None

    def __post_init__(self) -> None:
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or shape[2] != 3 or 0 in shape or dtype not in (np.uint8, np.uint16):
            raise ValueError(f"A photo needs (H, W, 3) pixels of uint8 or uint16, got {shape} of {dtype}.")
        if self.alpha is not None and (self.alpha.shape != shape[:2] or self.alpha.dtype != dtype):
            raise ValueError(
                f"The alpha must be {shape[:2]} of {dtype} like the pixels, "
                f"got {self.alpha.shape} of {self.alpha.dtype}."
            )

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Return the width in pixels."""
        return int(self.pixels.shape[1])

    @property
    def rgb8(self) -> UInt8Image:
        """Return (H, W, 3), 0..255: the pixels themselves where they have 8 bit, else rounded from 16."""
        return to_eight_bit(self.pixels)

    def with_pixels(self, pixels: PixelArray) -> Photo:
        """Return the same photo with other pixels.

        Args:
            pixels: (H, W, 3) of the same dtype; of the same size where the photo has an alpha.

        Raises:
            ValueError: The shape or dtype does not fit.
        """
        if pixels.dtype != self.pixels.dtype:
            raise ValueError(f"The photo has {self.pixels.dtype} pixels, got {pixels.dtype}.")
        return replace(self, pixels=pixels)

    def enlarged(self, factor: float) -> Photo:
        """Return the photo enlarged with a Lanczos filter, alpha too.

        Edge coordinates scale by exactly ``factor``, also where the new size had to be rounded.

        Raises:
            ValueError: ``factor`` is below 1.
        """
        if factor < 1:
            raise ValueError(f"The scale must be 1 or more, got {factor}.")
        if factor == 1:
            return self
        if self.alpha is None:
            return replace(self, pixels=_enlarged(self.pixels, factor))
        pixels = _enlarged_under_alpha(self.pixels, self.alpha, factor)
        return replace(self, pixels=pixels, alpha=_enlarged(self.alpha, factor))


def _enlarged(pixels: AnyArray, factor: float) -> AnyArray:
    # By factor and not by size: OpenCV then uses the factor itself and not the ratio of rounded sizes.
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_LANCZOS4))


def _enlarged_under_alpha(pixels: AnyArray, alpha: AnyArray, factor: float) -> AnyArray:
    """Enlarge colours weighed by their opacity, so that hidden ones do not bleed into visible ones."""
    plain = _enlarged(pixels, factor)
    limit = np.iinfo(pixels.dtype).max
    if alpha.min() == limit:
        return plain
    opacity = alpha.astype(np.float32)[..., None] / limit
    weight = _enlarged(opacity, factor)[..., None]
    visible = _enlarged(pixels * opacity, factor) / np.maximum(weight, 1 / 255)
    rounded = np.clip(np.rint(visible), 0, limit).astype(pixels.dtype)
    return np.where(weight >= 1 / 255, rounded, plain)
