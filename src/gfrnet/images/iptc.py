"""Find and wrap IPTC: captions, names and places as press agencies write them into pictures."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

RESOURCE = 0x0404
"""Number of IPTC among the resources of Photoshop."""

PNG_KEYWORD = "Raw profile type iptc"
"""Keyword of the text chunk of PNG that holds IPTC, as ImageMagick and ExifTool write it."""

TIFF_TAG, TIFF_RESOURCES = 33723, 34377

_TAG_MARKER, _EXTENDED = 0x1C, 0x8000
_SIGNATURE, _HEADER = b"8BIM", b"Photoshop 3.0\0"
_RAW_PROFILE = re.compile(r"\s*+[\w ]{0,40}+\n\s*+[0-9]{1,9}+\n([0-9a-fA-F\s]*+)\Z")


def from_resources(block: bytes) -> bytes | None:
    """Return the IPTC of a block of resources of Photoshop; None if it holds none, or is damaged."""
    block = block.removeprefix(_HEADER)
    at = 0
    try:
        while block.startswith(_SIGNATURE, at):
            (number,) = struct.unpack_from(">H", block, at + 4)
            # The name has an odd length before its one byte of length, so that both are even.
            start = at + 6 + (block[at + 6] + 2 & ~1)
            (size,) = struct.unpack_from(">I", block, start)
            if number == RESOURCE:
                return block[start + 4 : start + 4 + size] or None
            at = start + 4 + size + size % 2
    except (struct.error, IndexError):
        pass
    return None


def as_resources(iptc: bytes) -> bytes:
    """Return IPTC as a block of resources, as segment APP13 of a JPEG holds it."""
    return _HEADER + _SIGNATURE + struct.pack(">HHI", RESOURCE, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)


def from_raw_profile(text: str) -> bytes | None:
    """Return the IPTC of a text chunk, in which PNG holds it as hexadecimal digits."""
    block = raw_profile(text)
    return from_resources(block) if block.startswith((_SIGNATURE, _HEADER)) else block or None


def raw_profile(text: str) -> bytes:
    """Return the bytes that a text chunk holds as hexadecimal digits; none if it is damaged."""
    found = _RAW_PROFILE.match(text)
    try:
        return bytes.fromhex(found[1]) if found else b""
    except ValueError:
        return b""


def as_raw_profile(iptc: bytes) -> str:
    """Return IPTC as the text of a chunk of PNG."""
    block = as_resources(iptc).removeprefix(_HEADER)
    digits = block.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return f"\niptc\n{len(block):8d}\n{lines}\n"


def datasets(iptc: bytes, record: int = 2) -> Iterator[tuple[int, bytes]]:
    """Yield numbers and values of the data sets of a record of IPTC, up to where it is damaged.

    Record 2 holds captions, names and dates.
    """
    at = 0
    while at + 5 <= len(iptc) and iptc[at] == _TAG_MARKER:
        size = int.from_bytes(iptc[at + 3 : at + 5], "big")
        if size >= _EXTENDED:
            return
        if iptc[at + 1] == record:
            yield iptc[at + 2], iptc[at + 5 : at + 5 + size]
        at += 5 + size
