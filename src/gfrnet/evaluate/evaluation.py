"""Name what an evaluation measures: which contenders, on which pairs, degraded how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gfrnet.evaluate.models import Contender
from gfrnet.evaluate.pairs import Pair, Protocol
from gfrnet.evaluate.perceptual import Extras


@dataclass(frozen=True)
class Evaluation:
    """Hold all that decides on the rows of a run.

    Attributes:
        contenders: Models and controls with their choice of guide, in the order of the tables.
        pairs: The fixed list of pairs.
        protocol: How the targets are degraded.
        scales: Downsampling factors, 1 or more.
        extras: Perceptual metrics; none by default.
        data: Folders of the data sets, which the report names.
    """

    contenders: Sequence[Contender]
    pairs: Sequence[Pair]
    protocol: Protocol
    scales: Sequence[float]
    extras: Extras = field(default_factory=Extras)
    data: Sequence[Path] = ()
