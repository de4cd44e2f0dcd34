"""Make the optimizers of a run, and shorten the gradients that they step along."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn

from gfrnet.train.config import TrainConfig
from gfrnet.train.muon import Muon

RMSPROP_DECAY = 0.9
"""Decay of RMSprop's squared gradients, as TDAE has it (Yu and Porikli, CVPR 2017)."""


def make_optimizers(
    config: TrainConfig, network: nn.Module, discriminators: nn.Module
) -> list[torch.optim.Optimizer]:
    """Return an optimizer of the network and, in an adversarial run, one of the discriminators."""
    # Fused steps are faster: they read memory once. With fp16 they would unscale the gradients only after
    # clipping, which needs them unscaled.
    betas = (config.beta1, 0.999)
    fused, decay = config.precision != "fp16", config.weight_decay
    adam = partial(torch.optim.Adam, betas=betas, fused=fused)
    match config.optimizer:
        case "adam":
            first: torch.optim.Optimizer = adam(_learning(network), weight_decay=decay)
        case "muon":
            first = Muon(_learning(network), betas=betas)
        case "rmsprop":
            first = torch.optim.RMSprop(_learning(network), alpha=RMSPROP_DECAY, weight_decay=decay)
    return [first, adam(_learning(discriminators))] if config.adversarial else [first]


def _learning(side: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in side.parameters() if parameter.requires_grad]


def clip_each_part(side: nn.Module, norm: float) -> None:
    """Shorten the gradient of each part of a network to a norm, if it is longer; 0 shortens none.

    WarpNet's gradient is often many times RecNet's, and must not decide how far RecNet goes.
    """
    if norm:
        for part in side.children():
            nn.utils.clip_grad_norm_(part.parameters(), norm)
