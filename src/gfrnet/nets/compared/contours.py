"""Draw the contours of a face as masks, from its 68 landmarks (CBN, Zhu et al., ECCV 2016)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gfrnet.types import CROP_SIZE

CONTOURS: tuple[tuple[int, ...], ...] = (
    (17, 18, 19, 20, 21),  # brows
    (22, 23, 24, 25, 26),
    (36, 37, 38, 39),  # eyelids, upper and lower
    (39, 40, 41, 36),
    (42, 43, 44, 45),
    (45, 46, 47, 42),
    tuple(range(27, 36)),  # nose
    tuple(range(48, 55)),  # upper lip, its upper and lower edge
    tuple(range(60, 65)),
    (64, 65, 66, 67, 60),  # lower lip, its upper and lower edge
    (54, 55, 56, 57, 58, 59, 48),
    tuple(range(17)),  # jaw
)
"""Landmarks along each contour, in the order of the authors' masks.

The authors have 105 landmarks and 14 contours. Of ours the brows have one edge each, and the nose has its
ridge and base.
"""

SAMPLES = 16
"""Places on the curve from landmark to landmark; on a face of 256 they are about 2 pixels apart."""


def draw_contours(points: Tensor, size: int, half_side: int) -> Tensor:
    """Draw each contour into a mask of its own, as a row of squares along a cubic curve; without gradient.

    Args:
        points: (N, 68, 2) landmarks, pixel centres of a 256 x 256 picture. Places outside, or that are no
            numbers, draw nothing there.
        size: Side of the masks.
        half_side: Pixels of a square on each side of its middle.

    Returns:
        (N, 12, size, size), 1 on the contours and 0 elsewhere.
    """
    with torch.no_grad():
        # A frame around the picture keeps squares whose middle lies just outside.
        side = size + 2 * half_side
        places = (_curves(points.detach().float()) + 0.5) * (size / CROP_SIZE) - 0.5 + half_side
        x, y = places.round().unbind(-1)
        pixels = (_CONTOUR.to(x.device) * side + y) * side + x
        inside = (x >= 0) & (x < side) & (y >= 0) & (y < side)
        # The last pixel takes what lies outside.
        canvas = points.new_zeros(len(points), len(CONTOURS) * side * side + 1, dtype=torch.float32)
        canvas.scatter_(1, torch.where(inside, pixels, canvas.shape[1] - 1).long().flatten(1), 1.0)
        middles = canvas[:, :-1].view(-1, len(CONTOURS), side, side)
        span = 2 * half_side + 1
        return F.max_pool2d(F.max_pool2d(middles, (span, 1), 1), (1, span), 1)


def _curves(points: Tensor) -> Tensor:
    """Return places (N, segments, SAMPLES, 2) on the cubic curves through the landmarks of each contour."""
    corners = points[:, _CORNERS.to(points.device)]
    return (corners[:, :, None] * _WEIGHTS.to(points)[:, :, None]).sum(3)


def _corners() -> Tensor:
    """Return the four landmarks (segments, 4) that shape each segment; a contour's ends count twice."""
    padded = ((each[0], *each, each[-1]) for each in CONTOURS)
    return torch.cat([torch.tensor(each).unfold(0, 4, 1) for each in padded])


def _weights() -> Tensor:
    """Return the weights (SAMPLES, 4) of the four landmarks in a Catmull-Rom curve."""
    powers = torch.linspace(0, 1, SAMPLES)[:, None] ** torch.arange(4)
    curve = torch.tensor([[0, 1, 0, 0], [-0.5, 0, 0.5, 0], [1, -2.5, 2, -0.5], [-0.5, 1.5, -1.5, 0.5]])
    return powers @ curve


_CORNERS = _corners()
_WEIGHTS = _weights()
_CONTOUR = torch.cat([torch.full((len(each) - 1, 1), i) for i, each in enumerate(CONTOURS)])
"""Number of the contour that each segment belongs to, (segments, 1)."""
