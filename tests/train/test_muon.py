import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from gfrnet.train.muon import Muon

RATE = 0.01
BETAS = (0.5, 0.999)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    made = nn.Sequential(nn.Conv2d(4, 8, 3), nn.InstanceNorm2d(8, affine=True), nn.ConvTranspose2d(8, 4, 4))
    return made.to(memory_format=torch.channels_last)


def gradients(net: nn.Module, steps: int = 3) -> Iterator[None]:
    """Set random gradients, the same for every network of this shape."""
    source = torch.Generator().manual_seed(1)
    for _ in range(steps):
        for parameter in net.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=source)
        yield


def optimizer(net: nn.Module) -> Muon:
    made = Muon(list(net.parameters()), BETAS)
    made.param_groups[0]["lr"] = RATE
    return made


def values(net: nn.Module) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in net.parameters()]


def test_a_kernels_step_is_nearly_orthogonal_and_as_large_as_adams() -> None:
    net = network()
    muon = optimizer(net)
    for _ in gradients(net):
        before = values(net)
        muon.step()
    for old, new in zip(before, values(net), strict=True):
        if old.ndim != 4:
            continue
        step = ((old - new) / RATE).flatten(1)
        sizes = torch.linalg.svdvals(step) / (0.2 * math.sqrt(max(step.shape)))
        assert sizes.min() > 0.6
        assert sizes.max() < 1.4


def test_vectors_step_as_with_adam() -> None:
    net, other = network(), network()
    vectors = [parameter for parameter in other.parameters() if parameter.ndim == 1]
    muon, adam = optimizer(net), torch.optim.Adam(vectors, lr=RATE, betas=BETAS)
    for _ in zip(gradients(net), gradients(other), strict=True):
        muon.step()
        adam.step()
    after = [parameter for parameter in net.parameters() if parameter.ndim == 1]
    assert len(after) == 4
    for one, two in zip(after, vectors, strict=True):
        assert torch.equal(one, two)


def test_a_loaded_state_gives_the_same_steps() -> None:
    whole, parts = network(), network()
    muon, first = optimizer(whole), optimizer(parts)
    for number, _ in enumerate(zip(gradients(whole), gradients(parts), strict=True)):
        if number == 2:
            first_state, first = first.state_dict(), optimizer(parts)
            first.load_state_dict(first_state)
        muon.step()
        first.step()
    for one, two in zip(values(whole), values(parts), strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("kept", ["kernels", "vectors"])
def test_one_kind_alone_learns(kept: str) -> None:
    net = network()
    for parameter in net.parameters():
        parameter.requires_grad_((parameter.ndim == 4) == (kept == "kernels"))
    learning = [parameter for parameter in net.parameters() if parameter.requires_grad]
    before = values(net)
    muon = Muon(learning, BETAS)
    muon.param_groups[0]["lr"] = RATE
    for _ in gradients(net, 1):
        muon.step()
    for parameter, old in zip(net.parameters(), before, strict=True):
        assert torch.equal(parameter.detach(), old) != parameter.requires_grad
