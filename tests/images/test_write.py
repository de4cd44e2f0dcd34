from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gfrnet.errors import ConfigError, WriteError
from gfrnet.images import WRITABLE_SUFFIXES, Photo, read, write
from gfrnet.images.photo import PixelArray
from gfrnet.types import AnyArray

Make = Callable[..., AnyArray]


def same(a: PixelArray | None, b: PixelArray | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.dtype == b.dtype and a.shape == b.shape and bool((a == b).all())


@pytest.mark.parametrize("suffix", [".png", ".TIF"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("with_alpha", [False, True])
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (37, 29)])
def test_lossless_formats_keep_every_bit(
    suffix: str, dtype: type, with_alpha: bool, grey: bool, size: tuple[int, int], tmp_path: Path, noise: Make
) -> None:
    pixels = np.repeat(noise(*size, 1, dtype=dtype), 3, axis=2) if grey else noise(*size, 3, dtype=dtype)
    photo = Photo(pixels, noise(*size, dtype=dtype) if with_alpha else None, grey=grey)
    path = write(photo, tmp_path / f"p{suffix}")
    back = read(path)
    assert same(back.pixels, photo.pixels)
    assert same(back.alpha, photo.alpha)
    assert back.grey == grey
    again = read(write(back, tmp_path / f"q{suffix}"))
    assert same(again.pixels, photo.pixels)


def test_a_tiff_of_many_strips_keeps_every_bit(tmp_path: Path, noise: Make) -> None:
    photo = Photo(noise(300, 401, 3, dtype=np.uint16))
    assert same(read(write(photo, tmp_path / "p.tif")).pixels, photo.pixels)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pillow_reads_our_png_and_tiff_as_we_do(
    suffix: str, channels: int, tmp_path: Path, noise: Make
) -> None:
    samples = noise(70, 90, channels)
    grey, alpha = channels == 1, samples[..., 3] if channels == 4 else None
    photo = Photo(samples[..., [0, 0, 0]] if grey else samples[..., :3], alpha, grey=grey)
    with Image.open(write(photo, tmp_path / f"p{suffix}")) as image:
        assert image.mode == {1: "L", 3: "RGB", 4: "RGBA"}[channels]
        assert (np.asarray(image).reshape(samples.shape) == samples).all()


def test_lossless_webp_at_full_quality(tmp_path: Path, noise: Make) -> None:
    photo = Photo(noise(20, 30, 3), noise(20, 30))
    back = read(write(photo, tmp_path / "p.webp", quality=100))
    assert same(back.pixels, photo.pixels)
    assert same(back.alpha, photo.alpha)


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".webp", ".avif"])
def test_lossy_formats_stay_close_and_obey_the_quality(suffix: str, tmp_path: Path, noise: Make) -> None:
    coarse = Image.fromarray(noise(12, 16, 3)).resize((160, 120), Image.Resampling.BICUBIC)
    photo = Photo(np.array(coarse))
    good, bad = tmp_path / f"good{suffix}", tmp_path / f"bad{suffix}"
    write(photo, good)
    write(photo, bad, quality=30)
    errors = [np.abs(read(p).pixels.astype(int) - photo.pixels).mean() for p in (good, bad)]
    assert errors[0] < 3
    assert errors[1] > 1.5 * errors[0]
    assert bad.stat().st_size < good.stat().st_size


def test_jpeg_keeps_full_chroma(tmp_path: Path, noise: Make) -> None:
    path = write(Photo(noise(32, 32, 3)), tmp_path / "p.jpg")
    with Image.open(path) as image:
        assert {layer[1:3] for layer in image.layer} == {(1, 1)}


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
def test_grey_is_written_with_one_channel(suffix: str, tmp_path: Path, smooth: Make) -> None:
    path = write(Photo(smooth()[..., [0, 0, 0]], grey=True), tmp_path / f"p{suffix}")
    with Image.open(path) as image:
        assert image.mode == ("RGB" if suffix == ".webp" else "L")
    assert read(path).grey


def test_a_grey_photo_that_turned_coloured_is_written_grey(tmp_path: Path, smooth: Make) -> None:
    back = read(write(Photo(smooth(), grey=True), tmp_path / "p.png"))
    assert (back.pixels == back.pixels[..., :1]).all()


def test_16_bit_is_rounded_where_the_format_has_8(tmp_path: Path, smooth: Make) -> None:
    photo = Photo(np.clip(smooth().astype(np.uint32) * 257 + 100, 0, 65535).astype(np.uint16))
    back = read(write(photo, tmp_path / "p.webp", quality=100))
    assert (back.pixels == smooth()).all()


def test_jpeg_takes_opaque_alpha_and_refuses_transparency(tmp_path: Path, smooth: Make) -> None:
    alpha = np.full(smooth().shape[:2], 255, np.uint8)
    assert read(write(Photo(smooth(), alpha), tmp_path / "p.jpg")).alpha is None
    alpha[3, 4] = 254
    with pytest.raises(WriteError, match=r"JPEG cannot hold transparency\. Write a \.png"):
        write(Photo(smooth(), alpha), tmp_path / "q.jpg")


def test_what_a_format_cannot_hold_is_refused(tmp_path: Path, smooth: Make) -> None:
    panorama = Photo(np.zeros((2, 20000, 3), np.uint8))
    with pytest.raises(WriteError, match=r"16383 pixels a side, not 20000. Write a .png"):
        write(panorama, tmp_path / "p.webp")
    assert read(write(panorama, tmp_path / "p.jpg")).width == 20000
    with pytest.raises(WriteError, match="EXIF, not 70000"):
        write(Photo(smooth(), exif=b"Exif\0\0" + bytes(69994)), tmp_path / "p.jpg")
    assert not (tmp_path / "p.webp").exists()


@pytest.mark.parametrize("quality", [0, 101, 1000, -1, 9.5, "95"])
@pytest.mark.parametrize("name", ["p.jpg", "p.webp", "p.png"])
def test_a_quality_out_of_range_is_refused(name: str, quality: object, tmp_path: Path, smooth: Make) -> None:
    with pytest.raises(ConfigError, match="quality"):
        write(Photo(smooth()), tmp_path / name, quality=quality)  # type: ignore[arg-type]
    assert not (tmp_path / name).exists()


def test_an_encoder_that_refuses_is_explained(
    tmp_path: Path, smooth: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("encoder error -2")

    monkeypatch.setattr(Image.Image, "save", refuse)
    with pytest.raises(WriteError, match=r"p\.jpg cannot be encoded \(encoder error -2\)"):
        write(Photo(smooth()), tmp_path / "p.jpg")
