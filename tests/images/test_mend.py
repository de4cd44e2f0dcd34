from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from gfrnet.errors import UnreadableImageError
from gfrnet.images import decode, read, write
from gfrnet.images.chunks import Text, chunk, text_chunk
from gfrnet.images.mend import CUT_SHORT
from gfrnet.images.png import encode_png
from gfrnet.types import AnyArray

ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))

Make = Callable[..., AnyArray]


def saved(pixels: AnyArray, file_format: str, **options: object) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, file_format, **options)
    return file.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_last_two_bytes_is_whole(progressive: bool, tmp_path: Path, smooth: Make) -> None:
    data = saved(smooth(), "JPEG", progressive=progressive)
    (tmp_path / "p.jpg").write_bytes(data)
    whole = read(tmp_path / "p.jpg")
    (tmp_path / "p.jpg").write_bytes(data[:-2])
    photo = read(tmp_path / "p.jpg")
    np.testing.assert_array_equal(photo.pixels, whole.pixels)
    assert photo.remarks == (CUT_SHORT,)
    assert whole.remarks == read(write(photo, tmp_path / "q.jpg")).remarks == ()


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_upper_half_of_a_jpeg_is_read(orientation: int, tmp_path: Path, noise: Make) -> None:
    tags = Image.Exif()
    tags[0x0112], tags[0x010F] = orientation, "Kamera"
    data = saved(noise(160, 120, 3), "JPEG", exif=tags)
    (tmp_path / "p.jpg").write_bytes(data)
    whole = read(tmp_path / "p.jpg").pixels
    (tmp_path / "p.jpg").write_bytes(data[: len(data) * 6 // 10])
    photo = read(tmp_path / "p.jpg")
    assert photo.remarks == (CUT_SHORT,)
    assert b"Kamera" in (photo.exif or b"")
    stored = np.rot90(photo.pixels) if orientation == 6 else photo.pixels
    expected = np.rot90(whole) if orientation == 6 else whole
    np.testing.assert_array_equal(stored[:72], expected[:72])
    assert np.ptp(stored[130:]) <= 2


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_upper_rows_of_a_png_are_read(channels: int, dtype: type, tmp_path: Path, noise: Make) -> None:
    if (channels, dtype) == (2, np.uint16):
        pytest.skip("Pillow gives 8 bit of it")
    samples = noise(50, 40, channels, dtype=dtype)
    data = encode_png(samples, further=text_chunk(Text("Title", "Oma")))
    (tmp_path / "p.png").write_bytes(data[: len(data) * 6 // 10])
    photo = read(tmp_path / "p.png")
    assert photo.remarks == (CUT_SHORT,)
    assert photo.text == (Text("Title", "Oma"),)
    assert photo.pixels.dtype == dtype
    assert (photo.pixels[:25] == samples[:25, :, : 3 if channels > 2 else 1]).all()
    assert not photo.pixels[40:].any()


@pytest.mark.parametrize("mode", ["1", "P", "RGB"])
@pytest.mark.parametrize("interlaced", [False, True])
def test_a_cut_png_of_any_depth_is_read(mode: str, interlaced: bool, tmp_path: Path, noise: Make) -> None:
    image = Image.fromarray(noise(53, 41, 3)).convert(mode)
    image.save(tmp_path / "p.png")
    plain = (tmp_path / "p.png").read_bytes()
    data = interlaced_png(np.asarray(image.convert("RGB"))) if interlaced else plain
    (tmp_path / "p.png").write_bytes(data[: len(data) * 8 // 10])
    photo = read(tmp_path / "p.png")
    assert photo.remarks == (CUT_SHORT,)
    expected = np.asarray(image.convert("RGB"))
    step = 2 if interlaced else 1
    assert (photo.pixels[:20:step, ::step] == expected[:20:step, ::step]).all()


def interlaced_png(pixels: AnyArray) -> bytes:
    """Write the seven passes of an interlaced PNG, each row without a filter."""
    height, width, _ = pixels.shape
    rows = b""
    for column, row, across, down in ADAM7:
        for line in pixels[row::down, column::across]:
            rows += b"\0" + line.tobytes()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_an_interlaced_png_that_is_whole_is_read(tmp_path: Path, noise: Make) -> None:
    (tmp_path / "p.png").write_bytes(interlaced_png(noise(53, 41, 3)))
    assert (read(tmp_path / "p.png").pixels == noise(53, 41, 3)).all()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
@pytest.mark.parametrize("length", [3, 20, 40, 60])
def test_a_file_that_is_cut_in_its_head_is_refused(
    file_format: str, length: int, tmp_path: Path, noise: Make
) -> None:
    (tmp_path / "p").write_bytes(saved(noise(60, 60, 3), file_format)[:length])
    with pytest.raises(UnreadableImageError):
        read(tmp_path / "p")


def test_a_png_that_is_damaged_in_the_middle_is_refused(tmp_path: Path, noise: Make) -> None:
    data = bytearray(encode_png(noise(50, 40, 1) // 200)[:-100])
    data[200:230] = bytes(30)
    (tmp_path / "p.png").write_bytes(data)
    with pytest.raises(UnreadableImageError, match="damaged"):
        read(tmp_path / "p.png")


def test_threads_read_cut_files_and_pillows_switch_is_never_touched(
    tmp_path: Path, smooth: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut, whole = tmp_path / "cut.jpg", tmp_path / "cut.tif"
    cut.write_bytes(saved(smooth(), "JPEG")[:-40])
    whole.write_bytes(saved(smooth(), "TIFF")[:-40])
    expected, wrong = read(cut).pixels, []

    def work() -> None:
        for _ in range(20):
            wrong.append(not (read(cut).pixels == expected).all() or ImageFile.LOAD_TRUNCATED_IMAGES)
            with pytest.raises(UnreadableImageError):
                read(whole)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wrong) == 80
    assert not any(wrong)


def test_a_file_without_its_end_is_refused_where_whole_pictures_are_needed(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    path = tmp_path / "cut.png"
    path.write_bytes(saved(pixels, "PNG")[:-400])
    assert read(path).remarks == (CUT_SHORT,)
    with pytest.raises(UnreadableImageError, match=r"cut\.png"):
        read(path, mend=False)
    with pytest.raises(UnreadableImageError, match="a name"):
        decode(path.read_bytes(), "a name", mend=False)
