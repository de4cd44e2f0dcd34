"""Show a compared network the photo, and beside it the guide where the network takes one."""

from __future__ import annotations

import torch
from torch import Tensor


def observed(degraded: Tensor, guide: Tensor | None, guided: bool) -> Tensor:
    """Return what a network sees of (N, 3, H, W) photo and guide in [-1, 1].

    Args:
        degraded: The photo.
        guide: The guide; None counts as a guide of zeros, mid-grey.
        guided: Whether the network takes a guide.

    Returns:
        (N, 6, H, W), the photo's channels first, or the photo alone.
    """
    if not guided:
        return degraded
    return torch.cat((degraded, torch.zeros_like(degraded) if guide is None else guide), 1)
