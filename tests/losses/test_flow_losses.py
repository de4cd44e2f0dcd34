import pytest
import torch

from gfrnet.losses import dense_flow_loss, landmark_distance_loss, landmark_loss, sample_flow, tv_loss
from gfrnet.nets import identity_flow, to_unit, warp


def test_flow_is_read_at_the_point() -> None:
    flow = identity_flow(16, 16, torch.zeros(1))
    points = torch.tensor([[[-1.0, -1.0], [0.2, -0.4], [1.0, 0.5]]])
    torch.testing.assert_close(sample_flow(flow, points), points)


def test_landmark_loss_by_hand() -> None:
    flow = identity_flow(8, 8, torch.zeros(1)).expand(2, -1, -1, -1)
    target = torch.zeros(2, 3, 2)
    guide = target + torch.tensor([0.1, -0.2])
    both, one = torch.ones(2), torch.tensor([0.0, 1.0])
    assert float(landmark_loss(flow, target, guide, both)) == pytest.approx(3 * (0.01 + 0.04), rel=1e-5)
    assert float(landmark_loss(flow, target, guide, one)) == pytest.approx(3 * (0.01 + 0.04) / 2, rel=1e-5)


def test_landmark_distance_by_hand() -> None:
    flow = identity_flow(8, 8, torch.zeros(1)).expand(2, -1, -1, -1)
    target = torch.zeros(2, 4, 2)
    guide = target.clone()
    guide[:, 0] = torch.tensor([0.3, -0.4])
    counts = torch.tensor([0.0, 1.0])
    assert float(landmark_distance_loss(flow, target, guide, counts)) == pytest.approx(0.5 / 4 / 2, rel=2e-3)


def test_landmark_loss_has_the_direction_of_equation_9() -> None:
    """Undo a guide's shift by 10 px to the right with a flow that looks 10 px further."""
    size = 64
    picture = torch.zeros(1, 1, size, size)
    picture[..., 30, 20] = 1
    guide = torch.roll(picture, 10, dims=3)
    step = torch.tensor([20 / (size - 1), 0.0]).reshape(1, 2, 1, 1)
    flow = (identity_flow(size, size, picture) + step).clamp(-1, 1)
    target_point, guide_point = torch.tensor([[[20.0, 30.0]]]), torch.tensor([[[30.0, 30.0]]])
    target, guided, counts = to_unit(target_point, size), to_unit(guide_point, size), torch.ones(1)
    assert float(landmark_loss(flow, target, guided, counts)) == pytest.approx(0, abs=1e-9)
    wrong = float(landmark_loss(flow, guided, target, counts))
    assert wrong == pytest.approx((2 * 20 / (size - 1)) ** 2, rel=1e-4)
    assert float(warp(guide, flow)[..., 30, 20]) == pytest.approx(1, abs=1e-4)


def test_landmark_loss_learns_the_shift() -> None:
    """Follow the gradient from identity until the flow at the target's landmark leads to the guide's."""
    flow = identity_flow(16, 16, torch.zeros(1)).clone().requires_grad_()
    target, guide = torch.tensor([[[-0.2, 0.2]]]), torch.tensor([[[0.3, 0.1]]])
    for _ in range(50):
        (slope,) = torch.autograd.grad(landmark_loss(flow, target, guide, torch.ones(1)), flow)
        flow = (flow - slope / 2).detach().requires_grad_()
    torch.testing.assert_close(sample_flow(flow, target).detach(), guide, atol=1e-3, rtol=0)


def test_tv_by_hand() -> None:
    field = torch.zeros(1, 2, 2, 3)
    field[0, 0] = torch.tensor([[0.0, 1.0, 3.0], [0.0, 0.0, 0.0]])
    along_x, along_y = 1 + 4, 1 + 9
    assert float(tv_loss(field)) == along_x + along_y
    assert float(tv_loss(field.expand(5, -1, -1, -1))) == along_x + along_y


def test_dense_flow_loss_by_hand() -> None:
    flow, known = torch.zeros(1, 2, 2, 2), torch.zeros(1, 2, 2, 2)
    known[0, :, 0, 0] = torch.tensor([3.0, 4.0])
    known[0, :, 1, 1] = 100
    weight = torch.tensor([[1.0, 1.0], [0.0, 0.0]]).reshape(1, 1, 2, 2)
    assert float(dense_flow_loss(flow, known, weight)) == pytest.approx(2.5, rel=1e-3)


def test_dense_flow_loss_of_a_coarse_flow() -> None:
    """Read the known flow at the coarse flow's places; pixels that are known only in part do not count."""
    known = identity_flow(33, 33, torch.zeros(1)) * 0.5
    weight = torch.ones(1, 1, 33, 33)
    exact = identity_flow(9, 9, torch.zeros(1)) * 0.5
    assert float(dense_flow_loss(exact, known, weight)) == pytest.approx(0, abs=2e-4)
    weight[..., 16:] = 0
    wrong = exact.clone()
    wrong[..., 4:] += 1
    assert float(dense_flow_loss(wrong, known, weight)) == pytest.approx(0, abs=2e-4)
    wrong[..., 3] += torch.tensor([3.0, 4.0]).reshape(1, 2, 1)
    assert float(dense_flow_loss(wrong, known, weight)) == pytest.approx(5 / 4, rel=1e-3)


def test_dense_flow_loss_without_a_known_flow_is_0() -> None:
    flow = torch.rand(1, 2, 4, 4, requires_grad=True)
    loss = dense_flow_loss(flow, torch.zeros(1, 2, 4, 4), torch.zeros(1, 1, 4, 4))
    loss.backward()
    assert float(loss.detach()) == 0
    assert torch.isfinite(flow.grad).all()
