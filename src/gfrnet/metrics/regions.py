"""Find the parts of a face that people look at: the eyes and the mouth in a crop."""

from __future__ import annotations

import numpy as np

from gfrnet.types import BoolArray, FloatArray

EYES = (*range(17, 27), *range(36, 48))
"""Brows and eyes among the 68 landmarks."""

MOUTH = tuple(range(48, 68))
"""The lips among the 68 landmarks."""

MARGIN = 0.1
"""Share of a box's width and height that is added on each side, since landmarks lie on the outlines."""


def eyes_mask(real: BoolArray, landmarks: FloatArray) -> BoolArray:
    """Return where eyes and brows are, to measure `psnr` there.

    Args:
        real: (H, W), true where the truth is a photo and not padding.
        landmarks: (68, 2) x, y of the truth in pixels, pixel centres.

    Returns:
        (H, W), true in the smallest box around them, grown by `MARGIN`, as far as it is real.

    Raises:
        ValueError: There are not 68 landmarks.
    """
    return _box_mask(real, landmarks, EYES)


def mouth_mask(real: BoolArray, landmarks: FloatArray) -> BoolArray:
    """Return where the mouth is; see `eyes_mask`."""
    return _box_mask(real, landmarks, MOUTH)


def _box_mask(real: BoolArray, landmarks: FloatArray, part: tuple[int, ...]) -> BoolArray:
    if landmarks.shape != (68, 2):
        raise ValueError(f"Give (68, 2) landmarks, not {landmarks.shape}.")
    points = landmarks[list(part)].astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = MARGIN * (high - low)
    left, top = np.ceil(np.maximum(low - margin, 0)).astype(int)
    right, bottom = np.floor(np.maximum(high + margin, -1)).astype(int) + 1
    mask = np.zeros_like(real)
    mask[top:bottom, left:right] = real[top:bottom, left:right]
    return mask
