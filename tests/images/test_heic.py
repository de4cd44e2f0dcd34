"""Test HEIC where the extra is installed, and the words where it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from gfrnet.errors import ImageTooLargeError, MissingExtraError, UnreadableImageError
from gfrnet.images import READABLE_SUFFIXES, heic, read, write
from gfrnet.images.convert import oriented
from gfrnet.types import AnyArray

Make = Callable[..., AnyArray]

NEEDS = pytest.mark.skipif(not heic.is_installed(), reason="needs the extra heic")
HEAD = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


def save(path: Path, pixels: AnyArray, **options: object) -> Path:
    import pillow_heif

    modes = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    mode = modes[channels] + (";16" if pixels.dtype == np.uint16 else "")
    file = pillow_heif.from_bytes(mode, (pixels.shape[1], pixels.shape[0]), pixels.tobytes())
    file.save(path, quality=-1, chroma=444, matrix_coefficients=0, **options)
    return path


def test_without_the_extra_the_message_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heic, "is_installed", lambda: False)
    (tmp_path / "p.jpg").write_bytes(HEAD + bytes(100))
    with pytest.raises(
        MissingExtraError, match=r"p\.jpg is a HEIC, .*\[heic\].*, or save the picture as JPEG"
    ):
        read(tmp_path / "p.jpg")
    assert heic.fits_jpeg(tmp_path / "p.jpg")


@NEEDS
def test_a_damaged_file_is_refused(tmp_path: Path, smooth: Make) -> None:
    assert ".heic" in READABLE_SUFFIXES
    data = save(tmp_path / "p.heic", smooth()).read_bytes()
    for damaged in (HEAD + bytes(100), data[: len(data) // 2], data[:-40]):
        (tmp_path / "p.heic").write_bytes(damaged)
        with pytest.raises(UnreadableImageError, match="damaged"):
            read(tmp_path / "p.heic")
        assert heic.fits_jpeg(tmp_path / "p.heic") in (True, False)


@NEEDS
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_and_regions_are_upright(orientation: int, tmp_path: Path, smooth: Make) -> None:
    tags = Image.Exif()
    tags[0x0112], tags[0x010F] = orientation, "Kamera"
    xmp = b"<a stArea:x='0.25' stArea:y='0.5' tiff:Orientation='6' xmp:Rating='5'/>"
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "p.heic"
    import pillow_heif

    pillow_heif.register_heif_opener()
    Image.fromarray(smooth()).save(path, "HEIF", quality=90, exif=tags.tobytes(), xmp=xmp, icc_profile=icc)
    photo = read(path)
    assert photo.format == "HEIC"
    expected = oriented(smooth(), orientation)
    assert photo.pixels.shape == expected.shape
    assert np.abs(photo.pixels.astype(int) - expected).mean() < 4
    stored = Image.Exif()
    stored.load(photo.exif or b"")
    assert (stored.get(0x0112, 1), stored[0x010F]) == (1, "Kamera")
    assert photo.icc == icc
    assert photo.xmp is not None
    assert b"xmp:Rating='5'" in photo.xmp
    assert b"Orientation" not in photo.xmp
    back = read(write(photo, tmp_path / "q.jpg"))
    assert (back.xmp, back.icc) == (photo.xmp, icc)


@NEEDS
@pytest.mark.parametrize("alpha", [False, True])
def test_alpha_and_10_bit_are_kept_and_need_a_png(alpha: bool, tmp_path: Path, smooth: Make) -> None:
    deep = np.rint(smooth(80, 600) / 255.0 * 65535).astype(np.uint16)
    deep[:, :, 0] = np.linspace(0, 65535, 600).astype(np.uint16)
    deep = np.dstack((deep, deep[..., 0])) if alpha else deep
    photo = read(save(tmp_path / "p.heic", deep))
    assert photo.pixels.dtype == np.uint16
    assert np.abs(photo.pixels.astype(int) - deep[..., :3]).mean() < 100
    assert (photo.alpha is not None) == alpha
    assert len(np.unique(photo.pixels)) > 400
    assert photo.pixels.max() == 65535
    assert not heic.fits_jpeg(tmp_path / "p.heic")
    small = np.dstack((smooth(), smooth()[..., 0])) if alpha else smooth()
    assert heic.fits_jpeg(save(tmp_path / "q.heic", small)) == (not alpha)


@NEEDS
def test_the_limit_counts_before_decoding(tmp_path: Path, smooth: Make) -> None:
    path = save(tmp_path / "p.heic", smooth())
    with pytest.raises(ImageTooLargeError, match="0 MB when decoded"):
        read(path, max_megabytes=0.001)
