"""Compare each step of DCP with a slow and plain second implementation."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage

from gfrnet.nets.compared.dcp.border import continued, harmonic
from gfrnet.nets.compared.dcp.edges import differences, edge_threshold, strong_edges
from gfrnet.nets.compared.dcp.final import deconvolved
from gfrnet.nets.compared.dcp.kernel import cleaned, point, solve_kernel
from gfrnet.nets.compared.dcp.latent import PATCH, dark_channel, sparse_gradients, without_dark
from gfrnet.nets.compared.dcp.pyramid import centred, first_kernel, grown, scales, shrunk
from gfrnet.nets.compared.dcp.quadratic import Gradient, Quadratic
from gfrnet.types import FloatArray, UInt8Image

MARGIN = PATCH // 2


def uniform(*shape: int, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).uniform(0, 1, shape).astype(np.float32)


def windows(shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    """List the patch around each pixel; what is outside the picture is left out."""
    return [
        (slice(max(row - MARGIN, 0), row + MARGIN + 1), slice(max(column - MARGIN, 0), column + MARGIN + 1))
        for row in range(shape[0])
        for column in range(shape[1])
    ]


@pytest.fixture
def two_halves() -> FloatArray:
    """(70, 90): random, and on the right brighter."""
    picture = uniform(70, 90) / 2
    picture[:, 45:] += 0.5
    return picture


def test_the_dark_channel_agrees_with_a_loop(two_halves: FloatArray) -> None:
    slow = [two_halves[window].min() for window in windows(two_halves.shape)]
    np.testing.assert_array_equal(dark_channel(two_halves).ravel(), np.array(slow, np.float32))


def test_the_darkest_pixels_agree_with_a_loop_over_patches(two_halves: FloatArray) -> None:
    slow = two_halves.copy()
    for rows, columns in windows(two_halves.shape):
        patch = two_halves[rows, columns]
        row, column = np.unravel_index(patch.argmin(), patch.shape)
        if patch[row, column] ** 2 < 0.25:
            slow[rows.start + row, columns.start + column] = 0
    for border in (np.s_[:MARGIN], np.s_[-MARGIN:], np.s_[:, :MARGIN], np.s_[:, -MARGIN:]):
        slow[border] = two_halves[border]
    assert (slow == 0).sum() > 3
    np.testing.assert_array_equal(without_dark(two_halves, 0.25), slow)
    np.testing.assert_array_equal(without_dark(two_halves, 0), two_halves)


def test_a_picture_without_an_inside_keeps_its_dark_pixels() -> None:
    picture = uniform(30, 80)
    np.testing.assert_array_equal(without_dark(picture, 9), picture)


def test_differences_and_their_transpose_agree_with_rolls() -> None:
    picture, other = uniform(5, 6), Gradient(uniform(5, 6, seed=1), uniform(5, 6, seed=2))
    gradient = Gradient.of(picture)
    np.testing.assert_allclose(gradient.right, np.roll(picture, -1, 1) - picture, atol=1e-6)
    np.testing.assert_allclose(gradient.down, np.roll(picture, -1, 0) - picture, atol=1e-6)
    forth = (gradient.right * other.right + gradient.down * other.down).sum()
    assert forth == pytest.approx((picture * other.transposed()).sum(), abs=1e-5)


def matrix(operator: object, shape: tuple[int, int]) -> np.ndarray:
    """Write a linear operator on pictures as a matrix, one column for each pixel."""
    count = shape[0] * shape[1]
    columns = [operator(unit.reshape(shape)).ravel() for unit in np.eye(count)]  # type: ignore[operator]
    return np.stack(columns, 1)


@pytest.mark.parametrize("shape", [(6, 7), (8, 6)])
def test_the_quadratic_step_agrees_with_dense_least_squares(shape: tuple[int, int]) -> None:
    blurred, near, kernel = uniform(*shape), uniform(*shape, seed=1), uniform(3, 5, seed=2)
    kernel /= kernel.sum()
    wanted = Gradient(uniform(*shape, seed=3) - 0.5, uniform(*shape, seed=4) - 0.5)
    pull, nearness = 0.7, 0.3
    rows = (
        matrix(lambda unit: ndimage.convolve(unit, kernel.astype(float), mode="wrap"), shape),
        np.sqrt(pull) * matrix(lambda unit: np.roll(unit, -1, 1) - unit, shape),
        np.sqrt(pull) * matrix(lambda unit: np.roll(unit, -1, 0) - unit, shape),
        np.sqrt(nearness) * np.eye(shape[0] * shape[1]),
    )
    sides = (blurred, np.sqrt(pull) * wanted.right, np.sqrt(pull) * wanted.down, np.sqrt(nearness) * near)
    dense = np.linalg.lstsq(np.concatenate(rows), np.concatenate([side.ravel() for side in sides]))[0]
    problem = Quadratic.of_blur(blurred, kernel).near(near, nearness)
    np.testing.assert_allclose(problem.solve(wanted, pull).ravel(), dense, atol=2e-5)
    doubled = Quadratic.of_blur(np.stack((blurred, 2 * blurred)), kernel).near(
        np.stack((near, 2 * near)), 0.3
    )
    both = Gradient(*(np.stack((part, 2 * part)) for part in (wanted.right, wanted.down)))
    np.testing.assert_allclose(doubled.solve(both, pull)[1].ravel(), 2 * dense, atol=5e-5)


def test_sparse_gradients_keep_a_step_and_remove_noise() -> None:
    step = np.zeros((32, 32), np.float32)
    step[8:24, 8:24] = 1
    noisy = step + 0.05 * (uniform(32, 32) - 0.5)
    found = sparse_gradients(Quadratic.of_blur(noisy, point(3)), noisy, 0.01)
    assert (np.abs(Gradient.of(found).right) > 0.5).sum() == 32
    assert (found - step).std() < 0.3 * (noisy - step).std()


def test_the_kernel_agrees_with_a_dense_solution() -> None:
    """Columns of the matrix are the edges at each shift."""
    sharp, truth = uniform(2, 24, 26) - 0.5, uniform(5, 5, seed=1)
    truth /= truth.sum()
    shifts = [(row, column) for row in range(-2, 3) for column in range(-2, 3)]
    columns = np.stack([np.roll(sharp, shift, (1, 2)).ravel() for shift in shifts], 1).astype(float)
    blurred = (columns @ truth.ravel()).reshape(sharp.shape) + 0.05 * (uniform(2, 24, 26, seed=2) - 0.5)
    dense = np.linalg.solve(columns.T @ columns + 2 * np.eye(25), columns.T @ blurred.ravel())
    found = solve_kernel(sharp, blurred.astype(np.float32), 5, 2)
    np.testing.assert_allclose(found.ravel(), dense, atol=1e-4)
    assert np.abs(found - truth).max() < 0.02


def test_a_kernel_loses_noise_and_small_parts() -> None:
    kernel = np.zeros((9, 9), np.float32)
    kernel[4, 3:6], kernel[5, 6] = 1, 1  # one part, also over the corner
    kernel[0, 0], kernel[8, 8], kernel[4, 7] = 0.2, 0.04, -1
    found = cleaned(kernel)
    assert sorted(zip(*found.nonzero(), strict=True)) == [(4, 3), (4, 4), (4, 5), (5, 6)]
    assert found.sum() == pytest.approx(1)
    np.testing.assert_array_equal(cleaned(-kernel.clip(0)), point(9))


def test_a_kernel_of_many_small_parts_keeps_the_heaviest() -> None:
    kernel = np.zeros((9, 9), np.float32)
    kernel[::2, ::2] = 1
    kernel[4, 4] = 1.5
    np.testing.assert_array_equal(cleaned(kernel), point(9))


def test_the_continuation_is_smooth_over_all_edges() -> None:
    rows, columns = np.mgrid[:20, :25]
    picture = ((rows + 2 * columns) / 70).astype(np.float32)
    whole = continued(picture, 9)
    assert whole.shape >= (28, 33)
    np.testing.assert_array_equal(whole[:20, :25], picture)
    gradient = Gradient.of(whole)
    assert max(np.abs(gradient.right).max(), np.abs(gradient.down).max()) < 0.12
    np.testing.assert_array_equal(continued(np.stack((picture, picture)), 9)[1], whole)


def test_a_filled_frame_is_the_mean_of_its_neighbours() -> None:
    frame = uniform(8, 11)
    filled = harmonic(frame)
    mean = (filled[:-2, 1:-1] + filled[2:, 1:-1] + filled[1:-1, :-2] + filled[1:-1, 2:]) / 4
    np.testing.assert_allclose(filled[1:-1, 1:-1], mean, atol=1e-5)
    outside = np.ones((8, 11), bool)
    outside[1:-1, 1:-1] = False
    np.testing.assert_array_equal(filled[outside], frame[outside])


def test_scales_go_from_coarse_to_fine() -> None:
    assert [scale.kernel_size for scale in scales(25)] == [7, 9, 13, 19, 25]
    assert [scale.ratio for scale in scales(25)] == pytest.approx([0.25, 0.354, 0.5, 0.707, 1], abs=1e-3)
    assert [scale.kernel_size for scale in scales(3)] == [3]


def test_a_smaller_picture_keeps_its_light() -> None:
    ramp = np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[None], 48, 0)
    small = shrunk(ramp, 0.5)
    assert 20 <= small.shape[0] <= 24
    np.testing.assert_allclose(np.diff(small, axis=1), 2 / 63, atol=1e-4)
    np.testing.assert_array_equal(shrunk(ramp, 1), ramp)


def test_kernels_grow_and_are_centred() -> None:
    kernel = first_kernel(7)
    assert (kernel[3] == [0, 0, 0, 0.5, 0.5, 0, 0]).all()
    for size in (9, 11, 13):
        larger = grown(kernel, size)
        assert larger.shape == (size, size)
        assert larger.sum() == pytest.approx(1)
        assert larger.min() >= 0
    moved = np.zeros((9, 9), np.float32)
    moved[1:3, 6] = 1
    middle = ndimage.center_of_mass(centred(moved))
    np.testing.assert_allclose(middle, (4, 4), atol=0.5)


def test_the_threshold_leaves_just_enough_edges_of_every_direction() -> None:
    picture, needed = uniform(60, 60), 20 * 5
    threshold = edge_threshold(picture, 5)
    right, down = differences(picture)
    angle = np.degrees(np.arctan2(down, right)) % 180
    strength = right**2 + down**2
    kept = [
        int(((strength >= threshold) & (angle >= low) & (angle < low + 45)).sum()) for low in (0, 45, 90, 135)
    ]
    assert min(kept) == needed
    assert edge_threshold(np.zeros((60, 60), np.float32), 5) == 0


def test_strong_edges_never_vanish_altogether() -> None:
    picture = uniform(20, 20) / 10
    strength = np.square(differences(picture)).sum(0)
    found = strong_edges(picture, float(np.median(strength)))
    np.testing.assert_array_equal(found.any(0), strength >= np.median(strength))
    assert strong_edges(picture, 100).any()
    assert not strong_edges(np.zeros((20, 20), np.float32), 100).any()


def test_a_known_blur_is_undone_in_colour(portrait: UInt8Image) -> None:
    """Measured: a gain of 7.2 dB."""
    face = cv2.resize(portrait[20:230, 110:320], (160, 160), interpolation=cv2.INTER_AREA)
    sharp, kernel = face.astype(np.float32) / 255, np.zeros((9, 9), np.float32)
    kernel[4, 1:8] = 1 / 7
    inside = np.s_[16:-16, 16:-16]
    blurred, truth = cv2.filter2D(sharp, -1, kernel)[inside], sharp[inside]
    found = deconvolved(np.ascontiguousarray(blurred.transpose(2, 0, 1)), kernel).transpose(1, 2, 0)
    error, before = (np.square(each - truth)[8:-8, 8:-8].mean() for each in (found, blurred))
    assert 10 * np.log10(before / error) > 5
    assert found.min() >= 0
    assert found.max() <= 1
