"""Keep the colour and light of the photo: network and guide give only detail."""

from __future__ import annotations

from math import sqrt

import cv2
import numpy as np

from gfrnet.types import AnyArray, BoolArray, FloatArray, FloatImage

LOW_FREQUENCIES = 1 / 4
"""Standard deviation of the Gaussian that separates colour and light from detail, over the crop's side.

Below this width the network knows the colours better than a bad photo, whose compression blocks are
coloured. `benchmarks/colour_lock.py` measures it on 8x degraded photos. Half this width costs 0.04 dB, and a
quarter costs 0.16 dB.
"""

SHRINK = 4
"""Side of the squares whose means stand for a crop while it is blurred.

The blur is so wide that this changes the result by less than a third of a step of 255. It takes a fortieth
of the time. `tests/restore/test_colour.py` compares both beside an edge from black to white.
"""

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in brightness (BT.601, as in JPEG and Pillow)."""


def lock_colour(
    restored: FloatImage, degraded: FloatImage, real: BoolArray, width: float = LOW_FREQUENCIES
) -> FloatImage:
    """Replace the low frequencies of the result with the input's low frequencies.

    The blurred difference of input and result is added to the result. It is smooth over the whole face. So
    it changes colour and light, but draws no halo around an edge. Padding does not count.

    Args:
        restored: (S, S, 3) result, [-1, 1].
        degraded: (S, S, 3) input, [-1, 1].
        real: (S, S), true where the crop shows the photo.
        width: Width of the Gaussian over the crop's side, like `LOW_FREQUENCIES`.

    Returns:
        (S, S, 3), [-1, 1].
    """
    sigma = width * restored.shape[0]
    weight = real.astype(np.float32)
    missing = _blur((degraded - restored) * weight[..., None], sigma)
    # Deep in the padding there is no photo nearby. Any finite colour will do there: it is not pasted.
    missing /= np.maximum(_blur(weight, sigma), 1e-3)[..., None]
    return np.asarray(np.clip(restored + missing, -1, 1), dtype=np.float32)


def _blur(values: FloatArray, sigma: float) -> FloatArray:
    """Blur (S, S, ...) with a wide Gaussian, at a quarter of the size."""
    side = values.shape[0]
    if side % SHRINK or sigma < 2 * SHRINK:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REFLECT))
    small = cv2.resize(values, (side // SHRINK, side // SHRINK), interpolation=cv2.INTER_AREA)
    # The means of squares have blurred already.
    left = sqrt(sigma**2 - (SHRINK**2 - 1) / 12) / SHRINK
    small = cv2.GaussianBlur(small, (0, 0), left, borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC))


def as_grey(faces: AnyArray) -> AnyArray:
    """Remove the colour: return (..., 3) with three equal channels, of the same dtype and range."""
    luma = faces @ LUMA
    if faces.dtype.kind != "f":
        luma = np.rint(luma)
    return np.repeat(luma[..., None], 3, axis=-1).astype(faces.dtype)
