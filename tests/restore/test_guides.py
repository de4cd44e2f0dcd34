"""Test the shelf of prepared guides; `test_choice_of_guides` tests what is prepared, and how."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.errors import NoFaceError
from gfrnet.faces import FacePortrait, Quality
from gfrnet.images import Photo
from gfrnet.restore import RestoreOptions, guides
from gfrnet.restore.guide_set import GuideFace
from gfrnet.restore.guides import GuideShelf
from gfrnet.restore.sources import content_hash
from gfrnet.types import UInt8Image

CROPPED = RestoreOptions(cropped=True)


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """List the brightness of every guide that was prepared; a fake prepares them in no time."""
    seen: list[int] = []
    nothing = np.zeros(0, np.float32)

    def prepare(photo: Photo, _: str) -> tuple[GuideFace, ...]:
        seen.append(int(photo.rgb8[0, 0, 0]))
        return (GuideFace(photo.rgb8, FacePortrait(nothing, Quality(1, 1, 1), nothing)),)

    monkeypatch.setattr(guides, "_whole", prepare)
    return seen


def grey(*levels: int) -> list[UInt8Image]:
    return [np.full((1, 1, 3), level, np.uint8) for level in levels]


def test_all_guides_of_a_photo_stay_prepared_for_the_next_photo(
    prepared: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guides, "REMEMBERED", 3)
    shelf = GuideShelf()
    for _ in range(3):
        found = shelf.collect(grey(*range(5)), CROPPED)
        assert [guide.index for guide in found.guides] == list(range(5))
    assert prepared == list(range(5))


def test_a_failure_is_remembered_for_the_file_that_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []

    def find_none(_: Photo, name: str, __: bool) -> tuple[GuideFace, ...]:
        searched.append(name)
        raise NoFaceError(f"No face found in {name}.")

    monkeypatch.setattr(guides, "_found", find_none)
    walls = [str(images.write(Photo(grey(90)[0]), tmp_path / name)) for name in ("A.png", "B.png")]
    shelf = GuideShelf()
    for wall in walls * 2:
        with pytest.raises(NoFaceError, match=f"^No face found in {re.escape(wall)}.$"):
            shelf.collect([wall], RestoreOptions())
    assert searched == walls


def test_equal_files_are_prepared_once(prepared: list[int], tmp_path: Path) -> None:
    paths = [images.write(Photo(grey(7)[0]), tmp_path / name) for name in ("A.png", "B.png")]
    found = GuideShelf().collect(paths, CROPPED)
    assert [guide.name for guide in found.guides] == [str(path) for path in paths]
    assert prepared == [7]


def test_a_photo_does_not_guide_itself(prepared: list[int], tmp_path: Path) -> None:
    photo, copy, other = (
        images.write(Photo(grey(level)[0]), tmp_path / name)
        for level, name in ((7, "A.png"), (7, "B.png"), (8, "C.png"))
    )
    itself = content_hash(photo)
    found = GuideShelf().collect([photo, copy, other], CROPPED, itself)
    assert [guide.name for guide in found.guides] == [str(other)]
    assert [guide.name for guide in found.skipped] == [str(photo), str(copy)]
    assert prepared == [8]
    with pytest.raises(NoFaceError, match="Give another photo"):
        GuideShelf().collect([copy], CROPPED, itself)


def test_the_least_recently_used_guides_are_forgotten(
    prepared: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guides, "REMEMBERED", 3)
    shelf = GuideShelf()
    for levels in (1, 2, 3), (1,), (4,), (1, 3, 4), (2,):
        shelf.collect(grey(*levels), CROPPED)
    assert prepared == [1, 2, 3, 4, 2]


def test_a_guide_that_meets_a_fault_is_skipped_and_the_others_serve(
    prepared: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = guides._whole

    def faulty(photo: Photo, name: str) -> tuple[GuideFace, ...]:
        if photo.rgb8[0, 0, 0] == 7:
            raise TypeError("unexpected")
        return whole(photo, name)

    monkeypatch.setattr(guides, "_whole", faulty)
    found = GuideShelf().collect(grey(7, 8), CROPPED)
    assert [guide.index for guide in found.guides] == [1]
    assert "TypeError, met guide 1 (unexpected). Leave this guide out." in found.skipped[0].reason


def test_guides_that_never_end_are_skipped_at_once(tmp_path: Path, portrait: UInt8Image) -> None:
    if os.name == "nt":
        pytest.skip("Windows has no such files")
    os.mkfifo(tmp_path / "pipe.jpg")
    with (tmp_path / "giant.jpg").open("wb") as file:
        file.truncate(2**40)
    good = images.write(Photo(portrait), tmp_path / "good.png")
    sources = [tmp_path / "pipe.jpg", Path("/dev/zero"), tmp_path / "giant.jpg", good]
    found = GuideShelf().collect(sources, RestoreOptions())
    assert [skip.index for skip in found.skipped] == [0, 1, 2]
    assert {guide.index for guide in found.guides} == {3}
