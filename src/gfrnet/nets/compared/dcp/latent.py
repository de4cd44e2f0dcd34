"""Find the latent sharp picture for a known kernel, with few gradients and a dark channel of few values."""

from __future__ import annotations

import cv2
import numpy as np

from gfrnet.nets.compared.dcp.quadratic import Gradient, Quadratic
from gfrnet.types import FloatArray

PATCH = 35
"""Side of the patches of the dark channel in pixels (the paper)."""

LAST_DARK_WEIGHT = 8.0
"""Weight of the splitting of the dark channel, at which it ends (beta_max; the authors' code)."""

LAST_GRADIENT_WEIGHT = 1e5
"""Weight of the splitting of the gradients, at which it ends (alpha_max; the authors' code)."""


def latent_picture(
    blurred: FloatArray, kernel: FloatArray, dark_weight: float, gradient_weight: float
) -> FloatArray:
    """Find the sharp picture S behind a blurred one, for a known kernel.

    Two splittings are nested. The outer one draws S to a copy without its dark pixels, ever more strongly.
    The inner one draws its gradients to few large ones.

    Args:
        blurred: (H, W) grey, 0..1, periodic.
        kernel: (k, k), of sum 1.
        dark_weight: Weight of the dark channel, lambda.
        gradient_weight: Weight of the gradients, mu.

    Returns:
        (H, W), about 0..1, not clipped.
    """
    blur, latent = Quadratic.of_blur(blurred, kernel), blurred
    weight = dark_weight / _otsu(np.square(blurred))
    while weight < LAST_DARK_WEIGHT:
        darker = without_dark(latent, dark_weight / weight)
        latent = sparse_gradients(blur.near(darker, weight), latent, gradient_weight)
        weight *= 2
    return latent


def sparse_gradients(data: Quadratic, picture: FloatArray, weight: float) -> FloatArray:
    """Minimise a quadratic function plus the number of pixels with a gradient (Xu et al., 2011).

    Args:
        data: The function.
        picture: (H, W) or (C, H, W), where to begin. Channels have their gradients at the same pixels.
        weight: Weight of the number of gradients, mu.

    Returns:
        The picture, in the same shape.
    """
    pull = 2 * weight
    while pull < LAST_GRADIENT_WEIGHT:
        gradient = Gradient.of(picture)
        strength = np.square(gradient.right) + np.square(gradient.down)
        if strength.ndim == 3:
            strength = strength.sum(0)
        kept = strength >= weight / pull
        np.multiply(gradient.right, kept, out=gradient.right)
        np.multiply(gradient.down, kept, out=gradient.down)
        picture = data.solve(gradient, pull)
        pull *= 2
    return picture


def dark_channel(picture: FloatArray) -> FloatArray:
    """Return the darkest value of the patch around each pixel of a grey picture, (H, W)."""
    darkest: FloatArray = cv2.erode(picture, np.ones((PATCH, PATCH), np.uint8)).astype(np.float32)
    return darkest


def without_dark(picture: FloatArray, least: float) -> FloatArray:
    """Set those pixels to 0 that are the darkest of a patch, and whose square is below ``least``.

    Of the patches that hold a pixel, take the brightest minimum. If it is the pixel's own value, then the
    pixel is the darkest of that patch; else of none. So a minimum and then a maximum find all such pixels.
    Pixels nearer to the border than half a patch stay.

    Args:
        picture: (H, W) grey.
        least: Square of the darkness that is kept.

    Returns:
        (H, W).
    """
    brightest = cv2.dilate(dark_channel(picture), np.ones((PATCH, PATCH), np.uint8))
    emptied = (brightest == picture) & (np.square(picture) < least)
    inside = np.zeros_like(emptied)
    margin = PATCH // 2
    inside[margin:-margin, margin:-margin] = True
    return np.where(emptied & inside, np.float32(0), picture)


def _otsu(values: FloatArray) -> float:
    """Return the threshold that parts values in 0..1 best in two classes (Otsu, 1979), 1/255..1."""
    bytes_ = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    level, _ = cv2.threshold(bytes_, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return max(float(level), 1.0) / 255
