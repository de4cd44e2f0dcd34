from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from gfrnet.data.synthetic import render, sample_identity, sample_view
from gfrnet.nets.compared.contours import CONTOURS, draw_contours


def landmarks(seed: int = 0) -> Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(render(sample_identity(rng), sample_view(rng)).landmarks)[None]


def outside() -> Tensor:
    return torch.full((1, 68, 2), -100.0)


def test_there_are_two_contours_less_than_the_authors_have() -> None:
    assert len(CONTOURS) == 14 - 2
    assert {point for contour in CONTOURS for point in contour} == set(range(68))
    ends = [(contour[0], contour[-1]) for contour in CONTOURS]
    assert ends.count((36, 39)) == ends.count((39, 36)) == 1  # both eyelids of an eye


@pytest.mark.parametrize(("size", "half_side"), [(64, 3), (128, 5), (256, 7)])
def test_a_contour_passes_through_its_landmarks(size: int, half_side: int) -> None:
    points = landmarks()
    masks = draw_contours(points, size, half_side)
    assert masks.shape == (1, 12, size, size)
    assert set(masks.unique().tolist()) == {0.0, 1.0}
    places = ((points[0] + 0.5) * size / 256 - 0.5).round().long()
    for mask, contour in zip(masks[0], CONTOURS, strict=True):
        for point in contour:
            left, top = (places[point] - half_side).clamp(min=0).tolist()
            right, bottom = (places[point] + half_side + 1).tolist()
            assert mask[top:bottom, left:right].all()


def test_a_straight_brow_is_a_straight_bar() -> None:
    points = outside()
    points[0, 17:22] = torch.tensor([[60.0 + 10 * i, 80.0] for i in range(5)])
    mask = draw_contours(points, 256, 7)[0, 0]
    expected = torch.zeros(256, 256)
    expected[80 - 7 : 80 + 8, 60 - 7 : 100 + 8] = 1
    assert torch.equal(mask, expected)


def test_curves_are_cubic() -> None:
    """Fail for straight lines from landmark to landmark, and for curves that miss the landmarks."""
    points = outside()
    angles = torch.linspace(0.3, 2.8, 5)
    arc = 128 + 60 * torch.stack((angles.cos(), -angles.sin()), 1)
    points[0, 17:22] = arc
    y, x = draw_contours(points, 256, 0)[0, 0].nonzero().T
    radii = ((x - 128.0) ** 2 + (y - 128.0) ** 2).sqrt()
    between = (arc[1:] + arc[:-1]) / 2 - 128
    assert between.norm(dim=1).max() < 58
    assert radii.min() > 57.5
    assert radii.max() < 61.5


def test_squares_reach_in_from_outside_and_odd_places_draw_nothing() -> None:
    points = outside()
    points[0, 17:22] = torch.tensor([-5.0, 100.0])
    assert draw_contours(points, 256, 7)[0, 0].sum() == 3 * 15
    for odd in (1e30, float("nan"), float("inf")):
        assert draw_contours(torch.full((1, 68, 2), odd), 64, 3).sum() == 0


def test_no_gradient_passes_through_masks_and_bfloat16_places_are_exact() -> None:
    points = landmarks().requires_grad_()
    masks = draw_contours(points, 128, 5)
    assert not masks.requires_grad
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(draw_contours(points, 128, 5), masks)
