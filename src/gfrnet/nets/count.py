"""Count the weights of a network, and its operations for a face."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from gfrnet.nets.network import Network


@dataclass(frozen=True)
class Size:
    """Hold the size of one part of a network.

    Attributes:
        name: Name of the part, such as ``warpnet``, or ``all``.
        parameters: Number of weights.
        flops: Floating-point operations for a face, of convolutions and products; a multiply-add is two.
    """

    name: str
    parameters: int
    flops: int


def count(network: Network) -> tuple[Size, ...]:
    """Return the sizes of the network's parts and of the whole, for one 256 x 256 face."""
    size = network.config.size
    picture = torch.zeros(1, 3, size, size)
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        network.eval()(picture, picture)
    flops = {name: sum(parts.values()) for name, parts in counter.get_flop_counts().items()}
    kind = type(network).__name__
    names = {part: f"{kind}.{part}" for part in network.config.parts} | {"all": "Global"}
    return tuple(Size(name, _parameters(network, name), flops[key]) for name, key in names.items())


def _parameters(network: Network, part: str) -> int:
    module = network if part == "all" else network.get_submodule(part)
    return sum(parameter.numel() for parameter in module.parameters())
