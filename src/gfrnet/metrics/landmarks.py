"""Measure whether things are where they should be: landmarks, and the flow that the warp used."""

from __future__ import annotations

import numpy as np

from gfrnet.types import AnyArray, FloatArray

RIGHT_EYE_CORNER = 36
LEFT_EYE_CORNER = 45
"""The outer corners of the eyes among the 68 landmarks; their distance is the inter-ocular distance."""


def landmark_error(found: FloatArray, truth: FloatArray) -> float:
    """Return the mean distance of 68 landmarks over the inter-ocular distance of the truth.

    Args:
        found: (68, 2) x, y in pixels, landmarks found in the result.
        truth: (68, 2) x, y in pixels, landmarks found in the ground truth.

    Returns:
        A ratio; 0 is perfect, 0.08 is the usual limit of a failure.

    Raises:
        ValueError: A shape is not (68, 2), or the eyes of the truth coincide.
    """
    _check_landmarks(found, truth)
    between_eyes = np.linalg.norm(truth[LEFT_EYE_CORNER] - truth[RIGHT_EYE_CORNER])
    if between_eyes == 0:
        raise ValueError("The outer eye corners of the truth coincide: these are no landmarks of a face.")
    return float(np.linalg.norm(found - truth, axis=1).mean() / between_eyes)


def warp_error(flow: FloatArray, target: FloatArray, guide: FloatArray) -> float:
    """Return the mean distance from the guide's landmarks to where the flow points at the target's.

    Equation 9 asks the flow to make this small. Landmarks outside the picture take the flow of its border, as
    in the loss.

    Args:
        flow: (H, W, 2) absolute (x, y) in [-1, 1]; -1 is the centre of the first pixel, 1 of the last.
        target: (68, 2) x, y in pixels, pixel centres.
        guide: (68, 2) x, y in pixels, pixel centres; the guide is as large as the flow.

    Returns:
        A distance in pixels; compare it with the one of `identity_grid`.

    Raises:
        ValueError: A shape does not fit.
    """
    _check_landmarks(target, guide)
    if flow.ndim != 3 or flow.shape[2] != 2:
        raise ValueError(f"Give a flow of (H, W, 2), not {flow.shape}.")
    last = np.array((flow.shape[1], flow.shape[0])) - 1.0
    pointed_at = (_sample(flow, np.clip(target, 0, last)) + 1) / 2 * last
    return float(np.linalg.norm(pointed_at - guide, axis=1).mean())


def identity_grid(size: int) -> FloatArray:
    """Return (size, size, 2): the flow that warps nothing, the yardstick of `warp_error`."""
    line = np.linspace(-1, 1, size, dtype=np.float32)
    return np.stack(np.meshgrid(line, line), axis=-1)


def _sample(field: FloatArray, points: AnyArray) -> AnyArray:
    """Sample (H, W, C) bilinearly at (N, 2) pixel centres inside the picture, to (N, C)."""
    height, width = field.shape[:2]
    left, top = np.floor(points).astype(int).T
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    x, y = (points - np.floor(points)).T[..., None]
    upper = field[top, left] * (1 - x) + field[top, right] * x
    lower = field[bottom, left] * (1 - x) + field[bottom, right] * x
    return np.asarray(upper * (1 - y) + lower * y)


def _check_landmarks(a: FloatArray, b: FloatArray) -> None:
    if a.shape != (68, 2) or b.shape != (68, 2):
        raise ValueError(f"Give two sets of (68, 2) landmarks, not {a.shape} and {b.shape}.")
