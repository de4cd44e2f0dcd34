"""Colour and light belong to the photo; the network and the guide only give detail."""

from __future__ import annotations

import cv2
import numpy as np

from gfrnet.types import AnyArray, BoolArray, FloatArray, FloatImage

LOW_FREQUENCIES = 1 / 4
"""Standard deviation, over the side of the crop, of the Gaussian that tells colour and light from detail.

Finer than that the network knows the colours better than a bad photo, whose blocks are coloured: by
`benchmarks/colour_lock.py` half of it costs 0.04 dB of an 8x degraded photo, a quarter 0.16 dB.
"""

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in brightness (BT.601, as JPEG and Pillow have it)."""


def lock_colour(
    restored: FloatImage, degraded: FloatImage, real: BoolArray, width: float = LOW_FREQUENCIES
) -> FloatImage:
    """Replace the low frequencies of the result by those of the input.

    The blurred difference of input and result is added to the result. It is smooth over the whole face, so
    it moves colour and light and can draw no halo around an edge; padding does not count in it.

    Args:
        restored: (S, S, 3), [-1, 1].
        degraded: (S, S, 3), [-1, 1].
        real: (S, S), true where the crop shows the photo.
        width: As `LOW_FREQUENCIES`.

    Returns:
        (S, S, 3), [-1, 1].
    """
    sigma = width * restored.shape[0]
    weight = real.astype(np.float32)
    missing = _blur((degraded - restored) * weight[..., None], sigma)
    # Deep in the padding nothing real is near; there any finite colour will do, since it is not pasted.
    missing /= np.maximum(_blur(weight, sigma), 1e-3)[..., None]
    return np.asarray(np.clip(restored + missing, -1, 1), dtype=np.float32)


def _blur(values: FloatArray, sigma: float) -> FloatArray:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REFLECT))


def as_grey(faces: AnyArray) -> AnyArray:
    """Take the colour out: (..., 3) with three equal channels, same dtype and range."""
    luma = faces @ LUMA
    if faces.dtype.kind != "f":
        luma = np.rint(luma)
    return np.repeat(luma[..., None], 3, axis=-1).astype(faces.dtype)
