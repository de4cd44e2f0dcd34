"""Write PNG of 8 and 16 bit: Pillow cannot write 16-bit colour, and OpenCV keeps no metadata."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from gfrnet.images.chunks import SIGNATURE, chunk
from gfrnet.images.exif import PREFIX
from gfrnet.types import AnyArray

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_FILTER_UP = 2
_METRES_PER_INCH, _PER_METRE = 0.0254, 1
_LEVEL = 3
"""Level of zlib. On photographs larger levels cost much time and win about one percent."""


def encode_png(
    samples: AnyArray,
    exif: bytes | None = None,
    icc: bytes | None = None,
    dpi: tuple[float, float] | None = None,
    xmp: bytes | None = None,
    further: bytes = b"",
) -> bytes:
    """Return a PNG file.

    Args:
        samples: (H, W, C) of uint8 or uint16; C is 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
        exif: As `Photo.exif`.
        icc: Colour profile.
        dpi: As `Photo.dpi`.
        xmp: As `Photo.xmp`.
        further: Whole chunks to put before the pixels.
    """
    height, width, channels = samples.shape
    depth = 8 * samples.itemsize
    header = struct.pack(">IIBBBBB", width, height, depth, _COLOUR_TYPES[channels], 0, 0, 0)
    chunks = [chunk(b"IHDR", header)]
    if icc:
        chunks.append(chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(icc)))
    if dpi:
        across, down = (round(dots / _METRES_PER_INCH) for dots in dpi)
        chunks.append(chunk(b"pHYs", struct.pack(">IIB", across, down, _PER_METRE)))
    if xmp:
        # Not compressed, and without a language and a translated keyword.
        chunks.append(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))
    if exif:
        chunks.append(chunk(b"eXIf", exif.removeprefix(PREFIX)))
    chunks.append(further)
    chunks.append(chunk(b"IDAT", zlib.compress(_filtered(samples), _LEVEL)))
    return SIGNATURE + b"".join(chunks) + chunk(b"IEND", b"")


def _filtered(samples: AnyArray) -> bytes:
    """Return every row as the number of its filter and its difference to the row above, byte by byte."""
    big_endian = np.ascontiguousarray(samples.astype(samples.dtype.newbyteorder(">")))
    rows = big_endian.view(np.uint8).reshape(samples.shape[0], -1)
    filtered = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = _FILTER_UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    return filtered.tobytes()
