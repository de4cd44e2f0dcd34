from __future__ import annotations

import cv2
import numpy as np
import pytest

from gfrnet.restore.strength import CHANGES, FINE, STRENGTHS, advised_strength
from gfrnet.types import BoolArray, FloatImage

LEAST, MOST = STRENGTHS
WHOLE = np.ones((256, 256), bool)
INSIDE = np.s_[30:226, 30:226]
"""Place of the face in the crop."""


@pytest.fixture(scope="module")
def sharp() -> FloatImage:
    """Return detail that lies in some places more than in others, as in faces."""
    rng = np.random.default_rng(0)
    detail = rng.normal(0, 0.3, (256, 256)).astype(np.float32)
    detail *= cv2.resize(rng.uniform(0.1, 1, (9, 9)).astype(np.float32), (256, 256))
    return np.repeat(detail[..., None], 3, axis=2)


@pytest.fixture(scope="module")
def grain() -> FloatImage:
    noise = np.random.default_rng(0).normal(0, 0.05, (256, 256, 1)).astype(np.float32)
    return np.repeat(noise, 3, axis=2)


def changed(crop: FloatImage, ratio: float) -> FloatImage:
    """Return the crop with all pixels moved alike, by ``ratio`` times the fine detail of the face."""
    grey = crop[..., 0]
    fine = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), FINE))[INSIDE]
    return crop + np.float32(ratio * np.median(fine))


def test_a_change_that_is_small_against_the_detail_is_applied_in_part(sharp: FloatImage) -> None:
    low, high = CHANGES
    for ratio, strength in (
        (0.0, LEAST),
        (low - 0.1, LEAST),
        ((low + high) / 2, (LEAST + MOST) / 2),
        (high + 0.1, MOST),
        (20.0, MOST),
    ):
        assert advised_strength(sharp, changed(sharp, ratio), WHOLE) == pytest.approx(strength, abs=0.01)


def test_the_same_change_counts_more_where_less_detail_is(sharp: FloatImage) -> None:
    change = changed(sharp, CHANGES[0]) - sharp
    blurred = cv2.GaussianBlur(sharp, (0, 0), 2)
    assert advised_strength(blurred, blurred + change, WHOLE) == MOST
    assert advised_strength(sharp * 0.2, sharp * 0.2 + change, WHOLE) == MOST


@pytest.mark.parametrize("width", [0.01, 0.5, 0.8])
def test_grain_does_not_count_as_detail(grain: FloatImage, width: float) -> None:
    """Grain of scanned films is as wide as some pixels."""
    film = cv2.GaussianBlur(grain, (0, 0), width)
    assert advised_strength(film, changed(film, 0.5), WHOLE) == MOST


def test_grain_over_detail_leaves_the_detail(sharp: FloatImage, grain: FloatImage) -> None:
    film = sharp + grain
    assert advised_strength(film, changed(film, CHANGES[0] / 2), WHOLE) == LEAST


def test_scratches_do_not_count_as_detail(sharp: FloatImage) -> None:
    blurred = cv2.GaussianBlur(sharp, (0, 0), 3)
    better = changed(blurred, 2 * CHANGES[1])
    scratches = np.zeros_like(sharp)
    scratches[:, 40:216:40] = 1
    assert advised_strength(blurred + scratches, better + scratches, WHOLE) == MOST


def test_only_the_part_of_the_face_inside_the_photo_counts(sharp: FloatImage) -> None:
    outside, padded = (changed(sharp, 20) for _ in range(2))
    outside[INSIDE] = sharp[INSIDE]
    assert advised_strength(sharp, outside, WHOLE) == LEAST
    real: BoolArray = WHOLE.copy()
    real[:, 128:] = False
    padded[:, :128] = sharp[:, :128]
    assert advised_strength(sharp, padded, WHOLE) == MOST
    assert advised_strength(sharp, padded, real) == LEAST


def test_a_face_without_detail_or_outside_the_photo_takes_the_whole_change(sharp: FloatImage) -> None:
    flat = np.zeros_like(sharp)
    assert advised_strength(flat, flat + 0.1, WHOLE) == MOST
    assert advised_strength(sharp, sharp, ~WHOLE) == MOST
