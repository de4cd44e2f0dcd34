from __future__ import annotations

import cv2
import numpy as np
import pytest

from gfrnet.restore.colour import as_grey, lock_colour
from gfrnet.types import FloatImage

ALL = np.ones((256, 256), bool)


def texture(amplitude: float = 0.1) -> FloatImage:
    fine = np.indices((256, 256)).sum(0) % 2 * 2.0 - 1
    return np.repeat(amplitude * fine[..., None], 3, axis=2).astype(np.float32)


def test_light_and_colour_come_from_the_input() -> None:
    degraded = np.full((256, 256, 3), (0.4, 0.0, -0.4), np.float32)
    restored = np.full((256, 256, 3), (-0.3, 0.2, 0.1), np.float32) + texture()
    np.testing.assert_allclose(lock_colour(restored, degraded, ALL), degraded + texture(), atol=2e-3)


def test_detail_stays() -> None:
    degraded = np.zeros((256, 256, 3), np.float32)
    locked = lock_colour(texture(), degraded, ALL)
    np.testing.assert_allclose(locked, texture(), atol=1e-3)


def test_an_edge_gets_no_halo() -> None:
    """Check that an edge that is blurred in the input stays sharp, and that nothing beyond it darkens."""
    sharp = np.full((256, 256, 3), -0.5, np.float32)
    sharp[:, 128:] = 0.5
    degraded = cv2.GaussianBlur(sharp, (0, 0), 4)
    locked = lock_colour(sharp, degraded, ALL)
    assert np.abs(locked - sharp).max() < 0.02


def test_padding_does_not_count() -> None:
    real = ALL.copy()
    real[:, :100] = False
    degraded, restored = np.zeros((2, 256, 256, 3), np.float32)
    degraded[~real] = 1.0
    locked = lock_colour(restored, degraded, real)
    np.testing.assert_allclose(locked[real], 0, atol=1e-5)
    assert np.isfinite(locked).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_grey_has_three_equal_channels_of_the_same_type(dtype: type) -> None:
    colours = (np.random.default_rng(0).random((5, 6, 3)) * 200).astype(dtype)
    grey = as_grey(colours)
    assert grey.dtype == dtype
    assert (grey[..., :1] == grey).all()
    np.testing.assert_allclose(grey[..., 0], colours @ np.array([0.299, 0.587, 0.114]), atol=0.51)


@pytest.mark.parametrize("place", [1, 100, 250])
def test_the_quick_blur_is_the_plain_one_within_a_third_of_a_step(place: int) -> None:
    picture = np.full((256, 256, 3), -1, np.float32)
    picture[:, place:] = 1
    plain = cv2.GaussianBlur(picture, (0, 0), 64, borderType=cv2.BORDER_REFLECT)
    quick = 2 * lock_colour(-picture / 4, picture / 4, ALL) + picture / 2
    np.testing.assert_allclose(quick, plain, atol=1 / 3 / 127.5)


def test_a_size_that_does_not_divide_is_blurred_plainly() -> None:
    degraded = np.full((30, 30, 3), 0.25, np.float32)
    locked = lock_colour(np.zeros_like(degraded), degraded, np.ones((30, 30), bool))
    np.testing.assert_allclose(locked, degraded, atol=1e-6)
