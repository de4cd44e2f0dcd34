"""Open data sets as training samples, as folders or shards, on this disk or behind a URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from gfrnet.data.manifest import Portrait
from gfrnet.data.samples.draws import Streams
from gfrnet.data.samples.guides import Guides
from gfrnet.data.samples.sample import SampleOptions
from gfrnet.data.samples.samples import Order, Samples
from gfrnet.data.shards import Block, ShardBlock, local_path, read_blocks
from gfrnet.errors import DataError

ReadingOrder: TypeAlias = Order | Literal["shards"]
"""Order of the targets; ``shards``: each once an epoch, read in long pieces (see `Streams`)."""


@dataclass(frozen=True)
class Reading:
    """Configure which part of a data set is read, and in which order.

    Attributes:
        order: Order of the targets. Only ``shards`` reads a URL without downloading everything.
        split: The wanted split; None for all.
        streams: Number of independent streams with the order ``shards`` (see `Streams`): a multiple of
            processes times workers.
        part: Number of samples that a worker takes at a time.
    """

    order: ReadingOrder = "balanced"
    split: str | None = None
    streams: int = 8
    part: int = 1


def open_samples(
    sources: Sequence[str | Path],
    guides: Guides,
    options: SampleOptions | None = None,
    reading: Reading | None = None,
    *,
    seed: int = 0,
    batch_size: int = 1,
) -> Samples:
    """Open training samples of data sets; a folder and its shards give the same ones.

    Args:
        sources: Folders of data sets, and folders or URLs of shards.
        guides: What guides a target.
        options: How samples are made; the defaults if None.
        reading: What is read in which order; the defaults if None.
        seed: Seed of everything random.
        batch_size: Number of samples of a step over all workers and processes, see `Samples`.

    Raises:
        DataError: A source is missing, empty or damaged, or two have a person of the same name. Or the order
            does not suit a URL, or `Samples` refuses the data.
        MissingExtraError: The package for the URL of a source is not installed.
    """
    reading = reading or Reading()
    blocks = read_blocks(sources, reading.split)
    if reading.order != "shards":
        portraits = [portrait for block in blocks for portrait in _read_local(block, reading.order)]
        return Samples(portraits, guides, options, seed=seed, order=reading.order, batch_size=batch_size)
    streams = Streams(
        blocks, guides.choice, guides.single, seed=seed, streams=reading.streams, batch_size=reading.part
    )
    return Samples(streams, guides, options, seed=seed, batch_size=batch_size)


def _read_local(block: Block, order: Order) -> Sequence[Portrait]:
    if isinstance(block, ShardBlock) and local_path(block.shard) is None:
        raise DataError(
            f"{block.shard} is not on this machine, and the order {order} reads here and there. "
            "Set order to shards, or download the shards first."
        )
    return block.read()
