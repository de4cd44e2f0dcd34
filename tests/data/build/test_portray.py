import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from gfrnet import images
from gfrnet.data.build.layouts import PhotoFile
from gfrnet.data.build.portray import portray
from gfrnet.data.build.select import finish_person
from gfrnet.errors import WriteError
from gfrnet.types import UInt8Image


def photo(folder: Path, pixels: UInt8Image, source: str = "p/a.png") -> PhotoFile:
    path = images.write(images.Photo(np.ascontiguousarray(pixels)), folder / "photos" / source)
    return PhotoFile(source.split("/")[0], source, path)


@pytest.fixture(scope="module")
def close_up(portrait: UInt8Image) -> UInt8Image:
    """(170, 180, 3): the portrait's face and little around it."""
    return portrait[40:210, 130:310]


def test_a_tight_crop_is_found_with_a_border(tmp_path: Path, close_up: UInt8Image) -> None:
    (seen,) = portray(photo(tmp_path, close_up[20:150, 35:145], "tight.png"), tmp_path / "set", 128, "webp")
    found = seen.portrait
    assert found.crop == tmp_path / "set" / "crops" / "tight.png" / "tight.png.webp"
    assert found.real != (0, 0, 128, 128)
    assert found.pixels().shape == (128, 128, 3)
    assert found.mask().shape == (128, 128)


def test_of_two_faces_in_a_photo_one_is_the_person(
    tmp_path: Path, close_up: UInt8Image, stranger: UInt8Image
) -> None:
    other = np.asarray(cv2.resize(stranger[40:280, 40:280], (200, 200), interpolation=cv2.INTER_AREA))
    both = np.full((200, 380, 3), 128, np.uint8)
    both[:170, :180], both[:, 180:] = close_up, other
    for person, alone in (("left", close_up), ("right", other)):
        pictures = {"alone.png": alone, "both.png": both}
        files = [photo(tmp_path, pixels, f"{person}/{name}") for name, pixels in pictures.items()]
        (single,), pair = (portray(file, tmp_path / "set", 256, "png") for file in files)
        assert len(pair) == 2
        rows = finish_person([(single,), pair], self_guide=True).portraits[1:]
        (wrong,) = (row for row in rows if row.dropped == "another face of a photo with several")
        (mine,) = (row for row in rows if row is not wrong)
        distances = [np.linalg.norm(row.embedding - single.portrait.embedding) for row in (mine, wrong)]
        assert distances[0] < 0.4 < distances[1]


def test_photos_whose_names_differ_little_keep_their_own_crops(tmp_path: Path, close_up: UInt8Image) -> None:
    names = ("1.png", "1.jpg", "É.png", "E\u0301.png", "A.png", "a.png", "nul.png", "smith..png")
    sources = [*(f"p/{name}" for name in names), "smith./a.png", "con/a.png", "smith/a.png"]
    crops = [
        portray(photo(tmp_path, close_up, source), tmp_path / "set", 64, "jpg")[0].portrait.crop
        for source in sources
    ]
    below = [crop.relative_to(tmp_path / "set" / "crops").as_posix().lower() for crop in crops if crop]
    assert len(set(below)) == len(names) + 3
    assert all(name.isascii() for name in below)
    parts = [part for name in below for part in name.split("/")]
    assert not any(part.endswith(".") or part.split(".")[0] in ("con", "nul") for part in parts)


def test_a_photo_that_breaks_something_is_dropped_with_the_fault(
    tmp_path: Path, close_up: UInt8Image
) -> None:
    (seen,) = portray(photo(tmp_path, close_up), tmp_path / "set", 0, "png")
    assert seen.portrait.dropped.startswith("failed: ")
    assert str(tmp_path) not in seen.portrait.dropped


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_ends_the_build(tmp_path: Path, close_up: UInt8Image) -> None:
    (tmp_path / "set").mkdir(mode=0o500)
    with pytest.raises(WriteError, match="may not be written to"):
        portray(photo(tmp_path, close_up), tmp_path / "set", 64, "png")
