from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from gfrnet import images
from gfrnet.data import Portrait, check_datasets, read_manifest, write_manifest
from gfrnet.data.samples.self_guide import mirrored_points
from gfrnet.errors import DataError
from gfrnet.work import Advanced
from people import write_people


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_people(tmp_path / "set")
    return tmp_path / "set"


def change(root: Path, source: str, changed: Callable[[Portrait], Portrait]) -> None:
    write_manifest(root, [changed(p) if p.source == source else p for p in read_manifest(root)])


def test_nothing_is_wrong(root: Path) -> None:
    seen: list[Advanced] = []
    assert check_datasets([root], seen.append) == []
    assert seen == [Advanced("photos", done, 9) for done in range(1, 10)]


def test_files_that_are_missing_damaged_or_of_another_size(root: Path) -> None:
    crops = root / "crops"
    (crops / "p0" / "0.png").unlink()
    (crops / "p1" / "1.png").write_bytes((crops / "p1" / "1.png").read_bytes()[:900])
    images.write(images.Photo(np.zeros((64, 64, 3), np.uint8)), crops / "p2" / "2.png")
    missing, damaged, small = check_datasets([root])
    assert "p0/0.jpg" in missing
    assert "does not exist" in missing
    assert "p1/1.jpg" in damaged
    assert "(64, 64), not (256, 256)" in small


def test_crops_that_are_not_in_use_are_read_too(root: Path) -> None:
    changes: dict[str, dict[str, Any]] = {
        "p0/1.jpg": {"role": "spare"},
        "p1/1.jpg": {"role": "", "real": (60, 60, 180, 160), "dropped": "covered"},
        "p2/1.jpg": {"role": "", "crop": None, "dropped": "no face found"},
    }
    write_manifest(root, [replace(p, **changes.get(p.source, {})) for p in read_manifest(root)])
    assert check_datasets([root]) == []
    (root / "crops" / "p0" / "1.png").unlink()
    (root / "crops" / "p1" / "1.png").write_bytes(b"")
    missing, empty = check_datasets([root])
    assert "p0/1.jpg" in missing
    assert "p1/1.jpg" in empty


def test_nothing_is_in_use(root: Path) -> None:
    write_manifest(root, [replace(p, role="") for p in read_manifest(root)])
    (finding,) = check_datasets([root])
    assert "no usable photo" in finding


def test_landmarks_and_rectangles(root: Path) -> None:
    change(root, "p0/0.jpg", lambda p: replace(p, landmarks=p.points() + np.float32([90, 0])))
    change(root, "p0/1.jpg", lambda p: replace(p, real=(10, 0, 300, 240)))
    change(root, "p0/2.jpg", lambda p: replace(p, real=(60, 60, 180, 160)))
    outside, unfit, padding, *more = check_datasets([root])
    assert "px outside" in outside
    assert "(10, 0, 300, 240) does not fit" in unfit
    assert "most of its crop is padding" in padding
    assert all("p0/2.jpg" in finding for finding in more)


def test_a_chin_that_is_cut_off_is_no_fault(root: Path) -> None:
    change(root, "p0/0.jpg", lambda p: replace(p, real=(10, 0, 256, 200)))
    assert check_datasets([root]) == []


def test_guides_and_splits(root: Path) -> None:
    change(root, "p0/1.jpg", lambda p: replace(p, role="guide"))
    change(root, "p1/0.jpg", lambda p: replace(p, role="target"))
    change(root, "p2/0.jpg", lambda p: replace(p, split="val"))
    two, none, both = check_datasets([root])
    assert "p0 has 2 guide images" in two
    assert "p1 has 0 guide images" in none
    assert "p2 is in several splits" in both


def test_one_photo_under_two_people(root: Path) -> None:
    """Darker, paler, mirrored and moved."""
    portraits = read_manifest(root)
    first, other = portraits[0], portraits[4]
    moved = cv2.warpAffine(
        first.pixels()[:, ::-1] // 2 + 60,
        np.float32([[1, 0, 7], [0, 1, -5]]),
        (256, 256),
        borderMode=cv2.BORDER_REPLICATE,
    )
    assert other.crop is not None
    images.write(images.Photo(np.asarray(moved, np.uint8)), other.crop)
    points = mirrored_points(first.points(), 256) + np.float32([7, -5])
    change(root, other.source, lambda p: replace(p, landmarks=points))
    (finding,) = check_datasets([root])
    assert first.source in finding
    assert other.source in finding
    assert "one photo" in finding


def test_two_data_sets_have_nobody_and_nothing_in_common(root: Path, tmp_path: Path) -> None:
    write_people(tmp_path / "copy", 1, 2)
    findings = check_datasets([root, tmp_path / "copy"])
    assert len(findings) == 3
    assert "p0 is in" in findings[0]
    assert all("one photo" in finding for finding in findings[1:])


def test_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Build the data set first"):
        check_datasets([tmp_path])
