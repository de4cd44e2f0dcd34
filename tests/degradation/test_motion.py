from __future__ import annotations

from time import thread_time
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gfrnet.degradation.motion import (
    EXPOSURES,
    GAMMA,
    SHAKES,
    blur_motion,
    motion_kernel,
)
from gfrnet.types import FloatArray


def kernel_by_loops(seed: int, side: int) -> NDArray[np.float64]:
    """Follow the published steps one by one, in real numbers, with the same draws."""
    rng = np.random.default_rng(seed)
    count, shake, step = round(rng.choice(EXPOSURES) * 2000), rng.choice(SHAKES), 60 / 1999
    pull, chance, jerk = 0.7 * rng.random(), 10 * rng.random(), 0.2 * rng.random()
    angle = 2 * np.pi * rng.random()
    velocity = np.array([np.cos(angle), np.sin(angle)]) * step
    gauss = np.stack((rng.standard_normal(count - 1), rng.standard_normal(count - 1)), 1)
    chances, bends = rng.random(count - 1), rng.random(count - 1)
    path = [np.zeros(2)]
    for t in range(count - 1):
        change = shake * step * (chance * gauss[t] - pull * path[-1])
        if chances[t] < jerk * shake:
            turn = np.pi + bends[t] - 0.5
            rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
            change = change + 2 * rotation @ velocity
        velocity = velocity + change
        velocity = velocity / np.linalg.norm(velocity) * step
        path.append(path[-1] + velocity)
    middle = np.mean(path, 0)
    kernel = np.zeros((side, side))
    for place in path:
        x, y = (place - middle) * (side - 2) / 60 + (side - 1) / 2
        for row in range(side):
            for column in range(side):
                kernel[row, column] += max(0, 1 - abs(x - column)) * max(0, 1 - abs(y - row)) / count
    return kernel


@pytest.mark.parametrize("seed", [1, 5, 2, 3])
def test_kernels_agree_with_the_published_steps(seed: int) -> None:
    """Take exposures of 0.1, 0.5 and 1; the last two paths have one jerk and three."""
    found = motion_kernel(np.random.default_rng(seed), 9)
    np.testing.assert_allclose(found, kernel_by_loops(seed, 9), atol=1e-6)


@pytest.mark.parametrize("side", [3, 15, 31, 63])
def test_kernels_are_shares_around_the_middle(side: int) -> None:
    rng = np.random.default_rng(side)
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    for _ in range(60):
        kernel = motion_kernel(rng, side)
        assert (kernel.shape, kernel.dtype) == ((side, side), np.float32)
        assert kernel.min() >= 0
        assert kernel.sum() == pytest.approx(1, abs=1e-5)
        assert abs((kernel * rows).sum()) < 1e-4
        assert abs((kernel * columns).sum()) < 1e-4


def test_kernels_differ_in_length_and_direction() -> None:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:31, :31] - 15
    kernels = [motion_kernel(rng, 31) for _ in range(200)]
    spreads = np.array([np.sqrt((k * (rows**2 + columns**2)).sum()) for k in kernels])
    slants = np.array([(k * rows * columns).sum() for k in kernels])
    assert np.quantile(spreads, 0.2) < 1  # the shortest exposures hardly blur
    assert 3 < np.quantile(spreads, 0.95) < 10  # a straight path of 29 px has 8.4
    assert 0.3 < (slants > 0).mean() < 0.7


def test_the_same_generator_gives_the_same_kernel() -> None:
    one, again, other = (motion_kernel(np.random.default_rng(seed), 31) for seed in (7, 7, 8))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("side", [-1, 1, 8])
def test_sides_without_a_middle_are_refused(side: int) -> None:
    with pytest.raises(ValueError, match="odd side"):
        motion_kernel(np.random.default_rng(0), side)


def noise(height: int, width: int) -> FloatArray:
    return np.random.default_rng(0).uniform(0, 255, (height, width, 3)).astype(np.float32)


def mirrored(place: int, length: int) -> int:
    place %= 2 * length
    return min(place, 2 * length - 1 - place)


def blur_by_loops(pixels: FloatArray, kernel: FloatArray) -> NDArray[np.float64]:
    height, width, _ = pixels.shape
    half = len(kernel) // 2
    light = (pixels / 255.0) ** GAMMA
    result = np.zeros_like(light, np.float64)
    for y in range(height):
        for x in range(width):
            for dy in range(-half, half + 1):
                for dx in range(-half, half + 1):
                    source = light[mirrored(y - dy, height), mirrored(x - dx, width)]
                    result[y, x] += kernel[half + dy, half + dx] * source
    return result ** (1 / GAMMA) * 255


@pytest.mark.parametrize("side", [3, 13])
def test_the_blur_agrees_with_loops(side: int) -> None:
    """Take a kernel without symmetry; 13 is applied by FFT."""
    kernel = np.random.default_rng(1).random((side, side), dtype=np.float32) ** 4
    kernel /= kernel.sum()
    pixels = noise(16, 11)
    np.testing.assert_allclose(blur_motion(pixels, kernel), blur_by_loops(pixels, kernel), atol=1e-3)


def test_a_kernel_of_one_pixel_changes_nothing() -> None:
    kernel = np.zeros((31, 31), np.float32)
    kernel[15, 15] = 1
    np.testing.assert_allclose(blur_motion(noise(40, 40), kernel), noise(40, 40), atol=1e-3)


def test_black_stays_black_and_white_stays_white() -> None:
    kernel = motion_kernel(np.random.default_rng(1), 31)
    pixels = np.zeros((120, 120, 3), np.float32)
    pixels[:, 60:] = 255
    blurred = blur_motion(pixels, kernel)
    assert np.abs(blurred[:, :40]).max() < 1e-3
    assert np.abs(blurred[:, 80:] - 255).max() < 1e-3
    # The kernel's centroid is its middle, so that the edge stays where it is.
    light = (blurred / 255) ** GAMMA
    assert light.mean() == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 4, 3)), np.zeros((4, 4), np.float32), np.zeros((0, 4, 3), np.float32)]
)
def test_another_kind_of_array_is_refused(pixels: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="float32 pixels"):
        blur_motion(pixels, np.ones((1, 1), np.float32))


def test_the_speed_is_far_from_a_disaster() -> None:
    rng = np.random.default_rng(0)
    pixels = cv2.GaussianBlur(noise(256, 256), (0, 0), 2)
    start = thread_time()
    for _ in range(10):
        blur_motion(pixels, motion_kernel(rng, 31))
    assert (thread_time() - start) / 10 < 0.1
