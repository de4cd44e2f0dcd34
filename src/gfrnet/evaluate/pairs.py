"""The fixed list of evaluation pairs of a data set (protocol, section Pairs)."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from gfrnet import images
from gfrnet.data import Portrait, by_person, guide_image
from gfrnet.degradation import Recipe, sample_recipe
from gfrnet.errors import DataError

Protocol: TypeAlias = Literal["bicubic", "blind"]


@dataclass(frozen=True)
class Pair:
    """One evaluation pair.

    Attributes:
        target: The ground truth.
        guide: The person's guide image.
        stranger: The guide image of another person, for the control.
    """

    target: Portrait
    guide: Portrait
    stranger: Portrait

    @property
    def name(self) -> str:
        """Name of the pair: the target's path below its source folder."""
        return self.target.source

    def recipe(self, protocol: Protocol, scale: float) -> Recipe:
        """How the target is degraded: always the same for this pair, protocol and scale."""
        if protocol == "bicubic":
            return Recipe(scale=scale)
        seed = zlib.crc32(self.name.encode())
        return sample_recipe(np.random.default_rng(seed), scale=scale)


def list_pairs(portraits: Sequence[Portrait]) -> tuple[Pair, ...]:
    """Every used photo of a person that is not the guide is a target; people of one photo have no pair.

    The stranger is the guide of the next person in the order of names.

    Raises:
        DataError: Nobody has two photos, or there is only one person.
    """
    people = by_person(portraits)
    guides = {name: guide_image(group) for name, group in sorted(people.items())}
    if len(guides) < 2:
        raise DataError("Evaluation needs at least two people: a stranger's guide is one of its controls.")
    names = list(guides)
    pairs = tuple(
        Pair(target, guides[name], guides[names[(index + 1) % len(names)]])
        for index, name in enumerate(names)
        for target in people[name]
        if target is not guides[name]
    )
    if not pairs:
        raise DataError("Nobody in this data set has two photos, so there is no pair to evaluate.")
    return pairs


def write_pairs(pairs: Sequence[Pair], path: Path) -> None:
    """Write the list as CSV, so that others can measure on the same pairs."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("person", "target", "guide", "stranger"))
    writer.writerows((p.target.person, p.name, p.guide.source, p.stranger.source) for p in pairs)
    images.write_text(text.getvalue(), path)
