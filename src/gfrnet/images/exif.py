"""Change EXIF as bytes: orientation, thumbnail and size.

The bytes are changed in place. A new layout would break the absolute offsets in the maker notes of cameras.
All functions take and return what a JPEG holds: ``Exif``, two zero bytes and a TIFF header.
Bytes that make no sense are no EXIF: None.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, NamedTuple

from PIL import Image

PREFIX = b"Exif\0\0"

_SOFTWARE_OF_THE_FILE = (0x010F, 0x0110, 0x0131)
_ORIGINAL, _DIGITISED, _FILE_SOURCE = 0x9003, 0x9004, 0xA300
_OF_AN_EXPOSURE = (0x829A, 0x829D, 0x8827, 0x9201, 0x9202, 0x920A)
"""Time, aperture and ISO of an exposure, and the length of the lens. Scanners state none."""

_ORIENTATION, _EXIF_IFD, _GPS_IFD, _INTEROPERABILITY = 0x0112, 0x8769, 0x8825, 0xA005
_WIDTHS, _HEIGHTS = (0x0100, 0xA002), (0x0101, 0xA003)
_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_ASCII, _SHORT, _LONG = 2, 3, 4
_LONGEST_TEXT = 200

_DESCRIPTIVE = frozenset(
    {270, 271, 272, 274, 282, 283, 296, 305, 306, 315, 316, 33432, _EXIF_IFD, _GPS_IFD}
    | set(range(40091, 40096))  # the XP fields of Windows: title, comment, author, keywords, subject
)
"""Tags of a TIFF's first directory that describe the picture and not how its samples lie in the file."""


class _Directory(NamedTuple):
    entries: dict[int, tuple[int, int]]
    """Tag -> type and position of the value."""
    next_at: int
    """Position of the pointer to the next directory."""


class _Block:
    """Hold a mutable TIFF block. Positions that lead nowhere raise struct.error."""

    def __init__(self, exif: bytes) -> None:
        self.data = bytearray(exif.removeprefix(PREFIX))
        if not self.data.startswith((b"II*\0", b"MM\0*")):
            raise struct.error("no TIFF header")
        self.order = "<" if self.data[:1] == b"I" else ">"

    def number(self, position: int, kind: int = _LONG) -> int:
        code = self.order + ("H" if kind == _SHORT else "I")
        return int(struct.unpack_from(code, self.data, position)[0])

    def set_number(self, position: int, kind: int, value: int) -> None:
        struct.pack_into(self.order + ("H" if kind == _SHORT else "I"), self.data, position, value)

    def directory(self, position: int) -> _Directory:
        count = self.number(position, _SHORT)
        end = position + 2 + 12 * count
        starts = range(position + 2, end, 12)
        entries = {self.number(at, _SHORT): (self.number(at + 2, _SHORT), at + 8) for at in starts}
        return _Directory(entries, end)

    def first(self) -> _Directory:
        return self.directory(self.number(4))

    def get(self, directory: _Directory, tag: int) -> int | None:
        kind, position = directory.entries.get(tag, (0, 0))
        return self.number(position, kind) if kind in (_SHORT, _LONG) else None

    def text(self, directory: _Directory, tag: int) -> str:
        """Return the text of a tag; empty where it has none."""
        kind, position = directory.entries.get(tag, (0, 0))
        if kind != _ASCII:
            return ""
        length = min(self.number(position - 4), _LONGEST_TEXT)
        start = position if length <= 4 else self.number(position)
        return bytes(self.data[start : start + length]).partition(b"\0")[0].decode("latin-1")

    def change(self, directory: _Directory, tag: int, value: int) -> None:
        kind, position = directory.entries.get(tag, (0, 0))
        if kind == _LONG or (kind == _SHORT and value < 2**16):
            self.set_number(position, kind, value)

    def exif(self) -> bytes:
        return PREFIX + bytes(self.data)


def orientation(exif: bytes | None) -> int:
    """Return the orientation tag, 1..8, or 1 where there is no valid one."""
    try:
        block = _Block(exif or b"")
        value = block.get(block.first(), _ORIENTATION)
    except struct.error:
        return 1
    return value if value is not None and 1 <= value <= 8 else 1


