"""Make colour profiles."""

from __future__ import annotations

import struct
from functools import cache

from PIL import ImageCms

_WIDE = {b"rXYZ": (0.7977, 0.2881, 0.0), b"gXYZ": (0.1352, 0.7119, 0.0), b"bXYZ": (0.0313, 0.0001, 0.8249)}
"""Primaries of ProPhoto RGB."""


@cache  # a profile holds the time of its making
def srgb_profile() -> bytes:
    """Return the profile of sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def wide_profile() -> bytes:
    """Return a profile with the primaries of ProPhoto RGB, and the curve of sRGB."""
    profile = bytearray(srgb_profile())
    (tags,) = struct.unpack_from(">I", profile, 128)
    for tag in range(tags):
        name, offset, _ = struct.unpack_from(">4sII", profile, 132 + 12 * tag)
        if name in _WIDE:
            struct.pack_into(">3i", profile, offset + 8, *(round(value * 65536) for value in _WIDE[name]))
    return bytes(profile)


def grey_profile() -> bytes:
    """Return the header of a profile for grey."""
    profile = bytearray(srgb_profile())
    profile[16:20] = b"GRAY"
    return bytes(profile)
