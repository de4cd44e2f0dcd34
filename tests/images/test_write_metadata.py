from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from gfrnet.errors import WriteError
from gfrnet.images import WRITABLE_SUFFIXES, Photo, losses, read, write
from gfrnet.types import AnyArray

Make = Callable[..., AnyArray]
MakeExif = Callable[..., bytes]


@cache
def profile() -> bytes:
    """Make a profile, only once because it holds the second of its making."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def grey_profile() -> bytes:
    """Relabel an RGB profile, which is enough for code that looks at the label only."""
    return profile()[:16] + b"GRAY" + profile()[20:]


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
def test_metadata_travel_through_every_format(
    suffix: str, tmp_path: Path, smooth: Make, camera_exif: MakeExif
) -> None:
    source = tmp_path / "source.jpg"
    Image.fromarray(smooth()).save(source, exif=camera_exif(6, maker="Zeiß"), icc_profile=profile())
    photo = read(source).enlarged(2)
    back = read(write(photo, tmp_path / f"p{suffix}"))
    assert back.icc == photo.icc == profile()
    assert back.pixels.shape == (120, 80, 3)
    tags = Image.Exif()
    tags.load(back.exif)
    assert tags[0x010F] == "Zei\xdf"
    assert tags.get(0x0112, 1) == 1
    details = tags.get_ifd(0x8769)
    assert (details[0xA002], details[0xA003]) == (80, 120)
    assert details[0x9003] == "2001:02:03 04:05:06"


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description tiff:Orientation="6" xmp:Rating="5"'
    b" exif:PixelXDimension='60'><tiff:ImageWidth>60</tiff:ImageWidth>Gro\xc3\x9fmutter</rdf:Description>"
    b"</rdf:RDF></x:xmpmeta>"
)


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "AVIF"])
def test_xmp_travels_through_every_format_without_what_is_no_longer_true(
    file_format: str, suffix: str, tmp_path: Path, smooth: Make
) -> None:
    source, result = tmp_path / "source", tmp_path / f"result{suffix}"
    Image.fromarray(smooth()).save(source, file_format, xmp=XMP)
    assert read(source).pixels.shape[:2] == (60, 40)
    write(read(source), result)
    with Image.open(result) as image:
        kept = image.info["xmp"]
    assert b'xmp:Rating="5"' in kept
    assert "Großmutter".encode() in kept
    assert not any(stale in kept for stale in (b"Orientation", b"Dimension", b"ImageWidth"))
    back = read(result)
    assert (back.xmp, back.pixels.shape[:2]) == (kept, (60, 40))


def test_xmp_that_is_too_long_for_a_jpeg_is_left_out_of_it_with_a_word(tmp_path: Path, smooth: Make) -> None:
    path = tmp_path / "p.jpg"
    long = Photo(smooth(), xmp=XMP + bytes(70000))
    assert read(write(long, path)).xmp is None
    assert "XMP, which is too long" in losses(long, path)[0]
    assert losses(long, tmp_path / "p.png") == ()
    assert read(write(long, tmp_path / "p.png")).xmp is not None


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("source", [".jpg", ".png", ".tif", ".bmp"])
def test_the_resolution_of_a_scan_is_kept(source: str, suffix: str, tmp_path: Path, smooth: Make) -> None:
    path, result = tmp_path / f"scan{source}", tmp_path / f"result{suffix}"
    Image.fromarray(smooth()).save(path, dpi=(600, 300))
    write(read(path).enlarged(2), result)
    with Image.open(result) as image:
        assert image.info["dpi"] == pytest.approx((600, 300), abs=0.02)
    again = read(write(read(result), tmp_path / "again.png"))
    assert again.dpi == pytest.approx((600, 300), abs=0.02)


def test_no_resolution_is_made_up(tmp_path: Path, smooth: Make, camera_exif: MakeExif) -> None:
    path = tmp_path / "camera.jpg"
    for suffix in (".jpg", ".png", ".tif"):
        for options in {"exif": camera_exif(1)}, {}:
            Image.fromarray(smooth()).save(path, **options)
            assert read(path).dpi is None
            assert read(write(read(path), tmp_path / f"result{suffix}")).dpi is None


def test_the_resolution_turns_with_the_picture(tmp_path: Path, smooth: Make, camera_exif: MakeExif) -> None:
    for orientation, dpi in (3, (600, 300)), (6, (300, 600)):
        Image.fromarray(smooth()).save(tmp_path / "p.jpg", dpi=(600, 300), exif=camera_exif(orientation))
        assert read(tmp_path / "p.jpg").dpi == dpi


def test_grey_with_a_profile_for_rgb_keeps_both(tmp_path: Path, smooth: Make) -> None:
    photo = Photo(smooth()[..., [0, 0, 0]], grey=True, icc=profile())
    with Image.open(write(photo, tmp_path / "p.png")) as image:
        assert image.mode == "RGB"
    back = read(tmp_path / "p.png")
    assert (back.grey, back.icc) == (True, profile())


@pytest.mark.parametrize("suffix", [".webp", ".avif"])
@pytest.mark.parametrize("with_alpha", [False, True])
def test_a_grey_profile_is_not_put_where_colour_is(
    suffix: str, with_alpha: bool, tmp_path: Path, smooth: Make
) -> None:
    grey = smooth()[..., [0, 0, 0]]
    photo = Photo(grey, grey[..., 0] if with_alpha else None, grey=True, icc=grey_profile())
    back = read(write(photo, tmp_path / f"p{suffix}"))
    assert back.icc is None
    assert (back.alpha is not None) == with_alpha
    assert np.abs(back.pixels.astype(int) - grey).mean() < 3


def test_16_bit_grey_with_alpha_and_profile_fits_png_but_no_tiff(tmp_path: Path, noise: Make) -> None:
    pixels = np.repeat(noise(4, 5, 1, dtype=np.uint16), 3, axis=2)
    photo = Photo(pixels, noise(4, 5, dtype=np.uint16), grey=True, icc=grey_profile())
    assert read(write(photo, tmp_path / "p.png")).icc == grey_profile()
    with pytest.raises(WriteError, match=r"Write a \.png instead"):
        write(photo, tmp_path / "p.tif")
