"""Attend across pictures: each place of the photo gathers what it needs from around it in the guide (ours).

The warped guide lies a few pixels off, and a convolution that finds an eyelash beside where it belongs can
only blur it. Attention looks for the likeness of each place nearby, and takes what it finds there to here.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BLOCK = 8
"""Side of the blocks of places that look at the guide through one window."""

REACH = 3
"""How far the window goes beyond its block on each side."""

WINDOW = BLOCK + 2 * REACH


class CrossAttention(nn.Module):
    """Attention from one picture's features to another's, in windows (Vaswani et al., HaloNet, 2021).

    Likeness is the cosine of the angle between query and key, times a sharpness that is learnt, plus a bias
    for each offset that is learnt too and begins by favouring what is near. It begins by changing little.
    """

    def __init__(self, channels: int, seen: int) -> None:
        """Make the projections.

        Args:
            channels: Channels of the features that are added to.
            seen: Channels of the features that are looked at.
        """
        super().__init__()
        self.offsets: Tensor
        self.query = nn.Conv2d(channels, channels, 1, bias=False)
        self.key = nn.Conv2d(seen, channels, 1, bias=False)
        self.value = nn.Conv2d(seen, channels, 1)
        self.leave = nn.Conv2d(channels, channels, 1)
        for name, parameter in self.leave.named_parameters():
            nn.init.normal_(parameter, std=0.02 if name == "weight" else 0.0)
        self.sharpness = nn.Parameter(torch.tensor(10.0).log())
        span = torch.arange(1 - BLOCK - REACH, BLOCK + REACH).float()
        self.nearness = nn.Parameter(-(span[:, None].square() + span.square()).flatten() / 8)
        self.register_buffer("offsets", _offsets(), persistent=False)

    def forward(self, features: Tensor, seen: Tensor) -> Tensor:
        """(N, C, H, W), sides multiples of 8, and the other picture's (N, D, H, W) to (N, C, H, W)."""
        height, width = features.shape[2:]
        sharpness = self.sharpness.exp().to(features.dtype)
        queries = _to_blocks(F.normalize(self.query(features), dim=1) * sharpness)
        keys = _windows(F.normalize(self.key(seen), dim=1))
        bias = self.nearness[self.offsets]
        chances = (queries @ keys.transpose(1, 2) + bias.to(keys.dtype)).softmax(-1)
        found = chances @ _windows(self.value(seen))
        result: Tensor = features + self.leave(_from_blocks(found, height, width))
        return result


def _to_blocks(features: Tensor) -> Tensor:
    """(N, C, H, W) to (N * blocks, BLOCK * BLOCK, C)."""
    count, channels, height, width = features.shape
    split = features.reshape(count, channels, height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return split.permute(0, 2, 4, 3, 5, 1).reshape(-1, BLOCK**2, channels)


def _from_blocks(blocks: Tensor, height: int, width: int) -> Tensor:
    """(N * blocks, BLOCK * BLOCK, C) to (N, C, H, W)."""
    channels = blocks.shape[-1]
    split = blocks.reshape(-1, height // BLOCK, width // BLOCK, BLOCK, BLOCK, channels)
    return split.permute(0, 5, 1, 3, 2, 4).reshape(-1, channels, height, width)


def _windows(features: Tensor) -> Tensor:
    """(N, C, H, W) to what each block sees, zeros beyond the edge: (N * blocks, WINDOW * WINDOW, C)."""
    channels, height, width = features.shape[1:]
    places = F.pad(features, (REACH,) * 4).permute(0, 2, 3, 1).flatten(1, 2)
    columns = width + 2 * REACH
    first = torch.arange(0, height, BLOCK)[:, None] * columns + torch.arange(0, width, BLOCK)
    inside = torch.arange(WINDOW)[:, None] * columns + torch.arange(WINDOW)
    index = (first.reshape(-1, 1) + inside.flatten()).flatten().to(features.device)
    return places.index_select(1, index).reshape(-1, WINDOW**2, channels)


def _offsets() -> Tensor:
    """(BLOCK * BLOCK, WINDOW * WINDOW): which entry of ``nearness`` belongs to each pair of places."""
    along = torch.arange(WINDOW) - torch.arange(BLOCK)[:, None] + BLOCK - 1
    both = along[:, None, :, None] * (2 * (BLOCK + REACH) - 1) + along[None, :, None, :]
    return both.reshape(BLOCK**2, WINDOW**2)
