"""Make the optimizers of a run, and shorten the gradients that they step along."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from gfrnet.train.config import TrainConfig
from gfrnet.train.muon import Muon


def make_optimizers(
    config: TrainConfig, network: nn.Module, discriminators: nn.Module
) -> list[torch.optim.Optimizer]:
    """Return an optimizer of the network and, in an adversarial run, one of the discriminators."""
    # Fused steps are faster: they read memory once. With fp16 they would unscale the gradients only after
    # clipping, which needs them unscaled.
    betas = (config.beta1, 0.999)
    adam = partial(torch.optim.Adam, betas=betas, fused=config.precision != "fp16")
    make = partial(Muon, betas=betas) if config.optimizer == "muon" else adam
    optimizers: list[torch.optim.Optimizer] = [make(_learning(network))]
    if config.adversarial:
        optimizers.append(adam(_learning(discriminators)))
    return optimizers


def _learning(side: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in side.parameters() if parameter.requires_grad]


def clip_each_part(side: nn.Module, norm: float) -> None:
    """Shorten the gradient of each part of a network to a norm, if it is longer; 0 shortens none.

    WarpNet's gradient is often many times RecNet's, and must not decide how far RecNet goes.
    """
    if norm:
        for part in side.children():
            nn.utils.clip_grad_norm_(part.parameters(), norm)
