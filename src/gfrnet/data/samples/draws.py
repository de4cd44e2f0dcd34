"""Draw the target of every sample: balanced by chance, or each once an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Literal, Protocol, TypeAlias

import numpy as np

from gfrnet.data.manifest import Portrait, by_person, guide_image
from gfrnet.data.shards.blocks import Block
from gfrnet.errors import Advice, DataError
from gfrnet.types import AnyArray

People: TypeAlias = dict[str, tuple[Portrait, ...]]
"""Photos by person."""

Choice: TypeAlias = Literal["any", "chosen"]
"""Guide of a target: any other photo of the person, or the guide image, then no target (section 4.1)."""

WINDOW_BLOCKS = 4
"""Most blocks whose photos are shuffled together; every epoch groups them anew."""


@dataclass(frozen=True)
class Draw:
    """Hold the photos that a sample is made of.

    Attributes:
        target: The photo to restore.
        people: Everybody at hand, the target's person among them; guides and strangers come from here.
    """

    target: Portrait
    people: People


class Draws(Protocol):
    """Promise an endless list of targets.

    Attributes:
        epoch: Number of targets, without people of one photo.
        fewest: Least number of people with two or more photos at hand for a target.
    """

    epoch: int
    fewest: int

    def draw(self, index: int, rng: np.random.Generator) -> Draw:
        """Draw the target of sample ``index``, by its place in the list, its random numbers, or both."""
        ...


class Balanced:
    """Draw targets by chance, in proportion to the square root of a person's number of photos.

    So neither people of many photos nor people of two dominate. Singles, the people of one photo, have a
    share of their own.
    """

    def __init__(self, portraits: Sequence[Portrait], choice: Choice, single: float) -> None:
        """Prepare the list; ``single`` is the share of singles among all samples, 0..1."""
        people = by_person(portraits)
        self.people = {name: group for name, group in people.items() if len(group) > 1}
        self.singles = [group[0] for group in people.values() if len(group) == 1]
        _check_people(len(self.people), len(self.singles), single)
        self.single = single
        self.targets = [targets_of(group, choice) for group in self.people.values()]
        chances = np.sqrt([len(targets) for targets in self.targets])
        self.limits = np.cumsum(chances / chances.sum())
        self.epoch, self.fewest = sum(map(len, self.targets)), len(self.people)

    def draw(self, index: int, rng: np.random.Generator) -> Draw:
        """Draw the target of a sample by its random numbers alone."""
        if rng.random() < self.single:
            target = self.singles[rng.integers(len(self.singles))]
            return Draw(target, {target.person: (target,)})
        # Rounding may leave the last limit below 1.
        person = min(int(np.searchsorted(self.limits, rng.random(), "right")), len(self.targets) - 1)
        targets = self.targets[person]
        return Draw(targets[rng.integers(len(targets))], self.people)


class Streams:
    """Draw every target once an epoch, in independent streams of blocks.

    Batch b belongs to stream b modulo ``streams``. Every epoch puts the blocks in a new order and cuts it
    into equal shares, one a stream. Any number of workers that divides ``streams`` gives the same order of
    samples. Each worker reads photos of its own, except in blocks that a cut divides. Shares are rounded up:
    a few targets, fewer than there are streams, come twice an epoch. Singles, the people of one photo, are
    spread evenly in between.
    """

    def __init__(
        self,
        blocks: Sequence[Block],
        choice: Choice,
        single: float,
        *,
        seed: int = 0,
        streams: int = 1,
        batch_size: int = 1,
    ) -> None:
        """Prepare the streams.

        Args:
            blocks: Blocks of the whole data set.
            choice: Guide of a target.
            single: Share of singles among all samples, 0..1.
            seed: Seed of the order.
            streams: Number of streams; fewer where there are fewer blocks of people with two photos or more.
            batch_size: Number of consecutive samples of one stream.

        Raises:
            DataError: Nobody has two photos, or nobody has one where ``single`` asks for them.
        """
        paired = [block for block in blocks if max(block.people.values()) > 1]
        alone = [block for block in blocks if max(block.people.values()) == 1]
        _check_people(sum(len(b.people) for b in paired), len(alone), single)
        count = min(streams, len(paired))
        self.targets = [_Share(paired, choice, (seed, 0), i, count) for i in range(count)]
        self.singles = [_Share(alone, "any", (seed, 1), i, count) for i in range(count if single else 0)]
        self.single, self.batch_size = single, batch_size
        self.epoch = sum(self.targets[0].counts)
        self.fewest = min(len(block.people) for block in paired)

    def draw(self, index: int, rng: np.random.Generator) -> Draw:
        """Draw the target of a sample by its place alone."""
        batch, place = divmod(index, self.batch_size)
        turn, stream = divmod(batch, len(self.targets))
        number = turn * self.batch_size + place
        singles = floor(number * self.single)
        if floor((number + 1) * self.single) > singles:
            return self.singles[stream].draw(singles)
        return self.targets[stream].draw(number - singles)


@dataclass(frozen=True)
class _Window:
    """Hold the targets from number ``first`` on, shuffled, and the people at hand for them."""

    first: int
    targets: tuple[Portrait, ...]
    people: People


class _Share:
    """Hold one stream's share of endless passes over the blocks, one window of it at a time."""

    def __init__(
        self, blocks: Sequence[Block], choice: Choice, key: tuple[int, ...], stream: int, streams: int
    ) -> None:
        """Take a part of every pass; streams with the same ``key`` take parts of the same passes."""
        self.blocks, self.choice, self.key = blocks, choice, key
        self.counts = [_count_targets(block.people, choice) for block in blocks]
        total = sum(self.counts)
        self.start, self.length = stream * total // streams, -(-total // streams)
        self.window = _Window(0, (), {})

    def draw(self, number: int) -> Draw:
        if not 0 <= number - self.window.first < len(self.window.targets):
            self.window = self._open(number)
        return Draw(self.window.targets[number - self.window.first], self.window.people)

    def _open(self, number: int) -> _Window:
        turn = number // self.length
        first, pieces = next(
            (first, pieces) for first, count, pieces in self._windows(turn) if number < first + count
        )
        targets: list[Portrait] = []
        people: People = {}
        for block, start, stop in pieces:
            group = by_person(self.blocks[block].read())
            people |= group
            targets += self._shuffled(group, turn, block)[start:stop]
        order = self._order(len(targets), turn, 2, self.start + first)
        return _Window(first, tuple(targets[i] for i in order), people)

    def _windows(self, turn: int) -> Iterator[tuple[int, int, AnyArray]]:
        """Yield first number, number of targets and pieces of each window of a pass.

        A piece is a row (block, start, stop): a range of the targets of a block, in the order of `_shuffled`.
        """
        order = self._order(len(self.blocks), turn, 0)
        counts = np.array(self.counts)[order]
        begins = np.cumsum(counts) - counts
        starts = np.clip(self.start - begins, 0, counts)
        stops = np.clip(self.start + self.length - begins, 0, counts)
        pieces = np.stack([order, starts, stops], axis=1)[starts < stops]
        first = turn * self.length
        for part in np.array_split(pieces, -(-len(pieces) // WINDOW_BLOCKS)):
            count = int((part[:, 2] - part[:, 1]).sum())
            yield first, count, part
            first += count

    def _shuffled(self, people: People, turn: int, block: int) -> list[Portrait]:
        """Return all targets of a block, in the same order for the two streams that may share it."""
        targets = [target for group in people.values() for target in targets_of(group, self.choice)]
        return [targets[i] for i in self._order(len(targets), turn, 1, block)]

    def _order(self, count: int, *key: int) -> AnyArray:
        return np.random.default_rng((*self.key, *key)).permutation(count)


def targets_of(group: Sequence[Portrait], choice: Choice) -> list[Portrait]:
    """Return the photos of a person that are targets."""
    guide = guide_image(group) if choice == "chosen" and len(group) > 1 else None
    return [portrait for portrait in group if portrait is not guide]


def _count_targets(people: Mapping[str, int], choice: Choice) -> int:
    return sum(photos - (choice == "chosen" and photos > 1) for photos in people.values())


def _check_people(paired: int, singles: int, single: float) -> None:
    """Refuse a data set that has no pairs, or no singles where they are wanted.

    Raises:
        DataError: Nobody has two photos, or nobody has one and ``single`` is above 0.
    """
    if not paired:
        raise DataError("Nobody in this data set has two photos, so there is nobody to guide.")
    if single and not singles:
        raise DataError(
            "Nobody in this data set has a single photo. Set guides.single to 0, or build the data set again "
            "with self_guide, which keeps people of one photo.",
            advice=(Advice.KEEP_SINGLES,),
        )
