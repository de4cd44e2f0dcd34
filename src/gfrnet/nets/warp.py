"""Warp (equation 2), and define the only convention for flow coordinates.

A flow holds for every target pixel the absolute place in the guide to sample, (x, y) in [-1, 1]. Here -1 is
the centre of the first pixel, and 1 the centre of the last one (``align_corners=True``). So pixel p of a
picture of width W has the coordinate ``2 p / (W - 1) - 1``. Landmarks are pixel centres too. So a landmark
at pixel p and a flow that points at pixel p have the same coordinate everywhere.
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
    """Return the flow that changes nothing, (1, 2, height, width), with device and type of ``like``."""
    x = torch.linspace(-1, 1, width, device=like.device, dtype=like.dtype)
    y = torch.linspace(-1, 1, height, device=like.device, dtype=like.dtype)
    return torch.stack((x.expand(height, width), y[:, None].expand(height, width)))[None]


def to_unit(pixels: Tensor, size: int) -> Tensor:
    """Return pixel-centre coordinates 0..size-1 as flow coordinates [-1, 1]."""
    return pixels * (2 / (size - 1)) - 1


def to_pixels(unit: Tensor, size: int) -> Tensor:
    """Return flow coordinates [-1, 1] as pixel-centre coordinates 0..size-1."""
    return (unit + 1) * ((size - 1) / 2)
