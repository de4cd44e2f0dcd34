"""Cuts, dissolves and fades are found although the brightness flickers; flashes and motion are no cuts."""

import itertools

import cv2
import numpy as np
import pytest

from gfrnet.film.shots import ShotFinder


def scene(seed: int, frames: int, pan: float = 0.3) -> list[np.ndarray]:
    """(60, 80) pictures, 0..1, of a ground that moves to the left."""
    rng = np.random.default_rng(seed)
    small = rng.uniform(0.1, 0.9, (6, 14)).astype(np.float32)
    ground = cv2.resize(small, (200, 60), interpolation=cv2.INTER_CUBIC)
    moves = [np.array([[1, 0, 5 + pan * frame], [0, 1, 0]], np.float32) for frame in range(frames)]
    return [cv2.warpAffine(ground, m, (80, 60), flags=cv2.WARP_INVERSE_MAP) for m in moves]


def cuts(frames: list[np.ndarray], flicker: float = 0.0) -> list[int]:
    rng, finder = np.random.default_rng(3), ShotFinder()
    for frame in frames:
        finder.add(np.clip(frame * (1 + rng.normal(0, flicker)) + rng.normal(0, 0.02, frame.shape), 0, 1))
    shots = finder.shots()
    assert sum(map(len, shots)) == len(frames)
    assert all(a.stop == b.start for a, b in itertools.pairwise(shots))
    return [shot.start for shot in shots][1:]


@pytest.mark.parametrize("flicker", [0.0, 0.1, 0.2])
def test_cuts_are_found_at_every_flicker(flicker: float) -> None:
    frames = scene(1, 40) + scene(2, 40) + scene(3, 5) + scene(4, 40)
    assert cuts(frames, flicker) == [40, 80, 85]


def test_a_moving_scene_has_no_cut() -> None:
    assert cuts(scene(1, 100, pan=0.8), 0.1) == []


def test_a_dissolve_is_one_cut_in_its_middle() -> None:
    a, b = scene(1, 50), scene(2, 50)
    parts = np.linspace(0, 1, 14)[1:-1]
    mixed = [(1 - p) * x + p * y for p, x, y in zip(parts, a[-12:], b[:12], strict=True)]
    (cut,) = cuts(a[:-12] + mixed + b[12:], 0.05)
    assert 40 <= cut <= 48


def test_a_fade_is_cut_in_the_black() -> None:
    a, b = scene(1, 40), scene(2, 40)
    out = [x * p for x, p in zip(a[-10:], np.linspace(1, 0, 10), strict=True)]
    back = [x * p for x, p in zip(b[:10], np.linspace(0, 1, 10), strict=True)]
    black = [np.zeros((60, 80), np.float32)] * 6
    frames = a[:-10] + out + black + back + b[10:]
    finder = ShotFinder()
    for frame in frames:
        finder.add(frame)
    (cut,) = [shot.start for shot in finder.shots()][1:]
    assert 38 <= cut <= 47


@pytest.mark.parametrize("length", [1, 3])
def test_a_flash_is_no_cut(length: int) -> None:
    frames = scene(1, 60)
    light = np.linspace(1, 0, 80, dtype=np.float32)[None]
    for n in range(30, 30 + length):
        frames[n] = np.clip(0.3 * frames[n] + light, 0, 1)
    assert cuts(frames) == []


def test_a_cut_is_hinted_at_once() -> None:
    finder = ShotFinder()
    hints = [finder.add(frame) for frame in scene(1, 10) + scene(2, 10)]
    assert hints == [False] * 10 + [True] + [False] * 9


def test_no_frames_and_black_frames() -> None:
    assert ShotFinder().shots() == ()
    finder = ShotFinder()
    for _ in range(5):
        finder.add(np.zeros((20, 20), np.float32))
    assert [len(shot) for shot in finder.shots()] == [5]
