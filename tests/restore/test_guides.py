"""The shelf of prepared guides; what is prepared, and how, is told in `test_restorer`."""

from __future__ import annotations

import numpy as np
import pytest

from gfrnet.faces import FacePortrait, Quality
from gfrnet.images import Photo
from gfrnet.restore import guides
from gfrnet.restore.guides import GuideFace, GuideShelf
from gfrnet.types import UInt8Image


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The brightness of every guide that was prepared; preparing takes no time."""
    seen: list[int] = []
    nothing = np.zeros(0, np.float32)

    def prepare(photo: Photo, _: str) -> tuple[GuideFace, ...]:
        seen.append(int(photo.rgb8[0, 0, 0]))
        return (GuideFace(photo.rgb8, FacePortrait(nothing, Quality(1, 1, 1), nothing)),)

    monkeypatch.setattr(guides, "_whole", prepare)
    return seen


def grey(*levels: int) -> list[UInt8Image]:
    return [np.full((1, 1, 3), level, np.uint8) for level in levels]


def test_however_many_guides_a_photo_has_none_is_prepared_again_for_the_next(
    prepared: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guides, "REMEMBERED", 3)
    shelf = GuideShelf()
    for _ in range(3):
        found, _ = shelf.collect(grey(*range(5)), cropped=True, thorough=False)
        assert [guide.index for guide in found] == list(range(5))
    assert prepared == list(range(5))


def test_those_are_forgotten_that_were_not_needed_for_longest(
    prepared: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guides, "REMEMBERED", 3)
    shelf = GuideShelf()
    for levels in (1, 2, 3), (1,), (4,), (1, 3, 4), (2,):
        shelf.collect(grey(*levels), cropped=True, thorough=False)
    assert prepared == [1, 2, 3, 4, 2]
