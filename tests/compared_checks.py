"""Check what all compared networks have in common, on pictures that the tests make."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.nets.network import Network, Restoration


def smooth(side: int, seed: int, batch: int = 1) -> Tensor:
    """Return a smooth picture of random colours, (N, 3, side, side) in [-0.8, 0.8]."""
    coarse = torch.rand(batch, 3, 6, 6, generator=torch.Generator().manual_seed(seed)) * 1.6 - 0.8
    return F.interpolate(coarse, size=(side, side), mode="bilinear", align_corners=True)


def error(result: Restoration, truth: Tensor) -> Tensor:
    """Return the squared error of the result and of all stages."""
    pictures = (result.restored, *result.stages)
    errors = (F.mse_loss(each, F.adaptive_avg_pool2d(truth, each.shape[-1])) for each in pictures)
    return torch.stack(list(errors)).sum()


def learn(network: Network, steps: int, rate: float = 1e-3, side: int = 32, batch: int = 1) -> list[float]:
    """Let a network learn one fixed sample with Adam, and return its errors at all steps."""
    network.train()
    truth = smooth(side, 1, batch)
    degraded = truth + 0.2 * smooth(side, 2, batch)
    optimizer = torch.optim.Adam(network.parameters(), rate)
    errors = []
    for _ in range(steps):
        found = error(network(degraded, smooth(side, 3, batch)), truth)
        optimizer.zero_grad()
        found.backward()
        optimizer.step()
        errors.append(found.item())
    return errors


def unreached(network: Network, side: int = 32) -> list[str]:
    """Return the names of parameters that no gradient reaches, from a batch in bf16.

    A bias before a norm has no effect; so its gradient may be 0. NaN counts as not reached.
    """
    network.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = network(smooth(side, 1, 2), smooth(side, 2, 2))
    assert {each.dtype for each in (result.restored, *result.stages)} == {torch.float32}
    error(result, smooth(side, 3, 2)).backward()
    return [name for name, parameter in network.named_parameters() if not _reached(name, parameter)]


def _reached(name: str, parameter: nn.Parameter) -> bool:
    gradient = parameter.grad
    if gradient is None or not gradient.isfinite().all():
        return False
    return name.endswith("bias") or bool(gradient.any())


def whole(network: Network) -> tuple[int, ...]:
    """Return the shape of the result of a whole photo, which is not computed."""
    photo = torch.zeros(1, 3, 256, 256, device="meta")
    return tuple(network.to("meta")(photo, photo).restored.shape)


def convolutions(module: nn.Module) -> list[nn.Conv2d]:
    """Return all convolutions of a module in their order."""
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]


def silence(layer: nn.Module, bias: float = 0.0) -> None:
    """Set a convolution's kernels to 0, and its biases to a value."""
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            parameter.fill_(bias if name == "bias" else 0.0)


def check_guide(blind: Network, guided: Network) -> None:
    """Check that a guide counts only where it should, and that none is one of zeros."""
    photo, guide = smooth(32, 0), smooth(32, 1)
    blind.eval()
    guided.eval()
    with torch.no_grad():
        assert torch.equal(blind(photo, guide).restored, blind(photo).restored)
        assert not torch.equal(guided(photo, guide).restored, guided(photo).restored)
        assert torch.equal(guided(photo, torch.zeros_like(guide)).restored, guided(photo).restored)


def check_fit(blind: Network, guided: Network) -> None:
    """Check that results have the size of the photo, and stay in [-1, 1]."""
    with torch.no_grad():
        restored = blind.eval()(smooth(40, 0)).restored
    assert restored.shape == (1, 3, 40, 40)
    assert restored.abs().max() <= 1
    assert whole(blind) == whole(guided) == (1, 3, 256, 256)
