"""Warp (equation 2), by the one convention for its coordinates.

A flow holds, for every target pixel, the absolute place in the guide to sample, (x, y) in [-1, 1].
-1 is the centre of the first pixel and 1 the centre of the last one (``align_corners=True``): the pixel
p of a picture W wide has the coordinate 2 p / (W - 1) - 1. Landmarks are pixel centres too, so a landmark at
pixel p and a flow that points at pixel p are the same number everywhere.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def warp(guide: Tensor, flow: Tensor) -> Tensor:
    """Sample the guide at the flow's places, bilinear over the 4 neighbours (equation 2).

    Args:
        guide: (N, C, H, W).
        flow: (N, 2, h, w) absolute (x, y) in [-1, 1]; places outside take the guide's border.

    Returns:
        (N, C, h, w).
    """
    return F.grid_sample(guide, flow.permute(0, 2, 3, 1), "bilinear", "border", align_corners=True)


def identity_flow(height: int, width: int, like: Tensor) -> Tensor:
    """Return (1, 2, height, width): the flow that changes nothing, of the device and type of ``like``."""
    x = torch.linspace(-1, 1, width, device=like.device, dtype=like.dtype)
    y = torch.linspace(-1, 1, height, device=like.device, dtype=like.dtype)
    return torch.stack((x.expand(height, width), y[:, None].expand(height, width)))[None]


def to_unit(pixels: Tensor, size: int) -> Tensor:
    """Return pixel-centre coordinates 0..size-1 as flow coordinates [-1, 1]."""
    return pixels * (2 / (size - 1)) - 1


def to_pixels(unit: Tensor, size: int) -> Tensor:
    """Return flow coordinates [-1, 1] as pixel-centre coordinates 0..size-1."""
    return (unit + 1) * ((size - 1) / 2)
