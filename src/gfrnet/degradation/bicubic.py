"""Resize with a bicubic filter, exactly as MATLAB's imresize does with a floating-point image.

The kernel is Keys' with a = -0.5, widened by the factor when shrinking (antialiasing). Beyond its edge the
image goes on mirrored, the edge pixel included. Resizing along one axis is a product with a banded matrix,
whose bands are cached.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from gfrnet.types import AnyArray, FloatArray

BAND_ROWS = 16
"""Output rows that share one band: few, so that hardly a zero of the matrix is multiplied."""

PRODUCT_LIMIT = 2**17
"""Multiplications in one product. BLAS would share larger products among threads, which is slower. On a busy
machine it is tens of times slower."""


@dataclass(frozen=True)
class Band:
    """Hold some consecutive output rows and all the input rows that they need.

    Attributes:
        output: Slice of the output rows.
        input: Slice of the input rows.
        weights: (output rows, input rows), read-only; each row sums to 1.
    """

    output: slice
    input: slice
    weights: FloatArray


def resize_bicubic(image: AnyArray, height: int, width: int) -> AnyArray:
    """Resize to a given size, antialiased where it shrinks.

    Args:
        image: (H, W) or (H, W, C) of uint8, uint16 or float32.
        height: New height in pixels.
        width: New width in pixels.

    Returns:
        (height, width) or (height, width, C) of the image's dtype; integers are rounded and clipped,
        floats may overshoot.

    Raises:
        ValueError: The dtype is another one, or a size is below 1.
    """
    if image.dtype not in (np.uint8, np.uint16, np.float32):
        raise ValueError(
            f"resize_bicubic takes uint8, uint16 or float32, got {image.dtype}. Convert it first."
        )
    if height < 1 or width < 1 or image.size == 0:
        raise ValueError(f"Cannot resize {image.shape[:2]} to {(height, width)}. Give sizes of at least 1.")
    scales = (height / image.shape[0], width / image.shape[1])
    return as_dtype(resample(image, (height, width), scales), image.dtype)


def resample(image: AnyArray, size: tuple[int, int], scales: tuple[float, float]) -> FloatArray:
    """Resize with the scale given apart from the size, both for rows and for columns.

    The top left corner stays in place, so a size below ``scale`` times the old one crops the rest.

    Args:
        image: (H, W) or (H, W, C).
        size: (height, width) of the result.
        scales: Factors of rows and columns; above 1 enlarges.

    Returns:
        (height, width) or (height, width, C) float32, neither rounded nor clipped.
    """
    tall = _resample_rows(image.astype(np.float32, copy=False), size[0], scales[0])
    return _resample_rows(tall.swapaxes(0, 1), size[1], scales[1]).swapaxes(0, 1)


def _resample_rows(image: FloatArray, length: int, scale: float) -> FloatArray:
    if scale == 1 and length == len(image):
        return image
    rows = image.reshape(len(image), -1)
    result = np.empty((length, rows.shape[1]), dtype=np.float32)
    for band in bands(len(image), length, scale):
        step = max(1, PRODUCT_LIMIT // band.weights.size)
        for left in range(0, rows.shape[1], step):
            part = slice(left, left + step)
            np.matmul(band.weights, rows[band.input, part], out=result[band.output, part])
    return result.reshape(length, *image.shape[1:])


@lru_cache(maxsize=512)
def bands(old: int, new: int, scale: float) -> tuple[Band, ...]:
    """Return the matrix that resizes an axis from ``old`` to ``new`` pixels by ``scale``, cut into bands."""
    return tuple(_band(old, start, min(start + BAND_ROWS, new), scale) for start in range(0, new, BAND_ROWS))


def _band(old: int, start: int, stop: int, scale: float) -> Band:
    shrink = min(scale, 1.0)
    centers = (np.arange(start, stop) + 0.5) / scale - 0.5
    reach = 2 / shrink
    first = np.floor(centers - reach).astype(int)
    taps = first[:, None] + np.arange(int(np.ceil(2 * reach)) + 2)
    weights = keys_kernel(shrink * (centers[:, None] - taps))
    weights /= weights.sum(axis=1, keepdims=True)
    mirrored = np.minimum(taps % (2 * old), 2 * old - 1 - taps % (2 * old))
    low, high = int(mirrored.min()), int(mirrored.max()) + 1
    matrix = np.zeros((stop - start, high - low))
    np.add.at(matrix, (np.arange(stop - start)[:, None], mirrored - low), weights)
    band = Band(slice(start, stop), slice(low, high), matrix.astype(np.float32))
    band.weights.flags.writeable = False
    return band


def keys_kernel(x: AnyArray) -> AnyArray:
    """Return Keys' cubic convolution kernel with a = -0.5 at ``x``, which is zero from 2 on."""
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))


def as_dtype(pixels: FloatArray, dtype: np.dtype[Any]) -> AnyArray:
    """Return a new array of the dtype, rounded and clipped where it is an integer one."""
    if dtype.kind == "f":
        return pixels.astype(dtype, order="C")
    whole = np.rint(pixels)
    np.clip(whole, 0, np.iinfo(dtype).max, out=whole)
    return np.ascontiguousarray(whole.astype(dtype))
