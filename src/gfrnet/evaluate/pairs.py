"""List the evaluation pairs of a data set, which are fixed (protocol, section Pairs)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from gfrnet import images
from gfrnet.data import Portrait, by_person, guide_image
from gfrnet.degradation import Recipe, sample_recipe
from gfrnet.errors import Advice, DataError
from gfrnet.evaluate.rows import csv_text
from gfrnet.faces import CROP_SIZE
from gfrnet.types import AnyArray

Protocol: TypeAlias = Literal["bicubic", "blind"]

MOST_OTHERS = 4
"""Photos that the variant five-guides has besides the guide image; album has all."""


@dataclass(frozen=True)
class Pair:
    """Hold one evaluation pair.

    Attributes:
        target: The ground truth.
        guide: The person's guide image.
        stranger: The guide image of another person, for the control.
        others: All other photos of the person, shuffled by the target's name.
    """

    target: Portrait
    guide: Portrait
    stranger: Portrait
    others: tuple[Portrait, ...] = ()

    @property
    def name(self) -> str:
        """Return the name of the pair: the target's path below its source folder."""
        return self.target.source

    @property
    def pose_gap(self) -> float:
        """Return the angle in degrees of the one turn that brings the guide's head to the target's pose."""
        turn = _rotation(self.target).T @ _rotation(self.guide)
        return float(np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))))

    def recipe(self, protocol: Protocol, scale: float) -> Recipe:
        """Return the target's degradation, always the same for this pair, protocol and scale."""
        if protocol == "bicubic":
            return Recipe(scale=scale)
        seed = zlib.crc32(self.name.encode())
        return sample_recipe(np.random.default_rng(seed), scale=scale)


def list_pairs(portraits: Sequence[Portrait]) -> tuple[Pair, ...]:
    """List the pairs: every photo of a person but the guide is a target; people of `alone` are left out.

    The stranger is the guide of the next person in the order of names.

    Raises:
        DataError: Fewer than two people have two photos; or a photo has no landmarks, no crop, or one of
            another size.
    """
    people = {name: group for name, group in sorted(by_person(portraits).items()) if len(group) > 1}
    if not people:
        raise DataError("Nobody in this data set has two photos, so there is no pair to evaluate.")
    if len(people) < 2:
        raise DataError(
            f"Only {next(iter(people))} has two photos or more. Evaluation needs at least two people: a "
            "stranger's guide is one of its controls. Add another person, or another data set."
        )
    _check(portrait for group in people.values() for portrait in group)
    guides = [guide_image(group) for group in people.values()]
    strangers = [*guides[1:], guides[0]]
    return tuple(
        Pair(target, guide, stranger, _others(target, guide, group))
        for group, guide, stranger in zip(people.values(), guides, strangers, strict=True)
        for target in group
        if target is not guide
    )


def _others(target: Portrait, guide: Portrait, group: Sequence[Portrait]) -> tuple[Portrait, ...]:
    """Shuffle the other photos by the target's name, so that a run can be repeated."""
    rest = [portrait for portrait in group if portrait is not target and portrait is not guide]
    drawn = np.random.default_rng(zlib.crc32(target.source.encode())).permutation(len(rest))
    return tuple(rest[index] for index in drawn)


def alone(portraits: Iterable[Portrait]) -> tuple[str, ...]:
    """Name the people with one photo, which nothing can guide."""
    return tuple(sorted(name for name, group in by_person(portraits).items() if len(group) == 1))


def write_pairs(pairs: Sequence[Pair], path: Path) -> None:
    """Write the list as CSV, so that others can measure on the same pairs."""
    lines = ((p.target.person, p.name, p.guide.source, p.stranger.source) for p in pairs)
    images.write_text(csv_text(("person", "target", "guide", "stranger"), lines), path)


def _check(portraits: Iterable[Portrait]) -> None:
    for portrait in portraits:
        if portrait.landmarks is None or portrait.crop is None:
            lacks = "landmarks" if portrait.landmarks is None else "crop"
            raise DataError(
                f"{portrait.source} of {portrait.person} has no {lacks} in the manifest. Build the data set "
                "from photographs.",
                advice=(Advice.BUILD_DATA,),
            )
        if portrait.size != CROP_SIZE:
            raise DataError(
                f"{portrait.crop} is a crop of {portrait.size} pixels, and models are measured at "
                f"{CROP_SIZE}. Build the data set with crops of this size."
            )


def _rotation(portrait: Portrait) -> AnyArray:
    """Return the rotation Rz(roll) Ry(-yaw) Rx(pitch), as `faces.pose68` takes it apart."""
    yaw, pitch, roll = np.radians((-portrait.yaw, portrait.pitch, portrait.roll))
    about_x = ((1, 0, 0), (0, np.cos(pitch), -np.sin(pitch)), (0, np.sin(pitch), np.cos(pitch)))
    about_y = ((np.cos(yaw), 0, np.sin(yaw)), (0, 1, 0), (-np.sin(yaw), 0, np.cos(yaw)))
    about_z = ((np.cos(roll), -np.sin(roll), 0), (np.sin(roll), np.cos(roll), 0), (0, 0, 1))
    return np.asarray(np.array(about_z) @ about_y @ about_x)
