"""Keep the XMP that may travel to a file with other samples."""

from __future__ import annotations

import re

_OF_THE_SAMPLES = rb"(?:tiff:(?:Orientation|ImageWidth|ImageLength)|exif:Pixel[XY]Dimension)"
_STATED = re.compile(
    rb"(?<!\s)\s+" + _OF_THE_SAMPLES + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')"
    rb"|<(?P<name>" + _OF_THE_SAMPLES + rb")>[^<]*</(?P=name)>"
)
"""Orientation and size, as attribute or as element. Blanks are searched from their first one on, because
a search from each of them would take quadratic time."""

_OF_LOST_PARTS = (b"ns.google.com/photos/1.0/container/", b"HasExtendedXMP")
"""Signs of XMP that says where in the file a film, a gain map or more XMP lies."""


def portable(xmp: object) -> bytes | None:
    """Return XMP for upright pixels of any size, in a file that holds one picture and nothing else.

    Args:
        xmp: As Pillow gives it; anything but bytes is no XMP.

    Returns:
        The XMP without orientation and size; None where it describes parts of the file that are lost.
    """
    if not isinstance(xmp, bytes) or any(sign in xmp for sign in _OF_LOST_PARTS):
        return None
    return _STATED.sub(b"", xmp) or None
