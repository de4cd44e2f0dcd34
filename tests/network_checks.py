"""Check what every compared network must do, with pictures that the test makes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets import Network
from gfrnet.nets.compared.enlargement import enlarge, small_picture


def photos(size: int, count: int = 1, factor: int = 4, seed: int = 0) -> Tensor:
    """Make smooth pictures, enlarged by a factor, (N, 3, size, size) in [-1, 1]."""
    noise = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed)) * 1.2 - 0.6
    small = F.interpolate(noise, size=(size // factor,) * 2, mode="bicubic", align_corners=False)
    return enlarge(small, factor).clamp(-1, 1)


def restored(network: Network, degraded: Tensor, guide: Tensor | None = None) -> Tensor:
    """Restore without a gradient, and check shape, range and precision."""
    with torch.no_grad():
        found = network.eval()(degraded, guide).restored
    assert found.shape == degraded.shape
    assert found.dtype == torch.float32
    assert found.min() >= -1
    assert found.max() <= 1
    return found


def check_bfloat16(network: Network, degraded: Tensor, guide: Tensor | None = None) -> None:
    """Restore in autocast as the trainer does; every parameter must get a finite gradient."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = network.train()(degraded, guide)
    assert result.restored.dtype == torch.float32
    result.restored.square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


def losses(network: Network, degraded: Tensor, truth: Tensor, steps: int, rate: float = 1e-4) -> list[float]:
    """Take steps of Adam on one batch without a guide, and return the mean squared error before each."""
    optimizer = torch.optim.Adam(network.train().parameters(), rate, fused=True)
    found = []
    for _ in range(steps):
        loss = (network(degraded).restored - truth).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


def parameters(module: nn.Module) -> int:
    """Count the weights of a module."""
    return sum(parameter.numel() for parameter in module.parameters())


def convolutions(module: nn.Module) -> list[tuple[int, int, int, int]]:
    """List channels in and out, kernel side and stride of the convolutions in their order."""
    return [
        (layer.in_channels, layer.out_channels, layer.kernel_size[0], layer.stride[0])
        for layer in module.modules()
        if isinstance(layer, nn.Conv2d)
    ]


@contextmanager
def without(layer: nn.Module) -> Iterator[None]:
    """Set a layer's parameters to 0 for a while."""
    kept = {name: value.clone() for name, value in layer.state_dict().items()}
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
    yield
    layer.load_state_dict(kept)


def unseen(size: int, factor: int) -> Tensor:
    """Make a pattern (1, 3, size, size) that no small picture can give, so that it does not change any."""
    noise = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(1)) - 0.5
    return noise - enlarge(small_picture(noise, factor), factor)


@contextmanager
def inputs_of(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Collect what a layer gets."""
    found: list[Tensor] = []
    handle = layer.register_forward_pre_hook(lambda _, given: found.append(given[0]))
    yield found
    handle.remove()
