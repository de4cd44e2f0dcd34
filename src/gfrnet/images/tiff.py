"""Write TIFF of 8 and 16 bit: Pillow cannot write 16-bit colour, and OpenCV keeps no metadata."""

from __future__ import annotations

import zlib
from io import BytesIO

import numpy as np
from PIL import Image, TiffTags
from PIL import TiffImagePlugin as Tiff

from gfrnet.images.exif import descriptive_tags
from gfrnet.images.iptc import TIFF_TAG
from gfrnet.types import AnyArray

_DEFLATE, _PREDICTOR, _HORIZONTAL_DIFFERENCE = 8, 317, 2
_UNASSOCIATED_ALPHA = 2
_PER_INCH = 2
_STRIP_BYTES = 2**18
_LEVEL = 3
"""Level of zlib. On photographs larger levels cost much time and win about one percent."""


def encode_tiff(
    samples: AnyArray,
    exif: bytes | None = None,
    icc: bytes | None = None,
    dpi: tuple[float, float] | None = None,
    xmp: bytes | None = None,
    iptc: bytes | None = None,
) -> bytes:
    """Return a TIFF file, compressed without loss.

    Args:
        samples: (H, W, C) of uint8 or uint16; C is 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
        exif: As `Photo.exif`.
        icc: Colour profile.
        dpi: As `Photo.dpi`.
        xmp: As `Photo.xmp`.
        iptc: As `Photo.iptc`.
    """
    height, width, channels = samples.shape
    rows = max(1, _STRIP_BYTES // (width * channels * samples.itemsize))
    strips = [_strip(samples[top : top + rows]) for top in range(0, height, rows)]
    sizes = [len(strip) for strip in strips]
    tags = _metadata(exif, icc, dpi, xmp)
    if iptc:
        tags[TIFF_TAG], tags.tagtype[TIFF_TAG] = iptc, TiffTags.UNDEFINED
    tags[Tiff.IMAGEWIDTH], tags[Tiff.IMAGELENGTH] = width, height
    tags[Tiff.BITSPERSAMPLE] = (8 * samples.itemsize,) * channels
    tags[Tiff.SAMPLESPERPIXEL] = channels
    tags[Tiff.PHOTOMETRIC_INTERPRETATION] = 1 if channels < 3 else 2
    tags[Tiff.PLANAR_CONFIGURATION] = 1
    tags[Tiff.COMPRESSION], tags[_PREDICTOR] = _DEFLATE, _HORIZONTAL_DIFFERENCE
    tags[Tiff.ROWSPERSTRIP] = rows
    tags[Tiff.STRIPBYTECOUNTS] = tuple(sizes)
    # From the end of the directory, whose length `save` adds.
    tags[Tiff.STRIPOFFSETS] = tuple(
        int(end - size) for end, size in zip(np.cumsum(sizes), sizes, strict=True)
    )
    tags.tagtype[Tiff.STRIPBYTECOUNTS] = TiffTags.LONG
    if channels in (2, 4):
        tags[Tiff.EXTRASAMPLES] = _UNASSOCIATED_ALPHA
    file = BytesIO()
    tags.save(file)
    return file.getvalue() + b"".join(strips)


def _metadata(
    exif: bytes | None, icc: bytes | None, dpi: tuple[float, float] | None, xmp: bytes | None
) -> Tiff.ImageFileDirectory_v2:
    directory = Tiff.ImageFileDirectory_v2()
    if exif:
        stored = Image.Exif()
        stored.load(exif)
        for tag, value in descriptive_tags(stored).items():
            directory[tag] = value
    if dpi:
        directory[Tiff.X_RESOLUTION], directory[Tiff.Y_RESOLUTION] = dpi
        directory[Tiff.RESOLUTION_UNIT] = _PER_INCH
    if xmp:
        directory[Tiff.XMP] = xmp
    if icc:
        directory[Tiff.ICCPROFILE] = icc
    return directory


def _strip(samples: AnyArray) -> bytes:
    difference = samples.astype(samples.dtype.newbyteorder("<"))
    difference[:, 1:] -= samples[:, :-1]
    return zlib.compress(difference.tobytes(), _LEVEL)
