"""Hold the layers that our networks share."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets.warp import identity_flow, warp

LEAK = 0.1
"""Slope of the rectifiers below zero."""


def conv(channels_in: int, channels_out: int, stride: int = 1) -> nn.Sequential:
    """Make a 3 x 3 convolution and leaky ReLU: (N, in, H, W) to (N, out, H / stride, W / stride)."""
    return nn.Sequential(nn.Conv2d(channels_in, channels_out, 3, stride, 1), nn.LeakyReLU(LEAK, inplace=True))


def start_near_zero(layer: nn.Module) -> None:
    """Draw a last convolution's weights so small that its output is nearly 0 before training."""
    for name, parameter in layer.named_parameters():
        nn.init.normal_(parameter, std=1e-3 if name == "weight" else 0.0)


def double(features: Tensor) -> Tensor:
    """Enlarge (N, C, H, W) to (N, C, 2H, 2W), nearest neighbour."""
    return F.interpolate(features, scale_factor=2.0, mode="nearest")


def resize_flow(flow: Tensor, size: int) -> Tensor:
    """Resize (N, 2, h, w) offsets in [-1, 1] units to (N, 2, size, size), bilinear."""
    return F.interpolate(flow, size=(size, size), mode="bilinear", align_corners=True)


class Matching(nn.Module):
    """Refine an offset by comparing each place with its neighbourhood in the warped guide."""

    def __init__(self, channels: int, width: int, radius: int, contrast: float = 1.0) -> None:
        super().__init__()
        self.radius, self.contrast = radius, contrast
        self.project = nn.Conv2d(channels, 24, 1)
        self.head = nn.Sequential(
            conv((2 * radius + 1) ** 2 + channels + 2, 2 * width),
            conv(2 * width, 2 * width),
            nn.Conv2d(2 * width, 2, 3, 1, 1),
        )

    def forward(self, degraded: Tensor, guide: Tensor, offset: Tensor) -> Tensor:
        """Return a better offset (N, 2, s, s), from the features (N, C, s, s) of both pictures."""
        size = degraded.shape[-1]
        moved = warp(self.project(guide).float(), identity_flow(size, size, offset) + offset)
        similarity = self.correlate(F.normalize(self.project(degraded), dim=1), F.normalize(moved, dim=1))
        similarity = similarity * self.contrast
        step: Tensor = self.head(torch.cat((similarity, degraded, offset * size), 1))
        return offset + step.float() / size

    def correlate(self, one: Tensor, other: Tensor) -> Tensor:
        """Multiply each place with the places around it: (N, C, s, s) twice to (N, (2r + 1)^2, s, s).

        Each row is multiplied with a whole row of the other picture. The wanted diagonals are read from
        the product: appending one value a row turns diagonals into columns.
        """
        size, span = one.shape[-1], 2 * self.radius + 1
        rows = one.permute(0, 2, 3, 1)
        columns = F.pad(other, (self.radius,) * 4).permute(0, 2, 1, 3)
        bands = []
        for dy in range(span):
            product = rows @ columns[:, dy : dy + size]
            skewed = F.pad(product.flatten(2), (0, size)).reshape(-1, size, size, size + span)
            bands.append(skewed[..., :span])
        return torch.cat(bands, -1).permute(0, 3, 1, 2)


def match_colours(guide: Tensor, degraded: Tensor) -> Tensor:
    """Give the guide the photo's mean and deviation per channel (AdaIN on pixels); (N, 3, H, W) each."""
    centred = guide - guide.mean((2, 3), keepdim=True)
    wanted = degraded.mean((2, 3), keepdim=True)
    ratio = _deviation(degraded - wanted) / _deviation(centred)
    return centred * ratio.clamp(max=3.0) + wanted


def _deviation(centred: Tensor) -> Tensor:
    # Without a guide the deviation is 0: the constant keeps its gradient finite.
    return (centred.square().mean((2, 3), keepdim=True) + 1e-3).sqrt()


def add_detail(restored: Tensor, guide: Tensor, gains: Tensor) -> Tensor:
    """Add B detail bands of the guide to (N, 3, H, W), each multiplied by its gain (N, B, H, W)."""
    for band, gain in zip(detail_bands(guide, gains.shape[1]), torch.split(gains, 1, 1), strict=True):
        restored = restored + gain * band
    return restored


def detail_bands(picture: Tensor, count: int) -> list[Tensor]:
    """Split a picture into detail bands, (N, 3, H, W) each, the finest first.

    A band is the difference of a picture and its blurred copy, each copy blurred more than the one before.
    """
    size, bands = picture.shape[-1], []
    for level in range(1, count + 1):
        coarse = F.interpolate(
            F.avg_pool2d(picture, 2**level), size=(size, size), mode="bilinear", align_corners=False
        )
        bands.append(picture - coarse)
        picture = coarse
    return bands
