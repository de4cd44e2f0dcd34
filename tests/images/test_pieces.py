"""Test files of many small pieces, each of which costs time: they are read in time, or refused at once."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from time import process_time

import numpy as np
import pytest
from PIL import Image

from gfrnet.errors import UnreadableImageError
from gfrnet.images import decode, pieces
from gfrnet.images.chunks import chunk
from gfrnet.images.mend import WITHOUT_TEXTS
from gfrnet.types import AnyArray


def encoded(pixels: AnyArray, file_format: str, **options: object) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, file_format, **options)
    return file.getvalue()


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


@pytest.fixture
def jpeg(noise: Callable[..., AnyArray]) -> bytes:
    return encoded(noise(40, 50, 3), "JPEG", progressive=True)


@pytest.fixture
def png(noise: Callable[..., AnyArray]) -> bytes:
    return encoded(noise(40, 50, 3), "PNG")


def scans_of(jpeg: bytes) -> bytes:
    """Return the last scan of a progressive JPEG, which may stand there again."""
    return jpeg[jpeg.rindex(b"\xff\xda") : -2]


@pytest.mark.parametrize(
    "piece",
    [
        b"\xff\xe5\0\4ab",
        segment(0xE1, b"Exif\0\0" + b"MM\0*"),
        segment(0xFE, b"hi"),
        b"\xff\0",
        b"\xff" * 20,
    ],
)
def test_a_jpeg_of_many_segments_is_refused_at_once(jpeg: bytes, piece: bytes) -> None:
    start = process_time()
    with pytest.raises(UnreadableImageError, match="more than 500 segments before its pixels"):
        decode(jpeg[:2] + piece * 200_000 + jpeg[2:], "p.jpg")
    assert process_time() - start < 1


def test_a_jpeg_of_as_many_segments_as_a_real_one_is_read(jpeg: bytes) -> None:
    few = jpeg[:2] + segment(0xE5, b"ab") * 450 + b"\xff" * 50 + jpeg[2:]
    np.testing.assert_array_equal(decode(few, "p.jpg").pixels, decode(jpeg, "p.jpg").pixels)


def test_as_much_exif_as_may_be_takes_seconds_at_most(jpeg: bytes) -> None:
    start = process_time()
    decode(jpeg[:2] + segment(0xE1, b"Exif\0\0" + bytes(65_000)) * 480 + jpeg[2:], "p.jpg")
    assert process_time() - start < 5


@pytest.mark.parametrize("between", [b"", b"\xff\xff\xff", segment(0xFE, b"\xff\xd9")])
def test_a_jpeg_of_many_scans_is_refused(jpeg: bytes, between: bytes) -> None:
    """A picture of 64 megapixels in a file of 0.3 MB took 21 s with 400 scans."""
    scans = between + scans_of(jpeg)
    decode(jpeg[:-2] + scans * 10 + jpeg[-2:], "p.jpg")
    with pytest.raises(UnreadableImageError, match="more than 32 scans"):
        decode(jpeg[:-2] + scans * 40 + jpeg[-2:], "p.jpg")


def test_what_follows_a_jpeg_is_not_counted(jpeg: bytes) -> None:
    decode(jpeg + scans_of(jpeg) * 100, "p.jpg")
    thumbnail = segment(0xE5, b"\xff\xda" * 1000)
    decode(jpeg[:2] + thumbnail + jpeg[2:], "p.jpg")
    decode(jpeg[:-2] + thumbnail + jpeg[-2:], "p.jpg")


@pytest.mark.parametrize("name", [b"abCd", b"IDAT", b"tEXt", b"fdAT"])
@pytest.mark.parametrize("at", [33, -12])
def test_a_png_of_many_empty_chunks_is_refused_at_once(png: bytes, name: bytes, at: int) -> None:
    start = process_time()
    with pytest.raises(UnreadableImageError, match="more than 10,000 chunks"):
        decode(png[:at] + chunk(name, b"") * 200_000 + png[at:], "p.png")
    assert process_time() - start < 1


def test_a_large_png_may_have_many_chunks_of_pixels(
    noise: Callable[..., AnyArray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "MOST_CHUNKS", 10)
    pixels = noise(300, 300, 3)
    data = encoded(pixels, "PNG")
    at = data.index(b"IDAT") - 4
    packed = b"".join(chunk_data for chunk_data in _idat(data))
    cut = b"".join(chunk(b"IDAT", packed[start : start + 8192]) for start in range(0, len(packed), 8192))
    assert cut.count(b"IDAT") > 20
    np.testing.assert_array_equal(decode(data[:at] + cut + data[-12:], "p.png").pixels, pixels)


def _idat(data: bytes) -> list[bytes]:
    at, found = 8, []
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        found += [data[at + 8 : at + 8 + size]] if name == b"IDAT" else []
        at += 12 + size
    return found


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize(
    ("text", "count"),
    [
        (b"zTXt" + b"a\0\0" + zlib.compress(b"a" * 10**6), 70),
        (b"iTXt" + b"a\0\1\0\0\0" + zlib.compress(b"a" * 10**6), 70),
        (b"zTXt" + b"a\0\0" + zlib.compress(b"a" * 10**7), 1),
        (b"zTXt" + b"a\0\7x", 1),
    ],
)
def test_a_png_of_too_much_text_loses_the_text_and_no_pixels(
    noise: Callable[..., AnyArray], png: bytes, text: bytes, count: int, behind: bool
) -> None:
    at = -12 if behind else 33
    photo = decode(png[:at] + chunk(text[:4], text[4:]) * count + png[at:], "p.png")
    np.testing.assert_array_equal(photo.pixels, decode(png, "p.png").pixels)
    assert photo.remarks == (WITHOUT_TEXTS,)
    assert photo.text == ()


@pytest.mark.parametrize("file_format", ["WEBP", "TIFF"])
def test_the_refusal_of_a_cut_file_says_which_files_may_be_cut(
    noise: Callable[..., AnyArray], file_format: str
) -> None:
    data = encoded(noise(100, 100, 3), file_format)
    with pytest.raises(UnreadableImageError, match="Only a cut JPEG or PNG can be read in part"):
        decode(data[: len(data) // 2], "p")
