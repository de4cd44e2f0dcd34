"""Reading data sets where they lie: as folders, as packed shards, on this disk or behind a URL."""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy as np

from gfrnet import images
from gfrnet.data.draws import Block, Streams, cut_into_blocks
from gfrnet.data.manifest import Portrait, read_manifest, settle
from gfrnet.data.pack import INDEX, VERSION
from gfrnet.data.pairs import Guides, Order, Pairs
from gfrnet.degradation import Setting
from gfrnet.errors import DataError, MissingExtraError
from gfrnet.types import UInt8Image

PAUSES = (1.0, 5.0, 25.0)
"""Seconds before a read that failed is tried again: networks have hiccups, and a training runs for days."""

ReadingOrder: TypeAlias = Order | Literal["shards"]
"""Which target comes when; ``shards``: each once an epoch, read in long pieces (see `Streams`)."""


@dataclass(frozen=True, slots=True)
class PackedPortrait(Portrait):
    """A portrait whose crop lies in a shard.

    Attributes:
        shard: Path or URL of the shard.
        place: First byte of the crop in it, and the one after the last.
        held: The crop's bytes, if they have been read already.
    """

    shard: str = ""
    place: tuple[int, int] = (0, 0)
    held: bytes = field(default=b"", repr=False)

    def pixels(self) -> UInt8Image:
        """The (256, 256, 3) crop, RGB 0..255."""
        return images.decode(
            self.held or _fetch(self.shard, *self.place), f"{self.shard} ({self.source})"
        ).rgb8


