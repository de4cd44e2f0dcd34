import pytest
import torch

from gfrnet.losses import l2_loss, laplacian_loss


def test_l2_counts_only_the_real_part() -> None:
    restored, truth = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
    truth[..., :2, :] = 0.5
    truth[..., 2:, :] = 9
    weight = torch.zeros(1, 1, 4, 4)
    weight[..., :2, :] = 1
    assert float(l2_loss(restored, truth, weight)) == pytest.approx(0.25)


def test_l2_weighs() -> None:
    truth = torch.tensor([1.0, 2.0]).reshape(1, 1, 1, 2)
    weight = torch.tensor([3.0, 1.0]).reshape(1, 1, 1, 2)
    assert float(l2_loss(torch.zeros_like(truth), truth, weight)) == pytest.approx((3 * 1 + 1 * 4) / 4)


def test_laplacian_ignores_a_constant_and_sees_detail() -> None:
    truth, weight = torch.zeros(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
    assert float(laplacian_loss(truth + 0.3, truth, weight)) == pytest.approx(0, abs=1e-6)
    checks = torch.tensor([[0.1, -0.1], [-0.1, 0.1]]).repeat(8, 8).expand(1, 3, 16, 16)
    assert float(laplacian_loss(checks, truth, weight)) == pytest.approx(0.1, rel=1e-5)
