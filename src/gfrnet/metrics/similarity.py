"""Measure how like the truth a picture is: PSNR and SSIM over the real part of a crop."""

from __future__ import annotations

import cv2
import numpy as np

from gfrnet.types import AnyArray, BoolArray, UInt8Image

DATA_RANGE = 255.0
"""White minus black."""

WINDOW = 11
"""Side of the SSIM window in pixels."""

SIGMA = 1.5
"""Standard deviation of the SSIM window in pixels."""

C1 = (0.01 * DATA_RANGE) ** 2
C2 = (0.03 * DATA_RANGE) ** 2


def psnr(result: UInt8Image, truth: UInt8Image, mask: BoolArray) -> float:
    """Return the peak signal-to-noise ratio over the masked pixels and all channels, in dB.

    Args:
        result: (H, W, 3) RGB, 0..255.
        truth: (H, W, 3) RGB, 0..255.
        mask: (H, W), true where the truth is a photo and not padding.

    Returns:
        A ratio in dB; infinity where nothing differs.

    Raises:
        ValueError: The shapes or dtypes do not fit, or the mask is empty.
    """
    _check(result, truth, mask)
    error = np.square(result[mask].astype(np.float64) - truth[mask]).mean()
    return float("inf") if error == 0 else float(10 * np.log10(DATA_RANGE**2 / error))


def ssim(result: UInt8Image, truth: UInt8Image, mask: BoolArray) -> float:
    """Return the structural similarity with a Gaussian window, averaged over masked pixels and channels.

    The map is that of scikit-image with ``gaussian_weights=True, sigma=1.5,
    use_sample_covariance=False, data_range=255, channel_axis=2``; windows reach over the mask's edge.

    Args:
        result: (H, W, 3) RGB, 0..255.
        truth: (H, W, 3) RGB, 0..255.
        mask: (H, W), true where the truth is a photo and not padding.

    Returns:
        A similarity, -1..1; 1 where nothing differs.

    Raises:
        ValueError: The shapes or dtypes do not fit, or the mask is empty.
    """
    _check(result, truth, mask)
    return float(_ssim_map(result.astype(np.float64), truth.astype(np.float64))[mask].mean())


def _ssim_map(a: AnyArray, b: AnyArray) -> AnyArray:
    mean_a, mean_b = _window(a), _window(b)
    variance_a = _window(a * a) - mean_a * mean_a
    variance_b = _window(b * b) - mean_b * mean_b
    covariance = _window(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    structure = (2 * covariance + C2) / (variance_a + variance_b + C2)
    return np.asarray(luminance * structure)


def _window(image: AnyArray) -> AnyArray:
    return np.asarray(cv2.GaussianBlur(image, (WINDOW, WINDOW), SIGMA, borderType=cv2.BORDER_REFLECT))


def _check(result: UInt8Image, truth: UInt8Image, mask: BoolArray) -> None:
    if result.dtype != np.uint8 or truth.dtype != np.uint8:
        raise ValueError(
            f"PSNR and SSIM are measured on uint8 pictures, got {result.dtype} and {truth.dtype}."
        )
    if result.shape != truth.shape or result.ndim != 3 or mask.shape != result.shape[:2]:
        shapes = f"{result.shape}, {truth.shape} and {mask.shape}"
        raise ValueError(f"Give two (H, W, 3) pictures of one size and an (H, W) mask, not {shapes}.")
    if mask.dtype != np.bool_ or not mask.any():
        raise ValueError("The mask must be of bool and true somewhere: there is nothing to measure.")
