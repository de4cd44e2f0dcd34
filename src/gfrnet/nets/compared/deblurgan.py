"""Sharpen a photo with the generator of DeblurGAN, and judge it by its critic (Kupyn et al., CVPR 2018)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from gfrnet.nets.compared.observation import observed
from gfrnet.nets.config import NetworkShape
from gfrnet.nets.network import Network, Restoration

BLOCKS = 9
"""Residual blocks of the generator (section 3.2)."""

LEAK = 0.2
"""Slope of the critic's rectifiers below zero (section 3.2)."""


class DeblurGANConfig(NetworkShape):
    """Say what a DeblurGAN is made of.

    Attributes:
        kind: ``deblurgan``.
        guided: Whether the network sees the guide too, as the paper's MDeblurGAN does.
    """

    kind: Literal["deblurgan"]
    guided: bool = False

    @property
    def takes_guide(self) -> bool:
        """Return whether the network sees a guide."""
        return self.guided


class DeblurGAN(Network):
    """Add a residual to a photo, from residual blocks at a quarter of its size (figure 3).

    Input and result are RGB in [-1, 1]. The layers are:

    - 7 x 7 to 64 channels; 3 x 3 with stride 2 to 128, and again to 256.
    - Nine blocks of two 3 x 3 convolutions to 256 channels, plus their input. Between the two half of the
      values are dropped while the network learns.
    - Two transposed 3 x 3 with stride 2, to 128 and 64 channels; 7 x 7 to RGB, tanh, plus the photo.

    Each convolution but the last has an instance norm without weights, and ReLU. The second one of a block
    has no ReLU. Those that keep the size mirror the border. There are 11,378,179 parameters; 11,387,587 with
    a guide, whose channels are appended to the photo's. Without a guide a guided network sees zeros.

    Weights start as published, drawn from N(0, 0.02). The authors' code leaves out a block's second
    convolution by an error of precedence; we follow the figure. Their code also drops values when it
    restores; ours does not, so that a photo has one result.
    """

    config: DeblurGANConfig

    def __init__(self, config: DeblurGANConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.Sequential(
            nn.Conv2d(6 if config.guided else 3, 64, 7, padding=3, padding_mode="reflect"),
            *_normalised(64),
            nn.Conv2d(64, 128, 3, 2, 1),
            *_normalised(128),
            nn.Conv2d(128, 256, 3, 2, 1),
            *_normalised(256),
            *(_Block(256) for _ in range(BLOCKS)),
            nn.ConvTranspose2d(256, 128, 3, 2, 1, output_padding=1),
            *_normalised(128),
            nn.ConvTranspose2d(128, 64, 3, 2, 1, output_padding=1),
            *_normalised(64),
            nn.Conv2d(64, 3, 7, padding=3, padding_mode="reflect"),
            nn.Tanh(),
        )
        self.apply(_start)

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, S, S) in [-1, 1], S a multiple of 4; texture is ignored."""
        pictures = observed(degraded, guide, self.config.guided)
        restored = degraded + self.layers(pictures).float()
        # While it learns, a value outside must keep its gradient.
        return Restoration(restored if self.training else restored.clamp(-1, 1))


class DeblurGANCritic(nn.Module):
    """Score patches for WGAN-GP: the PatchGAN of pix2pix with an instance norm and without sigmoid.

    It sees one picture, neither the blurred photo nor the guide. All five layers are 4 x 4 with padding 2.
    The first three have 64, 128 and 256 channels and stride 2; the others have 512 and 1. There are 2,764,737
    parameters. Weights start as the generator's.

    Args:
        channels_in: Channels of a picture.
    """

    def __init__(self, channels_in: int = 3) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels_in, 64, 4, 2, 2),
            nn.LeakyReLU(LEAK, inplace=True),
            *_scoring(64, 128, 2),
            *_scoring(128, 256, 2),
            *_scoring(256, 512, 1),
            nn.Conv2d(512, 1, 4, 1, 2),
        )
        self.apply(_start)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the scores (N, 1, S / 8 + 3, S / 8 + 3) of (N, C, S, S) in [-1, 1]; true ones are higher."""
        scores: Tensor = self.layers(pictures)
        return scores.float()


class _Block(nn.Module):
    """Add two convolutions to their input; (N, C, H, W) stays so."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"),
            *_normalised(channels),
            nn.Dropout(0.5),
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return the sum; no ReLU follows it."""
        change: Tensor = self.layers(features)
        return features + change


def _normalised(channels: int) -> tuple[nn.Module, nn.Module]:
    return nn.InstanceNorm2d(channels), nn.ReLU(inplace=True)


def _scoring(channels_in: int, channels_out: int, stride: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(channels_in, channels_out, 4, stride, 2)
    return convolution, nn.InstanceNorm2d(channels_out), nn.LeakyReLU(LEAK, inplace=True)


def _start(layer: nn.Module) -> None:
    """Draw kernels from N(0, 0.02); set biases to 0."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, std=0.02)
        assert layer.bias is not None
        nn.init.zeros_(layer.bias)
