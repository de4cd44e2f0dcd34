"""Divide photos among machines that do not know of each other."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import blake2b

from gfrnet.errors import ConfigError

MOST_SHARDS = 100_000
"""Largest number of shards; Slurm allows no larger array either unless it is built anew."""


@dataclass(frozen=True)
class Shard:
    """Name one part of the photos.

    A photo belongs to a shard by the hash of its name. So each photo is in exactly one shard, also where
    photos are added between the starts of two machines.

    Attributes:
        index: Number of this shard, from 1.
        count: Number of all shards.

    Raises:
        ConfigError: There is no such shard.
    """

    index: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not (1 <= self.count <= MOST_SHARDS and 1 <= self.index <= self.count):
            raise ConfigError(
                f"Shard {self.index} of {self.count} does not exist. Count shards from 1: with "
                f"{max(1, min(self.count, MOST_SHARDS))} shards, the first is "
                f"1/{max(1, min(self.count, MOST_SHARDS))}."
            )

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read a shard from text such as ``3/16``.

        Raises:
            ConfigError: The text has another form, or there is no such shard.
        """
        found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text, re.ASCII)
        if found is None:
            raise ConfigError(f"{text!r} is no shard. Give its number and the number of all, such as 3/16.")
        return cls(int(found[1]), int(found[2]))

    @property
    def label(self) -> str:
        """Return the ending of file names of this shard; empty where there is only one."""
        width = len(str(self.count))
        return "" if self.count == 1 else f"-{self.index:0{width}}-of-{self.count}"

    def holds(self, name: str) -> bool:
        """Return whether a photo of this name belongs to this shard."""
        number = int.from_bytes(blake2b(os.fsencode(name), digest_size=8).digest())
        return number % self.count == self.index - 1
