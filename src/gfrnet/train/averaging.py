"""Average a network's weights over its last steps: the average restores better, and is exported."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def start_average(network: nn.Module, decay: float) -> dict[str, Tensor]:
    """Return the network's state, as a copy unless averaging is off (``decay`` 0)."""
    state = network.state_dict()
    return {name: value.clone() for name, value in state.items()} if decay else state


def update_average(averaged: dict[str, Tensor], network: nn.Module, decay: float, steps: int) -> None:
    """Move an average towards the network's state, in place.

    Args:
        averaged: What `start_average` returned.
        network: The network after its step.
        decay: Share of the old average that is kept, 0..1; less in the first steps, to forget the start.
        steps: Steps so far, this one included.
    """
    if not decay:
        return
    kept = min(decay, (1 + steps) / (10 + steps))
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                averaged[name].lerp_(value, 1 - kept)
            else:
                averaged[name].copy_(value)
