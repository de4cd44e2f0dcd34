"""Solve the quadratic steps of half-quadratic splitting, exactly, by the Fourier transform."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from gfrnet.types import FloatArray

Spectrum: TypeAlias = NDArray[np.complex64]
"""(..., H, W // 2 + 1), the Fourier transform of a real picture."""


@dataclass(frozen=True)
class Gradient:
    """Hold the forward differences of a periodic picture.

    Attributes:
        right: (..., H, W), right neighbour less pixel.
        down: (..., H, W), lower neighbour less pixel.
    """

    right: FloatArray
    down: FloatArray

    @classmethod
    def of(cls, picture: FloatArray) -> Gradient:
        """Take the differences of a picture, (..., H, W)."""
        right, down = np.empty_like(picture), np.empty_like(picture)
        np.subtract(picture[..., 1:], picture[..., :-1], out=right[..., :-1])
        np.subtract(picture[..., 0], picture[..., -1], out=right[..., -1])
        np.subtract(picture[..., 1:, :], picture[..., :-1, :], out=down[..., :-1, :])
        np.subtract(picture[..., 0, :], picture[..., -1, :], out=down[..., -1, :])
        return cls(right, down)

    def transposed(self) -> FloatArray:
        """Apply the transpose of the differences, which is minus the divergence, (..., H, W)."""
        back = -self.right - self.down
        back[..., 1:] += self.right[..., :-1]
        back[..., 0] += self.right[..., -1]
        back[..., 1:, :] += self.down[..., :-1, :]
        back[..., 0, :] += self.down[..., -1, :]
        return back


@dataclass(frozen=True)
class Quadratic:
    """Hold a quadratic function of a periodic picture S, such as |S * k - B|^2, up to a constant.

    Attributes:
        moment: (..., H, W // 2 + 1), the Fourier transform of its linear part, such as k^T B.
        power: (H, W // 2 + 1), its quadratic part for each frequency, such as |F(k)|^2.
        shape: (H, W) of the picture.
    """

    moment: Spectrum
    power: FloatArray
    shape: tuple[int, int]

    @classmethod
    def of_blur(cls, blurred: FloatArray, kernel: FloatArray) -> Quadratic:
        """Measure how far S, blurred by a kernel, is from a blurred picture: |S * k - B|^2.

        Args:
            blurred: (..., H, W).
            kernel: (k, k), k odd.
        """
        height, width = blurred.shape[-2:]
        transfer = transfer_function(kernel, (height, width))
        power = np.square(np.abs(transfer))
        return cls(transfer.conj() * fft.rfft2(blurred), power, (height, width))

    def near(self, picture: FloatArray, weight: float) -> Quadratic:
        """Add weight |S - picture|^2."""
        moment = self.moment + np.float32(weight) * fft.rfft2(picture)
        return Quadratic(moment, self.power + np.float32(weight), self.shape)

    def solve(self, gradient: Gradient, weight: float) -> FloatArray:
        """Return the picture S that makes this function plus weight |grad S - gradient|^2 smallest."""
        waves: Spectrum = fft.rfft2(gradient.transposed())
        waves *= np.float32(weight)
        waves += self.moment
        waves /= self.power + np.float32(weight) * _difference_power(self.shape)
        picture: FloatArray = fft.irfft2(waves, s=self.shape)
        return picture


def transfer_function(kernel: FloatArray, shape: tuple[int, int]) -> Spectrum:
    """Return the Fourier transform of a kernel whose centre is moved to the first pixel.

    Args:
        kernel: (k, k), k odd.
        shape: (H, W) of the picture to blur, k or more each.

    Returns:
        (H, W // 2 + 1).
    """
    rows, columns = kernel.shape
    padded = np.zeros(shape, np.float32)
    padded[:rows, :columns] = kernel
    waves: Spectrum = fft.rfft2(np.roll(padded, (-(rows // 2), -(columns // 2)), (0, 1)))
    return waves


@lru_cache(maxsize=16)
def _difference_power(shape: tuple[int, int]) -> FloatArray:
    """Return the squared gain of the forward differences, right and down together, for each frequency."""
    down = 2 - 2 * np.cos(2 * np.pi * np.arange(shape[0]) / shape[0])
    right = 2 - 2 * np.cos(2 * np.pi * np.arange(shape[1] // 2 + 1) / shape[1])
    power: FloatArray = (down[:, None] + right).astype(np.float32)
    return power