def upright(exif: bytes | None) -> bytes | None:
    """Return EXIF for upright pixels: orientation 1, and no thumbnail, which would no longer fit."""
    try:
        block = _Block(exif or b"")
        first = block.first()
        block.change(first, _ORIENTATION, 1)
        _drop_thumbnail(block, first.next_at)
    except struct.error:
        return None
    return block.exif()


def _drop_thumbnail(block: _Block, pointer: int) -> None:
    position = block.number(pointer)
    if not position:
        return
    block.set_number(pointer, _LONG, 0)
    thumbnail = block.directory(position)
    start, length = (block.get(thumbnail, tag) or 0 for tag in (_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH))
    if start and start + length >= len(block.data):
        del block.data[start:]
    elif start:
        block.data[start : start + length] = bytes(length)


@dataclass(frozen=True)
class Taking:
    """Hold what EXIF states of how and when a picture was taken, as it is written there.

    Attributes:
        original: When it was taken, such as "2019:05:24 12:34:56"; empty if it is not stated.
        digitised: When it was stored as numbers.
        device: Maker, model and program.
        source: 1 for a scanner of film, 2 for one of prints, 3 for a digital camera; None if not stated.
        exposed: Whether it states an exposure, as cameras do.
    """

    original: str = ""
    digitised: str = ""
    device: str = ""
    source: int | None = None
    exposed: bool = False


def taking(exif: bytes | None) -> Taking:
    """Return how and when a picture was taken; nothing of it from EXIF that makes no sense."""
    try:
        block = _Block(exif or b"")
        first = block.first()
        device = " ".join(filter(None, (block.text(first, tag) for tag in _SOFTWARE_OF_THE_FILE)))
        details = block.directory(block.get(first, _EXIF_IFD) or len(block.data))
        source = details.entries.get(_FILE_SOURCE)
        return Taking(
            block.text(details, _ORIGINAL),
            block.text(details, _DIGITISED),
            device,
            block.data[source[1]] if source else None,
            any(tag in details.entries for tag in _OF_AN_EXPOSURE),
        )
    except (struct.error, IndexError):
        return Taking()


def with_size(exif: bytes | None, width: int, height: int) -> bytes | None:
    """Return the same EXIF with its size, where it states one, set to ``width`` x ``height`` pixels."""
    try:
        block = _Block(exif or b"")
        directories = [block.first()]
        details = block.get(directories[0], _EXIF_IFD)
        if details:
            directories.append(block.directory(details))
        for directory in directories:
            for tags, value in ((_WIDTHS, width), (_HEIGHTS, height)):
                for tag in tags:
                    block.change(directory, tag, value)
    except struct.error:
        return exif
    return block.exif()


def without_orientation(exif: bytes | None) -> bytes | None:
    """Return the same EXIF, of the same length, without the orientation tag."""
    try:
        block = _Block(exif or b"")
        first = block.first()
    except struct.error:
        return exif
    if _ORIENTATION not in first.entries:
        return exif
    start = block.number(4)
    block.set_number(start, _SHORT, block.number(start, _SHORT) - 1)
    entry, end = first.entries[_ORIENTATION][1] - 8, first.next_at + 4
    block.data[entry:end] = block.data[entry + 12 : end] + bytes(12)
    return block.exif()


def from_tiff(image: Image.Image) -> bytes | None:
    """Return the tags of an open TIFF file that describe the picture, as EXIF."""
    fresh = Image.Exif()
    for tag, value in descriptive_tags(image.getexif()).items():
        fresh[tag] = value
    return fresh.tobytes() if len(fresh) else None


def descriptive_tags(tags: Image.Exif) -> dict[int, Any]:
    """Return the tags of a first directory that may travel to other files.

    Directories below it are dictionaries.
    """
    kept: dict[int, Any] = {}
    for tag in _DESCRIPTIVE & set(tags):
        kept[tag] = _below(tags, tag) if tag in (_EXIF_IFD, _GPS_IFD) else _as_stored(tags[tag])
    return kept


def _below(tags: Image.Exif, tag: int) -> dict[int, Any]:
    values = tags.get_ifd(tag).items()
    return {key: _as_stored(value) for key, value in values if key != _INTEROPERABILITY}


def _as_stored(value: object) -> object:
    # Pillow reads text as Latin-1 but writes it as ASCII with question marks; bytes it leaves alone.
    return value.encode("latin-1") if isinstance(value, str) and not value.isascii() else value
