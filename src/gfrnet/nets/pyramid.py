"""Warp by matching from coarse to fine, on features with context from the whole picture (ours).

What differs from `gfrnet.nets.predecessors.MatchingWarpNet`, and why:

- Features come from a feature pyramid network (FPN), so that a patch of skin is known to be a cheek. Without
  it the finest features see 20 pixels. In a degraded photo these show little.
- Features are normalised per picture, so that light and contrast do not matter.
- The first flow is found, not guessed. Each of 16 x 16 places searches the whole guide for what resembles it.
- The flow losses see every stage's flow (`losses.early_flow`). So the coarse stages learn from the first step
  on, and not through the finer ones.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets.fusion import for_each_guide
from gfrnet.nets.layers import LEAK, Matching, conv, double, resize_flow, start_near_zero
from gfrnet.nets.warp import identity_flow, warp

CONTRAST = 4.0
"""Factor of local similarities, which makes them as large as the features beside them."""


def normed(channels_in: int, channels_out: int, stride: int = 1) -> nn.Sequential:
    """Make a `conv` that brings each channel to mean 0 and deviation 1 before the rectifier."""
    convolution = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
    return nn.Sequential(
        convolution, nn.InstanceNorm2d(channels_out, affine=True), nn.LeakyReLU(LEAK, inplace=True)
    )


class FeaturePyramid(nn.Module):
    """Compute features at 64 x 64, 32 x 32 and 16 x 16; the finer ones include the coarser ones' context."""

    def __init__(self, width: int) -> None:
        super().__init__()
        w = width
        self.enter = nn.Sequential(nn.PixelUnshuffle(4), normed(48, 2 * w), conv(2 * w, 2 * w))
        channels = [2 * w, 3 * w, 4 * w, 6 * w, 6 * w]
        ways = list(pairwise(channels))
        self.down = nn.ModuleList(nn.Sequential(normed(a, b, 2), conv(b, b)) for a, b in ways)
        self.back = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in ways)
        self.smooth = nn.ModuleList(conv(a, a) for a, _ in ways)

    def forward(self, picture: Tensor) -> list[Tensor]:
        """Turn (N, 3, 256, 256) into (N, 2w, 64, 64), (N, 3w, 32, 32) and (N, 4w, 16, 16)."""
        features = self.enter(picture)
        levels = []
        for down in self.down:
            levels.append(features)
            features = down(features)
        found: list[Tensor] = []
        for level, back, smooth in reversed(list(zip(levels, self.back, self.smooth, strict=True))):
            features = smooth(level + double(back(features)))
            found.insert(0, features)
        return found[:3]


class GlobalMatching(nn.Module):
    """Find the first offset: search the whole guide for what resembles each place, then smooth."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(channels, 64, 1)
        self.sharpness = nn.Parameter(torch.tensor(10.0).log())
        self.nearness = nn.Parameter(torch.tensor(10.0))
        self.head = nn.Sequential(
            conv(2 * channels + 3, channels), conv(channels, channels), nn.Conv2d(channels, 2, 3, 1, 1)
        )
        start_near_zero(self.head[-1])

    def forward(self, degraded: Tensor, guide: Tensor) -> tuple[Tensor, Tensor]:
        """Turn both pictures' features (N, C, s, s) into two offsets (N, 2, s, s): as found, and smoothed."""
        count, _, size, _ = degraded.shape
        wanted, offered = (
            F.normalize(self.project(features).float().flatten(2), dim=1) for features in (degraded, guide)
        )
        places = identity_flow(size, size, wanted)
        chances = self._chances(wanted, offered, places)
        found = (chances @ places.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(count, 2, size, size)
        moved = warp(guide.float(), found)
        sure = chances.amax(-1).reshape(count, 1, size, size)
        offset = found - places
        step: Tensor = self.head(
            torch.cat((degraded, moved, offset * (size / 2), sure), 1).to(degraded.dtype)
        )
        return offset, offset + step.float() * (2 / size)

    def _chances(self, wanted: Tensor, offered: Tensor, places: Tensor) -> Tensor:
        """Return the probability that a place of the photo matches a place of the guide, (N, s * s, s * s).

        Near places get more, so that the flow of an untrained network is near the identity.
        """
        likeness = self.sharpness.exp() * (wanted.transpose(1, 2) @ offered)
        x, y = places[0, 0].flatten(), places[0, 1].flatten()
        apart = (x[:, None] - x).square() + (y[:, None] - y).square()
        return (likeness - self.nearness * apart).softmax(-1)


class PyramidWarpNet(nn.Module):
    """Warp (equation 1) from coarse to fine: matched in the whole guide at 16 x 16, nearby at 32, 64."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        w = width
        self.features = FeaturePyramid(w)
        self.match16 = GlobalMatching(4 * w)
        self.match32 = Matching(3 * w, w, radius=3, contrast=CONTRAST)
        self.match64 = Matching(2 * w, w, radius=2, contrast=CONTRAST)
        for match in (self.match32, self.match64):
            start_near_zero(match.head[-1])

    def forward(self, degraded: Tensor, guide: Tensor) -> list[Tensor]:
        """Return the flows of all stages, as places in [-1, 1].

        Args:
            degraded: (N, 3, 256, 256).
            guide: (N * K, 3, 256, 256).

        Returns:
            (N * K, 2, s, s) for s = 16, 16, 32 and 256.
        """
        # Photos and guides need the same features, so they go through in one batch.
        faces = degraded.shape[0]
        (d64, g64), (d32, g32), (d16, g16) = (
            (for_each_guide(features[:faces], features[faces:]), features[faces:])
            for features in self.features(torch.cat((degraded, guide)))
        )
        offsets = list(self.match16(d16, g16))
        offsets.append(self.match32(d32, g32, resize_flow(offsets[-1], 32)))
        last = self.match64(d64, g64, resize_flow(offsets[-1], 64))
        size = degraded.shape[-1]
        flow = identity_flow(size, size, last) + resize_flow(last, size)
        early = [identity_flow(offset.shape[2], offset.shape[3], offset) + offset for offset in offsets]
        # While it learns, a place outside must keep its gradient, or it never comes back.
        return [*early, flow if self.training else flow.clamp(-1, 1)]
