import numpy as np
import pytest
import torch

from gfrnet.nets import identity_flow, to_pixels, to_unit, warp


def plain_warp(guide: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Compute equation 2 pixel by pixel: (C, H, W) and (2, h, w) in [-1, 1] to (C, h, w)."""
    channels, height, width = guide.shape
    warped = np.zeros((channels, *flow.shape[1:]))
    for i, j in np.ndindex(flow.shape[1:]):
        x = (flow[0, i, j] + 1) / 2 * (width - 1)
        y = (flow[1, i, j] + 1) / 2 * (height - 1)
        for h in range(height):
            for w in range(width):
                warped[:, i, j] += guide[:, h, w] * max(0, 1 - abs(y - h)) * max(0, 1 - abs(x - w))
    return warped


def test_agrees_with_equation_2() -> None:
    generator = torch.Generator().manual_seed(1)
    guide = torch.rand(2, 3, 7, 9, generator=generator, dtype=torch.float64)
    flow = torch.rand(2, 2, 5, 6, generator=generator, dtype=torch.float64) * 2 - 1
    for number in range(2):
        wanted = plain_warp(guide[number].numpy(), flow[number].numpy())
        np.testing.assert_allclose(warp(guide, flow)[number].numpy(), wanted, atol=1e-12)


def test_identity_flow_changes_nothing() -> None:
    guide = torch.rand(1, 3, 8, 12)
    torch.testing.assert_close(warp(guide, identity_flow(8, 12, guide)), guide, atol=1e-5, rtol=0)


def test_flow_is_subdifferentiable() -> None:
    guide = torch.rand(1, 1, 6, 6, dtype=torch.float64)
    flow = (torch.rand(1, 2, 4, 4, dtype=torch.float64) * 1.6 - 0.8).requires_grad_()
    assert torch.autograd.gradcheck(lambda f: warp(guide, f), (flow,), eps=1e-7, atol=1e-4)


@pytest.mark.parametrize("pixel", [0.0, 17.25, 127.5, 255.0])
def test_a_pixel_has_the_same_coordinate_everywhere(pixel: float) -> None:
    unit = to_unit(torch.tensor(pixel), 256)
    assert float(to_pixels(unit, 256)) == pytest.approx(pixel, abs=1e-4)
    column = torch.arange(256.0).expand(1, 1, 256, 256)
    flow = torch.stack((unit, torch.tensor(0.0))).reshape(1, 2, 1, 1)
    assert float(warp(column, flow)) == pytest.approx(pixel, abs=1e-3)
