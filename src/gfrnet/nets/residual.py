"""Restore with a U-Net of residual blocks on pixel-unshuffled pictures: the embedded model's RecNet.

Two things differ from `gfrnet.nets.predecessors.DetailRecNet`. Nothing happens above 64 x 64, so that the
same time buys many more channels there. Each pixel has a gain of its own, instead of each four.
"""

from __future__ import annotations

from itertools import islice, pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets.attention import CrossAttention
from gfrnet.nets.fusion import GuideFusion, for_each_guide
from gfrnet.nets.layers import add_detail, conv, double, match_colours, start_near_zero

PIXELS = 4
"""Side in pixels of what one place of the finest features stands for."""


class ResidualBlock(nn.Module):
    """Features plus what two convolutions make of them; without ``change`` begins as the identity."""

    def __init__(self, channels: int, change: bool = True) -> None:
        super().__init__()
        self.first = conv(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1)
        nn.init.normal_(self.second.weight, std=0.02 if change else 0.0)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C, H, W)."""
        result: Tensor = features + self.second(self.first(features))
        return result


class GuideAttention(nn.Module):
    """What attention finds around each place of the warped guide, added to the features there."""

    def __init__(self, channels: int, colours: int, width: int) -> None:
        super().__init__()
        self.see = nn.Sequential(
            nn.PixelUnshuffle(PIXELS), conv(colours, width), ResidualBlock(width), ResidualBlock(width)
        )
        self.attend = CrossAttention(channels, width)

    def forward(self, features: Tensor, guide: Tensor) -> Tensor:
        """Features (N, C, 64, 64) and the guide (N, 3, 256, 256) to better features."""
        result: Tensor = self.attend(features, self.see(guide))
        return result


class ResidualRecNet(nn.Module):
    """Equation 3 as degraded + residual + gains * detail bands of the guide; a U-Net from 64 to 16.

    A deeper one, ``depth`` blocks where the plain one has one, holds the plain one's weights under the same
    names, and begins with the result that these give.
    """

    MULTIPLES = (3, 4, 6)
    DEEPEST = 2
    BANDS = 3

    def __init__(
        self,
        width: int = 32,
        guided: bool = True,
        depth: int = 1,
        attention: bool = False,
        fusion: bool = False,
    ) -> None:
        super().__init__()
        channels = [width * multiple for multiple in self.MULTIPLES]
        pictures, bands = (2, self.BANDS) if guided else (1, 0)
        colours, places = 3, PIXELS**2
        self.enter = nn.Sequential(nn.PixelUnshuffle(PIXELS), conv(pictures * colours * places, channels[0]))
        self.before = _blocks(channels[:-1], depth)
        self.down = nn.ModuleList(conv(a, b, 2) for a, b in pairwise(channels))
        self.deepest = nn.Sequential(*_blocks(channels[-1:] * self.DEEPEST, depth))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(channels))
        self.after = _blocks(channels[:-1], depth)
        self.leave = nn.Conv2d(channels[0], (colours + bands) * places, 3, 1, 1)
        start_near_zero(self.leave)
        self.attention = GuideAttention(channels[0], colours * places, 2 * width) if attention else None
        self.fusion = GuideFusion(channels[0]) if fusion else None

    def forward(self, degraded: Tensor, guide: Tensor | None = None) -> Tensor:
        """Restore a batch.

        Args:
            degraded: (N, 3, 256, 256) in [-1, 1].
            guide: (N, 3, 256, 256) warped, or with fusion (N * K, 3, 256, 256), the K of a face after one
                another.

        Returns:
            (N, 3, 256, 256).
        """
        matched, pictures = None, degraded
        if guide is not None:
            beside = degraded if self.fusion is None else for_each_guide(degraded, guide)
            matched = match_colours(guide, beside)
            pictures = torch.cat((beside, matched), 1)
        features = self._at(0, self.before, self.enter(pictures))
        if matched is not None and self.fusion is not None:
            features, matched = self.fusion(features, matched, degraded.shape[0])
        predicted = self.full_size(self.unet(features, matched), pictures)
        restored = degraded + predicted[:, :3]
        if matched is not None:
            restored = add_detail(restored, matched, predicted[:, 3:])
        # While it learns, a value outside must keep its gradient.
        return restored if self.training else restored.clamp(-1, 1)

    def full_size(self, features: Tensor, pictures: Tensor) -> Tensor:
        """(N, 3 * width, 64, 64) to residual and gains, (N, 6, 256, 256)."""
        return F.pixel_shuffle(self.leave(features).float(), PIXELS)

    def unet(self, features: Tensor, guide: Tensor | None) -> Tensor:
        """Features of the finest level, and the guide that attention looks at, to better ones.

        (N, 3 * width, 64, 64) both.
        """
        skips = []
        for level, down in enumerate(self.down):
            skips.append(features if level == 0 else self._at(level, self.before, features))
            features = down(skips[-1])
        features = self.deepest(features)
        for level, narrow in reversed(list(enumerate(self.narrow))):
            features = double(narrow(features)) + skips.pop()
            if level == 0 and self.attention is not None and guide is not None:
                features = self.attention(features, guide)
            features = self._at(level, self.after, features)
        return features

    def begin_with(self, other: nn.Module) -> None:
        """Take the weights of a RecNet as wide and at most as deep.

        What that lacks stays: further blocks, attention, fusion.

        Raises:
            RuntimeError: It is of another shape.
        """
        blocks = ("before.", "deepest.", "after.", "attention.", "fusion.")
        kept = {name: value for name, value in self.state_dict().items() if name.startswith(blocks)}
        self.load_state_dict(kept | other.state_dict())

    def _at(self, level: int, blocks: nn.ModuleList, features: Tensor) -> Tensor:
        for block in islice(blocks, level, None, len(self.down)):  # a slice would make a module each time
            features = block(features)
        return features


def _blocks(channels: list[int], depth: int) -> nn.ModuleList:
    """A block for each of the channels, ``depth`` times over."""
    return nn.ModuleList(ResidualBlock(c, change=turn == 0) for turn in range(depth) for c in channels)
