"""Fuse several guides of one face, weighing each guide place by place (ours)."""

from __future__ import annotations

from math import gcd

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets.layers import conv

GROUPS = 8
"""Groups of features; each weighs the guides for itself. There are fewer where channels do not divide."""


class GuideFusion(nn.Module):
    """Average the features of K guides with learnt weights.

    The weights are a softmax over the guides. So a single guide has the weight 1, and the order of the guides
    does not matter. Before training all guides have equal weights.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.groups, hidden = gcd(GROUPS, channels), channels // 3
        self.judge = nn.Sequential(conv(channels, hidden), nn.Conv2d(hidden, self.groups + 1, 3, 1, 1))
        for parameter in self.judge[-1].parameters():
            nn.init.zeros_(parameter)

    def forward(self, features: Tensor, guides: Tensor, faces: int) -> tuple[Tensor, Tensor]:
        """Fuse features and pictures of the guides.

        Args:
            features: (N * K, C, H, W), the K guides of a face after one another.
            guides: (N * K, 3, S, S), the warped guides in the same order.
            faces: Number N of faces.

        Returns:
            (N, C, H, W) features, and (N, 3, S, S) the guide from which detail is taken.
        """
        judged = _by_face(self.judge(features).float(), faces)
        likely = (judged - judged.amax(1, keepdim=True)).exp()  # ONNX Runtime is slow at a softmax
        shares = likely / _sum(likely)[:, None]
        grouped = _by_face(features, faces).unflatten(2, (self.groups, -1))
        fused = _sum(grouped * shares[:, :, :-1, None].to(features.dtype)).flatten(1, 2)
        share = F.interpolate(shares[:, :, -1], size=guides.shape[-2:], mode="bilinear", align_corners=False)
        return fused, _sum(_by_face(guides, faces) * share[:, :, None])


def for_each_guide(pictures: Tensor, guides: Tensor) -> Tensor:
    """Repeat each of N pictures K times, (N * K, ...), once for each guide of the face."""
    count = guides.shape[0] // pictures.shape[0]
    repeated = pictures[:, None].expand(-1, count, -1, -1, -1)
    return torch.flatten(repeated, 0, 1)


def first_of_each(values: Tensor, faces: int) -> Tensor:
    """Pick the values of each face's first guide, (N, ...) of (N * K, ...)."""
    return _by_face(values, faces)[:, 0]


def _sum(values: Tensor) -> Tensor:
    """Sum (N, K, ...) over K, as a product with ones: ONNX Runtime is slow at sums over K."""
    ones = values.new_ones(()).expand(values.shape[0], 1, values.shape[1])
    return (ones @ values.flatten(2)).reshape(values.shape[0], *values.shape[2:])


def _by_face(values: Tensor, faces: int) -> Tensor:
    """Split (N * K, C, H, W) into (N, K, C, H, W)."""
    return values.reshape(faces, -1, *values.shape[1:])
