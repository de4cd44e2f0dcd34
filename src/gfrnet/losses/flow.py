"""Compute the losses on the flow field (section 3.3, equations 9 to 11).

Flows are absolute (x, y) in [-1, 1].
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from gfrnet.losses.padding import weighed_mean


def sample_flow(flow: Tensor, points: Tensor) -> Tensor:
    """Sample a flow (N, 2, H, W) bilinearly at points (N, K, 2) in [-1, 1], to (N, K, 2)."""
    grid = points[:, :, None, :]
    return F.grid_sample(flow, grid, "bilinear", "border", align_corners=True)[..., 0].transpose(1, 2)


def landmark_loss(flow: Tensor, target_points: Tensor, guide_points: Tensor, counts: Tensor) -> Tensor:
    """Return equation 9: how far the flow at the *target's* landmarks is from the *guide's* landmarks.

    Args:
        flow: (N, 2, H, W).
        target_points: (N, 68, 2) landmarks of the target in [-1, 1].
        guide_points: (N, 68, 2) landmarks of the guide in [-1, 1].
        counts: (N,), 1 where the sample's landmarks are usable, else 0.

    Returns:
        Sum over landmarks of the squared distance, mean over the batch.
    """
    distances = (sample_flow(flow, target_points) - guide_points).square().sum((1, 2))
    return (counts * distances).mean()


def landmark_distance_loss(
    flow: Tensor, target_points: Tensor, guide_points: Tensor, counts: Tensor
) -> Tensor:
    """Return the mean distance that `landmark_loss` squares and sums, in [-1, 1] units.

    A few landmarks that are far off dominate a sum of squares. The landmark finder misplaced most of these.
    """
    missed = sample_flow(flow, target_points) - guide_points
    distances = (missed.square().sum(2) + 1e-8).sqrt().mean(1)
    return (counts * distances).mean()


def tv_loss(field: Tensor) -> Tensor:
    """Return equation 10 of a field (N, 2, H, W).

    It is the sum of the squared differences of neighbours, averaged over the batch.
    """
    along_x = (field[..., :, 1:] - field[..., :, :-1]).square().sum((1, 2, 3))
    along_y = (field[..., 1:, :] - field[..., :-1, :]).square().sum((1, 2, 3))
    return (along_x + along_y).mean()


def dense_flow_loss(flow: Tensor, known: Tensor, weight: Tensor) -> Tensor:
    """Return the weighed mean distance to an exactly known flow (self-guided pairs), in [-1, 1] units.

    Args:
        flow: (N, 2, h, w).
        known: (N, 2, H, W), resized here to the size of the flow.
        weight: (N, 1, H, W), 0 where the flow is not known.
    """
    size = flow.shape[2:]
    if known.shape[2:] != size:
        known = F.interpolate(known, size=size, mode="bilinear", align_corners=True)
        # An average over known and unknown values is itself unknown.
        weight = (F.interpolate(weight, size=size, mode="bilinear", align_corners=True) > 0.999).to(weight)
    distance = ((flow - known).square().sum(1, keepdim=True) + 1e-8).sqrt()
    return weighed_mean(distance, weight)
