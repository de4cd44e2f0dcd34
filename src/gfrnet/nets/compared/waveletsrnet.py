"""Restore the small photo by predicting wavelet coefficients: Wavelet-SRNet (Huang et al., ICCV 2017)."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets.compared.enlargement import small_picture
from gfrnet.nets.compared.haar import inverse_haar_packet
from gfrnet.nets.config import NetworkShape
from gfrnet.nets.network import Network, Restoration

WIDTHS = (64, 64, 128, 256, 512, 1024)
"""Channels after the first convolution and after each group of two residual blocks."""

WIDTH = 32
"""Channels for each coefficient in the first block of a branch; the second has twice as many."""


class WaveletSRNetConfig(NetworkShape):
    """Say what a WaveletSRNet is made of.

    Attributes:
        kind: ``waveletsrnet``.
        factor: Factor by which the photo was enlarged; the network sees the small photo.
    """

    kind: Literal["waveletsrnet"]
    factor: Literal[4, 8] = 4

    @property
    def levels(self) -> int:
        """Return the levels of the wavelet packet: 2 for factor 4, 3 for factor 8."""
        return self.factor.bit_length() - 1


class WaveletSRNet(Network):
    """Predict the Haar wavelet coefficients of the photo from the small photo.

    Follow the authors' code, hhb072/WaveletSRNet, for section 3 of the paper. Input and output lie in
    [0, 1]. The small photo is found by least squares in the photo that was enlarged from it. All layers
    work at its size.

    - Embedding: 3 x 3 to 64 channels, batch norm, ReLU. Then two residual blocks each to 64, 128, 256, 512
      and 1024 channels.
    - A branch for the average, and one for each level of details: 1, 3, 12 and 48 coefficients. Each has a
      block to 32 channels a coefficient, and one to 64. A convolution then gives three colours. The
      coefficients are separate groups; only the first convolution and the shortcuts mix them.
    - The inverse wavelet packet makes the photo.

    There are 51,353,968 parameters for factor 4 and 74,999,296 for factor 8. There is no guide and no flow.
    """

    config: WaveletSRNetConfig

    def __init__(self, config: WaveletSRNetConfig) -> None:
        super().__init__()
        self.config = config
        self.coefficients = _Coefficients(config.levels)

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, S, S) in [-1, 1]; guide and texture are ignored.

        Raises:
            ValueError: S is no multiple of the factor.
        """
        small = (small_picture(degraded, self.config.factor) + 1) / 2
        coefficients = self.coefficients(small).float()
        restored = inverse_haar_packet(coefficients, self.config.levels) * 2 - 1
        # While it learns, a value outside must keep its gradient.
        return Restoration(restored if self.training else restored.clamp(-1, 1))


class _Coefficients(nn.Module):
    """Turn small photos (N, 3, h, w) into coefficients (N, 3 * 4^levels, h, w)."""

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.embed = nn.Sequential(
            _convolution(3, WIDTHS[0]), nn.BatchNorm2d(WIDTHS[0]), nn.ReLU(inplace=True)
        )
        for narrow, wide in pairwise(WIDTHS):
            self.embed.extend((_Block(narrow, wide), _Block(wide, wide)))
        self.branches = nn.ModuleList(_branch(4**level) for level in range(levels + 1))
        self.apply(_start)

    def forward(self, small: Tensor) -> Tensor:
        features = self.embed(small)
        return torch.cat([branch(features) for branch in self.branches], 1)


class _Block(nn.Module):
    """Add two convolutions to a shortcut; the second batch norm and ReLU come after the sum.

    Args:
        channels_in: Channels in.
        channels_out: Channels out; where they differ, a 1 x 1 convolution is the shortcut.
        first_groups: Groups of the first convolution.
        second_groups: Groups of the second convolution.
    """

    def __init__(
        self, channels_in: int, channels_out: int, first_groups: int = 1, second_groups: int = 1
    ) -> None:
        super().__init__()
        same = channels_in == channels_out
        self.shortcut = nn.Identity() if same else nn.Conv2d(channels_in, channels_out, 1, bias=False)
        self.first = _convolution(channels_in, channels_out, first_groups)
        self.first_norm = nn.BatchNorm2d(channels_out)
        self.second = _convolution(channels_out, channels_out, second_groups)
        self.second_norm = nn.BatchNorm2d(channels_out)

    def forward(self, features: Tensor) -> Tensor:
        change = self.second(F.relu(self.first_norm(self.first(features))))
        return F.relu(self.second_norm(change + self.shortcut(features)))


def _branch(up_to: int) -> nn.Sequential:
    """Make the branch that adds the last level's coefficients to those before: 1, or 3/4 of ``up_to``."""
    count = max(1, up_to * 3 // 4)
    return nn.Sequential(
        _Block(WIDTHS[-1], WIDTH * count, 1, count),
        _Block(WIDTH * count, 2 * WIDTH * count, count, count),
        nn.Conv2d(2 * WIDTH * count, 3 * count, 3, padding=1, groups=count),
    )


def _convolution(channels_in: int, channels_out: int, groups: int = 1) -> nn.Conv2d:
    """Make a 3 x 3 convolution without bias that keeps the size."""
    return nn.Conv2d(channels_in, channels_out, 3, padding=1, groups=groups, bias=False)


def _start(layer: nn.Module) -> None:
    """Draw kernels as the authors' code does, after He et al. (2015); set biases to 0."""
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
