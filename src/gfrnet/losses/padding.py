"""Leave padding out of the losses.

Every loss has one value for each sample, and is the mean of these over the batch. So the gradient stays
the same when a batch is split evenly over processes or accumulated parts.
"""

from __future__ import annotations

import torch
from torch import Tensor


def weighed_mean(values: Tensor, weight: Tensor) -> Tensor:
    """Return the mean over the batch of each sample's weighed mean; a sample without weight gives 0.

    Args:
        values: (N, C, H, W).
        weight: (N, 1, H, W), 0 where the values do not count.
    """
    sums = (values * weight).sum((1, 2, 3))
    return (sums / (weight.sum((1, 2, 3)) * values.shape[1]).clamp(min=1e-6)).mean()


def keep_padding(restored: Tensor, truth: Tensor, real: Tensor) -> Tensor:
    """Return the restored picture with the truth's padding.

    There no difference is seen, and no gradient flows.

    Args:
        restored: (N, C, H, W).
        truth: (N, C, H, W).
        real: (N, 1, H, W), 0 in padding.
    """
    return torch.where(real > 0, restored, truth)
