"""Test TIFFs that neither Pillow nor OpenCV reads, written here by hand or by tifffile."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gfrnet.errors import ImageTooLargeError, UnreadableImageError
from gfrnet.images import Photo, read, write
from gfrnet.images.convert import oriented
from gfrnet.types import AnyArray
from tiffs import tiff, with_tags

Make = Callable[..., AnyArray]


def check(path: Path, samples: AnyArray) -> Photo:
    photo = read(path)
    assert photo.pixels.dtype == np.uint16
    colours = samples[..., :1] if samples.shape[2] < 3 else samples[..., :3]
    assert (photo.pixels == colours).all()
    if samples.shape[2] in (2, 4):
        assert photo.alpha is not None
        assert (photo.alpha == samples[..., -1]).all()
    else:
        assert photo.alpha is None
    return photo


@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize(("packing", "predictor"), [(1, 1), (5, 1), (5, 2), (8, 2)])
def test_planes_of_16_bit_are_read_to_the_last_bit(
    channels: int,
    order: str,
    tile: tuple[int, int] | None,
    packing: int,
    predictor: int,
    tmp_path: Path,
    noise: Make,
) -> None:
    samples = noise(37, 45, channels, dtype=np.uint16)
    data = tiff(samples, order=order, packing=packing, predictor=predictor, separate=True, tile=tile)
    (tmp_path / "p.tif").write_bytes(data)
    photo = check(tmp_path / "p.tif", samples)
    check(write(photo, tmp_path / "q.png"), samples)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize(("packing", "predictor"), [(1, 1), (5, 2), (8, 2)])
def test_grey_with_alpha_of_16_bit_is_read(
    order: str, tile: tuple[int, int] | None, packing: int, predictor: int, tmp_path: Path, noise: Make
) -> None:
    samples = noise(37, 45, 2, dtype=np.uint16)
    data = tiff(samples, order=order, packing=packing, predictor=predictor, tile=tile)
    (tmp_path / "p.tif").write_bytes(data)
    assert check(tmp_path / "p.tif", samples).grey


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("channels", [2, 3])
def test_they_are_turned_upright(channels: int, orientation: int, tmp_path: Path, noise: Make) -> None:
    samples = noise(21, 13, channels, dtype=np.uint16)
    (tmp_path / "p.tif").write_bytes(tiff(samples, separate=channels == 3, more={274: (orientation,)}))
    photo = check(tmp_path / "p.tif", oriented(samples, orientation))
    tags = Image.Exif()
    tags.load(photo.exif or b"")
    assert tags.get(0x0112, 1) == 1


def test_white_as_zero_and_premultiplied_alpha(tmp_path: Path, noise: Make) -> None:
    samples = noise(9, 8, 2, dtype=np.uint16)
    (tmp_path / "p.tif").write_bytes(tiff(samples, more={262: (0,)}))
    samples[..., 0] = 65535 - samples[..., 0]
    check(tmp_path / "p.tif", samples)
    half = np.full((4, 4, 2), (20000, 32768), np.uint16)
    (tmp_path / "p.tif").write_bytes(tiff(half, more={338: (1,)}))
    assert abs(int(read(tmp_path / "p.tif").pixels[0, 0, 0]) - 39999) <= 1


def test_planes_of_8_bit_are_read_as_before(tmp_path: Path, noise: Make) -> None:
    tifffile = pytest.importorskip("tifffile")
    samples = noise(37, 45, 3)
    tifffile.imwrite(
        tmp_path / "p.tif", np.moveaxis(samples, 2, 0), photometric="rgb", planarconfig="separate"
    )
    assert (read(tmp_path / "p.tif").pixels == samples).all()


@pytest.mark.parametrize("separate", [False, True])
def test_what_another_program_wrote_is_read(separate: bool, tmp_path: Path, noise: Make) -> None:
    tifffile = pytest.importorskip("tifffile")
    samples = noise(100, 70, 3, dtype=np.uint16)
    stored = np.moveaxis(samples, 2, 0) if separate else samples
    kind = "separate" if separate else "contig"
    for options in ({}, {"bigtiff": True}, {"tile": (32, 48)}, {"byteorder": ">"}):
        tifffile.imwrite(tmp_path / "p.tif", stored, photometric="rgb", planarconfig=kind, **options)
        check(tmp_path / "p.tif", samples)


def test_zstd_of_8_bit_is_read(tmp_path: Path, noise: Make) -> None:
    Image.fromarray(noise(37, 45, 3)).save(tmp_path / "p.tif", compression="zstd")
    assert (read(tmp_path / "p.tif").pixels == noise(37, 45, 3)).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_zstd_of_16_bit_is_read(channels: int, tmp_path: Path, noise: Make) -> None:
    samples = noise(37, 45, channels, dtype=np.uint16)
    as_bytes = samples.view(np.uint8).reshape(37, -1)
    Image.fromarray(as_bytes).save(tmp_path / "bytes.tif", compression="zstd")
    with Image.open(tmp_path / "bytes.tif") as image:
        tags = {tag: image.tag_v2[tag] for tag in (273, 278, 279)}
    data = (tmp_path / "bytes.tif").read_bytes()
    layout = {256: (45,), 257: (37,), 258: (16,) * channels, 259: (50000,), 277: (channels,)}
    layout |= {262: (2 if channels == 3 else 1,), 273: tags[273], 278: (tags[278],), 279: tags[279]}
    (tmp_path / "p.tif").write_bytes(with_tags(data[8:], layout, "<"))
    check(tmp_path / "p.tif", samples)


@pytest.mark.parametrize(
    ("dtype", "channels", "words"),
    [
        (np.float32, 1, "samples of 32 bit"),
        (np.float32, 3, "floating-point samples of 32 bit"),
        (np.float16, 1, "floating-point samples of 16 bit"),
        (np.float16, 3, "floating-point samples of 16 bit"),
        (np.float64, 1, "floating-point samples of 64 bit"),
        (np.uint32, 3, "3 samples of 32 bit a pixel"),
    ],
)
def test_what_is_not_read_is_refused_with_the_right_words(
    dtype: type, channels: int, words: str, tmp_path: Path
) -> None:
    tifffile = pytest.importorskip("tifffile")
    samples = np.zeros((8, 9, channels) if channels > 1 else (8, 9), dtype)
    tifffile.imwrite(tmp_path / "p.tif", samples, photometric="rgb" if channels > 1 else "minisblack")
    with pytest.raises(UnreadableImageError, match=f"{words}.*Convert it to") as caught:
        read(tmp_path / "p.tif")
    assert "damaged" not in str(caught.value)


def test_an_unknown_compression_is_named(tmp_path: Path) -> None:
    data = tiff(np.zeros((7, 4, 3), np.uint16)).replace(
        struct.pack("<HHII", 259, 4, 1, 1), struct.pack("<HHII", 259, 4, 1, 34933)
    )
    (tmp_path / "p.tif").write_bytes(data)
    with pytest.raises(UnreadableImageError, match=r"compressed in a way .*\(number 34933\)"):
        read(tmp_path / "p.tif")


@pytest.mark.parametrize("separate", [False, True])
def test_damaged_planes_are_refused(separate: bool, tmp_path: Path, noise: Make) -> None:
    samples = noise(37, 45, 2 if not separate else 3, dtype=np.uint16)
    data = tiff(samples, packing=8, separate=separate)
    start = data.index(struct.pack("<HHI", 256, 4, 1)) - 2
    rng = np.random.default_rng(3)
    for _ in range(60):
        damaged = bytearray(data)
        for place in rng.integers(start, len(data), 3):
            damaged[place] = rng.integers(256)
        (tmp_path / "p.tif").write_bytes(damaged)
        try:
            read(tmp_path / "p.tif", max_megabytes=1)
        except (UnreadableImageError, ImageTooLargeError):
            continue
