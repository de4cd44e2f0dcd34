"""Estimate the kernel from strong edges, and keep it free of noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage
from scipy.signal import fftconvolve
from scipy.sparse.linalg import LinearOperator, cg

from gfrnet.types import FloatArray

STEPS = 20
"""Most steps of the conjugate gradients (Cho and Lee, 2009, and the authors' code)."""

TOLERANCE = 1e-5
"""Length of the residual at which the conjugate gradients end (the authors' code)."""

LEAST_SHARE = 0.05
"""Share of the largest value below which values of a kernel are noise (the authors' code)."""

LEAST_PART = 0.1
"""Sum below which a separate part of a kernel is noise (the authors' code)."""


def estimate_kernel(sharp: FloatArray, blurred: FloatArray, size: int, weight: float) -> FloatArray:
    """Find the kernel k that minimises |sharp * k - blurred|^2 + weight |k|^2, and clean it.

    Args:
        sharp: (2, H, W) strong edges of the latent picture, in two directions.
        blurred: (2, H, W) differences of the blurred picture.
        size: Side of the kernel, odd; twice that is at most H and W.
        weight: Weight of its energy, gamma.

    Returns:
        (size, size), no value below 0, of sum 1.
    """
    return cleaned(solve_kernel(sharp, blurred, size, weight))


def solve_kernel(sharp: FloatArray, blurred: FloatArray, size: int, weight: float) -> FloatArray:
    """Solve the normal equations of `estimate_kernel` by conjugate gradients, from an even kernel on.

    Only correlations at shifts inside the kernel enter: of the edges with themselves and with the blurred.
    """
    waves = fft.rfft2(sharp)
    shape = sharp.shape[-2:]
    of_sharp = _middle(fft.irfft2(np.square(np.abs(waves)).sum(0), s=shape), 2 * size - 1)
    of_both = _middle(fft.irfft2((waves.conj() * fft.rfft2(blurred)).sum(0), s=shape), size)

    def normal(values: NDArray[np.float64]) -> NDArray[np.float64]:
        kernel = values.reshape(size, size)
        product: NDArray[np.float64] = fftconvolve(of_sharp, kernel, mode="valid") + weight * kernel
        return product.ravel()

    operator = LinearOperator((size**2, size**2), matvec=normal, dtype=np.float64)
    even = np.full(size**2, 1 / size**2)
    found, _ = cg(operator, of_both.ravel(), even, rtol=0, atol=TOLERANCE, maxiter=STEPS)
    kernel: FloatArray = found.reshape(size, size).astype(np.float32)
    return kernel


def _middle(correlation: FloatArray, size: int) -> NDArray[np.float64]:
    """Return the values at shifts of at most ``size // 2``, with shift 0 in the middle, float64."""
    shifts = np.arange(-(size // 2), size // 2 + 1)
    middle: NDArray[np.float64] = correlation[np.ix_(shifts, shifts)].astype(np.float64)
    return middle


def cleaned(kernel: FloatArray) -> FloatArray:
    """Remove small values and small separate parts of a kernel, and bring its sum to 1.

    A kernel without anything above 0 becomes a single point, which blurs nothing.
    """
    if not kernel.max() > 0:
        return point(len(kernel))
    kernel = significant(kernel)
    parts, count = ndimage.label(kernel, np.ones((3, 3)))
    sums = ndimage.sum_labels(kernel, parts, np.arange(count + 1))
    kept = sums >= min(LEAST_PART, sums.max())
    return normalised(kernel * kept[parts])


def significant(kernel: FloatArray) -> FloatArray:
    """Remove values below a twentieth of the largest one, and bring the sum to 1."""
    return normalised(np.where(kernel < LEAST_SHARE * kernel.max(), np.float32(0), kernel))


def normalised(kernel: FloatArray) -> FloatArray:
    """Bring the sum of a kernel to 1."""
    whole: FloatArray = kernel / kernel.sum()
    return whole


def point(size: int) -> FloatArray:
    """Return the kernel that blurs nothing, (size, size)."""
    kernel = np.zeros((size, size), np.float32)
    kernel[size // 2, size // 2] = 1
    return kernel
