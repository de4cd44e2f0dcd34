"""Complete files whose end is missing, so that a decoder gives what can be decoded."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO, NamedTuple

from gfrnet.images.chunks import SIGNATURE, TEXT_CHUNKS, chunk

CUT_SHORT = "The end of its file is missing; what could be decoded is restored. Copy it again if you can."

WITHOUT_TEXTS = "Its texts are damaged or too long, and are left out."

_END_OF_JPEG = b"\xff\xd9"
_LEAST_SHARE = 16
"""A PNG of which less than one row in so many is there is refused."""

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column and row, and the steps across and down, of each pass of an interlaced PNG."""


def completed(file: BinaryIO, file_format: str) -> BytesIO | None:
    """Return a copy of a cut file with an end, of which missing pixels are grey or black.

    Args:
        file: The file.
        file_format: Format of the file, as `Photo.format`.

    Returns:
        The copy; None for a format or a damage that cannot be mended.
    """
    file.seek(0)
    if file_format == "JPEG":
        return BytesIO(file.read() + _END_OF_JPEG)
    return _completed_png(file.read()) if file_format == "PNG" else None


def _completed_png(data: bytes) -> BytesIO | None:
    """Unpack what is there of the rows, add zeros for the others, and pack them again."""
    kept, packed = [SIGNATURE], bytearray()
    for name, start, end in _pieces(data):
        body = data[start + 8 : end - 4]
        if name == b"IDAT":
            packed += body
        elif end <= len(data) and name != b"IEND" and not packed:
            kept.append(chunk(name, body))
    wanted = _bytes_of_rows(data)
    unpacker = zlib.decompressobj()
    try:
        rows = unpacker.decompress(packed, wanted)
    except zlib.error:
        return None
    if len(rows) * _LEAST_SHARE < wanted:
        return None
    packed = bytearray(zlib.compress(rows + bytes(wanted - len(rows)), 1))
    return BytesIO(b"".join([*kept, chunk(b"IDAT", bytes(packed)), chunk(b"IEND", b"")]))


def without_texts(file: BinaryIO) -> BytesIO | None:
    """Return a copy of a PNG without its texts; None for any other file, or where there are none."""
    file.seek(0)
    if file.read(len(SIGNATURE)) != SIGNATURE:
        return None
    data = SIGNATURE + file.read()
    pieces = list(_pieces(data))
    if not any(piece.name in TEXT_CHUNKS for piece in pieces):
        return None
    kept = [data[piece.start : piece.end] for piece in pieces if piece.name not in TEXT_CHUNKS]
    return BytesIO(b"".join([SIGNATURE, *kept]))


class _Piece(NamedTuple):
    name: bytes
    start: int
    end: int


def _pieces(data: bytes) -> Iterator[_Piece]:
    """Yield the chunks of a PNG; the last one may end behind the data."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        yield _Piece(name, at, at + 12 + size)
        at += 12 + size


def _bytes_of_rows(data: bytes) -> int:
    """Return how many bytes the rows of a PNG have, each with the number of its filter."""
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, 16)
    bits = depth * _CHANNELS[colour]
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    total = 0
    for column, row, across, down in passes:
        columns, rows = -(-(width - column) // across), -(-(height - row) // down)
        total += rows * (1 + -(-columns * bits // 8)) if columns > 0 and rows > 0 else 0
    return total
