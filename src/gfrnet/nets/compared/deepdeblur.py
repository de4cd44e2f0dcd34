"""Sharpen a photo at three scales with DeepDeblur, coarse to fine (Nah et al., CVPR 2017)."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets.config import NetworkShape
from gfrnet.nets.network import Network, Restoration

CHANNELS = 64
"""Channels of every hidden layer (section 3.1)."""

BLOCKS = 19
"""Residual blocks of a scale; with the first and the last layer it has 40 convolutions (section 3.1)."""

LEAK = 0.2
"""Slope of the discriminator's rectifiers below zero, as in the authors' code."""


class DeepDeblurConfig(NetworkShape):
    """Say what a DeepDeblur is made of; the paper has one network.

    Attributes:
        kind: ``deepdeblur``.
    """

    kind: Literal["deepdeblur"]


class DeepDeblur(Network):
    """Sharpen a photo a quarter, half and full its size, each from the result before (figure 3).

    Input and results are RGB. Inside, values lie in [-0.5, 0.5], as in the authors' code.

    - A scale: 5 x 5 to 64 channels without ReLU, 19 residual blocks, 5 x 5 to RGB. No layer is normalised,
      and the photo is not added to the result.
    - A block: 5 x 5 to 64 channels, ReLU, 5 x 5 to 64 channels, plus its input.
    - Between the scales: 5 x 5 to 12 channels and a pixel shuffle, which enlarge the coarser result. The
      next scale takes it beside the blurred photo of its size.

    There are 11,721,321 parameters, as the scales share none. Weights start as in Torch7, which is PyTorch's
    default. There is no guide and no flow.

    The paper names a Gaussian pyramid. Ours has the weights 1, 3, 3, 1 along rows and columns, so that no
    size is shifted against another.
    """

    config: DeepDeblurConfig

    def __init__(self, config: DeepDeblurConfig) -> None:
        super().__init__()
        self.config = config
        self.scales = _Scales()

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, S, S) in [-1, 1], S a multiple of 4; guide and texture are ignored.

        The results a quarter and half the size are the stages, while the network learns.
        """
        *coarser, restored = (result.float() * 2 for result in self.scales(degraded / 2))
        if self.training:
            return Restoration(restored, stages=tuple(coarser))
        return Restoration(restored.clamp(-1, 1))


class DeepDeblurDiscriminator(nn.Module):
    """Judge whole pictures, restored or true (table 1 of the paper).

    Ten convolutions without bias and norm, each with a leaky ReLU, turn 256 x 256 into 512 values. A layer
    with bias makes them one logit. There are 10,725,217 parameters.

    The tenth kernel is 4 x 4 without padding. Only pictures of 256 x 256 reach it with 4 x 4 values. Those
    of another size are pooled to 4 x 4 before the ninth. A crop of 64 has one value there, which is repeated.
    The ninth kernel would reach over both borders of a single value. For such taps oneDNN, in PyTorch 2.13,
    leaves the gradient unset in bfloat16.

    Args:
        channels_in: Channels of a picture.
    """

    def __init__(self, channels_in: int = 3) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _judging(channels_in, 32, 1),
            _judging(32, 32, 2),
            _judging(32, 64, 1),
            _judging(64, 64, 2),
            _judging(64, 128, 1),
            _judging(128, 128, 4),
            _judging(128, 256, 1),
            _judging(256, 256, 4),
            nn.AdaptiveAvgPool2d(4),
            _judging(256, 512, 1),
            nn.Conv2d(512, 512, 4, bias=False),
            nn.LeakyReLU(LEAK, inplace=True),
            nn.Conv2d(512, 1, 1),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the logits (N, 1, 1, 1) of (N, C, S, S) in [-1, 1], S at least 64; above 0 means true."""
        # Inside, pictures have the range of the network's.
        logits: Tensor = self.layers(pictures / 2)
        return logits.float()


class _Scales(nn.Module):
    """Hold the networks of all scales; one module, because they learn together."""

    def __init__(self) -> None:
        super().__init__()
        self.coarse = _scale(3)
        self.middle = _scale(6)
        self.fine = _scale(6)
        self.to_middle = _enlarging()
        self.to_fine = _enlarging()

    def forward(self, blurred: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the results (N, 3, s, s) at S / 4, S / 2 and S."""
        half = halve(blurred)
        coarse = self.coarse(halve(half))
        middle = self.middle(torch.cat((half, self.to_middle(coarse)), 1))
        fine = self.fine(torch.cat((blurred, self.to_fine(middle)), 1))
        return coarse, middle, fine


class _Block(nn.Module):
    """Add two convolutions to their input; (N, 64, H, W) stays so."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _convolution(CHANNELS, CHANNELS), nn.ReLU(inplace=True), _convolution(CHANNELS, CHANNELS)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return the sum; no ReLU follows it, unlike in ResNet (figure 2)."""
        change: Tensor = self.layers(features)
        return features + change


def halve(pictures: Tensor) -> Tensor:
    """Return (N, C, H, W) at half its size, one step up a Gaussian pyramid; the border is repeated."""
    taps = pictures.new_tensor((1, 3, 3, 1)) / 8
    channels = pictures.shape[1]
    kernels = (taps[:, None] * taps).expand(channels, 1, 4, 4)
    return F.conv2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), kernels, stride=2, groups=channels)


def _scale(channels_in: int) -> nn.Sequential:
    blocks = (_Block() for _ in range(BLOCKS))
    return nn.Sequential(_convolution(channels_in, CHANNELS), *blocks, _convolution(CHANNELS, 3))


def _enlarging() -> nn.Sequential:
    """Make the layers that enlarge (N, 3, H, W) to (N, 3, 2H, 2W)."""
    return nn.Sequential(_convolution(3, 12), nn.PixelShuffle(2))


def _convolution(channels_in: int, channels_out: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 5, padding=2)


def _judging(channels_in: int, channels_out: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(channels_in, channels_out, 5, stride, 2, bias=False)
    return nn.Sequential(convolution, nn.LeakyReLU(LEAK, inplace=True))
