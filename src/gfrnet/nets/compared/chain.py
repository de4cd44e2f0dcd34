"""Enlarge the small photo step by step, with a network after each step."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from math import prod
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn

from gfrnet.nets.compared.enlargement import enlarge, small_picture
from gfrnet.nets.compared.luma import luma, with_luma
from gfrnet.nets.compared.srcnn import SRCNN, SRCNNConfig
from gfrnet.nets.compared.vdsr import VDSR, VDSRConfig
from gfrnet.nets.config import NetworkShape
from gfrnet.nets.network import Network, Restoration

Factor: TypeAlias = Literal[2, 4, 8]
"""Factor by which one step enlarges."""


class Step(BaseModel):
    """Say what happens in one step of a chain.

    Attributes:
        factor: Factor by which the picture is enlarged, bicubically.
        network: Config of the network that then restores it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    factor: Factor
    network: Annotated[SRCNNConfig | VDSRConfig, Field(discriminator="kind")]


class ChainConfig(NetworkShape):
    """Say which steps a chain has.

    Attributes:
        kind: ``chain``.
        steps: The steps in order. Their factors multiply to the whole factor, at most 8.
    """

    kind: Literal["chain"]
    steps: tuple[Step, ...] = Field(min_length=1)

    @property
    def factor(self) -> int:
        """Return the factor from the small photo to the result."""
        return prod(step.factor for step in self.steps)

    @model_validator(mode="after")
    def _in_reach(self) -> ChainConfig:
        if self.factor > 8:
            raise ValueError(f"Choose steps that enlarge 8 times at most, not {self.factor} times.")
        return self


class Chain(Network):
    """Enlarge the small photo bicubically and restore it, step by step; the colours stay.

    GFRNet's authors (section 4.3) restore so at 8x with SRCNN and VDSR, which exist for 2x to 4x. The 2x
    network works on the result of the 4x network.

    The small photo is found by least squares in the photo, which was enlarged from it. From step to step
    only the luma goes on. The result has the colours of the photo.

    A chain is not trained. `compose` makes it of trained networks, and it has their parameters.
    """

    config: ChainConfig

    def __init__(self, config: ChainConfig) -> None:
        super().__init__()
        self.config = config
        self.steps = nn.ModuleList(_built(step.network) for step in config.steps)

    def forward(self, degraded: Tensor, guide: Tensor | None = None, texture: bool = True) -> Restoration:
        """Restore a batch, (N, 3, S, S) in [-1, 1]; guide and texture are ignored.

        Raises:
            ValueError: S is no multiple of the whole factor.
        """
        grey = luma(small_picture(degraded, self.config.factor))
        for step, network in zip(self.config.steps, self.steps, strict=True):
            grey = _restored(network, enlarge(grey, step.factor))
        restored = with_luma(degraded, grey)
        return Restoration(restored if self.training else restored.clamp(-1, 1))


def compose(networks: Sequence[SRCNN | VDSR], factors: Sequence[Factor]) -> Chain:
    """Compose a chain of trained networks; it gets copies of their weights.

    Args:
        networks: The network of each step in order. One network may serve several steps.
        factors: The factor of each step.

    Raises:
        ValueError: There are not as many factors as networks, or they multiply to more than 8.
    """
    if len(networks) != len(factors):
        raise ValueError(f"Give a factor for each network: {len(networks)}, not {len(factors)}.")
    steps = tuple(Step(factor=f, network=n.config) for f, n in zip(factors, networks, strict=True))
    chain = Chain(ChainConfig(kind="chain", steps=steps))
    chain.steps = nn.ModuleList(deepcopy(network) for network in networks)
    return chain.train(networks[0].training)


def _built(config: SRCNNConfig | VDSRConfig) -> SRCNN | VDSR:
    match config:
        case SRCNNConfig():
            return SRCNN(config)
        case VDSRConfig():
            return VDSR(config)


def _restored(network: nn.Module, grey: Tensor) -> Tensor:
    """Restore luma, (N, 1, H, W) in [-1, 1], with a network that takes pictures."""
    found: Restoration = network(grey.expand(-1, 3, -1, -1))
    return luma(found.restored)
