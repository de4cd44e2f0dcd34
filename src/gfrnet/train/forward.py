"""Run a network in training: tensors in and out, so that processes can share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gfrnet.nets import Network, Restoration


class Trained(nn.Module):
    """Give a network one ``forward`` for both phases: WarpNet alone, and everything."""

    def __init__(self, network: Network, texture: bool) -> None:
        super().__init__()
        self.network, self.texture = network, texture

    def forward(self, degraded: Tensor, guide: Tensor, flow_alone: bool) -> dict[str, Any]:
        """Return the flows alone, or all that a loss may look at."""
        if flow_alone:
            return {"flows": tuple(self.network.flows(degraded, guide))}
        result = self.network(degraded, guide, self.texture)
        flows = (*result.early, *(() if result.flow is None else (result.flow,)))
        return {"last": result.last, "flows": flows, "stages": result.stages, "points": result.points}


def as_restoration(outputs: Mapping[str, Any]) -> Restoration:
    """Return what `Trained` gave after the pre-training, by name."""
    *early, flow = outputs["flows"] or (None,)
    return Restoration(
        outputs["last"], flow=flow, early=tuple(early), stages=outputs["stages"], points=outputs["points"]
    )


def all_guides(batch: Mapping[str, Tensor]) -> Tensor:
    """Return (N * K, 3, H, W): the K guides of each sample, one after another, the first one first."""
    return torch.cat((batch["guide"][:, None], batch["more_guides"]), 1).flatten(0, 1)
