"""Colour and light belong to the photo; the network and the guide only give detail."""

from __future__ import annotations

import cv2
import numpy as np

from gfrnet.types import AnyArray, BoolArray, FloatArray, FloatImage

LOW_FREQUENCIES = 1 / 16
"""Standard deviation, over the side of the crop, of the Gaussian that tells colour and light from detail."""

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in brightness (BT.601, as JPEG and Pillow have it)."""


def lock_colour(restored: FloatImage, degraded: FloatImage, real: BoolArray) -> FloatImage:
    """Replace the low frequencies of the result by those of the input.

    The blurred difference of input and result is added to the result. It is smooth over a quarter of
    the face, so it moves colour and light and can draw no halo around an edge; padding does not count in it.

    Args:
        restored: (S, S, 3), [-1, 1].
        degraded: (S, S, 3), [-1, 1].
        real: (S, S), true where the crop shows the photo.

    Returns:
        (S, S, 3), [-1, 1].
    """
    sigma = LOW_FREQUENCIES * restored.shape[0]
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
