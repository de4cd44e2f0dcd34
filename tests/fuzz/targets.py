"""Read damaged files as the program reads them. Each reader may refuse a file with an error of gfrnet."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fuzz import seeds
from gfrnet import faces, images
from gfrnet.batch import read_report
from gfrnet.data import pack_dataset, read_card, read_rows
from gfrnet.data.shards import read_blocks
from gfrnet.restore import GuideSet
from gfrnet.runtime import open_runtime
from gfrnet.train import load_config
from gfrnet.types import Box

_SMALL = 10**7
"""Samples of the largest picture that is written again."""


@dataclass(frozen=True)
class Target:
    """Hold a kind of file.

    Attributes:
        name: Name of the kind.
        share: Share of all files that are of this kind.
        seeds: Whole files.
        place: Where the damaged file is written.
        read: Function that reads it, and returns the bytes of what it holds.
    """

    name: str
    share: float
    seeds: tuple[bytes, ...]
    place: Path
    read: Callable[[Path], int]


def targets(folder: Path) -> tuple[Target, ...]:
    """Prepare all kinds of files below a folder."""
    root = seeds.dataset(folder)
    manifest, card = root / "manifest.csv", root / "dataset.json"
    table, table_card = folder / "parquet" / "manifest.parquet", folder / "parquet" / "dataset.json"
    index, shard = folder / "shards" / "shards.json", next((folder / "shards").glob("*.tar"))
    kinds: list[tuple[str, float, list[bytes], Path, Callable[[Path], int]]] = [
        ("picture", 0.72, seeds.pictures(), folder / "picture", _picture),
        ("sidecar", 0.03, seeds.sidecars(folder), folder / "photo.jpg.xmp", _sidecar),
        ("manifest.csv", 0.04, [manifest.read_bytes()], manifest, _dataset),
        ("manifest.parquet", 0.04, [table.read_bytes()], table, _rows),
        ("dataset.json", 0.03, [card.read_bytes(), table_card.read_bytes()], card, _card),
        ("shards.json", 0.03, [index.read_bytes()], index, _shards),
        ("shard", 0.03, [shard.read_bytes()], shard, _shards),
        ("config", 0.03, seeds.configs(), folder / "config.yaml", _config),
        ("report", 0.01, [seeds.report()], folder / "report.json", _report),
        ("guide set", 0.02, seeds.guide_sets(folder), folder / "guides.npz", _guide_set),
        ("onnx", 0.01, seeds.models(folder), folder / "fuzzed.onnx", _model),
        ("safetensors", 0.01, seeds.safetensors(folder), folder / "fuzzed.safetensors", _model),
    ]
    return tuple(Target(name, share, tuple(whole), *rest) for name, share, whole, *rest in kinds)


def _picture(path: Path) -> int:
    photo = images.read(path)
    faces.find_faces(photo.rgb8)
    images.people_in(photo)
    images.taken(photo)
    # Large pictures are only read, since a PNG of them takes seconds.
    if photo.pixels.size < _SMALL:
        images.write(photo, path.with_name("written.png"))
    return photo.pixels.nbytes + (0 if photo.alpha is None else photo.alpha.nbytes)


def _sidecar(path: Path) -> int:
    """Read a sidecar, write into it, and take that back: whatever it is, it is read or refused."""
    photo, frame = path.with_name("photo.jpg"), images.Frame(60, 40, 6)
    images.people_beside(images.read_sidecars(photo), frame)
    for people in ([images.PersonRegion(Box(2, 3, 9, 12), "Oma")], []):
        images.write_sidecar(photo, people, frame)
    return path.stat().st_size


def _rows(path: Path) -> int:
    read_rows(path.parent)
    return 0


def _card(path: Path) -> int:
    read_card(path.parent)
    return 0


def _dataset(path: Path) -> int:
    """Read and pack a data set: nothing may be written outside the folder of the shards."""
    before = _files(path.parent.parent)
    target = path.parent.parent / "packed"
    try:
        pack_dataset(path.parent, target)
    finally:
        shutil.rmtree(target, ignore_errors=True)
        assert _files(path.parent.parent) == before
    return 0


def _files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def _shards(path: Path) -> int:
    held = 0
    for block in read_blocks([path.parent]):
        for portrait in block.read():
            held += portrait.pixels().nbytes
            portrait.mask()
    return held


def _config(path: Path) -> int:
    load_config(path)
    return 0


def _report(path: Path) -> int:
    read_report(path)
    return 0


def _guide_set(path: Path) -> int:
    return sum(guide.face.crop.nbytes for guide in GuideSet.load(path).guides)


def _model(path: Path) -> int:
    runtime = open_runtime(path)
    grey = np.zeros((1, 256, 256, 3), np.float32)
    runtime.run(grey, grey)
    return 0
