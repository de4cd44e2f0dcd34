"""Pack a data set into WebDataset shards: tar files that are read in long pieces, from disks and networks.

A record is a photo: ``00000012.json`` holds its row of the manifest. ``00000012.png`` (or ``.jpg``,
``.webp``) holds the very bytes of the crop. The people of a block (`gfrnet.data.shards.blocks`) stand
together. The order of the blocks depends on the people's names alone. ``shards.json`` lists the shards::

    {"version": 1,
     "shards": [{"name": "train-00000-1f0c9a52.tar", "sha256": "...", "bytes": 64102400,
                 "split": "train", "photos": 640, "blocks": [
                     {"start": 0, "stop": 25937920, "people": {"Ada": 5, ...}}, ...]}, ...]}

``start`` and ``stop`` are the bytes of a block in its shard; ``people`` are numbers of photos. The headers of
the tar file lead to the records. So the index stays small with any number of photos.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import Any

from gfrnet import images
from gfrnet.data.manifest import CARD, Portrait, read_manifest
from gfrnet.data.shards.blocks import FolderBlock, cut_into_blocks
from gfrnet.errors import Advice, DataError
from gfrnet.files import read_bytes, sha256
from gfrnet.types import FloatArray
from gfrnet.work import Advanced, unheard

INDEX = "shards.json"
"""Name of the list of shards."""

VERSION = 1
"""Version of the list's format; other versions are refused."""

NOT_PACKED = ("crop", "embedding")
"""Fields of a portrait that a record leaves out: its place on this disk, and what only building needs."""

SHARD_NAME = r"^[A-Za-z0-9_-]+-\d{5}-[0-9a-f]{8}\.tar$"
"""Pattern of the names of shards: a split or ``all``, a number, and the start of the SHA-256."""


@dataclass(frozen=True)
class _Record:
    """Hold a photo and its row of the manifest."""

    row: bytes
    crop: Path
    crop_size: int

    @property
    def size(self) -> int:
        """Return the bytes in the shard: both files and their headers, filled up to whole tar blocks."""
        return sum(
            tarfile.BLOCKSIZE * (1 + -(-size // tarfile.BLOCKSIZE))
            for size in (len(self.row), self.crop_size)
        )


def pack_dataset(
    source: Path, target: Path, shard_mb: float = 64, on_event: Callable[[Advanced], None] = unheard
) -> int:
    """Pack the photos in use into shards.

    The same data set gives the same bytes. The name of a shard depends on its content. A
    whole shard that is there already is not written again. The index is written last; then shards of an
    earlier packing are removed.

    Args:
        source: The data set.
        target: Folder of the shards; not a data set itself, whose photos their index would hide.
        shard_mb: Megabytes of a shard; it holds at least one block, even a larger one.
        on_event: Called after every shard.

    Returns:
        Number of shards.

    Raises:
        DataError: There is no data set, a crop is missing or leads out of it, or ``target`` is a data set.
        WriteError: The shards cannot be written.
    """
    if (target / CARD).exists():
        raise DataError(
            f"{target} is a data set, which shards would hide. Give another folder for the shards.",
            advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
        )
    shards, key = [], 0
    portraits = read_manifest(source)
    _check_inside(source, portraits)
    blocks = cut_into_blocks(portraits)
    for split, kin in groupby(blocks, key=lambda block: block.portraits[0].split):
        for number, group in enumerate(_fill(kin, shard_mb * 1e6)):
            shards.append(_pack_shard(f"{split or 'all'}-{number:05d}", split, group, key, target))
            key += shards[-1]["photos"]
            on_event(Advanced("photos", key, len(portraits)))
    images.write_text(json.dumps({"version": VERSION, "shards": shards}), target / INDEX)
    _remove_others(target, {shard["name"] for shard in shards})
    return len(shards)


def _check_inside(source: Path, portraits: Iterable[Portrait]) -> None:
    """Refuse crops that are links out of the data set: a foreign data set must not collect other files."""
    root = source.resolve()
    for portrait in portraits:
        if portrait.crop is not None and not portrait.crop.resolve().is_relative_to(root):
            raise DataError(
                f"{portrait.crop} leads out of {source}, to {portrait.crop.resolve()}. "
                "Put the picture itself there, or build the data set again."
            )


def _fill(blocks: Iterable[FolderBlock], limit: float) -> Iterator[list[tuple[FolderBlock, list[_Record]]]]:
    """Yield blocks and their records, as many at a time as a shard holds."""
    group: list[tuple[FolderBlock, list[_Record]]] = []
    filled = 0
    for block in blocks:
        records = [_record(portrait) for portrait in block.portraits]
        size = sum(record.size for record in records)
        if group and filled + size > limit:
            yield group
            group, filled = [], 0
        group.append((block, records))
        filled += size
    yield group


def _record(portrait: Portrait) -> _Record:
    values = {f.name: getattr(portrait, f.name) for f in fields(Portrait) if f.name not in NOT_PACKED}
    row = json.dumps(values, default=_shortest).encode()
    crop = portrait.crop
    if crop is None or not crop.is_file():
        raise DataError(f"{crop} is missing. Build the data set again; photos that are done take no time.")
    return _Record(row, crop, crop.stat().st_size)


def _shortest(values: FloatArray) -> list[float]:
    """Return all values, each as the shortest decimal that gives the same float32."""
    return [float(str(value)) for value in values.ravel()]


def _pack_shard(
    stem: str, split: str, group: list[tuple[FolderBlock, list[_Record]]], key: int, target: Path
) -> dict[str, Any]:
    """Write a shard unless it is there and whole; return its entry in the index."""
    records = [record for _, block_records in group for record in block_records]
    data = _tar(records, key)
    digest = hashlib.sha256(data).hexdigest()
    path = target / f"{stem}-{digest[:8]}.tar"
    if not _holds(path, digest):
        images.write_bytes(data, path)
    blocks, start = [], 0
    for block, block_records in group:
        stop = start + sum(record.size for record in block_records)
        blocks.append({"start": start, "stop": stop, "people": block.people})
        start = stop
    return {
        "name": path.name,
        "sha256": digest,
        "bytes": len(data),
        "split": split,
        "photos": len(records),
        "blocks": blocks,
    }


def _holds(path: Path, digest: str) -> bool:
    """Say whether a file is there and whole."""
    return path.is_file() and sha256(path) == digest


def _tar(records: Iterable[_Record], key: int) -> bytes:
    """Return the bytes of a shard; time, place and user stay zero in the headers."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for number, record in enumerate(records, key):
            picture = read_bytes(record.crop)
            if len(picture) != record.crop_size:
                raise DataError(f"{record.crop} changed while it was packed. Pack again.")
            for name, data in (
                (f"{number:08d}.json", record.row),
                (f"{number:08d}{record.crop.suffix}", picture),
            ):
                header = tarfile.TarInfo(name)
                header.size = len(data)
                tar.addfile(header, io.BytesIO(data))
    return buffer.getvalue()


def _remove_others(target: Path, names: set[str]) -> None:
    for path in target.iterdir():
        if re.match(SHARD_NAME, path.name) and path.name not in names:
            path.unlink()
