"""Several guides of one face as one: place by place each counts as much as it is of use there (ours)."""

from __future__ import annotations

from math import gcd

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets.layers import conv

GROUPS = 8
"""Parts of the features that choose among the guides each for itself; fewer where channels do not divide."""


class GuideFusion(nn.Module):
    """Weighs what was seen with each of K guides, and gives the mean.

    Weights are a softmax over the guides, so one guide alone counts fully, and the order of the guides does
    not matter. All count alike before training.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.groups, hidden = gcd(GROUPS, channels), channels // 3
        self.judge = nn.Sequential(conv(channels, hidden), nn.Conv2d(hidden, self.groups + 1, 3, 1, 1))
        for parameter in self.judge[-1].parameters():
            nn.init.zeros_(parameter)

    def forward(self, features: Tensor, guides: Tensor, faces: int) -> tuple[Tensor, Tensor]:
        """Fuse features and pictures.

        Args:
            features: (N * K, C, H, W), the K of a face after one another.
            guides: (N * K, 3, S, S) the warped guides, likewise.
            faces: N.

        Returns:
            (N, C, H, W) features, and (N, 3, S, S) the guide of which detail is taken.
        """
        judged = _by_face(self.judge(features).float(), faces)
        likely = (judged - judged.amax(1, keepdim=True)).exp()  # a softmax, of which ONNX Runtime is slow
        shares = likely / _sum(likely)[:, None]
        grouped = _by_face(features, faces).unflatten(2, (self.groups, -1))
        fused = _sum(grouped * shares[:, :, :-1, None].to(features.dtype)).flatten(1, 2)
        share = F.interpolate(shares[:, :, -1], size=guides.shape[-2:], mode="bilinear", align_corners=False)
        return fused, _sum(_by_face(guides, faces) * share[:, :, None])


def for_each_guide(pictures: Tensor, guides: Tensor) -> Tensor:
    """(N, ...) repeated to (N * K, ...), beside the K guides of each face."""
    count = guides.shape[0] // pictures.shape[0]
    repeated = pictures[:, None].expand(-1, count, -1, -1, -1)
    return torch.flatten(repeated, 0, 1)


def first_of_each(values: Tensor, faces: int) -> Tensor:
    """(N * K, ...) to (N, ...): those of the first guide of each face."""
    return _by_face(values, faces)[:, 0]


def _sum(values: Tensor) -> Tensor:
    """(N, K, ...) to (N, ...), summed as a product with ones: ONNX Runtime is slow at sums over K."""
    ones = values.new_ones(()).expand(values.shape[0], 1, values.shape[1])
    return (ones @ values.flatten(2)).reshape(values.shape[0], *values.shape[2:])


def _by_face(values: Tensor, faces: int) -> Tensor:
    """(N * K, C, H, W) to (N, K, C, H, W)."""
    return values.reshape(faces, -1, *values.shape[1:])
