"""How losses leave out what is no photo: every loss is a mean over the batch of one value a sample.

So a batch of 2 n, two processes with n each, and two accumulated batches of n have the same gradient.
"""

from __future__ import annotations

import torch
from torch import Tensor


def weighed_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Mean over the batch of each sample's weighed mean; a sample without any weight contributes 0.

    Args:
        values: (N, C, H, W).
        weight: (N, 1, H, W), 0 where the values do not count.
    """
    sums = (values * weight).sum((1, 2, 3))
    return (sums / (weight.sum((1, 2, 3)) * values.shape[1]).clamp(min=1e-6)).mean()


def keep_padding(restored: Tensor, truth: Tensor, real: Tensor) -> Tensor:
    """The restored picture with the truth's padding: no difference is seen there, no gradient flows there.

    Args:
        restored: (N, C, H, W).
        truth: (N, C, H, W).
        real: (N, 1, H, W), 0 in padding.
    """
    return torch.where(real > 0, restored, truth)
