"""Smooth what was measured on the frames of a film, forwards and backwards at once."""

from __future__ import annotations

import numpy as np

from gfrnet.types import AnyArray, FloatArray

STRAY = 3.0
"""Distance from the smooth course, in usual distances, beyond which a measure hardly counts."""

LEAST = 1e-3
"""Weight that every measure keeps, so that a line can always be fitted."""

CARRIED = 0.05
"""Weight of a frame without a measure, which takes the straight line between its neighbours."""

ROUNDS = 3
"""Times that the course is found; after each, stray measures count less."""


def smoothed(frames: AnyArray, values: AnyArray, count: int, reach: float) -> FloatArray:
    """Return a smooth course of measures, without a lag.

    On each frame a straight line is fitted to the measures around it, with Gaussian weights. The line
    follows steady motion exactly, also at the ends.

    Args:
        frames: (K,) frames with a measure, rising, 0..count - 1; at least one.
        values: (K,) the measures.
        count: Number of frames.
        reach: Standard deviation of the weights in frames.

    Returns:
        (count,) float32.
    """
    every = np.arange(count)
    course = np.interp(every, frames, values)
    weights = np.full(count, CARRIED)
    weights[frames] = 1.0
    lines = course
    for _ in range(ROUNDS):
        lines = _lines(course, weights, reach)
        off = np.abs(values - lines[frames])
        usual = max(1.4826 * float(np.median(off)), 1e-6)
        weights[frames] = np.maximum(LEAST, np.exp(-((off / (STRAY * usual)) ** 2)))
    return np.asarray(lines, np.float32)


def _lines(values: AnyArray, weights: AnyArray, reach: float) -> AnyArray:
    """Return the value of the straight line that is fitted around each frame."""
    half = int(np.ceil(4 * reach))
    steps = np.arange(-half, half + 1)
    kernel = np.exp(-0.5 * (steps / reach) ** 2)
    middle = float(values.mean())

    def around(content: AnyArray, power: int) -> AnyArray:
        # Convolution turns the kernel round, so the sign of odd powers changes.
        return np.convolve(content, kernel * (-steps) ** power, "full")[half : half + len(content)]

    s0, s1, s2 = (around(weights, power) for power in (0, 1, 2))
    t0, t1 = (around(weights * (values - middle), power) for power in (0, 1))
    # A trace of ridge keeps the line level where a single measure is near.
    spread = np.maximum(s0 * s2 - s1**2, 0) + 1e-9 * s0**2 + 1e-12
    return np.asarray((s2 * t0 - s1 * t1 + 1e-9 * s0 * t0) / spread + middle)
