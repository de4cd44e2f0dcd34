"""Enlarge small pictures bicubically, and find the small picture that an enlarged one was made of.

The networks of this project take the enlarged photo. Some compared networks begin with the small one. The
enlargement is linear, so least squares give it back, exactly but for rounding and clipping to 8 bits.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor


def enlarge(pictures: Tensor, factor: int) -> Tensor:
    """Enlarge (N, C, H, W) to (N, C, factor * H, factor * W), as `gfrnet.degradation` does."""
    return _apply([_enlargement(length, factor) for length in pictures.shape[-2:]], pictures)


def small_picture(pictures: Tensor, factor: int) -> Tensor:
    """Return the (N, C, H / factor, W / factor) whose enlargement is nearest to (N, C, H, W).

    Raises:
        ValueError: The factor does not divide height and width.
    """
    if any(length % factor for length in pictures.shape[-2:]):
        raise ValueError(f"Give pictures whose sides are multiples of {factor}, not {pictures.shape[-2:]}.")
    return _apply([_inverse(length // factor, factor) for length in pictures.shape[-2:]], pictures)


def _apply(matrices: list[Tensor], pictures: Tensor) -> Tensor:
    """Multiply columns, then rows, of (N, C, H, W) with two matrices, in the pictures' precision."""
    rows, columns = (matrix.to(pictures) for matrix in matrices)
    # In bfloat16, to which training casts products, the small picture would be wrong by several levels.
    with torch.autocast(pictures.device.type, enabled=False):
        return rows @ pictures @ columns.T


@lru_cache(maxsize=64)
def _enlargement(length: int, factor: int) -> Tensor:
    """Return the matrix (factor * length, length) of MATLAB's imresize, whose border is mirrored."""
    places = (torch.arange(length * factor, dtype=torch.float64) + 0.5) / factor - 0.5
    taps = places.floor()[:, None] + torch.arange(-1, 3)
    weights = _keys(places[:, None] - taps)
    mirrored = torch.minimum(taps % (2 * length), 2 * length - 1 - taps % (2 * length)).long()
    return torch.zeros(len(places), length, dtype=torch.float64).scatter_add_(1, mirrored, weights)


@lru_cache(maxsize=64)
def _inverse(length: int, factor: int) -> Tensor:
    """Return the pseudo-inverse (length, factor * length) of the enlargement."""
    inverse: Tensor = torch.linalg.pinv(_enlargement(length, factor))
    return inverse


def _keys(x: Tensor) -> Tensor:
    """Return the cubic convolution kernel of Keys (1981) with a = -0.5."""
    x = x.abs()
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return torch.where(x <= 1, near, torch.where(x <= 2, far, 0.0))
