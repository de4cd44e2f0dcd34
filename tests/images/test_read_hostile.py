"""Test files that were made to do harm: they are read right, or refused before they take time or memory."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from gfrnet.errors import Advice, ImageError, ImageTooLargeError, UnreadableImageError
from gfrnet.images import read, write
from gfrnet.images.chunks import chunk
from gfrnet.images.xmp import portable
from gfrnet.types import AnyArray

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


@pytest.mark.parametrize("key", ["exif", "icc_profile", "transparency", "dpi", "gamma", "xmp"])
def test_png_text_named_like_a_chunk_is_no_chunk(
    tmp_path: Path, noise: Callable[..., AnyArray], key: str
) -> None:
    pixels = noise(20, 30, 3)
    for name, add in (("t.png", PngInfo.add_text), ("i.png", PngInfo.add_itxt)):
        text = PngInfo()
        add(text, key, "not what it seems")
        Image.fromarray(pixels).save(tmp_path / name, pnginfo=text)
        photo = read(tmp_path / name)
        np.testing.assert_array_equal(photo.pixels, pixels)
        assert (photo.exif, photo.icc, photo.alpha, photo.dpi) == (None, None, None, None)
        write(photo, tmp_path / "again.png")


def test_a_profile_beside_other_text_is_kept(tmp_path: Path, noise: Callable[..., AnyArray]) -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    text = PngInfo()
    text.add_text("Title", "Ada")
    Image.fromarray(noise(20, 30, 3)).save(tmp_path / "p.png", pnginfo=text, icc_profile=icc)
    assert read(tmp_path / "p.png").icc == icc


@POSIX
def test_a_pipe_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(UnreadableImageError, match="it is a device or a pipe"):
            read(path)


@POSIX
def test_a_file_of_holes_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "giant.jpg").open("wb") as file:
        file.write(b"\xff\xd8\xff")
        file.truncate(2**40)
    with pytest.raises(ImageTooLargeError, match=r"it has 1099\.5 GB, and at most 2\.1 GB are read"):
        read(tmp_path / "giant.jpg")


def png_header(width: int, height: int, depth: int, kind: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in chunks)


@pytest.mark.parametrize(
    ("depth", "kind", "megabytes"),
    [(8, 0, 270), (16, 0, 540), (8, 2, 270), (8, 6, 360), (16, 2, 540), (16, 6, 720)],
)
def test_the_limit_counts_the_bytes_of_the_decoded_picture(
    tmp_path: Path, depth: int, kind: int, megabytes: int
) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(png_header(10000, 9000, depth, kind))
    with pytest.raises(ImageTooLargeError, match=f"{megabytes} MB when decoded") as caught:
        read(path, max_megabytes=megabytes - 1)
    assert caught.value.advice == (Advice.ALLOW_LARGER,)
    with pytest.raises(UnreadableImageError):
        read(path, max_megabytes=megabytes)


def test_a_tiny_webp_of_100_megapixels_is_refused_since_its_decoder_takes_most(tmp_path: Path) -> None:
    Image.new("RGB", (10000, 10000)).save(tmp_path / "bomb.webp", lossless=True)
    assert (tmp_path / "bomb.webp").stat().st_size < 10_000
    with pytest.raises(ImageTooLargeError, match="400 MB when decoded"):
        read(tmp_path / "bomb.webp")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("height", [1, 63, 64, 65, 200])
def test_decoding_in_strips_gives_the_pixels_of_decoding_whole(
    tmp_path: Path, mode: str, height: int
) -> None:
    pixels = np.random.default_rng(height).integers(0, 256, (height, 70, 4), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(tmp_path / "p.png")
    photo = read(tmp_path / "p.png")
    whole = np.asarray(Image.open(tmp_path / "p.png").convert("RGBA"))
    np.testing.assert_array_equal(photo.pixels, whole[..., :3])
    if photo.alpha is not None:
        np.testing.assert_array_equal(photo.alpha, whole[..., 3])


@pytest.mark.parametrize(
    "xmp",
    [
        b" " * 400_000,
        b" " * 200_000 + b"tiff:Orientation" + b" " * 200_000,
        b" tiff:Orientation='" * 20_000,
        b"<tiff:Orientation>" * 20_000,
        b" tiff:Orientation" * 20_000 + b"=",
        b' exif:PixelXDimension="' * 20_000,
        b"<a "
        + b" ".join(b'xmlns:p%x="http://ns.adobe.com/hdr-gain-map/1.0/"' % i for i in range(16_000))
        + b"/>",
        b"<a stArea:x='1'><mwg-rs:AppliedToDimensions stDim:h='2' stDim:w='"
        + b"1" * 1_000_000
        + b"' "
        + b" ".join(b"stDim:a%x=''" % i for i in range(50_000))
        + b"/></a>",
    ],
)
def test_xmp_takes_linear_time(xmp: bytes) -> None:
    start = process_time()
    portable(xmp, orientation=6)
    assert process_time() - start < 1


def test_blanks_before_the_orientation_are_dropped_with_it() -> None:
    assert portable(b"<a   tiff:Orientation = '6' b='1'>") == b"<a b='1'>"


def test_a_damaged_file_never_raises_anything_but_image_errors(tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(png_header(0, 5, 8, 2))
    with pytest.raises(ImageError):
        read(tmp_path / "p.png")
