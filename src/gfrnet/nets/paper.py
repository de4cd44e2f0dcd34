"""Build WarpNet and RecNet as published (section 3.1, figures 3 and 4; layer table of the authors' code)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

MULTIPLES = (1, 2, 4, 8, 16, 16, 16, 16)
"""Channels of the eight encoder layers over the width: 64, 128, 256, 512, 1024, 1024, 1024, 1024 at 64."""


def encoder_layer(channels_in: int, channels_out: int, normalise: bool) -> nn.Sequential:
    """Make a 4 x 4 convolution of stride 2, maybe BatchNorm, ReLU: (N, in, 2s, 2s) to (N, out, s, s)."""
    norm = [nn.BatchNorm2d(channels_out)] if normalise else []
    convolution = nn.Conv2d(channels_in, channels_out, 4, 2, 1, bias=not normalise)
    return nn.Sequential(convolution, *norm, nn.ReLU(inplace=True))


def decoder_layer(channels_in: int, channels_out: int) -> nn.Sequential:
    """Make a 4 x 4 transposed convolution of stride 2, BatchNorm, ReLU: (N, in, s, s) to (N, out, 2s, 2s)."""
    convolution = nn.ConvTranspose2d(channels_in, channels_out, 4, 2, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels_out), nn.ReLU(inplace=True))


class Encoder(nn.Module):
    """Encode with eight layers from 256 x 256 to 1 x 1.

    The first layer has no normalisation (section 3.1). Neither has the last. It has one value a channel,
    which the statistics of a batch of one would erase.
    """

    def __init__(self, channels_in: int, width: int) -> None:
        super().__init__()
        channels = [channels_in, *(width * multiple for multiple in MULTIPLES)]
        self.layers = nn.ModuleList(
            encoder_layer(a, b, normalise=index not in (0, 7))
            for index, (a, b) in enumerate(pairwise(channels))
        )

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Turn (N, C, 256, 256) into the outputs of all eight layers, the 1 x 1 one last."""
        features = []
        for layer in self.layers:
            pictures = layer(pictures)
            features.append(pictures)
        return features


class WarpNet(nn.Module):
    """Predict for every pixel of the target its place in the guide (equation 1); no skip connections."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.encoder = Encoder(6, width)
        channels = [width * multiple for multiple in reversed(MULTIPLES)]
        self.decoder = nn.Sequential(*(decoder_layer(a, b) for a, b in pairwise(channels)))
        self.head = nn.ConvTranspose2d(width, 2, 4, 2, 1)

    def forward(self, degraded: Tensor, guide: Tensor) -> Tensor:
        """Turn two (N, 3, 256, 256) in [-1, 1] into the flow (N, 2, 256, 256), absolute (x, y)."""
        bottleneck = self.encoder(torch.cat((degraded, guide), 1))[-1]
        return torch.tanh(self.head(self.decoder(bottleneck)).float())


class RecNet(nn.Module):
    """Restore with a U-Net (equation 3); the i-th layer is concatenated to the (L - i)-th."""

    def __init__(self, width: int = 64, channels_in: int = 6) -> None:
        super().__init__()
        self.encoder = Encoder(channels_in, width)
        channels = [width * multiple for multiple in reversed(MULTIPLES)]
        doubled = [channels[0], *(2 * c for c in channels[1:-1])]
        self.decoder = nn.ModuleList(decoder_layer(a, b) for a, b in zip(doubled, channels[1:], strict=True))
        self.head = nn.ConvTranspose2d(2 * width, 3, 4, 2, 1)

    def forward(self, *pictures: Tensor) -> Tensor:
        """Restore the degraded photo, with the guide where there is one; (N, 3, 256, 256) each."""
        *skips, features = self.encoder(torch.cat(pictures, 1))
        for layer in self.decoder:
            features = torch.cat((layer(features), skips.pop()), 1)
        return torch.tanh(self.head(features).float())
