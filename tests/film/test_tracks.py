"""Faces are followed through shots: every frame has a smooth place, and no track reaches over a cut."""

import cv2
import numpy as np
import pytest

from gfrnet.faces import Quality
from gfrnet.film.following import Chain, Follower, Sample, Sight
from gfrnet.film.records import Shot, Track
from gfrnet.film.shots import ShotFinder
from gfrnet.film.smoothing import smoothed
from gfrnet.film.tracking import make_tracks
from gfrnet.types import Box, UInt8Image
from moving import filmed, grey


def tracked(frames: list[UInt8Image]) -> tuple[Track, ...]:
    finder, follower = ShotFinder(), Follower()
    for number, frame in enumerate(frames):
        follower.see(number, frame, finder.add(grey(frame)))
    return make_tracks(follower.chains(), finder.shots())


@pytest.fixture(scope="module")
def face(portrait: UInt8Image) -> UInt8Image:
    return np.ascontiguousarray(cv2.resize(portrait[50:200, 150:290], (110, 118)))


def test_a_face_is_followed_over_a_cut_as_two_tracks(face: UInt8Image) -> None:
    frames = filmed(face, 1, 20) + filmed(face, 2, 14, left=150, pace=-1.0)
    first, second = tracked(frames)
    assert (first.first, first.last, second.first, second.last) == (0, 19, 20, 33)
    assert np.linalg.norm(first.embedding - second.embedding) < 0.35
    steps = np.diff([spot.box.center[0] for spot in first.spots])
    assert steps == pytest.approx(np.full(19, 1.5), abs=0.8)
    assert first.pictures


def test_a_face_that_grain_hides_for_some_frames_is_carried_over(face: UInt8Image) -> None:
    frames = filmed(face, 1, 30)
    for n in range(12, 16):
        frames[n][25:155, int(1.5 * n) + 15 : int(1.5 * n) + 135] = 127
    (track,) = tracked(frames)
    assert (track.first, track.last) == (0, 29)
    assert not any(track.spots[n].found for n in range(12, 16))
    assert sum(spot.found for spot in track.spots) >= 24
    centres = np.array([spot.box.center[0] for spot in track.spots])
    assert centres == pytest.approx(centres[0] + 1.5 * np.arange(30), abs=4)


def test_a_ground_without_a_face_has_no_track(face: UInt8Image) -> None:
    assert tracked(filmed(np.full_like(face, 120), 3, 12)) == ()


def chain(start: int, stop: int, left: float, person: float) -> Chain:
    sights = [Sight(n, Box(left, 10, left + 40, 50), 0.0, 0.9) for n in range(start, stop)]
    embedding = np.full(128, person, np.float32)
    return Chain(sights, [Sample(start, embedding, Quality(0.4, 1.0, 40.0), b"")])


def test_a_gap_is_linked_only_for_the_same_face_in_one_shot() -> None:
    shots = (Shot(0, 60),)
    (track,) = make_tracks([chain(0, 20, 50, 0.0), chain(30, 60, 60, 0.01)], shots)
    assert len(track) == 60
    assert sum(not spot.found for spot in track.spots) == 10
    assert len(make_tracks([chain(0, 20, 50, 0.0), chain(30, 60, 60, 0.2)], shots)) == 2
    assert len(make_tracks([chain(0, 20, 50, 0.0), chain(50, 60, 50, 0.0)], shots)) == 2
    assert len(make_tracks([chain(0, 20, 50, 0.0), chain(25, 60, 50, 0.0)], (Shot(0, 22), Shot(22, 60)))) == 2


def test_short_chance_tracks_are_dropped() -> None:
    assert make_tracks([chain(10, 13, 50, 0.0)], (Shot(0, 60),)) == ()
    assert len(make_tracks([chain(0, 3, 50, 0.0)], (Shot(0, 4),))) == 1


def test_smoothing_follows_lines_and_forgets_strays() -> None:
    frames = np.delete(np.arange(50), [20, 21, 22])
    values = 3.0 + 0.5 * frames
    assert smoothed(frames, values, 50, 2.0) == pytest.approx(3 + 0.5 * np.arange(50), abs=1e-3)
    noisy = values + np.random.default_rng(1).normal(0, 0.5, len(frames))
    noisy[10] += 30
    course = smoothed(frames, noisy, 50, 2.0)
    assert np.abs(course - (3 + 0.5 * np.arange(50))).max() < 1.5
    assert np.abs(np.diff(course, 2)).std() < 0.5 * np.abs(np.diff(noisy, 2)).std()
    assert smoothed(np.array([3]), np.array([7.0]), 6, 2.0) == pytest.approx(np.full(6, 7.0), abs=1e-3)
