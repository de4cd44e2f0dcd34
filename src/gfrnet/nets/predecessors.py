"""Define our earlier networks, which older runs and table 1 use.

What differs from the paper, and why:

- WarpNet predicts an offset from the identity on a coarse grid, so that an untrained flow is usable. It
  refines the offset twice, by matching features of the degraded photo with features of the warped guide.
  For RecNet can use detail only where it lies within about a pixel of its place.
- RecNet predicts a residual on the degraded photo, so that training starts at the quality of bicubic
  interpolation. It also predicts gains for three bands of detail of the warped guide. So using the guide is
  easy to learn. First the guide's colours are matched to the photo's.
- Both work on pixel-unshuffled pictures, where a convolution costs a fraction.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets.layers import (
    LEAK,
    Matching,
    add_detail,
    conv,
    double,
    match_colours,
    resize_flow,
    start_near_zero,
)
from gfrnet.nets.warp import identity_flow


class MatchingWarpNet(nn.Module):
    """Predict the flow of equation 1: a coarse offset, refined by matching at 32 x 32 and at 64 x 64."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        w = width
        self.features64 = nn.Sequential(nn.PixelUnshuffle(4), conv(48, 2 * w), conv(2 * w, 2 * w))
        self.features32 = nn.Sequential(conv(2 * w, 3 * w, 2), conv(3 * w, 3 * w))
        self.down16 = nn.Sequential(conv(6 * w, 4 * w, 2), conv(4 * w, 4 * w))
        self.down8 = nn.Sequential(conv(4 * w, 6 * w, 2), conv(6 * w, 6 * w))
        self.down4 = conv(6 * w, 8 * w, 2)
        self.whole = nn.Sequential(nn.Conv2d(8 * w, 8 * w, 4), nn.LeakyReLU(LEAK))
        self.up4 = conv(16 * w, 6 * w)
        self.up8 = conv(12 * w, 4 * w)
        self.up16 = conv(8 * w, 3 * w)
        self.head = nn.Sequential(conv(3 * w, 2 * w), nn.Conv2d(2 * w, 2, 3, 1, 1))
        self.match32 = Matching(3 * w, w, radius=3)
        self.match64 = Matching(2 * w, w, radius=3)
        for head in (self.head, self.match32.head, self.match64.head):
            start_near_zero(head[-1])

    def forward(self, degraded: Tensor, guide: Tensor) -> Tensor:
        """Turn two (N, 3, 256, 256) in [-1, 1] into the flow (N, 2, 256, 256), absolute (x, y) in [-1, 1]."""
        degraded64, guide64 = self.features64(degraded), self.features64(guide)
        degraded32, guide32 = self.features32(degraded64), self.features32(guide64)
        offset = resize_flow(self.coarse(degraded32, guide32), 32)
        offset = self.match32(degraded32, guide32, offset)
        offset = self.match64(degraded64, guide64, resize_flow(offset, 64))
        size = degraded.shape[-1]
        flow = identity_flow(size, size, offset) + resize_flow(offset, size)
        # While it learns, a place outside must keep its gradient, or it never comes back.
        return flow if self.training else flow.clamp(-1, 1)

    def coarse(self, degraded: Tensor, guide: Tensor) -> Tensor:
        """Turn features (N, C, 32, 32) of both pictures into the first offset (N, 2, 16, 16)."""
        at16 = self.down16(torch.cat((degraded, guide), 1))
        at8 = self.down8(at16)
        at4 = self.down4(at8)
        whole = self.whole(at4).expand(-1, -1, 4, 4)
        features = self.up4(torch.cat((at4, whole), 1))
        features = self.up8(torch.cat((double(features), at8), 1))
        features = self.up16(torch.cat((double(features), at16), 1))
        offset: Tensor = self.head(features).float() / 4
        return offset


class DetailRecNet(nn.Module):
    """Restore as degraded + residual + gains * detail bands of the guide; a U-Net from 128 to 16."""

    MULTIPLES = (1, 2, 4, 6)
    BANDS = 3

    def __init__(self, width: int = 32, guided: bool = True) -> None:
        super().__init__()
        channels = [width * multiple for multiple in self.MULTIPLES]
        self.enter = nn.Sequential(nn.PixelUnshuffle(2), conv(24 if guided else 12, width))
        self.down = nn.ModuleList(nn.Sequential(conv(a, b, 2), conv(b, b)) for a, b in pairwise(channels))
        self.deepest = nn.Sequential(conv(channels[-1], channels[-1]), conv(channels[-1], channels[-1]))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(channels))
        self.up = nn.ModuleList(
            nn.Sequential(conv(2 * a, a), *([conv(a, a)] if a > width else [])) for a in channels[:-1]
        )
        self.residual = nn.Conv2d(width, 12, 3, 1, 1)
        self.gains = nn.Conv2d(width, self.BANDS, 3, 1, 1) if guided else None
        start_near_zero(self.residual)
        if self.gains is not None:
            start_near_zero(self.gains)

    def forward(self, degraded: Tensor, guide: Tensor | None = None) -> Tensor:
        """Turn (N, 3, 256, 256) each in [-1, 1] into the restored (N, 3, 256, 256)."""
        matched = None if guide is None else match_colours(guide, degraded)
        features = self.unet(degraded if matched is None else torch.cat((degraded, matched), 1))
        restored = degraded + F.pixel_shuffle(self.residual(features).float(), 2)
        if matched is not None and self.gains is not None:
            gains = resize_flow(self.gains(features).float(), degraded.shape[-1])
            restored = add_detail(restored, matched, gains)
        # While it learns, a value outside must keep its gradient.
        return restored if self.training else restored.clamp(-1, 1)

    def unet(self, pictures: Tensor) -> Tensor:
        """Turn (N, C, 256, 256) into features (N, width, 128, 128)."""
        features: Tensor = self.enter(pictures)
        skips = []
        for down in self.down:
            skips.append(features)
            features = down(features)
        features = features + self.deepest(features)
        for narrow, up in reversed(list(zip(self.narrow, self.up, strict=True))):
            features = up(torch.cat((double(narrow(features)), skips.pop()), 1))
        return features
