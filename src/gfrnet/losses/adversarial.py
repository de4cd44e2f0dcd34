"""Compute the adversarial losses (section 3.3, equations 7 and 8), and cut out what their discriminators see.

The global discriminator sees whole pictures. The local one sees the smallest box around all landmarks.
Both see the truth's padding (`keep_padding`).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets import to_unit, warp

REAL_LABEL = 0.9
"""The label of the truth for the discriminator (section 3.3)."""

SMALLEST_BOX = 8
"""Smallest side of a landmark box in pixels. Without it, landmarks outside the picture would leave no box."""


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor, label: float = REAL_LABEL) -> Tensor:
    """Return equation 7 for the discriminator: cross-entropy with the labels 0.9 (truth) and 0 (restored).

    Only the truth's label is smoothed, as in the improved GAN that the paper follows. A label above 0 for
    restored pictures would reward the network for results that it should leave behind.

    Args:
        real_logits: (N, 1, h, w) of the truth.
        fake_logits: (N, 1, h, w) of the restored, detached from the network.
        label: Label of the truth; 1 in the compared methods.

    Returns:
        Mean over patches and over the batch, summed over truth and restored.
    """
    return _cross_entropy(real_logits, label) + _cross_entropy(fake_logits, 0.0)


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Return equation 7 for the network in the non-saturating form of pix2pix: -log D, not log(1 - D).

    log(1 - D) is flat where the discriminator is sure, and there the network has most to learn. The label is
    1, not 0.9: smoothing is for the discriminator, and would push good patches back here.

    Args:
        fake_logits: (N, 1, h, w) of the restored.

    Returns:
        Mean over patches and over the batch.
    """
    return _cross_entropy(fake_logits, 1.0)


def critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Return what a critic minimises (Arjovsky et al., ICML 2017): restored minus true scores, means."""
    return fake_scores.mean() - real_scores.mean()


def gradient_penalty(critic: nn.Module, truth: Tensor, restored: Tensor) -> Tensor:
    """Return how far the critic's slope is from 1 between truth and result (Gulrajani et al., NIPS 2017).

    Each sample has a place of its own between the two. The norm of the gradient is over all its values.

    Args:
        critic: Network from (N, C, H, W) to scores.
        truth: (N, C, H, W).
        restored: (N, C, H, W), detached from the network.

    Returns:
        Mean squared difference over the batch, unweighed.
    """
    share = torch.rand(len(truth), 1, 1, 1, device=truth.device)
    between = torch.lerp(truth, restored, share).requires_grad_(True)
    scores = critic(between)
    (slope,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
    penalty: Tensor = (slope.flatten(1).norm(dim=1) - 1).square().mean()
    return penalty


def class_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Return the cross-entropy of a discriminator that names the kind of a picture (Xu et al., ICCV 2017).

    Args:
        logits: (N, K, 1, 1).
        classes: (N,), 0 to K - 1.
    """
    return F.cross_entropy(logits.flatten(1), classes)


def feature_loss(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """Return the mean squared difference of a discriminator's features, summed over its layers."""
    return torch.stack([(a - b).square().mean() for a, b in zip(found, wanted, strict=True)]).sum()


def landmark_boxes(points: Tensor, size: int) -> Tensor:
    """Return the smallest boxes around all landmarks, within the picture.

    Args:
        points: (N, 68, 2) landmarks, pixel centres of a picture ``size`` wide and high.
        size: Side of the picture in pixels.

    Returns:
        (N, 4) left, top, right, bottom in pixel edges, at least `SMALLEST_BOX` wide and high. The whole
        picture is (0, 0, size, size).
    """
    first = points.amin(1).clamp(0, size - SMALLEST_BOX)
    last = torch.maximum(points.amax(1) + 1, first + SMALLEST_BOX).clamp(max=size)
    return torch.cat((first, last), 1)


def crop_boxes(pictures: Tensor, boxes: Tensor, size: int) -> Tensor:
    """Cut boxes out of pictures and resize them to squares, bilinear and differentiable.

    Args:
        pictures: (N, C, H, W).
        boxes: (N, 4) left, top, right, bottom in pixel edges.
        size: Side of the crops in pixels.

    Returns:
        (N, C, size, size). A box of ``size`` whole pixels gives exactly these pixels.
    """
    height, width = pictures.shape[-2:]
    steps = (torch.arange(size, device=boxes.device, dtype=boxes.dtype) + 0.5) / size
    left, top, right, bottom = boxes[..., None].unbind(1)
    # Boxes count from pixel edges, flow coordinates from pixel centres, half a pixel further in.
    x = to_unit(left + (right - left) * steps - 0.5, width)[:, None].expand(-1, size, -1)
    y = to_unit(top + (bottom - top) * steps - 0.5, height)[..., None].expand(-1, -1, size)
    return warp(pictures, torch.stack((x, y), 1))


def _cross_entropy(logits: Tensor, label: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
