"""Mark compare sheets, so that a sheet among photos is taken for no photo, and no photo for a sheet."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from gfrnet.images.identify import identified, read_head
from gfrnet.images.photo import Photo
from gfrnet.images.read import opened
from gfrnet.types import UInt8Image

_SOFTWARE = 305
"""Tag of EXIF for the program that made a picture."""

_MARK = "gfrnet compare sheet"


def as_sheet(pixels: UInt8Image) -> Photo:
    """Return a drawn sheet as a photo with the mark in its EXIF.

    Args:
        pixels: (H, W, 3) RGB.
    """
    exif = Image.Exif()
    exif[_SOFTWARE] = _MARK
    return Photo(pixels, exif=exif.tobytes())


def is_sheet(path: Path) -> bool:
    """Return whether a file is a picture with the mark. Whatever cannot be read has none."""
    try:
        with opened(path) as file, identified(path, file, read_head(path, file)) as picture:
            return bool(picture.getexif().get(_SOFTWARE) == _MARK)
    # Pillow answers damaged files with almost any exception there is.
    except Exception:
        return False
