"""Restore an enlarged photo with the three convolutions of SRCNN (Dong et al., TPAMI 2016)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from gfrnet.nets.compared.luma import luma, with_luma
from gfrnet.nets.config import NetworkShape
from gfrnet.nets.network import Network, Restoration


class SRCNNConfig(NetworkShape):
    """Say what an SRCNN is made of.

    Attributes:
        kind: ``srcnn``.
        middle: Side of the middle kernel. 5 makes the 9-5-5 network that the authors released, 1 the small
            9-1-5 network.
    """

    kind: Literal["srcnn"]
    middle: Literal[1, 5] = 5


class SRCNN(Network):
    """Restore the luma of a photo; its colours stay.

    The input is the small photo, enlarged bicubically. So a network serves only the factor that it learnt.

    - Layer 1: 9 x 9 to 64 channels, ReLU.
    - Layer 2: 5 x 5 (or 1 x 1) to 32 channels, ReLU.
    - Layer 3: 5 x 5 to luma.

    There are 57,281 parameters (or 8,129). Each layer repeats the border, as the authors' test code does.
    There is no guide and no flow.
    """

    config: SRCNNConfig

    def __init__(self, config: SRCNNConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.Sequential(
            _convolution(1, 64, 9),
            nn.ReLU(inplace=True),
            _convolution(64, 32, config.middle),
            nn.ReLU(inplace=True),
            _convolution(32, 1, 5),
        )

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, 256, 256) in [-1, 1]; guide and texture are ignored."""
        found = self.layers((luma(degraded) + 1) / 2).float() * 2 - 1
        restored = with_luma(degraded, found)
        # While it learns, a value outside must keep its gradient.
        return Restoration(restored if self.training else restored.clamp(-1, 1))


def _convolution(channels_in: int, channels_out: int, side: int) -> nn.Conv2d:
    """Make a convolution that keeps the size of its input.

    Kernels are drawn as He et al. (2015) propose. The paper draws them from N(0, 0.001), and then needs
    about 10^8 steps.
    """
    layer = nn.Conv2d(channels_in, channels_out, side, padding=side // 2, padding_mode="replicate")
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer
