from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, TiffImagePlugin

from gfrnet.errors import UnreadableImageError
from gfrnet.images import RAW_SUFFIXES, read

REFUSED = r"is a RAW file of a camera, .* Save it as JPEG or 16-bit TIFF"


def thumbnail(**tags: object) -> bytes:
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    for name, value in tags.items():
        tag = int(name.removeprefix("t"))
        directory[tag] = value
        directory.tagtype[tag] = 1 if isinstance(value, bytes) else 4
    file = BytesIO()
    Image.new("RGB", (16, 12), "red").save(file, "TIFF", tiffinfo=directory)
    return file.getvalue()


@pytest.mark.parametrize("suffix", [".CR2", ".nef", ".arw", ".dng", ".pef"])
def test_a_tiff_with_the_suffix_of_raw_is_refused_by_name(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"IMG_1{suffix}"
    path.write_bytes(thumbnail())
    with pytest.raises(UnreadableImageError, match=rf"IMG_1\{suffix} {REFUSED}"):
        read(path)
    path.rename(tmp_path / "p.tif")
    assert read(tmp_path / "p.tif").width == 16


@pytest.mark.parametrize(
    "data",
    [
        b"II*\0\x10\0\0\0CR\x02\0" + bytes(500),
        b"IIRO\x08\0\0\0" + bytes(99),
        b"IIU\0\x08\0\0\0" + bytes(99),
        b"FUJIFILMCCD-RAW 0201",
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
        b"FOVb" + bytes(99),
        b"II\x1a\0\0\0HEAPCCDR" + bytes(99),
    ],
)
def test_raw_with_a_signature_of_its_own_is_refused_under_any_name(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(data)
    with pytest.raises(UnreadableImageError, match=REFUSED):
        read(tmp_path / "photo.jpg")


def test_raw_is_told_by_its_tags_under_any_name(tmp_path: Path) -> None:
    for data in (thumbnail(t50706=b"\1\4\0\0"), thumbnail(t254=1, t330=8)):
        (tmp_path / "photo.tif").write_bytes(data)
        with pytest.raises(UnreadableImageError, match=REFUSED):
            read(tmp_path / "photo.tif")
    sensor = thumbnail()
    entry = struct.pack("<HHII", 262, 3, 1, 2)
    assert entry in sensor
    (tmp_path / "photo.tif").write_bytes(sensor.replace(entry, struct.pack("<HHII", 262, 3, 1, 32803)))
    with pytest.raises(UnreadableImageError, match=REFUSED):
        read(tmp_path / "photo.tif")


def test_tiffs_with_pages_and_pyramids_and_jpegs_named_like_raw_are_read(tmp_path: Path) -> None:
    (tmp_path / "p.tif").write_bytes(thumbnail(t330=8))
    assert read(tmp_path / "p.tif").width == 16
    (tmp_path / "p.tif").write_bytes(thumbnail(t254=1))
    assert read(tmp_path / "p.tif").width == 16
    Image.new("RGB", (16, 12)).save(tmp_path / "p.nef", "JPEG")
    assert read(tmp_path / "p.nef").format == "JPEG"
    assert ".tif" not in RAW_SUFFIXES
