"""Add texture to the restored photo, so that it looks like a photograph (ours)."""

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
"""Weight of the places before, at and after a block for each tap, along one axis: (pixel, tap, place)."""

_IN_BLOCKS = torch.zeros(2, 3, 2, 3)
"""The same weights where each place holds the two pixels of a block: (pixel, tap, pixel seen, place)."""
for _pixel, _tap in product(range(2), range(3)):
    _IN_BLOCKS[_pixel, _tap, (_pixel + _tap - 1) % 2, (_pixel + _tap + 1) // 2] = 1


class TextureNet(ResidualRecNet):
    """Add texture to the restored photo, with a RecNet that returns to full size in another way.

    Features are enlarged smoothly, and the last convolutions see the pictures themselves too. In RecNet each
    of 4 x 4 pixels comes from one place by weights of its own. There adversarial losses leave a lattice
    (Odena et al., Deconvolution and Checkerboard Artifacts, 2016); squared errors do not.

    The last two convolutions work on 256 x 256. They are computed at 128 x 128 with four times the channels,
    because ONNX Runtime is faster at that. Only a frame of two pixels differs.
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
        """Turn (N, 3 * width, 64, 64) and (N, C, 256, 256) into residual and gains, (N, 6, 256, 256)."""
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
    """Enlarge (N, C, H, W) to (N, C, 2H, 2W), bilinear."""
    return F.interpolate(features, scale_factor=2.0, mode="bilinear", align_corners=False)


def _conv_to_blocks(places: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """Convolve (N, I, H, W) to (N, 4 O, H, W): blocks of 2 x 2 pixels as `F.pixel_unshuffle` makes them."""
    assert bias is not None
    return F.conv2d(places, kernel, bias.repeat_interleave(4), padding=1)


def _for_enlarged(kernel: Tensor) -> Tensor:
    """Turn a kernel (O, I, 3, 3) for features that `enlarge` enlarged into one for blocks, (4 O, I, 3, 3)."""
    outputs, inputs = kernel.shape[:2]
    along = _ENLARGED.to(kernel)
    return torch.einsum("oiyx,pya,qxb->opqiab", kernel, along, along).reshape(4 * outputs, inputs, 3, 3)


def _for_blocks(kernel: Tensor) -> Tensor:
    """Turn a kernel (O, I, 3, 3) for pixels into one for blocks of pixels, (4 O, 4 I, 3, 3)."""
    outputs, inputs = kernel.shape[:2]
    along = _IN_BLOCKS.to(kernel)
    folded = torch.einsum("oiyx,pyva,qxwb->opqivwab", kernel, along, along)
    return folded.reshape(4 * outputs, 4 * inputs, 3, 3)
