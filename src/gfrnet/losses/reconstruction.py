"""Compute the losses on the restored photo (section 3.3).

Pictures are (N, 3, H, W) in [-1, 1], weights (N, 1, H, W).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
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


def stages_loss(stages: Sequence[Tensor], truth: Tensor, weight: Tensor) -> Tensor:
    """Return the sum of `l2_loss` over the results of a network's stages, each at its own size.

    Args:
        stages: (N, 3, s, s) each; s divides the side of the truth.
        truth: (N, 3, S, S).
        weight: (N, 1, S, S).
    """
    parts = [
        l2_loss(stage, shrunk(truth, stage.shape[-1]), F.adaptive_avg_pool2d(weight, stage.shape[-1]))
        for stage in stages
    ]
    return torch.stack(parts).sum()


def shrunk(pictures: Tensor, size: int) -> Tensor:
    """Resize (N, C, S, S) to (N, C, size, size), bicubic and antialiased; of the same size they stay."""
    if pictures.shape[-1] == size:
        return pictures
    return F.interpolate(pictures, size=(size, size), mode="bicubic", antialias=True)


def points_loss(found: Tensor, points: Tensor, size: int) -> Tensor:
    """Return the mean squared distance of found landmarks to the true ones, in sides of the picture.

    Args:
        found: (N, K, 68, 2) landmarks of K networks, pixel centres.
        points: (N, 68, 2) true landmarks.
        size: Side of the picture in pixels.
    """
    return ((found - points[:, None]) / size).square().sum(-1).mean()
