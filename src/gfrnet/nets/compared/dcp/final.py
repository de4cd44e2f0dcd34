"""Deconvolve the photo in colour with the found kernel, and take ringing away (Pan et al., CVPR 2014).

Total variation keeps detail but rings. Sparse gradients do not ring but lose detail. What is in the first and
not in the second is detail and ringing; its smooth part is ringing.
"""

from __future__ import annotations

import cv2
import numpy as np

from gfrnet.nets.compared.dcp.border import continued
from gfrnet.nets.compared.dcp.latent import sparse_gradients
from gfrnet.nets.compared.dcp.quadratic import Gradient, Quadratic
from gfrnet.types import FloatArray

VARIATION_WEIGHT = 0.003
"""Weight of the total variation (the authors' code)."""

SPARSE_WEIGHT = 5e-4
"""Weight of the number of gradients (the authors' code)."""

LAST_BETA = 0.001
"""Value at which the splitting of the total variation ends (the authors' code)."""

REACH, CONTRAST = 3.0, 0.1
"""Standard deviations of the bilateral filter, in pixels and in values of 0..1 (the authors' code)."""


def deconvolved(blurred: FloatArray, kernel: FloatArray) -> FloatArray:
    """Return the sharp picture for a known kernel.

    Args:
        blurred: (3, H, W) RGB, 0..1.
        kernel: (k, k), of sum 1.

    Returns:
        (3, H, W) RGB, 0..1.
    """
    height, width = blurred.shape[-2:]
    periodic = continued(blurred, len(kernel))
    blur = Quadratic.of_blur(periodic, kernel)
    detailed = least_variation(blur, periodic, VARIATION_WEIGHT)[:, :height, :width]
    plain = sparse_gradients(blur, periodic, SPARSE_WEIGHT)[:, :height, :width]
    ringing = _bilateral(detailed - plain)
    sharp: FloatArray = np.clip(detailed - ringing, 0, 1)
    return sharp


def least_variation(data: Quadratic, picture: FloatArray, weight: float) -> FloatArray:
    """Minimise a quadratic function plus the anisotropic total variation (Wang et al., 2008).

    Args:
        data: The function.
        picture: (..., H, W), where to begin.
        weight: Weight of the total variation.

    Returns:
        The picture, in the same shape.
    """
    beta = 1 / weight
    while beta > LAST_BETA:
        gradient = Gradient.of(picture)
        smaller = Gradient(*(_nearer_zero(part, beta * weight) for part in (gradient.right, gradient.down)))
        picture = data.solve(smaller, 1 / (2 * beta))
        beta /= 2
    return picture


def _nearer_zero(values: FloatArray, step: float) -> FloatArray:
    """Move values towards 0 by a step, but not across it."""
    return values - np.clip(values, -np.float32(step), np.float32(step))


def _bilateral(picture: FloatArray) -> FloatArray:
    """Smooth a picture, (3, H, W), but not across its edges."""
    side = 2 * int(np.ceil(3 * REACH)) + 1
    last = np.ascontiguousarray(picture.transpose(1, 2, 0))
    smooth: FloatArray = cv2.bilateralFilter(last, side, CONTRAST, REACH).astype(np.float32)
    return smooth.transpose(2, 0, 1)
