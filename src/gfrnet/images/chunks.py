"""Read and write the chunks of PNG that hold text, and those that say what its colours are."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
"""First bytes of a PNG."""

COLOUR_CHUNKS = (b"cICP", b"gAMA", b"cHRM")
"""Chunks that state colours beside a profile. They have at most 32 bytes."""

TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")

MOST_TEXT = 2**20
"""Most bytes of text that are read of a file; a text that is packed small can be endless."""

_MOST_CHUNKS = 10_000
_COMPRESSED_FROM = 1024


@dataclass(frozen=True)
class Text:
    """Hold a text of a picture, such as its title.

    Attributes:
        keyword: What the text is, 1..79 characters. A comment of a JPEG or GIF has the keyword "Comment".
        value: The text. Bytes of a comment that are no UTF-8 are kept as lone surrogates.
        language: Language of the text, such as "de"; empty if it is not stated.
        translated: The keyword in this language.
    """

    keyword: str
    value: str
    language: str = ""
    translated: str = ""


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def read_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and data of the chunks for text and colours. The others are passed over unread."""
    file.seek(len(SIGNATURE))
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IEND":
            return
        size, name = int.from_bytes(head[:4], "big"), head[4:]
        kept = (name in TEXT_CHUNKS and size <= MOST_TEXT) or (name in COLOUR_CHUNKS and size <= 32)
        data = file.read(size) if kept else b""
        file.seek(4 if kept else size + 4, 1)
        if kept and len(data) == size:
            yield name, data


def text_of(name: bytes, data: bytes) -> Text | None:
    """Return the text of a chunk; None if it is damaged or too long."""
    keyword, zero, rest = data.partition(b"\0")
    if not zero or not 1 <= len(keyword) <= 79:
        return None
    word = keyword.decode("latin-1")
    with suppress(zlib.error, ValueError):
        if name == b"tEXt":
            return Text(word, rest.decode("latin-1"))
        if name == b"zTXt" and rest.startswith(b"\0"):
            return Text(word, _unpacked(rest[1:]).decode("latin-1"))
        if name == b"iTXt" and len(rest) >= 2:
            language, translated, value = rest[2:].split(b"\0", 2)
            value = _unpacked(value) if rest[0] else value
            return Text(word, value.decode(), language.decode("latin-1"), translated.decode())
    return None


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(data, MOST_TEXT)
    if not unpacker.eof:
        raise ValueError("the text is too long or has no end")
    return text


def text_chunk(text: Text) -> bytes:
    """Return the chunk of a text: with Latin letters as tEXt, long ones packed as zTXt, others as iTXt."""
    keyword = text.keyword.encode("latin-1", "replace")[:79]
    value = text.value
    if text.language or text.translated or not _is_latin(value):
        clean = plain(value).encode()
        packed = len(clean) >= _COMPRESSED_FROM
        head = keyword + bytes([0, packed, 0]) + text.language.encode("latin-1", "replace")
        return chunk(
            b"iTXt",
            head + b"\0" + text.translated.encode() + b"\0" + (zlib.compress(clean) if packed else clean),
        )
    if len(value) >= _COMPRESSED_FROM:
        return chunk(b"zTXt", keyword + b"\0\0" + zlib.compress(value.encode("latin-1")))
    return chunk(b"tEXt", keyword + b"\0" + value.encode("latin-1"))


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def plain(text: str) -> str:
    """Return a text whose bytes were no UTF-8 as Latin-1, which older programs write."""
    data = text.encode("utf-8", "surrogateescape")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
