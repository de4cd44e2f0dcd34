"""Test the losses of the compared methods against slow or closed forms."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gfrnet import losses
from gfrnet.nets.compared import haar_packet


def test_stages_are_compared_at_their_own_size() -> None:
    truth, weight = torch.rand(2, 3, 32, 32), torch.ones(2, 1, 32, 32)
    stages = (truth + 0.5, losses.shrunk(truth, 8) - 1)
    torch.testing.assert_close(losses.stages_loss(stages, truth, weight), torch.tensor(0.25 + 1))


def test_padding_counts_in_no_stage() -> None:
    truth, weight = torch.zeros(1, 3, 32, 32), torch.ones(1, 1, 32, 32)
    weight[..., 16:] = 0
    stage = torch.zeros(1, 3, 8, 8)
    stage[..., 4:] = 9
    assert losses.stages_loss((stage,), truth, weight) == 0


def test_points_are_measured_in_sides_of_the_picture() -> None:
    points = torch.rand(2, 68, 2) * 256
    found = torch.stack((points, points + torch.tensor((3.0, 4.0))), 1)
    expected = torch.tensor((5 / 256) ** 2 / 2)
    torch.testing.assert_close(losses.points_loss(found, points, 256), expected)


class Slope(nn.Module):
    """Score a picture by the sum of its values times a factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return (N, 1, 1, 1)."""
        return pictures.sum((1, 2, 3), keepdim=True) * self.factor


@pytest.mark.parametrize("factor", [0.1, 1.0])
def test_the_penalty_is_the_distance_of_the_whole_gradients_norm_from_1(factor: float) -> None:
    """A norm over channels alone, as in DeblurGAN's code, would give (factor * sqrt(3) - 1)^2."""
    critic = Slope(factor)
    found = losses.gradient_penalty(critic, torch.rand(2, 3, 4, 4), torch.rand(2, 3, 4, 4))
    assert found.item() == pytest.approx((factor * 48**0.5 - 1) ** 2, rel=1e-5)
    found.backward()
    assert critic.factor.grad is not None
    assert critic.factor.grad.item() == pytest.approx(2 * (factor * 48**0.5 - 1) * 48**0.5, rel=1e-4)


def test_a_critic_wants_true_scores_above_restored_ones() -> None:
    true, restored = torch.tensor([3.0, 5.0]), torch.tensor([1.0, 2.0])
    assert losses.critic_loss(true, restored) == -2.5


def test_classes_are_told_apart() -> None:
    logits = torch.tensor([[9.0, 0, 0], [0, 9, 0]])[..., None, None]
    right, wrong = torch.tensor([0, 1]), torch.tensor([2, 2])
    assert losses.class_loss(logits, right) < 0.01 < 8 < losses.class_loss(logits, wrong)


def test_features_are_compared_layer_by_layer() -> None:
    one, other = (
        [torch.zeros(1, 2, 4, 4), torch.zeros(1, 4, 2, 2)],
        [torch.ones(1, 2, 4, 4), torch.zeros(1, 4, 2, 2)],
    )
    assert losses.feature_loss(one, other) == 1


def test_the_label_of_the_truth_can_be_1() -> None:
    sure, none = torch.full((1, 1, 2, 2), 20.0), torch.full((1, 1, 2, 2), -20.0)
    assert losses.discriminator_loss(sure, none, 1.0) < 1e-6
    assert losses.discriminator_loss(sure, none) > 1


def wavelets_slowly(restored: Tensor, truth: Tensor, levels: int) -> float:
    """Compute the loss of the authors' code for one picture in [0, 1], coefficient by coefficient."""
    found, wanted = haar_packet(restored, levels)[0], haar_packet(truth, levels)[0]
    half = (128 / restored.shape[-1]) ** 2 / 2
    total = 0.01 * half * float((found[:3] - wanted[:3]).square().sum())
    texture = []
    for index in range(3, len(found), 3):
        ours, theirs = found[index : index + 3], wanted[index : index + 3]
        total += 0.99 * half * float((ours - theirs).square().sum())
        texture.append((1.2 * theirs.square().sum(0) - ours.square().sum(0)).clamp(min=0).flatten())
    return total + float(torch.cat(texture).mean()) + 0.1 * half * float((restored - truth).square().sum())


@pytest.mark.parametrize("levels", [2, 3])
def test_the_wavelet_loss_has_the_parts_of_the_authors_code(levels: int) -> None:
    restored, truth = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)
    found = losses.wavelet_loss(restored * 2 - 1, truth * 2 - 1, torch.ones(1, 1, 32, 32), levels)
    assert found.item() == pytest.approx(wavelets_slowly(restored, truth, levels), rel=1e-4)
