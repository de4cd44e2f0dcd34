"""Remove the artefacts of JPEG with the four convolutions of AR-CNN (Dong et al., ICCV 2015)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from gfrnet.nets.compared.luma import luma, with_luma
from gfrnet.nets.compared.observation import observed
from gfrnet.nets.config import NetworkShape
from gfrnet.nets.network import Network, Restoration


class ARCNNConfig(NetworkShape):
    """Say what an AR-CNN is made of.

    Attributes:
        kind: ``arcnn``.
        guided: Whether the network sees the guide too, as the paper's MARCNN does. It then restores colours.
    """

    kind: Literal["arcnn"]
    guided: bool = False

    @property
    def takes_guide(self) -> bool:
        """Return whether the network sees a guide."""
        return self.guided


class ARCNN(Network):
    """Restore the luma of a photo, whose colours stay; with a guide, restore the colours too.

    Inside, values lie in [0, 1]. The layers are (figure 3):

    - Layer 1, features: 9 x 9 to 64 channels, ReLU.
    - Layer 2, enhanced features: 7 x 7 to 32 channels, ReLU.
    - Layer 3, mapping: 1 x 1 to 16 channels, ReLU.
    - Layer 4, result: 5 x 5 to luma. Nothing is added to it.

    There are 106,561 parameters. Each layer repeats the border, as the authors' test code does. With a guide
    layer 1 takes the six channels of photo and guide, and layer 4 gives RGB: 133,283 parameters. Without a
    guide such a network sees zeros.
    """

    config: ARCNNConfig

    def __init__(self, config: ARCNNConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.Sequential(
            _convolution(6 if config.guided else 1, 64, 9),
            nn.ReLU(inplace=True),
            _convolution(64, 32, 7),
            nn.ReLU(inplace=True),
            _convolution(32, 16, 1),
            nn.ReLU(inplace=True),
            _convolution(16, 3 if config.guided else 1, 5),
        )

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, S, S) in [-1, 1]; texture is ignored."""
        if self.config.guided:
            restored = self._run(observed(degraded, guide, guided=True))
        else:
            restored = with_luma(degraded, self._run(luma(degraded)))
        # While it learns, a value outside must keep its gradient.
        return Restoration(restored if self.training else restored.clamp(-1, 1))

    def _run(self, pictures: Tensor) -> Tensor:
        found: Tensor = self.layers((pictures + 1) / 2)
        return found.float() * 2 - 1


def _convolution(channels_in: int, channels_out: int, side: int) -> nn.Conv2d:
    """Make a convolution that keeps the size of its input.

    Kernels are drawn as He et al. (2015) propose. The paper draws them from N(0, 0.001), and then needs far
    more steps than we have.
    """
    layer = nn.Conv2d(channels_in, channels_out, side, padding=side // 2, padding_mode="replicate")
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    assert layer.bias is not None
    nn.init.zeros_(layer.bias)
    return layer
