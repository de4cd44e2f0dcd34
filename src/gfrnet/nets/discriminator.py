"""Judge pictures with the discriminator of pix2pix, given what the network sees (section 3.3)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

LEAK = 0.2
"""Slope of the rectifiers below zero."""

Norm = Literal["batch", "instance", "spectral"]
"""Kind of normalisation in a discriminator."""


def discriminator_layer(channels_in: int, channels_out: int, stride: int, norm: Norm) -> nn.Sequential:
    """Make a 4 x 4 convolution, normalisation and leaky ReLU.

    With stride 2 it turns (N, in, H, W) into (N, out, H / 2, W / 2).
    """
    rectify = nn.LeakyReLU(LEAK, inplace=True)
    if norm == "spectral":  # `PatchDiscriminator` normalises the weights
        return nn.Sequential(nn.Conv2d(channels_in, channels_out, 4, stride, 1), rectify)
    convolution = nn.Conv2d(channels_in, channels_out, 4, stride, 1, bias=False)
    normalise = nn.BatchNorm2d if norm == "batch" else nn.InstanceNorm2d
    return nn.Sequential(convolution, normalise(channels_out, affine=True), rectify)


class PatchDiscriminator(nn.Module):
    """Judge every 70 x 70 patch, whether it comes from the truth, as the PatchGAN of pix2pix does.

    ``batch`` is the norm as published. With ``instance`` or ``spectral`` a picture's logits do not depend on
    the rest of the batch. So training on several processes equals training on one.

    ``spectral`` divides every convolution's weights by their spectral norm (Miyato et al., ICLR 2018).
    It keeps the contrast, in which restored and true photos differ; an instance norm removes it.

    Args:
        channels_in: Channels of all pictures together: 9 with a guide, 6 without.
        width: Channels of the first layer; the other layers have multiples of it.
        norm: Kind of normalisation.
    """

    def __init__(self, channels_in: int = 9, width: int = 64, norm: Norm = "batch") -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels_in, width, 4, 2, 1),
            nn.LeakyReLU(LEAK, inplace=True),
            discriminator_layer(width, 2 * width, 2, norm),
            discriminator_layer(2 * width, 4 * width, 2, norm),
            discriminator_layer(4 * width, 8 * width, 1, norm),
            nn.Conv2d(8 * width, 1, 4, 1, 1),
        )
        self.apply(start_as_pix2pix)
        if norm == "spectral":
            for layer in list(self.modules()):
                if isinstance(layer, nn.Conv2d):
                    spectral_norm(layer)

    def forward(self, *pictures: Tensor) -> Tensor:
        """Return the logits of every patch; above 0 means true.

        Args:
            pictures: Restored (or true) photo, degraded photo and maybe guide, (N, 3, H, W) in [-1, 1].

        Returns:
            (N, 1, H / 8 - 2, W / 8 - 2): 30 x 30 at 256.
        """
        logits: Tensor = self.layers(torch.cat(pictures, 1))
        return logits.float()


def start_as_pix2pix(layer: nn.Module) -> None:
    """Draw kernels from N(0, 0.02) and the gains of normalisations from N(1, 0.02); set biases to 0."""
    if isinstance(layer, nn.Conv2d | nn.BatchNorm2d | nn.InstanceNorm2d):
        nn.init.normal_(layer.weight, 0.0 if isinstance(layer, nn.Conv2d) else 1.0, 0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
