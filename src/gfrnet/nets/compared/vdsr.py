"""Restore an enlarged photo with the twenty convolutions of VDSR (Kim et al., CVPR 2016)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from gfrnet.nets.compared.luma import luma, with_luma
from gfrnet.nets.config import NetworkShape
from gfrnet.nets.network import Network, Restoration

DEPTH = 20
"""Convolutions (section 3.1 of the paper)."""

WIDTH = 64
"""Channels between them."""


class VDSRConfig(NetworkShape):
    """Say what a VDSR is made of; the paper has one network for all factors.

    Attributes:
        kind: ``vdsr``.
    """

    kind: Literal["vdsr"]


class VDSR(Network):
    """Predict what an enlarged photo lacks in luma, and add it; the colours stay.

    Follow section 3.1 and figure 2 of "Accurate Image Super-Resolution Using Very Deep Convolutional
    Networks". The input is the small photo, enlarged bicubically, and luma lies in [0, 1].

    - Layer 1: 3 x 3 to 64 channels, ReLU.
    - Layers 2 to 19: 3 x 3, 64 channels, ReLU.
    - Layer 20: 3 x 3 to luma. The sum with the input is the result.

    There are 665,921 parameters, biases included. The border is padded with zeros. Kernels are drawn as
    He et al. (2015) propose. There is no guide and no flow.
    """

    config: VDSRConfig

    def __init__(self, config: VDSRConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.Sequential(_convolution(1, WIDTH), nn.ReLU(inplace=True))
        for _ in range(DEPTH - 2):
            self.layers.extend((_convolution(WIDTH, WIDTH), nn.ReLU(inplace=True)))
        self.layers.append(_convolution(WIDTH, 1))

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, S, S) in [-1, 1]; guide and texture are ignored."""
        seen = (luma(degraded) + 1) / 2
        found = seen + self.layers(seen).float()
        restored = with_luma(degraded, found * 2 - 1)
        # While it learns, a value outside must keep its gradient.
        return Restoration(restored if self.training else restored.clamp(-1, 1))


def _convolution(channels_in: int, channels_out: int) -> nn.Conv2d:
    """Make a convolution that keeps the size of its input."""
    layer = nn.Conv2d(channels_in, channels_out, 3, padding=1)
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer
