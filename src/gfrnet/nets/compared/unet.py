"""Restore photos with a plain U-Net, as in figure 1 (c) and (d) of the GFRNet paper."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from gfrnet.nets.compared.observation import observed
from gfrnet.nets.config import NetworkShape
from gfrnet.nets.layers import start_near_zero
from gfrnet.nets.network import Network, Restoration

WIDTHS = (64, 128, 256, 512, 1024)
"""Channels of the levels, from the finest to the deepest (figure 1 of Ronneberger et al.)."""


class UNetConfig(NetworkShape):
    """Say what a U-Net is made of.

    Attributes:
        kind: ``unet``.
        guided: Whether the network sees the guide beside the photo (figure 1 (d)).
    """

    kind: Literal["unet"]
    guided: bool = False

    @property
    def takes_guide(self) -> bool:
        """Return whether the network sees a guide at all."""
        return self.guided


class UNet(Network):
    """Predict what a photo lacks, from the photo or from photo and guide, and add it.

    GFRNet's figure 1 shows "U-Net" without more detail. This is the network of Ronneberger et al.,
    "U-Net: Convolutional Networks for Biomedical Image Segmentation" (MICCAI 2015, figure 1).

    - Two 3 x 3 convolutions with ReLU on each level. The five levels have 64, 128, 256, 512 and 1024
      channels.
    - Down: maximum of 2 x 2. Up: transposed convolution 2 x 2 with stride 2, then the features of the same
      level from the way down beside it.
    - Exit: 1 x 1 to three colours.

    There are 31,031,875 parameters, or 31,033,603 with a guide. Three things are ours. The border is padded
    with zeros, so that sizes stay. The output is added to the photo and begins near zero. There is no
    dropout. Pictures lie in [-1, 1].
    """

    config: UNetConfig

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        self.unet = _Levels(6 if config.guided else 3)

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, S, S) in [-1, 1]; texture is ignored.

        Raises:
            ValueError: S is no multiple of 16.
        """
        smallest = 2 ** (len(WIDTHS) - 1)
        if any(length % smallest for length in degraded.shape[-2:]):
            raise ValueError(
                f"Give pictures whose sides are multiples of {smallest}, not {degraded.shape[-2:]}."
            )
        restored = degraded + self.unet(observed(degraded, guide, self.config.guided)).float()
        # While it learns, a value outside must keep its gradient.
        return Restoration(restored if self.training else restored.clamp(-1, 1))


class _Levels(nn.Module):
    """Turn (N, channels, H, W) into (N, 3, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        upward = WIDTHS[::-1]
        self.before = nn.ModuleList(_pair(narrow, wide) for narrow, wide in pairwise((channels, *WIDTHS)))
        self.shrink = nn.MaxPool2d(2)
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, 2) for a, b in pairwise(upward))
        self.after = nn.ModuleList(_pair(a, b) for a, b in pairwise(upward))
        self.leave = nn.Conv2d(WIDTHS[0], 3, 1)
        self.apply(_start)
        start_near_zero(self.leave)

    def forward(self, pictures: Tensor) -> Tensor:
        features, skips = self.before[0](pictures), []
        for before in self.before[1:]:
            skips.append(features)
            features = before(self.shrink(features))
        for up, after in zip(self.up, self.after, strict=True):
            features = after(torch.cat((skips.pop(), up(features)), 1))
        result: Tensor = self.leave(features)
        return result


def _pair(channels_in: int, channels_out: int) -> nn.Sequential:
    """Make the two convolutions of a level."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(channels_out, channels_out, 3, padding=1),
        nn.ReLU(inplace=True),
    )


def _start(layer: nn.Module) -> None:
    """Draw kernels as Ronneberger et al. do, after He et al. (2015); set biases to 0."""
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    elif isinstance(layer, nn.ConvTranspose2d):
        # A value of the output comes from one place of the input.
        nn.init.normal_(layer.weight, std=(2 / layer.in_channels) ** 0.5)
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and layer.bias is not None:
        nn.init.zeros_(layer.bias)
