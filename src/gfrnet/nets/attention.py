"""Attend from the photo to the guide: each place gathers features from around it in the guide (ours).

The warped guide lies a few pixels off. A convolution that finds an eyelash in the wrong place can only blur
it. Attention searches nearby for what resembles each place, and moves what it finds to that place.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BLOCK = 8
"""Side of a block of places; all places of a block look at the guide through one window."""

REACH = 3
"""How far the window goes beyond its block on each side."""

WINDOW = BLOCK + 2 * REACH
"""Side of the window of the guide that a block looks at."""


class CrossAttention(nn.Module):
    """Attend from one picture's features to another's, in windows (Vaswani et al., HaloNet, 2021).

    Likeness is the cosine of the angle between query and key, times a learnt sharpness. A learnt bias for
    each offset is added; it begins by favouring near places. An untrained layer changes its input little.
    """

    def __init__(self, channels: int, seen: int) -> None:
        """Make the projections.

        Args:
            channels: Channels of the features that attention improves.
            seen: Channels of the features that attention looks at.
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
        """Add to features what attention finds in the other picture.

        Args:
            features: (N, C, H, W), sides multiples of `BLOCK`.
            seen: (N, D, H, W), the other picture's features.

        Returns:
            (N, C, H, W).
        """
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
    """Cut (N, C, H, W) into blocks, (N * blocks, BLOCK * BLOCK, C)."""
    count, channels, height, width = features.shape
    split = features.reshape(count, channels, height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return split.permute(0, 2, 4, 3, 5, 1).reshape(-1, BLOCK**2, channels)


def _from_blocks(blocks: Tensor, height: int, width: int) -> Tensor:
    """Join blocks, (N * blocks, BLOCK * BLOCK, C), to (N, C, H, W)."""
    channels = blocks.shape[-1]
    split = blocks.reshape(-1, height // BLOCK, width // BLOCK, BLOCK, BLOCK, channels)
    return split.permute(0, 5, 1, 3, 2, 4).reshape(-1, channels, height, width)


def _windows(features: Tensor) -> Tensor:
    """Cut (N, C, H, W) into each block's window, (N * blocks, WINDOW * WINDOW, C); zeros beyond the edge."""
    channels, height, width = features.shape[1:]
    places = F.pad(features, (REACH,) * 4).permute(0, 2, 3, 1).flatten(1, 2)
    columns = width + 2 * REACH
    first = torch.arange(0, height, BLOCK)[:, None] * columns + torch.arange(0, width, BLOCK)
    inside = torch.arange(WINDOW)[:, None] * columns + torch.arange(WINDOW)
    index = (first.reshape(-1, 1) + inside.flatten()).flatten().to(features.device)
    return places.index_select(1, index).reshape(-1, WINDOW**2, channels)


def _offsets() -> Tensor:
    """Return the index in ``nearness`` of each pair of places, (BLOCK * BLOCK, WINDOW * WINDOW)."""
    along = torch.arange(WINDOW) - torch.arange(BLOCK)[:, None] + BLOCK - 1
    both = along[:, None, :, None] * (2 * (BLOCK + REACH) - 1) + along[None, :, None, :]
    return both.reshape(BLOCK**2, WINDOW**2)
