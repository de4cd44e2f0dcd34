"""Refuse files of so many small pieces that reading them takes long: each piece costs time, however small."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gfrnet.errors import UnreadableImageError
from gfrnet.images.chunks import SIGNATURE

MOST_SEGMENTS = 500
"""Most segments before the pixels of a JPEG. The largest profile takes 255, and further XMP as many.

At most 500 segments of 64 kB take 2 s to read, which tests/images/test_pieces.py measures.
"""

MOST_STRAY_BYTES = 10_000
"""Most bytes of a JPEG that belong to none of these segments."""

MOST_SCANS = 32
"""Most scans of a progressive JPEG. Programs write 10 to 20; each decodes the whole picture once more."""

MOST_CHUNKS = 10_000
"""Most chunks of a PNG of which the average has less than `SMALL_CHUNK` bytes."""

SMALL_CHUNK = 4096
"""Bytes of a small chunk. Programs cut the pixels of a PNG into pieces of 8 kB or more."""

JPEG = b"\xff\xd8\xff"
"""First bytes of a JPEG."""

_START_OF_SCAN, _END = 0xDA, 0xD9
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xDA)}
_MARKER = re.compile(rb"\xff++([^\x00\xd0-\xd7\xff])", re.DOTALL)
"""A marker among packed pixels: a zero stands behind a byte 255 of theirs, and D0 to D7 start anew."""


def refuse_many_pieces(path: Path, file: BinaryIO, head: bytes) -> None:
    """Refuse a JPEG or PNG of too many pieces, and leave the file at its start.

    Args:
        path: The file, for the message.
        file: The file.
        head: Its first bytes.

    Raises:
        UnreadableImageError: It has too many.
    """
    if head.startswith(JPEG):
        _check_jpeg(path, file)
    elif head.startswith(SIGNATURE):
        _check_png(path, file)
    file.seek(0)


def _check_jpeg(path: Path, file: BinaryIO) -> None:
    segments = stray = 0
    for marker in _header(file):
        segments += marker is not None
        stray += marker is None
        if segments > MOST_SEGMENTS or stray > MOST_STRAY_BYTES:
            raise _refusal(
                path, f"more than {MOST_SEGMENTS} segments before its pixels, or much between them"
            )
    scans = file.read()
    # Counting the bytes is quick, and enough for almost all files.
    if scans.count(bytes([0xFF, _START_OF_SCAN])) >= MOST_SCANS and _has_many_scans(scans):
        raise _refusal(path, f"more than {MOST_SCANS} scans, each a whole picture")


def _header(file: BinaryIO) -> Iterator[int | None]:
    """Yield the markers up to the first scan, and None for each byte that belongs to no segment."""
    file.seek(2)
    while byte := file.read(1):
        marker = file.read(1) if byte == b"\xff" else b""
        while marker == b"\xff":
            yield None
            marker = file.read(1)
        if marker in (b"", b"\0"):
            yield None
            continue
        if marker[0] not in _WITHOUT_LENGTH:
            file.seek(max(0, int.from_bytes(file.read(2), "big") - 2), 1)
        yield marker[0]
        if marker[0] == _START_OF_SCAN:
            return


def _has_many_scans(data: bytes) -> bool:
    """Return whether the packed pixels behind the first start of a scan hold too many further scans."""
    at, scans = 0, 1
    for _ in range(MOST_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None or found[1][0] == _END:
            return False
        at = found.end()
        if found[1][0] not in _WITHOUT_LENGTH:
            at += max(2, int.from_bytes(data[at : at + 2], "big"))
        scans += found[1][0] == _START_OF_SCAN
        if scans > MOST_SCANS:
            return True
    return True


def _check_png(path: Path, file: BinaryIO) -> None:
    place = file.seek(len(SIGNATURE))
    chunks = 0
    while len(chunk := file.read(8)) == 8 and chunk[4:] != b"IEND":
        chunks += 1
        place = file.seek(int.from_bytes(chunk[:4], "big") + 4, 1)
        if chunks > MOST_CHUNKS and place < chunks * SMALL_CHUNK:
            raise _refusal(path, f"more than {MOST_CHUNKS:,} chunks, almost all of them tiny")


def _refusal(path: Path, what: str) -> UnreadableImageError:
    return UnreadableImageError(
        f"{path} has {what}, as no camera or program writes it. Save it anew with a picture program."
    )
