"""Take the noise out of a photo with DnCNN (Zhang et al., TIP 2017)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from gfrnet.nets.compared.observation import observed
from gfrnet.nets.config import NetworkShape
from gfrnet.nets.network import Network, Restoration

CHANNELS = 64
"""Channels of every hidden layer (section 3.2)."""


class DnCNNConfig(NetworkShape):
    """Say what a DnCNN is made of.

    Attributes:
        kind: ``dncnn``.
        depth: Convolutions. 20 makes the blind CDnCNN-B, 17 the network for one known noise.
        guided: Whether the network sees the guide too, as the paper's MDnCNN does.
    """

    kind: Literal["dncnn"]
    depth: int = Field(20, ge=3, le=64)
    guided: bool = False

    @property
    def takes_guide(self) -> bool:
        """Return whether the network sees a guide."""
        return self.guided


class DnCNN(Network):
    """Find the noise of a photo and subtract it (figure 1).

    Input and result are RGB; inside, values lie in [0, 1]. Every layer is 3 x 3 with zeros around:

    - Layer 1: to 64 channels, ReLU.
    - Layers 2 to 19: to 64 channels without bias, batch norm, ReLU.
    - Layer 20: to the noise of red, green and blue.

    There are 669,379 parameters; 671,107 with a guide, whose channels are appended to the photo's. Without a
    guide a guided network sees zeros.

    The paper that compares the networks does not say which DnCNN. We take the colour one for unknown noise.
    Kernels start as published (He et al., 2015); the gains of the batch norms start at 1, which is ours.
    """

    config: DnCNNConfig

    def __init__(self, config: DnCNNConfig) -> None:
        super().__init__()
        self.config = config
        hidden = (layer for _ in range(config.depth - 2) for layer in _hidden())
        self.layers = nn.Sequential(
            _convolution(6 if config.guided else 3, CHANNELS),
            nn.ReLU(inplace=True),
            *hidden,
            _convolution(CHANNELS, 3),
        )

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, S, S) in [-1, 1]; texture is ignored."""
        pictures = observed(degraded, guide, self.config.guided)
        noise = self.layers((pictures + 1) / 2).float() * 2
        restored = degraded - noise
        # While it learns, a value outside must keep its gradient.
        return Restoration(restored if self.training else restored.clamp(-1, 1))


def _hidden() -> tuple[nn.Module, ...]:
    return _convolution(CHANNELS, CHANNELS, bias=False), nn.BatchNorm2d(CHANNELS), nn.ReLU(inplace=True)


def _convolution(channels_in: int, channels_out: int, bias: bool = True) -> nn.Conv2d:
    """Make a 3 x 3 convolution whose kernels are drawn from N(0, sqrt(2 / (9 * 64))), as published."""
    layer = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=bias)
    nn.init.normal_(layer.weight, std=(2 / (9 * CHANNELS)) ** 0.5)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
