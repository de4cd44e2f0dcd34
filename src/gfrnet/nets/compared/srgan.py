"""Restore photos with the generator of SRGAN (Ledig et al., CVPR 2017), and judge them."""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from pydantic import model_validator
from torch import Tensor, nn

from gfrnet.nets.compared.enlargement import small_picture
from gfrnet.nets.compared.observation import observed
from gfrnet.nets.config import NetworkShape
from gfrnet.nets.network import Network, Restoration

WIDTH = 64
"""Channels of the generator's trunk (figure 4 of the paper)."""

BLOCKS = 16
"""Residual blocks of the generator."""

SQUARE = 4
"""Side, in pixels, of the square that a guided network sees at one place of its trunk."""

JUDGED = 6
"""Side of the features that the discriminator's dense layer sees: that of 96 x 96 crops, as in the paper."""

LEAK = 0.2
"""Slope of the discriminator's rectifiers below zero."""


class SRGANConfig(NetworkShape):
    """Say what an SRGAN is made of.

    Attributes:
        kind: ``srgan``.
        factor: Factor by which the photo was enlarged; the network sees the small photo. 8 needs a third
            stage of enlargement, which the paper does not have.
        guided: Whether the network takes a guide (MSRGAN). It then sees both pictures at full size, and one
            network serves both factors.
    """

    kind: Literal["srgan"]
    factor: Literal[4, 8] = 4
    guided: bool = False

    @property
    def takes_guide(self) -> bool:
        """Return whether the network sees a guide at all."""
        return self.guided

    @model_validator(mode="after")
    def _consistent(self) -> SRGANConfig:
        if self.guided and self.factor != SQUARE:
            raise ValueError(f"A guided SRGAN serves both factors: set factor to {SQUARE}.")
        return self


class SRGAN(Network):
    """Restore the small photo with residual blocks at its size, and enlarge the features.

    Follow figure 4 of "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network".
    Trained on the squared error alone, it is the paper's SRResNet. The input lies in [0, 1], the output in
    [-1, 1]. The small photo is found by least squares in the photo that was enlarged from it.

    - Entry: 9 x 9 to 64 channels, PReLU.
    - Trunk: 16 blocks of convolution, batch norm, PReLU, convolution, batch norm, and the sum. All
      convolutions are 3 x 3 with 64 channels. Then convolution, batch norm, and the sum with the entry.
    - Two stages of 3 x 3 to 256 channels, pixel shuffle by 2, PReLU.
    - Exit: 9 x 9 to three colours.

    There are 1,547,350 parameters. Ours is the third stage for factor 8: 1,695,063.

    MSRGAN also takes a guide (GFRNet, section 4.3, which does not say how). Ours is to make 96 channels at a
    quarter of the size of photo and guide, by pixel unshuffle. The trunk and all after it stay as published:
    2,029,462 parameters.
    """

    config: SRGANConfig

    def __init__(self, config: SRGANConfig) -> None:
        super().__init__()
        self.config = config
        channels = 2 * 3 * SQUARE**2 if config.guided else 3
        self.generator = _Generator(channels, config.factor.bit_length() - 1)

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, S, S) in [-1, 1]; texture is ignored.

        Raises:
            ValueError: S is no multiple of the factor.
        """
        if self.config.guided:
            seen = F.pixel_unshuffle(observed(degraded, guide, guided=True), SQUARE)
        else:
            seen = small_picture(degraded, self.config.factor)
        restored = self.generator((seen + 1) / 2).float()
        # While it learns, a value outside must keep its gradient.
        return Restoration(restored if self.training else restored.clamp(-1, 1))


class SRGANDiscriminator(nn.Module):
    """Judge whole pictures, whether they are true (figure 4 of the paper).

    Eight 3 x 3 convolutions have 64, 64, 128, 128, 256, 256, 512 and 512 channels. Every second has stride 2.
    All but the first have a batch norm, and all a leaky ReLU. Two dense layers follow.

    The paper judges crops of 96 x 96. Ours is to average the features to 6 x 6 before the dense layer. So
    the network takes any size and has 23,563,649 parameters at all sizes; at 96 nothing changes.

    Args:
        channels_in: Channels of the pictures.
    """

    def __init__(self, channels_in: int = 3) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels_in, 64, 3, padding=1), nn.LeakyReLU(LEAK, inplace=True), *_judging(64, 64, 2)
        )
        for narrow in (64, 128, 256):
            self.features.extend((*_judging(narrow, 2 * narrow, 1), *_judging(2 * narrow, 2 * narrow, 2)))
        self.decide = nn.Sequential(
            nn.AdaptiveAvgPool2d(JUDGED),
            nn.Flatten(),
            nn.Linear(512 * JUDGED**2, 1024),
            nn.LeakyReLU(LEAK, inplace=True),
            nn.Linear(1024, 1),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the logits (N, 1, 1, 1) of pictures (N, C, H, W) in [-1, 1]; above 0 means true."""
        logits: Tensor = self.decide(self.features(pictures))
        return logits.float()[..., None, None]


class _Generator(nn.Module):
    """Turn (N, channels, h, w) into (N, 3, 2^stages * h, 2^stages * w)."""

    def __init__(self, channels: int, stages: int) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.Conv2d(channels, WIDTH, 9, padding=4), nn.PReLU())
        self.trunk = nn.Sequential(*(_Block() for _ in range(BLOCKS)), *_normed())
        self.enlarge = nn.Sequential()
        for _ in range(stages):
            self.enlarge.extend((nn.Conv2d(WIDTH, 4 * WIDTH, 3, padding=1), nn.PixelShuffle(2), nn.PReLU()))
        self.leave = nn.Conv2d(WIDTH, 3, 9, padding=4)

    def forward(self, seen: Tensor) -> Tensor:
        entered = self.enter(seen)
        result: Tensor = self.leave(self.enlarge(entered + self.trunk(entered)))
        return result


class _Block(nn.Module):
    """Add to features the output of two convolutions with batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_normed(), nn.PReLU(), *_normed())

    def forward(self, features: Tensor) -> Tensor:
        result: Tensor = features + self.layers(features)
        return result


def _normed() -> tuple[nn.Module, nn.Module]:
    """Make a convolution of the trunk and its batch norm."""
    return nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=False), nn.BatchNorm2d(WIDTH)


def _judging(channels_in: int, channels_out: int, stride: int) -> tuple[nn.Module, ...]:
    """Make a convolution of the discriminator with batch norm and leaky ReLU."""
    convolution = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
    return convolution, nn.BatchNorm2d(channels_out), nn.LeakyReLU(LEAK, inplace=True)
