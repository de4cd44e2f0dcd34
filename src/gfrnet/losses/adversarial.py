"""Compute the adversarial losses (section 3.3, equations 7 and 8), and cut out what their discriminators see.

The global discriminator sees whole pictures. The local one sees the smallest box around all landmarks.
Both see the truth's padding (`keep_padding`).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gfrnet.nets import to_unit, warp

REAL_LABEL = 0.9
"""The label of the truth for the discriminator (section 3.3)."""

SMALLEST_BOX = 8
"""Smallest side of a landmark box in pixels. Without it, landmarks outside the picture would leave no box."""


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return equation 7 for the discriminator: cross-entropy with the labels 0.9 (truth) and 0 (restored).

    Only the truth's label is smoothed, as in the improved GAN that the paper follows. A label above 0 for
    restored pictures would reward the network for results that it should leave behind.

    Args:
        real_logits: (N, 1, h, w) of the truth.
        fake_logits: (N, 1, h, w) of the restored, detached from the network.

    Returns:
        Mean over patches and over the batch, summed over truth and restored.
    """
    return _cross_entropy(real_logits, REAL_LABEL) + _cross_entropy(fake_logits, 0.0)


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
