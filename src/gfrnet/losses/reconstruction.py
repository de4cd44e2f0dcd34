"""Compute the losses on the restored photo (section 3.3).

Pictures are (N, 3, H, W) in [-1, 1], weights (N, 1, H, W).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from gfrnet.losses.padding import keep_padding, weighed_mean


def l2_loss(restored: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Return the weighed mean of the squared difference.

    This is the first term of equation 6, per value instead of summed.
    """
    return weighed_mean((restored - truth).square(), weight)


def laplacian_loss(restored: Tensor, truth: Tensor, weight: Tensor, levels: int = 3) -> Tensor:
    """Return the absolute difference of Laplacian pyramids, summed over levels.

    It sees detail that l2 averages away.
    """
    # Coarse cells reach over the edge of the real part, so the padding must be equal.
    difference, total = keep_padding(restored, truth, weight) - truth, restored.new_zeros(())
    for _ in range(levels):
        coarse = F.avg_pool2d(difference, 2)
        band = difference - F.interpolate(coarse, scale_factor=2.0, mode="nearest")
        total = total + weighed_mean(band.abs(), weight)
        difference, weight = coarse, F.avg_pool2d(weight, 2)
    return total
