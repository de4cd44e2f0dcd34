"""Restore a photo with the memory blocks of MemNet (Tai et al., ICCV 2017)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from gfrnet.nets.compared.luma import luma, with_luma
from gfrnet.nets.config import NetworkShape
from gfrnet.nets.network import Network, Restoration

CHANNELS = 64
"""Channels of every hidden layer (section 5.2)."""

BLOCKS = 6
"""Memory blocks of the network M6R6 (section 5.2)."""

RECURSIONS = 6
"""Times that a memory block applies its two convolutions (section 5.2)."""


class MemNetConfig(NetworkShape):
    """Say what a MemNet is made of: the published M6R6 with 80 convolutions.

    Attributes:
        kind: ``memnet``.
    """

    kind: Literal["memnet"]


class MemNet(Network):
    """Restore the luma of a photo by blocks that remember all blocks before; its colours stay (figure 2).

    Inside, luma lies in [0, 1]. Each layer is batch norm, ReLU, convolution with bias, in this order.

    - The first layer: 3 x 3 to 64 channels.
    - Six memory blocks. Each adds two 3 x 3 layers to its input, six times. Then its gate, a 1 x 1 layer to
      64 channels, takes all six sums, all blocks before and the first layer.
    - After each block: 3 x 3 to luma, plus the photo's luma. The result is the sum of these six with learnt
      weights.

    The six recursions of a block share its two kernels. All blocks share the 3 x 3 kernel to luma. The batch
    norms are shared nowhere. There are 695,497 parameters, 676,992 of them in kernels. Kernels start as
    published (He et al., 2015). There is no guide and no flow.

    The learnt weights start at 1/6, which is ours. Published are 1, with which the first result would be six
    times too bright.
    """

    config: MemNetConfig

    def __init__(self, config: MemNetConfig) -> None:
        super().__init__()
        self.config = config
        self.memory = _Memory()

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, S, S) in [-1, 1]; guide and texture are ignored.

        The results of all blocks are the stages, while the network learns. They have the photo's colours.
        """
        *stages, restored = (
            with_luma(degraded, found * 2 - 1) for found in self.memory((luma(degraded) + 1) / 2)
        )
        if self.training:
            return Restoration(restored, stages=tuple(stages))
        return Restoration(restored.clamp(-1, 1))


class _Memory(nn.Module):
    """Hold all layers; one module, because they learn together."""

    def __init__(self) -> None:
        super().__init__()
        self.first = _layer(1, CHANNELS, 3)
        self.blocks = nn.ModuleList(_Block(before) for before in range(1, BLOCKS + 1))
        self.norms = nn.ModuleList(_norm(CHANNELS) for _ in range(BLOCKS))
        self.to_luma = _convolution(CHANNELS, 1, 3)
        self.weights = nn.Parameter(torch.full((BLOCKS,), 1 / BLOCKS))

    def forward(self, photo: Tensor) -> list[Tensor]:
        """Return the results (N, 1, S, S) of the blocks, and their weighted sum as the last."""
        memories = [self.first(photo)]
        for block in self.blocks:
            memories.append(block(memories))
        results = [
            photo + self.to_luma(norm(memory)).float()
            for norm, memory in zip(self.norms, memories[1:], strict=True)
        ]
        return [*results, (torch.stack(results, -1) * self.weights).sum(-1)]


class _Block(nn.Module):
    """Apply two convolutions again and again, and choose what to keep by a gate (figure 3).

    Args:
        before: Number of memories before this block, the first layer's included.
    """

    def __init__(self, before: int) -> None:
        super().__init__()
        self.one, self.other = (_convolution(CHANNELS, CHANNELS, 3) for _ in range(2))
        self.norms, self.other_norms = (
            nn.ModuleList(_norm(CHANNELS) for _ in range(RECURSIONS)) for _ in range(2)
        )
        self.gate = _layer((before + RECURSIONS) * CHANNELS, CHANNELS, 1)

    def forward(self, memories: list[Tensor]) -> Tensor:
        """Return the next memory (N, 64, S, S), given all before."""
        features, short = memories[-1], []
        for norm, other_norm in zip(self.norms, self.other_norms, strict=True):
            features = features + self.other(other_norm(self.one(norm(features))))
            short.append(features)
        kept: Tensor = self.gate(torch.cat((*memories, *short), 1))
        return kept


def _layer(channels_in: int, channels_out: int, side: int) -> nn.Sequential:
    return nn.Sequential(*_norm(channels_in), _convolution(channels_in, channels_out, side))


def _norm(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True))


def _convolution(channels_in: int, channels_out: int, side: int) -> nn.Conv2d:
    layer = nn.Conv2d(channels_in, channels_out, side, padding=side // 2)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer
