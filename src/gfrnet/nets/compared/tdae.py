"""Invent a face from 16 x 16 pixels by decoder, encoder and decoder: TDAE (Yu and Porikli, CVPR 2017)."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets.compared.enlargement import enlarge, small_picture
from gfrnet.nets.config import NetworkShape
from gfrnet.nets.network import Network, Restoration

EXACT = 2 / 127.5
"""Root mean squared error, up to which a picture counts as enlarged from 16 x 16 pixels; 2 of 255 levels.

On 35 crops of ``pins/train`` it was at most 1.0 level for pictures shrunk 16 times, with the authors' noise.
For pictures shrunk 8 times it was at least 3.1 levels, even after a blur (sigma 3) and JPEG (10).
"""


class TDAEConfig(NetworkShape):
    """Say what a TDAE is made of.

    Attributes:
        kind: ``tdae``.
        factor: How much smaller the small photo is: 8 only, as in the paper.
    """

    kind: Literal["tdae"]
    factor: Literal[8] = 8

    @property
    def takes_crops(self) -> bool:
        """Return False: the network needs whole faces."""
        return False


class TDAE(Network):
    """Restore a face from 16 x 16 pixels to 128 x 128, and turn it upright.

    The layers, with the side of each kernel and the channels that it gives::

        decoder 1   5: 64   3: 128  3: 512  doubled  moved    3: 256  doubled  moved
                    5: 128  doubled  5: 64   5: 3
        encoder     5: 32   halved   5: 64   halved   3: 128  moved    halved
                    3: 256  moved    3: 3
        decoder 2   3: 512  doubled  3: 256  doubled  5: 128  doubled  5: 64   5: 3

    The decoders turn 16 x 16 into 128 x 128 pixels, the encoder turns them back. Batch normalisation and ReLU
    follow each convolution but the last of a network. The first two of decoder 1 have ReLU alone. Doubling
    repeats pixels, and halving takes the largest of 2 x 2. A spatial transformer moves features by a turn,
    scale and shift that it predicts.

    There are 6,909,529 parameters: 4,038,291, 646,083 and 2,225,155. In training ``stages`` are the results
    of decoder 1 and of the encoder.

    Ours: the small photo of 32 x 32 is halved bicubically, and the result of 128 x 128 is doubled
    bicubically. A photo that was enlarged from 16 x 16 in the first place, as in its own training, gives
    exactly these. The three networks are detached from each other and learn side by side, not one after
    another. Spatial transformers start at the identity. The authors' code starts them with a turn by 1
    radian, as their library takes the turn first.
    """

    config: TDAEConfig

    def __init__(self, config: TDAEConfig) -> None:
        super().__init__()
        self.config = config
        self.decoder1 = nn.Sequential(
            *_layer(3, 64, 5, normalise=False),
            *_layer(64, 128, 3, normalise=False),
            *_layer(128, 512, 3),
            _doubled(),
            SpatialTransformer(512, 32),
            *_layer(512, 256, 3),
            _doubled(),
            SpatialTransformer(256, 64),
            *_layer(256, 128, 5),
            _doubled(),
            *_layer(128, 64, 5),
            _convolution(64, 3, 5),
        )
        self.encoder = nn.Sequential(
            *_layer(3, 32, 5),
            nn.MaxPool2d(2),
            *_layer(32, 64, 5),
            nn.MaxPool2d(2),
            *_layer(64, 128, 3),
            SpatialTransformer(128, 32),
            nn.MaxPool2d(2),
            *_layer(128, 256, 3),
            SpatialTransformer(256, 16),
            _convolution(256, 3, 3),
        )
        self.decoder2 = nn.Sequential(
            *_layer(3, 512, 3),
            _doubled(),
            *_layer(512, 256, 3),
            _doubled(),
            *_layer(256, 128, 5),
            _doubled(),
            *_layer(128, 64, 5),
            _convolution(64, 3, 5),
        )

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, 256, 256) in [-1, 1]; guide and texture are ignored.

        Raises:
            ValueError: The pictures are not 256 x 256; the spatial transformers see whole faces.
        """
        size = self.config.size
        if degraded.shape[-2:] != (size, size):
            raise ValueError(f"Give TDAE pictures of {size} x {size}, not {degraded.shape[-2:]}.")
        noisy = self.decoder1(_sixteen(degraded)).float()
        upright = self.encoder(noisy.detach()).float()
        restored = enlarge(self.decoder2(upright.detach()).float(), 2)
        if self.training:
            return Restoration(restored, stages=(noisy, upright))
        return Restoration(restored.clamp(-1, 1))


class SpatialTransformer(nn.Module):
    """Turn, scale and shift features (N, C, size, size) as a small network predicts from them.

    The features are halved by their largest values, but for those at 16. Convolutions without padding follow,
    ReLU after each, and halving between them. Two are 5 x 5 to 20 channels. At 64 there are three: 5 x 5 to
    128, 5 x 5 to 20, 3 x 3 to 20. Then come 20 values with ReLU, and four: turn in radians, scale, shift
    right and down.
    """

    def __init__(self, channels: int, size: Literal[16, 32, 64]) -> None:
        super().__init__()
        layers: list[nn.Module] = [] if size == 16 else [nn.MaxPool2d(2)]
        for width, side in ((128, 5), (20, 5), (20, 3)) if size == 64 else ((20, 5), (20, 5)):
            layers += [nn.Conv2d(channels, width, side), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
            channels = width
        left = 3 if size == 64 else 2
        self.localise = nn.Sequential(
            *layers[:-1],
            nn.Flatten(),
            nn.Linear(20 * left**2, 20),
            nn.ReLU(inplace=True),
            nn.Linear(20, 4),
        )
        last = self.localise[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)
        with torch.no_grad():
            last.bias.copy_(torch.tensor([0.0, 1.0, 0.0, 0.0]))

    def forward(self, features: Tensor) -> Tensor:
        """Return the features moved; what comes from outside is 0."""
        turn, scale, right, down = self.localise(features).float().unbind(1)
        cos, sin = scale * turn.cos(), scale * turn.sin()
        # The shift comes first, as in the authors' library.
        rows = (cos, -sin, cos * right - sin * down, sin, cos, sin * right + cos * down)
        places = F.affine_grid(torch.stack(rows, 1).view(-1, 2, 3), list(features.shape), align_corners=True)
        return F.grid_sample(features.float(), places, "bilinear", "zeros", align_corners=True)


class TDAEDiscriminator(nn.Module):
    """Judge pictures, as a whole, at 128 x 128.

    Pictures of another size are averaged to it first (ours): a result of 256 x 256 has no more detail.
    5 x 5 convolutions to 32, 64, 128 and 96 channels, each halved by the largest value, ReLU, dropout of
    channels (0.2). Then 1,024 values with ReLU, dropout (0.5), and the logit: 6,859,425 parameters.
    """

    def __init__(self, channels_in: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in (32, 64, 128, 96):
            layers += [_convolution(channels_in, width, 5), nn.MaxPool2d(2), nn.ReLU(inplace=True)]
            layers.append(nn.Dropout2d(0.2))
            channels_in = width
        self.layers = nn.Sequential(
            *layers,
            nn.Flatten(),
            nn.Linear(96 * 8 * 8, 1024),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(1024, 1),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Return logits (N, 1, 1, 1) of (N, C, S, S) in [-1, 1]."""
        logits: Tensor = self.layers(F.adaptive_avg_pool2d(pictures, 128))
        return logits.float()[:, :, None, None]


def _sixteen(degraded: Tensor) -> Tensor:
    """Return the (N, 3, 16, 16) that a photo was enlarged from; where it has more detail, the half of 32."""
    found = small_picture(degraded, 16)
    halved = F.interpolate(small_picture(degraded, 8), scale_factor=0.5, mode="bicubic", antialias=True)
    error = (enlarge(found, 16) - degraded).square().mean((1, 2, 3), keepdim=True).sqrt()
    return torch.where(error < EXACT, found, halved)


def _layer(channels_in: int, channels_out: int, side: int, normalise: bool = True) -> list[nn.Module]:
    """Make a convolution, maybe batch normalisation, and ReLU."""
    norm = [nn.BatchNorm2d(channels_out)] if normalise else []
    return [_convolution(channels_in, channels_out, side), *norm, nn.ReLU(inplace=True)]


def _convolution(channels_in: int, channels_out: int, side: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, side, padding=side // 2)


def _doubled() -> nn.Upsample:
    return nn.Upsample(scale_factor=2, mode="nearest")
