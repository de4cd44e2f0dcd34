from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gfrnet.images import WRITABLE_SUFFIXES, Photo, as_sheet, is_sheet, read, write

PIXELS = np.full((8, 8, 3), 99, np.uint8)


@pytest.mark.parametrize("suffix", WRITABLE_SUFFIXES)
def test_a_sheet_is_known_by_its_mark_in_every_format(suffix: str, tmp_path: Path) -> None:
    sheet, photo = (tmp_path / f"{name}{suffix}" for name in ("sheet", "photo"))
    write(as_sheet(PIXELS), sheet)
    write(Photo(PIXELS), photo)
    assert is_sheet(sheet)
    assert not is_sheet(photo)
    assert read(sheet).pixels.shape == PIXELS.shape


@pytest.mark.parametrize("content", [None, b"", b"text", b"\xff\xd8\xff\xe1\0\x08Exif\0\0"])
def test_what_cannot_be_read_is_no_sheet(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "sheet.jpg"
    if content is not None:
        path.write_bytes(content)
    assert not is_sheet(path)