@dataclass(frozen=True)
class ShardBlock:
    """People whose records stand together in a shard.

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
        """All portraits; with the bytes of their crops, unless the shard is a local file.

        Raises:
            DataError: The shard cannot be read, or holds something else than its index says.
        """
        local = _local_path(self.shard)
        try:
            if local is None:
                return self._portraits(io.BytesIO(_fetch(self.shard, self.start, self.stop)), hold=True)
            with local.open("rb") as file:
                file.seek(self.start)
                return self._portraits(file, hold=False)
        except (OSError, tarfile.TarError, ValueError, TypeError) as error:
            raise DataError(
                f"{self.shard} is missing or damaged ({error}). Copy or pack it again."
            ) from error

    def _portraits(self, file: BinaryIO, hold: bool) -> tuple[Portrait, ...]:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            return tuple(self._portrait(tar, hold) for _ in range(sum(self.people.values())))

    def _portrait(self, tar: tarfile.TarFile, hold: bool) -> Portrait:
        row = json.loads(_content(tar, _next(tar)))
        row["real"] = tuple(row["real"])
        row["landmarks"] = np.array(row["landmarks"], dtype=np.float32).reshape(68, 2)
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


def open_pairs(
    sources: Sequence[str | Path],
    guides: Guides,
    *,
    seed: int = 0,
    heavy: float = 0.0,
    feature_weight: float = 0.0,
    flip: bool = True,
    setting: Setting = "full",
    order: ReadingOrder = "balanced",
    split: str | None = None,
    streams: int = 8,
    part: int = 1,
    batch_size: int = 1,
) -> Pairs:
    """Training samples of data sets, as folders or as shards; both give the same ones.

    Args:
        sources: Folders that ``gfrnet data build`` made, folders or URLs that ``gfrnet data pack`` filled.
        guides: What guides a target.
        seed: As all that follow down to ``setting``, see `Pairs`.
        heavy: Share of samples with a large scale factor.
        feature_weight: Extra loss weight on eyes, nose and mouth.
        flip: Mirror half of the samples.
        setting: Degradation setting.
        order: Which target comes when. Behind a URL only ``shards`` does without downloading everything.
        split: The part that is used; all if None.
        streams: With ``shards``, independent streams (see `Streams`): a multiple of processes times workers.
        part: The samples that a worker takes at a time.
        batch_size: The samples of a step, over all workers and processes, see `Pairs`.

    Raises:
        DataError: A source is missing, empty or damaged, two have a person of the same name, the order does
            not go with a URL, or `Pairs` refuses the data.
        MissingExtraError: The package for a source's kind of URL is not installed.
    """
    blocks = read_blocks(sources, split)
    portraits: Sequence[Portrait] | Streams
    if order == "shards":
        portraits = Streams(blocks, guides.choice, guides.single, seed=seed, streams=streams, batch_size=part)
    else:
        portraits = [portrait for block in blocks for portrait in _read_local(block, order)]
    return Pairs(
        portraits,
        guides,
        seed=seed,
        heavy=heavy,
        feature_weight=feature_weight,
        flip=flip,
        setting=setting,
        batch_size=batch_size,
        order="epoch" if order == "epoch" else "balanced",
    )


def read_blocks(sources: Sequence[str | Path], split: str | None = None) -> tuple[Block, ...]:
    """The blocks of several data sets, the same for a folder and for its shards.

    Raises:
        DataError: One of them cannot be read, has nothing of ``split``, or two have one person.
    """
    homes: dict[str, str] = {}
    blocks: list[Block] = []
    for source in map(str, sources):
        found = _source_blocks(source, split)
        settle(homes, (person for block in found for person in block.people), source)
        blocks += found
    return tuple(blocks)


def _source_blocks(source: str, split: str | None) -> Sequence[Block]:
    local = _local_path(source)
    if local is not None and not (local / INDEX).exists():
        return cut_into_blocks(read_manifest(local, split))
    blocks = [
        ShardBlock(f"{source.rstrip('/')}/{shard['name']}", **block)
        for shard in _read_index(f"{source.rstrip('/')}/{INDEX}")
        if split is None or shard["split"] in ("", split)
        for block in shard["blocks"]
    ]
    if not blocks:
        raise DataError(f"{source} has no photos of the split {split}. Pack the data set of that split too.")
    return blocks


def _read_index(url: str) -> list[dict[str, Any]]:
    try:
        index = json.loads(_fetch(url))
    except ValueError as error:
        raise DataError(f"{url} is damaged ({error}). Copy or pack the shards again.") from error
    if index.get("version") != VERSION:
        raise DataError(
            f"{url} is of version {index.get('version')}, not {VERSION}. Pack the data set again."
        )
    return list(index["shards"])


def _read_local(block: Block, order: Order) -> Sequence[Portrait]:
    if isinstance(block, ShardBlock) and _local_path(block.shard) is None:
        raise DataError(
            f"{block.shard} is not on this machine, and the order {order} reads here and there. "
            "Set order to shards, or download the shards first."
        )
    return block.read()


def _local_path(source: str) -> Path | None:
    """The path of a local file or folder; None for what lies elsewhere."""
    from fsspec.implementations.local import LocalFileSystem

    files, path = _storage(source)
    return Path(path) if isinstance(files, LocalFileSystem) else None


def _storage(source: str) -> tuple[Any, str]:
    """The fsspec file system of a path or URL, and the path in it.

    Raises:
        DataError: No storage has such URLs.
        MissingExtraError: The package for such URLs is not installed.
    """
    import fsspec
    from fsspec.implementations.local import LocalFileSystem

    # fsspec takes :: in a folder's name for a chain of URLs.
    if os.path.exists(source):
        return LocalFileSystem(), source
    try:
        files, path = fsspec.url_to_fs(source)
    except ImportError as error:
        raise MissingExtraError(f"{source} cannot be opened: {error}") from error
    except ValueError as error:
        raise DataError(
            f"{source} cannot be opened ({error}). Give a folder, or a URL such as https://HOST/FOLDER."
        ) from error
    return files, path


def _fetch(url: str, start: int = 0, stop: int | None = None) -> bytes:
    """Bytes of a file; tried again where the network fails.

    Raises:
        DataError: It is missing, shorter, or cannot be read.
        MissingExtraError: The package for such URLs is not installed.
    """
    files, path = _storage(url)
    for pause in (*PAUSES, None):
        try:
            data: bytes = files.cat_file(path, start=start or None, end=stop)
            break
        except FileNotFoundError as error:
            raise DataError(f"{url} does not exist. Check the address, or pack the data set.") from error
        # Every kind of storage has exceptions of its own.
        except Exception as error:
            if pause is None:
                raise DataError(
                    f"{url} cannot be read ({error}). Check the address and the network."
                ) from error
            time.sleep(pause)
    if stop is None or len(data) == stop - start:
        return data
    if len(data) < stop:
        raise DataError(f"{url} is shorter than its index says. Copy or pack it again.")
    # A server that knows no ranges answers with the whole file.
    return data[start:stop]
