"""Test what every loss promises: batches can be split anywhere, and padding does not count."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from gfrnet import losses
from gfrnet.losses.padding import weighed_mean
from gfrnet.losses.perceptual import Scaling

SIZE = 16
Loss = Callable[[Tensor, slice], Tensor]


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def vgg() -> losses.VGGFeatures:
    return losses.VGGFeatures(
        [[(random(4, 3, 3, 3), random(4))], [(random(5, 4, 3, 3), random(5))]], Scaling((100.0, 110.0, 120.0))
    )


TRUTH, KNOWN = random(4, 3, SIZE, SIZE, seed=1), random(4, 2, SIZE, SIZE, seed=2)
WEIGHT = random(4, 1, SIZE, SIZE, seed=3).abs() + 0.5
"""One sample whole, one with padding at odd places, one of padding only, one with its left half."""
WEIGHT[1, :, 5:] = 0
WEIGHT[1, :, :, :3] = 0
WEIGHT[2] = 0
WEIGHT[3, :, :, 8:] = 0
TARGET, GUIDE = random(4, 68, 2, seed=4), random(4, 68, 2, seed=5)
COUNTS = torch.tensor([1.0, 0.0, 1.0, 1.0])

PICTURE_LOSSES: dict[str, Loss] = {
    "l2": lambda x, part: losses.l2_loss(x, TRUTH[part], WEIGHT[part]),
    "laplacian": lambda x, part: losses.laplacian_loss(x, TRUTH[part], WEIGHT[part]),
    "perceptual": lambda x, part: losses.perceptual_loss(vgg(), x, TRUTH[part], (WEIGHT[part] > 0).float()),
    "adversarial": lambda x, part: losses.generator_loss(
        nn.functional.conv2d(losses.keep_padding(x, TRUTH[part], WEIGHT[part]), random(1, 3, 4, 4))
    ),
}
FLOW_LOSSES: dict[str, Loss] = {
    "landmark": lambda x, part: losses.landmark_loss(x, TARGET[part], GUIDE[part], COUNTS[part]),
    "tv": lambda x, part: losses.tv_loss(x),
    "dense flow": lambda x, part: losses.dense_flow_loss(x, KNOWN[part], WEIGHT[part]),
    "discriminator": lambda x, part: losses.discriminator_loss(x, KNOWN[part]),
}
ALL_LOSSES = PICTURE_LOSSES | FLOW_LOSSES


def gradient(loss: Loss, values: Tensor, parts: list[slice]) -> tuple[Tensor, Tensor]:
    """Return the mean of the parts' losses, and its gradient."""
    values = values.clone().requires_grad_()
    mean = torch.stack([loss(values[part], part) for part in parts]).mean()
    mean.backward()
    assert values.grad is not None
    return mean.detach(), values.grad


@pytest.mark.parametrize("name", ALL_LOSSES)
def test_a_batch_is_the_mean_of_its_halves(name: str) -> None:
    values = random(4, 3 if name in PICTURE_LOSSES else 2, SIZE, SIZE, seed=6)
    whole = gradient(ALL_LOSSES[name], values, [slice(0, 4)])
    halves = gradient(ALL_LOSSES[name], values, [slice(0, 2), slice(2, 4)])
    assert float(whole[0]) > 0
    for one, other in zip(whole, halves, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6 * float(one.abs().max()))


@pytest.mark.parametrize("name", PICTURE_LOSSES)
def test_padding_has_no_gradient(name: str) -> None:
    _, slope = gradient(PICTURE_LOSSES[name], random(4, 3, SIZE, SIZE, seed=6), [slice(0, 4)])
    real = (WEIGHT > 0).expand_as(slope)
    assert slope[real].count_nonzero() > 0.7 * real.sum()
    assert not slope[~real].any()


@pytest.mark.parametrize("name", PICTURE_LOSSES)
def test_padding_of_the_restored_does_not_matter(name: str) -> None:
    values = random(4, 3, SIZE, SIZE, seed=6)
    other = torch.where(WEIGHT > 0, values, torch.tensor(0.7))
    whole = slice(0, 4)
    torch.testing.assert_close(PICTURE_LOSSES[name](values, whole), PICTURE_LOSSES[name](other, whole))


def test_weighed_mean_by_hand() -> None:
    values = torch.tensor([[1.0, 2.0], [5.0, 7.0]]).reshape(2, 1, 1, 2)
    weight = torch.tensor([[3.0, 1.0], [0.0, 0.5]]).reshape(2, 1, 1, 2)
    assert float(weighed_mean(values, weight)) == pytest.approx(((3 * 1 + 1 * 2) / 4 + 7) / 2)
    assert float(weighed_mean(values, torch.zeros_like(weight))) == 0


def test_padding_is_the_truths() -> None:
    kept = losses.keep_padding(torch.ones(1, 3, 2, 2), torch.zeros(1, 3, 2, 2), torch.eye(2)[None, None])
    torch.testing.assert_close(kept, torch.eye(2).expand(1, 3, 2, 2))
