"""Tracks hold every frame of one shot, and refuse what does not fit."""

import numpy as np
import pytest

from gfrnet.faces import Quality
from gfrnet.film.records import Shot, Spot, Track
from gfrnet.types import Box


def track(frames: list[int], shot: Shot, sharpest: tuple[int, ...] = (3,)) -> Track:
    spots = tuple(Spot(frame, Box(frame, 0, frame + 10, 10), 0.0, 0.9, True) for frame in frames)
    face = np.zeros((len(sharpest), 128), np.float32)
    return Track(0, shot, spots, face.sum(axis=0), face, sharpest, Quality(0.3, 1.0, 10.0))


def test_a_track_knows_its_frames_and_places() -> None:
    found = track([2, 3, 4], Shot(0, 5))
    assert (found.first, found.last, len(found)) == (2, 4, 3)
    assert found.place(3).center == (8.0, 5.0)
    assert found.place(3).side == pytest.approx(13)
    assert found.spot(5) is None
    assert found.spot(1) is None
    with pytest.raises(KeyError):
        found.place(5)


def test_tracks_of_common_frames_meet() -> None:
    shot = Shot(0, 20)
    assert track([2, 3, 4], shot).meets(track([3, 4, 5], shot))
    assert not track([2, 3], shot).meets(track([4, 5], shot, (4,)))


@pytest.mark.parametrize(
    ("frames", "shot", "message"),
    [
        ([2, 4], Shot(0, 9), "one spot for every frame"),
        ([2, 3, 4], Shot(3, 9), "over a cut"),
        ([4, 5], Shot(0, 9), "must be frames of it"),
    ],
)
def test_tracks_refuse_what_does_not_fit(frames: list[int], shot: Shot, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        track(frames, shot)


def test_a_shot_holds_frames() -> None:
    assert 4 in Shot(2, 5)
    assert 5 not in Shot(2, 5)
    assert len(Shot(2, 5)) == 3
    with pytest.raises(ValueError, match="start < stop"):
        Shot(3, 3)
