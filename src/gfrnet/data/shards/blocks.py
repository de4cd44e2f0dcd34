"""Cut a data set into blocks: people whose photos are read together, and stand together in a shard."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Protocol

from gfrnet.data.manifest import Portrait, by_person

BLOCK_PHOTOS = 256
"""Least photos of a block: few enough to hold several blocks of them in memory."""

BLOCK_PEOPLE = 8
"""Least people of a block with two or more photos each, so that there are strangers."""


class Block(Protocol):
    """Promise some people whose photos are read together; all have one photo, or all have more."""

    @property
    def people(self) -> Mapping[str, int]:
        """Return the number of photos by person."""
        ...

    def read(self) -> Sequence[Portrait]:
        """Return all photos."""
        ...


@dataclass(frozen=True)
class FolderBlock:
    """Hold a block of photos that are files of their own."""

    portraits: tuple[Portrait, ...]

    @property
    def people(self) -> Mapping[str, int]:
        """Return the number of photos by person."""
        return {person: len(group) for person, group in by_person(self.portraits).items()}

    def read(self) -> Sequence[Portrait]:
        """Return all photos."""
        return self.portraits


def whole_blocks(portraits: Sequence[Portrait]) -> tuple[FolderBlock, ...]:
    """Put everybody with two photos or more into one block, and everybody else into another."""
    people = by_person(portraits).values()
    parts = (
        tuple(p for group in people if (len(group) > 1) == paired for p in group) for paired in (True, False)
    )
    return tuple(FolderBlock(part) for part in parts if part)


def cut_into_blocks(portraits: Sequence[Portrait]) -> tuple[FolderBlock, ...]:
    """Cut into blocks of whole people, shuffled by a hash of their names.

    Splits stay apart, and so do people of one photo.
    """
    groups = sorted(by_person(portraits).values(), key=lambda group: (*_kind(group), _hash(group[0].person)))
    blocks = [block for _, kin in groupby(groups, key=_kind) for block in _cut(list(kin))]
    return tuple(FolderBlock(tuple(chain.from_iterable(block))) for block in blocks)


def _cut(groups: Sequence[tuple[Portrait, ...]]) -> list[list[tuple[Portrait, ...]]]:
    fewest = 1 if len(groups[0]) == 1 else BLOCK_PEOPLE
    blocks: list[list[tuple[Portrait, ...]]] = [[]]
    for index, group in enumerate(groups):
        full = len(blocks[-1]) >= fewest and sum(map(len, blocks[-1])) >= BLOCK_PHOTOS
        if full and len(groups) - index >= fewest:
            blocks.append([])
        blocks[-1].append(group)
    return blocks


def _kind(group: Sequence[Portrait]) -> tuple[str, bool]:
    return group[0].split, len(group) == 1


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
