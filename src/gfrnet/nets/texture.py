"""TextureNet: what goes on from the restored photo to one that looks like a photograph (ours)."""

from __future__ import annotations

from itertools import product
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets.layers import conv, start_near_zero
from gfrnet.nets.residual import ResidualRecNet

_ENLARGED = torch.tensor(
    [
        [[0.75, 0.25, 0.0], [0.25, 0.75, 0.0], [0.0, 0.75, 0.25]],
        [[0.25, 0.75, 0.0], [0.0, 0.75, 0.25], [0.0, 0.25, 0.75]],
    ]
)
"""Along one axis, what each tap sees of the places before, at and after a block: (pixel, tap, place)."""

_IN_BLOCKS = torch.zeros(2, 3, 2, 3)
"""The same where each place holds the two pixels of a block: (pixel, tap, pixel seen, place)."""
for _pixel, _tap in product(range(2), range(3)):
    _IN_BLOCKS[_pixel, _tap, (_pixel + _tap - 1) % 2, (_pixel + _tap + 1) // 2] = 1


class TextureNet(ResidualRecNet):
    """Restored photo and warped guide to a photo with texture: a RecNet with another way back to full size.

    Features are enlarged smoothly, and joined by the pictures themselves for the last convolutions. Where
    4 x 4 pixels come from one place by weights of their own, as in RecNet, adversarial losses leave a lattice
    (Odena et al., Deconvolution and Checkerboard Artifacts, 2016); squared errors do not.

    The last two convolutions see 256 x 256, and are computed as convolutions at 128 x 128 with four times the
    channels: equal but for a frame of two pixels, and ONNX Runtime is faster at it.
    """

    FULL_SIZE = 16
    """Channels at 256 x 256."""

    def __init__(self, width: int, guided: bool = True) -> None:
        super().__init__(width, guided)
        pictures, shown = (6, 3 + self.BANDS) if guided else (3, 3)
        self.halved = conv(self.leave.in_channels, 2 * width)
        self.finer = conv(2 * width, width)
        self.finest = conv(width + pictures, self.FULL_SIZE)
        self.leave = nn.Conv2d(self.FULL_SIZE, shown, 3, 1, 1)
        start_near_zero(self.leave)

    def full_size(self, features: Tensor, pictures: Tensor) -> Tensor:
        """(N, 3 * width, 64, 64) and (N, C, 256, 256) to residual and gains, (N, 6, 256, 256)."""
        features = self.finer(enlarge(self.halved(features)))
        blocks = F.pixel_unshuffle(pictures, 2).to(features.dtype)
        finest, width = cast(nn.Conv2d, self.finest[0]), cast(nn.Conv2d, self.finer[0]).out_channels
        kernel = torch.cat(
            (_for_enlarged(finest.weight[:, :width]), _for_blocks(finest.weight[:, width:])), 1
        )
        hidden = self.finest[1](_conv_to_blocks(torch.cat((features, blocks), 1), kernel, finest.bias))
        predicted = _conv_to_blocks(hidden, _for_blocks(self.leave.weight), self.leave.bias)
        return F.pixel_shuffle(predicted.float(), 2)


def enlarge(features: Tensor) -> Tensor:
    """(N, C, H, W) to (N, C, 2H, 2W), bilinear."""
    return F.interpolate(features, scale_factor=2.0, mode="bilinear", align_corners=False)


def _conv_to_blocks(places: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """(N, I, H, W) to (N, 4 O, H, W), blocks of 2 x 2 pixels as `F.pixel_unshuffle` makes them."""
    assert bias is not None
    return F.conv2d(places, kernel, bias.repeat_interleave(4), padding=1)


def _for_enlarged(kernel: Tensor) -> Tensor:
    """What gives in blocks what (O, I, 3, 3) gives on features enlarged by `enlarge`: (4 O, I, 3, 3)."""
    outputs, inputs = kernel.shape[:2]
    along = _ENLARGED.to(kernel)
    return torch.einsum("oiyx,pya,qxb->opqiab", kernel, along, along).reshape(4 * outputs, inputs, 3, 3)


def _for_blocks(kernel: Tensor) -> Tensor:
    """What gives in blocks what (O, I, 3, 3) gives, from pixels in blocks: (4 O, 4 I, 3, 3)."""
    outputs, inputs = kernel.shape[:2]
    along = _IN_BLOCKS.to(kernel)
    folded = torch.einsum("oiyx,pyva,qxwb->opqivwab", kernel, along, along)
    return folded.reshape(4 * outputs, 4 * inputs, 3, 3)
