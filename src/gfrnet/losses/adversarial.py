"""The adversarial losses (section 3.3, equations 7 and 8), and what their discriminators get to see.

The global discriminator sees whole pictures, the local one the smallest box around all landmarks; both
with the truth's padding (`keep_padding`).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gfrnet.nets import to_unit, warp

REAL_LABEL = 0.9
"""What the discriminator should say of the truth (section 3.3)."""

SMALLEST_BOX = 8
"""Least side of a landmark box in pixels: landmarks outside the picture leave no box."""


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Equation 7 for the discriminator: cross-entropy with the labels 0.9 (truth) and 0 (restored).

    Smoothing is one-sided, as in the improved GAN that the paper follows: a fake label above 0 would
    reward the network for results that it should leave behind.

    Args:
        real_logits: (N, 1, h, w) of the truth.
        fake_logits: (N, 1, h, w) of the restored, detached from the network.

    Returns:
        Sum of both means over patches, mean over the batch.
    """
    return _cross_entropy(real_logits, REAL_LABEL) + _cross_entropy(fake_logits, 0.0)


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Equation 7 for the network, in the non-saturating form: -log D instead of log(1 - D), as in pix2pix.

    log(1 - D) is flat where the discriminator is sure, which is where the network has most to learn. The
    label is 1: smoothing is for the discriminator, and 0.9 would push good patches back.

    Args:
        fake_logits: (N, 1, h, w) of the restored.

    Returns:
        Mean over patches and over the batch.
    """
    return _cross_entropy(fake_logits, 1.0)


def landmark_boxes(points: Tensor, size: int) -> Tensor:
    """The smallest boxes around all landmarks, within the picture.

    Args:
        points: (N, 68, 2) landmarks, pixel centres of a picture ``size`` wide and high.
        size: Side of the picture in pixels.

    Returns:
        (N, 4) left, top, right, bottom in pixel edges (the whole picture is 0, 0, size, size), at least
        `SMALLEST_BOX` wide and high.
    """
    first = points.amin(1).clamp(0, size - SMALLEST_BOX)
    last = torch.maximum(points.amax(1) + 1, first + SMALLEST_BOX).clamp(max=size)
    return torch.cat((first, last), 1)


def crop_boxes(pictures: Tensor, boxes: Tensor, size: int) -> Tensor:
    """Boxes of pictures, resized to squares, bilinear and differentiable.

    Args:
        pictures: (N, C, H, W).
        boxes: (N, 4) left, top, right, bottom in pixel edges.
        size: Side of the crops in pixels.

    Returns:
        (N, C, size, size); a box of ``size`` whole pixels gives just these.
    """
    height, width = pictures.shape[-2:]
    steps = (torch.arange(size, device=boxes.device, dtype=boxes.dtype) + 0.5) / size
    left, top, right, bottom = boxes[..., None].unbind(1)
    # Half a pixel lies between a pixel's edge and its centre, which flow coordinates count from.
    x = to_unit(left + (right - left) * steps - 0.5, width)[:, None].expand(-1, size, -1)
    y = to_unit(top + (bottom - top) * steps - 0.5, height)[..., None].expand(-1, -1, size)
    return warp(pictures, torch.stack((x, y), 1))


def _cross_entropy(logits: Tensor, label: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
