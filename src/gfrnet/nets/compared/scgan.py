"""Restore small, blurry pictures: our stand-in for SCGAN and MCGAN (Xu et al., ICCV 2017)."""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets.compared.enlargement import small_picture
from gfrnet.nets.config import NetworkShape
from gfrnet.nets.discriminator import LEAK, start_as_pix2pix
from gfrnet.nets.network import Network, Restoration


class SCGANConfig(NetworkShape):
    """Say what an SCGAN or MCGAN is made of; they differ in discriminator and training pictures.

    Attributes:
        kind: ``scgan``.
        factor: How much smaller the small photo is: 4 only, as in the paper.
    """

    kind: Literal["scgan"]
    factor: Literal[4] = 4

    @property
    def takes_crops(self) -> bool:
        """Return whether the network restores pictures of other sides than 256 while it learns."""
        return True


class SCGAN(Network):
    """Restore a photo from the small photo, a quarter as wide and high.

    This is a reconstruction from the paper's abstract. Its architecture was not published in enough detail.

    - Layer 1: 9 x 9 to 64 channels, ReLU.
    - 16 blocks as in SRGAN, but with ReLU between their two convolutions. These are 3 x 3 to 64 channels,
      each with batch normalisation. Their result is added to the block's input.
    - Twice: a transposed convolution, 4 x 4 with stride 2, to 64 channels, batch normalisation, ReLU.
    - Last layer: 9 x 9 to RGB, tanh.

    There are 1,346,243 parameters. All of it is ours but for the 4x enlargement inside the network.
    """

    config: SCGANConfig

    def __init__(self, config: SCGANConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.Sequential(
            nn.Conv2d(3, 64, 9, padding=4),
            nn.ReLU(inplace=True),
            *(Block() for _ in range(16)),
            *_doubled(),
            *_doubled(),
            nn.Conv2d(64, 3, 9, padding=4),
            nn.Tanh(),
        )

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, S, S) in [-1, 1] with S a multiple of 4; guide and texture are ignored."""
        restored: Tensor = self.layers(small_picture(degraded, self.config.factor))
        return Restoration(restored.float())


class Block(nn.Module):
    """Add to features (N, 64, H, W) what two convolutions make of them."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(64, 64, 3, padding=1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.Conv2d(64, 64, 3, padding=1, bias=False),
            nn.BatchNorm2d(64),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return the sum."""
        added: Tensor = self.layers(features)
        return features + added


class SCGANDiscriminator(nn.Module):
    """Judge pictures as a whole, and give the features in which a result shall match the truth.

    Eight convolutions of 3 x 3 as in SRGAN: twice each 64, 128, 256 and 512 channels. Each second one has
    stride 2. All have leaky ReLU, and all but the first batch normalisation. The last features are averaged
    to 4 x 4 pixels, so pictures may have any size. A dense layer gives the logits.

    There are 4,695,425 parameters for one class, 4,711,811 for three.

    Args:
        channels_in: Channels of a picture.
        classes: Number of logits: 1 for SCGAN, true or not; 3 for MCGAN: face, text, restored.
    """

    def __init__(self, channels_in: int, classes: Literal[1, 3] = 1) -> None:
        super().__init__()
        first = nn.Sequential(nn.Conv2d(channels_in, 64, 3, padding=1), nn.LeakyReLU(LEAK, inplace=True))
        self.layers = nn.ModuleList([first, _judged(64, 64, stride=2)])
        for width in (128, 256, 512):
            self.layers += [_judged(width // 2, width, stride=1), _judged(width, width, stride=2)]
        self.classify = nn.Linear(512 * 4 * 4, classes)
        self.apply(start_as_pix2pix)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return logits (N, classes, 1, 1) of (N, C, S, S) in [-1, 1]."""
        pooled = F.adaptive_avg_pool2d(self.features(pictures)[-1], 4).flatten(1)
        logits: Tensor = self.classify(pooled)
        return logits.float()[:, :, None, None]

    def features(self, pictures: Tensor) -> list[Tensor]:
        """Return the results of the 8 convolutions, after their rectifiers."""
        found = [pictures]
        for layer in self.layers:
            found.append(layer(found[-1]))
        return found[1:]


def _doubled() -> list[nn.Module]:
    transposed = nn.ConvTranspose2d(64, 64, 4, stride=2, padding=1, bias=False)
    return [transposed, nn.BatchNorm2d(64), nn.ReLU(inplace=True)]


def _judged(channels_in: int, channels_out: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.LeakyReLU(LEAK, inplace=True),
    )
