from __future__ import annotations

from math import ceil, floor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from gfrnet.degradation import resize_bicubic
from gfrnet.degradation.bicubic import BAND_ROWS, PRODUCT_LIMIT, bands, resample

Pixels = NDArray[np.float64]


def cubic(x: float) -> float:
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x <= 2 else 0.0


def imresize_rows(image: Pixels, length: int, scale: float) -> Pixels:
    """Do MATLAB's imresize along the first axis, output by output, in its own 1-based terms."""
    old = len(image)
    shrink = min(scale, 1.0)
    kernel_width = 4 / shrink
    mirror = [*range(1, old + 1), *range(old, 0, -1)]
    result = np.zeros((length, *image.shape[1:]))
    for x in range(1, length + 1):
        u = x / scale + 0.5 * (1 - 1 / scale)
        left = floor(u - kernel_width / 2)
        indices = range(left, left + ceil(kernel_width) + 2)
        weights = [shrink * cubic(shrink * (u - i)) for i in indices]
        for i, weight in zip(indices, weights, strict=True):
            result[x - 1] += weight / sum(weights) * image[mirror[(i - 1) % (2 * old)] - 1]
    return result


def imresize(image: NDArray[Any], size: tuple[int, int], scales: tuple[float, float]) -> Pixels:
    tall = imresize_rows(image.astype(float), size[0], scales[0])
    return imresize_rows(tall.swapaxes(0, 1), size[1], scales[1]).swapaxes(0, 1)


def noise(height: int, width: int, dtype: Any = np.uint8) -> NDArray[Any]:
    rng = np.random.default_rng(height * width)
    if dtype == np.float32:
        return rng.uniform(-1, 1, (height, width, 3)).astype(np.float32)
    return rng.integers(0, np.iinfo(dtype).max, (height, width, 3), dtype, endpoint=True)


@pytest.mark.parametrize("scale", [1.0, 1.1, 1.3, 2.0, 3.7, 4.0, 7.9, 8.0])
def test_shrinking_by_a_scale_is_imresize(scale: float) -> None:
    image = noise(29, 22, np.float32)
    size = ceil(29 / scale), ceil(22 / scale)
    ours = resample(image, size, (1 / scale, 1 / scale))
    np.testing.assert_allclose(ours, imresize(image, size, (1 / scale, 1 / scale)), atol=2e-6)


@pytest.mark.parametrize("size", [(17, 9), (31, 40), (5, 3), (1, 1), (9, 50)])
def test_resizing_to_a_size_is_imresize(size: tuple[int, int]) -> None:
    image = noise(17, 9, np.float32)
    expected = imresize(image, size, (size[0] / 17, size[1] / 9))
    np.testing.assert_allclose(resize_bicubic(image, *size), expected, atol=2e-6)


@pytest.mark.parametrize(("dtype", "share"), [(np.uint8, 1e-3), (np.uint16, 2e-2)])
def test_integers_are_rounded_and_clipped(dtype: Any, share: float) -> None:
    image = noise(24, 24, dtype)
    expected = np.clip(np.rint(imresize(image, (37, 11), (37 / 24, 11 / 24))), 0, np.iinfo(dtype).max)
    ours = resize_bicubic(image, 37, 11)
    assert ours.dtype == dtype
    assert ours.flags.c_contiguous
    difference = np.abs(ours - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() <= share


@pytest.mark.parametrize("side", [16, 24, 51, 100])
def test_the_interior_is_pillows(side: int) -> None:
    image = noise(64, 64, np.float32)[..., 0]
    # As floats: Pillow clips uint8 between the two axes.
    pillow = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))
    # Pillow leaves the kernel out beyond the edge, where MATLAB mirrors the image.
    inside = slice(ceil(2 * max(1, side / 64)) + 1, -ceil(2 * max(1, side / 64)) - 1)
    ours = resize_bicubic(image, side, side)
    np.testing.assert_allclose(ours[inside, inside], pillow[inside, inside], atol=2e-6)


def test_bands_and_products_join_without_a_seam() -> None:
    image = noise(3 * BAND_ROWS, 700, np.float32)
    length = 5 * BAND_ROWS + 7
    parts = bands(len(image), length, length / len(image))
    assert len(parts) == 6
    assert image[0].size * parts[1].weights.size > PRODUCT_LIMIT
    expected = imresize(image, (length, 700), (length / len(image), 1))
    np.testing.assert_allclose(resize_bicubic(image, length, 700), expected, atol=2e-6)


@pytest.mark.parametrize("scale", [1.1, 1.6, 3.3, 7.9])
def test_shrinking_and_enlarging_by_the_same_scale_moves_nothing(scale: float) -> None:
    ramp = np.tile(np.arange(96, dtype=np.float32)[:, None, None], (1, 4, 3))
    length = ceil(96 / scale)
    back = resample(resample(ramp, (length, 4), (1 / scale, 1)), (96, 4), (scale, 1))
    inside = slice(ceil(5 * scale), -ceil(5 * scale))
    np.testing.assert_allclose(back[inside], ramp[inside], atol=0.02)


def test_a_plane_without_channels_and_the_same_size() -> None:
    image = noise(12, 7)
    np.testing.assert_array_equal(resize_bicubic(image[..., 0], 5, 9), resize_bicubic(image, 5, 9)[..., 0])
    np.testing.assert_array_equal(resize_bicubic(image, 12, 7), image)


def test_the_result_never_shares_memory_with_the_image() -> None:
    image = noise(6, 6, np.float32)
    assert not np.shares_memory(resize_bicubic(image, 6, 6), image)


def test_the_cached_weights_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        bands(8, 4, 0.5)[0].weights[0, 0] = 1


def test_wrong_use_says_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"float64\. Convert it first"):
        resize_bicubic(np.zeros((4, 4, 3)), 2, 2)
    with pytest.raises(ValueError, match="at least 1"):
        resize_bicubic(noise(4, 4), 0, 2)
