from __future__ import annotations

from math import floor, hypot

import numpy as np
import pytest

from gfrnet.metrics import identity_grid, landmark_error, warp_error
from gfrnet.types import FloatArray


def landmarks(seed: int = 0, low: float = 0, high: float = 31) -> FloatArray:
    return np.random.default_rng(seed).uniform(low, high, (68, 2)).astype(np.float32)


def warp_error_by_loop(flow: FloatArray, target: FloatArray, guide: FloatArray) -> float:
    height, width = flow.shape[:2]
    total = 0.0
    for (x, y), (guide_x, guide_y) in zip(target, guide, strict=True):
        place = np.zeros(2)
        for row in (floor(y), floor(y) + 1):
            for column in (floor(x), floor(x) + 1):
                weight = max(0, 1 - abs(x - column)) * max(0, 1 - abs(y - row))
                if weight > 0:
                    place += weight * flow[row, column]
        pixel_x, pixel_y = (place[0] + 1) / 2 * (width - 1), (place[1] + 1) / 2 * (height - 1)
        total += hypot(pixel_x - guide_x, pixel_y - guide_y)
    return total / len(target)


def test_landmark_error_is_over_the_outer_eye_corners_of_the_truth() -> None:
    truth = landmarks()
    truth[36], truth[45] = (10, 10), (40, 50)
    assert landmark_error(truth + np.array((3, 4), np.float32), truth) == pytest.approx(5 / 50, rel=1e-5)
    assert landmark_error(truth, truth) == 0
    far_apart = truth * 2
    assert landmark_error(truth, far_apart) != landmark_error(far_apart, truth)


def test_landmark_error_is_that_of_a_plain_loop() -> None:
    found, truth = landmarks(0), landmarks(1)
    distances = [hypot(x - u, y - v) for (x, y), (u, v) in zip(found, truth, strict=True)]
    between_eyes = hypot(truth[45, 0] - truth[36, 0], truth[45, 1] - truth[36, 1])
    expected = sum(distances) / 68 / between_eyes
    assert landmark_error(found, truth) == pytest.approx(expected, rel=1e-5)


def test_landmarks_of_no_face_are_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        landmark_error(landmarks(), np.zeros((68, 2), np.float32))
    with pytest.raises(ValueError, match="68"):
        landmark_error(landmarks()[:5], landmarks()[:5])


def test_identity_flow_points_at_every_pixel_itself() -> None:
    flow = identity_grid(256)
    assert flow.shape == (256, 256, 2)
    assert flow.dtype == np.float32
    rows, columns = np.mgrid[:256, :256]
    np.testing.assert_allclose((flow + 1) / 2 * 255, np.stack((columns, rows), axis=-1), atol=2e-5)


def test_the_identity_flow_errs_by_the_distance_of_the_landmarks() -> None:
    target, guide = landmarks(0), landmarks(1)
    expected = np.linalg.norm(target - guide, axis=1).mean()
    assert warp_error(identity_grid(32), target, guide) == pytest.approx(expected, rel=1e-5)
    assert warp_error(identity_grid(32), target, target) == pytest.approx(0, abs=1e-5)


def test_warp_error_is_that_of_a_plain_loop() -> None:
    flow = np.random.default_rng(2).uniform(-1, 1, (32, 40, 2)).astype(np.float32)
    target, guide = landmarks(0), landmarks(1)
    target[0] = (0, 0)
    assert warp_error(flow, target, guide) == pytest.approx(warp_error_by_loop(flow, target, guide), rel=1e-5)


def test_a_landmark_outside_takes_the_flow_of_the_border() -> None:
    flow = np.random.default_rng(2).uniform(-1, 1, (32, 32, 2)).astype(np.float32)
    target, guide = landmarks(0, -9, 40), landmarks(1)
    assert warp_error(flow, target, guide) == warp_error(flow, np.clip(target, 0, 31), guide)


def test_a_flow_with_channels_first_is_refused() -> None:
    with pytest.raises(ValueError, match="H, W, 2"):
        warp_error(np.zeros((2, 32, 32), np.float32), landmarks(), landmarks())
