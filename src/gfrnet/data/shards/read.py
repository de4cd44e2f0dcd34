"""Read data sets in blocks, as folders or as packed shards, on this disk or behind a URL."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Annotated, BinaryIO

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import from_json

from gfrnet import images
from gfrnet.data.manifest import Portrait, Split, checked, first_fault, points, read_manifest, settle
from gfrnet.data.shards.blocks import Block, cut_into_blocks
from gfrnet.data.shards.pack import INDEX, SHARD_NAME, VERSION
from gfrnet.data.shards.storage import fetch, local_path
from gfrnet.errors import DataError
from gfrnet.files import opened
from gfrnet.types import UInt8Image


@dataclass(frozen=True, slots=True)
class PackedPortrait(Portrait):
    """Hold a portrait whose crop lies in a shard.

    Attributes:
        shard: Path or URL of the shard.
        place: First byte of the crop in the shard, and the byte after the last.
        held: Bytes of the crop, if they have been read already.
    """

    shard: str = ""
    place: tuple[int, int] = (0, 0)
    held: bytes = field(default=b"", repr=False)

    def pixels(self) -> UInt8Image:
        """Read the (size, size, 3) crop, RGB 0..255.

        Raises:
            DataError: The shard cannot be read.
            ImageError: The crop is broken.
        """
        data = self.held or fetch(self.shard, *self.place)
        return images.decode(data, f"{self.shard} ({self.source})", mend=False).rgb8


@dataclass(frozen=True)
class ShardBlock:
    """Hold people whose records stand together in a shard.

    Attributes:
        shard: Path or URL of the shard.
        start: First byte.
        stop: The byte after the last.
        people: Number of photos by person.
    """

    shard: str
    start: int
    stop: int
    people: Mapping[str, int]

    def read(self) -> tuple[Portrait, ...]:
        """Return all portraits; with the bytes of their crops, unless the shard is a local file.

        Raises:
            DataError: The shard cannot be read, or does not hold what its index says.
        """
        local = local_path(self.shard)
        try:
            if local is None:
                return self._portraits(io.BytesIO(fetch(self.shard, self.start, self.stop)), hold=True)
            with opened(local, inf) as file:
                file.seek(self.start)
                return self._portraits(file, hold=False)
        except (OSError, tarfile.TarError, ValueError, LookupError, TypeError, ArithmeticError) as error:
            raise DataError(
                f"{self.shard} is missing or damaged ({error}). Copy or pack it again."
            ) from error

    def _portraits(self, file: BinaryIO, hold: bool) -> tuple[Portrait, ...]:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            return tuple(self._portrait(tar, hold) for _ in range(sum(self.people.values())))

    def _portrait(self, tar: tarfile.TarFile, hold: bool) -> Portrait:
        row = from_json(_content(tar, _next(tar)))
        landmarks = points(row.pop("landmarks"), 68, 2)
        row = checked(row | {"real": tuple(row["real"])}) | {"landmarks": landmarks}
        crop = _next(tar)
        if hold:
            return PackedPortrait(**row, crop=None, shard=self.shard, held=_content(tar, crop))
        place = (crop.offset_data, crop.offset_data + crop.size)
        return PackedPortrait(**row, crop=None, shard=self.shard, place=place)


def _next(tar: tarfile.TarFile) -> tarfile.TarInfo:
    member = tar.next()
    if member is None:
        raise tarfile.ReadError("it ends early")
    return member


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    return file.read() if file else b""


def read_blocks(sources: Sequence[str | Path], split: str | None = None) -> tuple[Block, ...]:
    """List the blocks of several data sets; they are the same for a folder and for its shards.

    Args:
        sources: Folders of data sets, and folders or URLs of shards.
        split: The wanted split; None for all.

    Raises:
        DataError: One of them cannot be read, has nothing of ``split``, or two have a person of the same
            name.
    """
    homes: dict[str, str] = {}
    blocks: list[Block] = []
    for source in map(str, sources):
        found = _source_blocks(source, split)
        settle(homes, (person for block in found for person in block.people), source)
        blocks += found
    return tuple(blocks)


def _source_blocks(source: str, split: str | None) -> Sequence[Block]:
    local = local_path(source)
    if local is not None and not (local / INDEX).exists():
        return cut_into_blocks(read_manifest(local, split))
    blocks = [
        ShardBlock(f"{source.rstrip('/')}/{shard.name}", block.start, block.stop, block.people)
        for shard in _read_index(f"{source.rstrip('/')}/{INDEX}")
        if split is None or shard.split in ("", split)
        for block in shard.blocks
    ]
    if not blocks:
        raise DataError(f"{source} has no photos of the split {split}. Pack the data set of that split too.")
    return blocks


class _StoredBlock(BaseModel):
    start: int = Field(ge=0)
    stop: int = Field(gt=0)
    people: dict[str, Annotated[int, Field(ge=1)]]


class _StoredShard(BaseModel):
    name: str = Field(pattern=SHARD_NAME)
    split: Split
    blocks: tuple[_StoredBlock, ...]


class _Version(BaseModel):
    version: int


class _Index(BaseModel):
    shards: tuple[_StoredShard, ...]


def _read_index(url: str) -> tuple[_StoredShard, ...]:
    data = fetch(url)
    try:
        version = _Version.model_validate_json(data).version
        index = _Index.model_validate_json(data) if version == VERSION else None
    except ValidationError as error:
        raise DataError(f"{url} is damaged ({first_fault(error)}). Copy or pack the shards again.") from error
    if index is None:
        raise DataError(f"{url} is of version {version}, not {VERSION}. Pack the data set again.")
    return index.shards
