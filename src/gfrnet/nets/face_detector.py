"""Define the network that finds faces at every turn of the head.

Separable convolutions lead down to 1/32 of the picture (Howard et al., MobileNets, 2017). A feature pyramid
leads back up to 1/8 (Lin et al., CVPR 2017). Every cell gives one answer, without anchors (Tian et al., FCOS,
ICCV 2019).
"""

from __future__ import annotations

from torch import Tensor, nn

STRIDES = (8, 16)
"""Distances of the cells of both outputs, pixels."""

CHANNELS = 6
"""Numbers per cell: score, place of the middle (x, y), logarithm of the side, turn (cosine, sine)."""


def _normalised(layer: nn.Module, channels: int) -> nn.Sequential:
    return nn.Sequential(layer, nn.BatchNorm2d(channels), nn.ReLU(inplace=True))


class _Separable(nn.Module):
    """Convolve every channel by itself, then mix the channels; add the input where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        depthwise = nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False)
        self.spread = nn.Sequential(depthwise, nn.BatchNorm2d(inputs))
        self.mix = _normalised(nn.Conv2d(inputs, outputs, 1, bias=False), outputs)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = self.mix(self.spread(x))
        return x + changed if self.adds else changed


def _stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
    following = (_Separable(outputs, outputs) for _ in range(blocks - 1))
    return nn.Sequential(_Separable(inputs, outputs, 2), *following)


class FaceDetector(nn.Module):
    """Find faces with their boxes and turns, at cells of 8 and of 16 pixels. It has 122,828 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.at2 = _normalised(nn.Conv2d(3, 16, 3, 2, 1, bias=False), 16)
        self.at4 = _stage(16, 32, 2)
        self.at8 = _stage(32, 64, 4)
        self.at16 = _stage(64, 96, 4)
        self.at32 = _stage(96, 96, 3)
        self.from16 = _normalised(nn.Conv2d(96, 64, 1, bias=False), 64)
        self.from32 = _normalised(nn.Conv2d(96, 64, 1, bias=False), 64)
        self.heads = nn.ModuleList(
            nn.Sequential(_Separable(64, 64), _Separable(64, 64), nn.Conv2d(64, CHANNELS, 1)) for _ in STRIDES
        )

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Return what each cell says.

        Args:
            picture: (N, 3, H, W) RGB, 0..255, H and W multiples of 32.

        Returns:
            (N, 6, H / 8, W / 8) and (N, 6, H / 16, W / 16). First the logit of the score. Then x and y from
            the middle of the cell to the middle of the face. Then the logarithm of the side of its box. The
            unit is four cells. Then cosine and sine of the head's turn, clockwise, of any length.
        """
        at8 = self.at8(self.at4(self.at2(picture / 127.5 - 1)))
        at16 = self.at16(at8)
        wide = nn.functional.interpolate(self.from32(self.at32(at16)), scale_factor=2.0, mode="nearest")
        middle = self.from16(at16) + wide
        fine = at8 + nn.functional.interpolate(middle, scale_factor=2.0, mode="nearest")
        return self.heads[0](fine), self.heads[1](middle)
