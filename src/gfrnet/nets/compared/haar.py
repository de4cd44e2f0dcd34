"""Split pictures into the coefficients of a full Haar wavelet packet, and put them together again.

The order is that of Huang et al., Wavelet-SRNet (ICCV 2017), whose file of kernels agrees with it exactly. A
level splits every band into four: average, difference of columns, difference of rows, and of both. In base 4
the index of a coefficient names its bands, the finest level's first and the coarsest level's last. So the
very first is the average. The first 4^k are the coefficients of k levels on the averaged picture.
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

BANDS = (((1, 1), (1, 1)), ((1, -1), (1, -1)), ((1, 1), (-1, -1)), ((1, -1), (-1, 1)))
"""Kernels of one level, twice as large as they are used: average, columns, rows, both."""


def haar_packet(pictures: Tensor, levels: int) -> Tensor:
    """Split pictures into their coefficients; the transform is orthonormal.

    Args:
        pictures: (N, C, H, W).
        levels: Number of levels; 2 for squares of 4 x 4 pixels, 3 for 8 x 8.

    Returns:
        (N, 4^levels * C, H / 2^levels, W / 2^levels); the C colours of one coefficient lie together.

    Raises:
        ValueError: A side is no multiple of 2^levels.
    """
    side = 2**levels
    if any(length % side for length in pictures.shape[-2:]):
        raise ValueError(f"Give pictures whose sides are multiples of {side}, not {pictures.shape[-2:]}.")
    pixels = F.pixel_unshuffle(pictures, side).unflatten(1, (-1, side**2))
    with torch.autocast(pictures.device.type, enabled=False):
        return torch.einsum("kp,ncphw->nkchw", _kernels(levels).to(pixels), pixels).flatten(1, 2)


def inverse_haar_packet(coefficients: Tensor, levels: int) -> Tensor:
    """Return the (N, C, H, W) pictures whose `haar_packet` the coefficients are.

    Args:
        coefficients: (N, 4^levels * C, H / 2^levels, W / 2^levels).
        levels: Number of levels.

    Raises:
        ValueError: The channels are no multiple of 4^levels.
    """
    side = 2**levels
    if coefficients.shape[1] % side**2:
        raise ValueError(f"Give a multiple of {side**2} channels, not {coefficients.shape[1]}.")
    split = coefficients.unflatten(1, (side**2, -1))
    with torch.autocast(coefficients.device.type, enabled=False):
        pixels = torch.einsum("kp,nkchw->ncphw", _kernels(levels).to(split), split).flatten(1, 2)
    return F.pixel_shuffle(pixels, side)


@lru_cache(maxsize=8)
def _kernels(levels: int) -> Tensor:
    """Return the orthonormal (4^levels, 4^levels) matrix from the pixels of a square to its coefficients."""
    bands = torch.tensor(BANDS, dtype=torch.float64) / 2
    kernels = torch.ones(1, 1, 1, dtype=torch.float64)
    for _ in range(levels):
        kernels = torch.stack([torch.kron(coarse, fine) for fine in bands for coarse in kernels])
    return kernels.flatten(1)
