"""How large a network is, and what a face costs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from gfrnet.nets.gfrnet import GFRNet


@dataclass(frozen=True)
class Size:
    """Size of one part.

    Attributes:
        name: ``warpnet``, ``recnet``, ``texturenet`` or ``all``.
        parameters: Number of weights.
        flops: Floating-point operations a face (a multiply-add is two), convolutions and products only.
    """

    name: str
    parameters: int
    flops: int


def count(network: GFRNet) -> tuple[Size, ...]:
    """Sizes of the parts and of the whole, for one 256 x 256 face."""
    size = network.config.size
    picture = torch.zeros(1, 3, size, size)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network.eval()(picture, picture)
    flops = {name: sum(parts.values()) for name, parts in counter.get_flop_counts().items()}
    parts = ("warpnet", "recnet", "texturenet")
    names = {part: f"GFRNet.{part}" for part in parts} | {"all": "Global"}
    return tuple(
        Size(name, _parameters(network, name), flops[key]) for name, key in names.items() if key in flops
    )


def _parameters(network: GFRNet, part: str) -> int:
    module = network if part == "all" else network.get_submodule(part)
    return sum(parameter.numel() for parameter in module.parameters())
