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
"""Side, in pixels, of the square that one place of the finest features stands for."""


class ResidualBlock(nn.Module):
    """Add to features the output of two convolutions; without ``change`` begin as the identity."""

    def __init__(self, channels: int, change: bool = True) -> None:
        super().__init__()
        self.first = conv(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, 1, 1)
        nn.init.normal_(self.second.weight, std=0.02 if change else 0.0)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> Tensor:
        """Turn (N, C, H, W) into (N, C, H, W)."""
        result: Tensor = features + self.second(self.first(features))
        return result


class GuideAttention(nn.Module):
    """Add to the features what attention finds around each place of the warped guide."""

    def __init__(self, channels: int, colours: int, width: int) -> None:
        super().__init__()
        self.see = nn.Sequential(
            nn.PixelUnshuffle(PIXELS), conv(colours, width), ResidualBlock(width), ResidualBlock(width)
        )
        self.attend = CrossAttention(channels, width)

    def forward(self, features: Tensor, guide: Tensor) -> Tensor:
        """Improve features (N, C, 64, 64) with the warped guide (N, 3, 256, 256)."""
        result: Tensor = self.attend(features, self.see(guide))
        return result


class ResidualRecNet(nn.Module):
    """Restore as degraded + residual + gains * detail bands of the guide; a U-Net from 64 to 16.

    With ``depth`` above 1 each block is followed by ``depth - 1`` more. A deeper network names its first
    blocks as the plain network does. So it can take the plain network's weights, and begins with its results.
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
            guide: (N, 3, 256, 256), warped. With fusion (N * K, 3, 256, 256), the K guides of a face after
                one another.

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
        """Turn (N, 3 * width, 64, 64) into residual and gains, (N, 6, 256, 256)."""
        return F.pixel_shuffle(self.leave(features).float(), PIXELS)

    def unet(self, features: Tensor, guide: Tensor | None) -> Tensor:
        """Improve features of the finest level.

        Args:
            features: (N, 3 * width, 64, 64).
            guide: (N, 3, 256, 256), where attention looks; None without a guide.

        Returns:
            (N, 3 * width, 64, 64).
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
        """Take the weights of a RecNet of the same width and at most the same depth.

        Parts that the other network lacks keep their weights: further blocks, attention, fusion.

        Raises:
            RuntimeError: The other network has another shape.
        """
        blocks = ("before.", "deepest.", "after.", "attention.", "fusion.")
        kept = {name: value for name, value in self.state_dict().items() if name.startswith(blocks)}
        self.load_state_dict(kept | other.state_dict())

    def _at(self, level: int, blocks: nn.ModuleList, features: Tensor) -> Tensor:
        for block in islice(blocks, level, None, len(self.down)):  # a slice would make a module each time
            features = block(features)
        return features


def _blocks(channels: list[int], depth: int) -> nn.ModuleList:
    """Make ``depth`` rounds of blocks, one block for each of the channels a round."""
    return nn.ModuleList(ResidualBlock(c, change=turn == 0) for turn in range(depth) for c in channels)
