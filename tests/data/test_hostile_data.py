"""Test data sets from strangers: a clear error, and nothing read or written outside their folders."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.data import Portrait, pack_dataset, read_card, read_manifest, read_rows, write_manifest
from gfrnet.data.shards import read_blocks
from gfrnet.errors import DataError
from people import face_points


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Write a data set of two photos of one person."""
    root = tmp_path / "set"
    rows = []
    for photo in range(2):
        crop = images.write(
            images.Photo(np.full((32, 32, 3), photo, np.uint8)), root / "crops" / f"{photo}.png"
        )
        rows.append(
            Portrait("Ada", f"{photo}.jpg", crop, (0, 0, 32, 32), face_points() / 8, "target", size=32)
        )
    write_manifest(root, rows)
    return root


def change(root: Path, **values: object) -> None:
    """Write the data set with other values in its first row."""
    first, *others = read_rows(root)
    write_manifest(root, [replace(first, **values), *others])


@pytest.mark.parametrize("split", ["../../x", "a/b", "..", "a\0b", "x" * 41, "vàl"])
def test_a_split_that_is_no_plain_name_is_refused_before_it_names_a_file(dataset: Path, split: str) -> None:
    change(dataset, split=split)
    with pytest.raises(DataError, match=r"manifest\.csv: .*split"):
        pack_dataset(dataset, dataset.parent / "shards")
    assert sorted(os.listdir(dataset.parent)) == ["set"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_measure_that_is_no_number_is_refused(dataset: Path, value: float) -> None:
    change(dataset, yaw=value)
    with pytest.raises(DataError, match="yaw"):
        read_rows(dataset)


def test_landmarks_that_are_no_numbers_are_refused(dataset: Path) -> None:
    change(dataset, landmarks=np.full((68, 2), np.nan, np.float32))
    with pytest.raises(DataError, match="not finite"):
        read_rows(dataset)


@pytest.mark.parametrize("folder", [False, True])
def test_a_crop_that_is_a_link_to_another_file_is_not_packed(dataset: Path, folder: bool) -> None:
    secret = dataset.parent / "secret"
    secret.mkdir()
    images.write(images.Photo(np.zeros((32, 32, 3), np.uint8)), secret / "0.png")
    place = dataset / "crops" if folder else dataset / "crops" / "0.png"
    (dataset / "crops").rename(dataset / "old") if folder else place.unlink()
    place.symlink_to(secret if folder else secret / "0.png")
    with pytest.raises(DataError, match="leads out of"):
        pack_dataset(dataset, dataset.parent / "shards")
    assert not (dataset.parent / "shards").exists()


def test_a_data_set_behind_a_link_is_packed(dataset: Path) -> None:
    (dataset.parent / "link").symlink_to(dataset)
    assert pack_dataset(dataset.parent / "link", dataset.parent / "shards") == 1


def test_a_manifest_that_is_not_utf8_is_refused_by_name(dataset: Path) -> None:
    data = (dataset / "manifest.csv").read_bytes()
    (dataset / "manifest.csv").write_bytes(data.replace(b"Ada", b"A\xffa", 1))
    with pytest.raises(DataError, match=r"manifest\.csv is damaged"):
        read_manifest(dataset)


def test_a_parquet_that_is_damaged_inside_is_refused_by_name(dataset: Path) -> None:
    pytest.importorskip("pyarrow")
    write_manifest(dataset, read_rows(dataset), replace(read_card(dataset), manifest="parquet"))
    data = bytearray((dataset / "manifest.parquet").read_bytes())
    data[4 : len(data) // 2] = os.urandom(len(data) // 2 - 4)
    (dataset / "manifest.parquet").write_bytes(data)
    with pytest.raises(DataError, match=r"manifest\.parquet"):
        read_manifest(dataset)


@pytest.mark.parametrize(
    ("key", "value"),
    [("manifest", "../../x"), ("crop", {"size": 10**9}), ("crop", []), ("notes", [1]), ("version", "x")],
)
def test_a_card_of_wrong_types_is_refused_by_name(dataset: Path, key: str, value: object) -> None:
    card = json.loads((dataset / "dataset.json").read_text())
    (dataset / "dataset.json").write_text(json.dumps(card | {key: value}))
    with pytest.raises(DataError, match=r"dataset\.json is broken"):
        read_manifest(dataset)


def test_deep_nesting_is_refused(dataset: Path) -> None:
    (dataset / "dataset.json").write_text('{"version": 2, "settings": ' + "[" * 100_000)
    with pytest.raises(DataError, match=r"dataset\.json is broken"):
        read_manifest(dataset)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "../../set/crops/0.png"),
        ("split", "../x"),
        ("blocks", [{"start": 0, "stop": 5, "people": {"Ada": "\ud800"}}]),
        ("blocks", [{"start": -1, "stop": 5, "people": {"Ada": 2}}]),
        ("blocks", [{"start": 0, "stop": 5, "people": {"Ada": -2}}]),
        ("blocks", None),
    ],
)
def test_an_index_of_wrong_values_is_refused_by_name(dataset: Path, key: str, value: object) -> None:
    shards = dataset.parent / "shards"
    pack_dataset(dataset, shards)
    index = json.loads((shards / "shards.json").read_text())
    index["shards"][0][key] = value
    (shards / "shards.json").write_text(json.dumps(index))
    with pytest.raises(DataError, match=r"shards\.json is damaged"):
        read_blocks([shards])


def test_a_shard_with_other_rows_is_refused_by_name(dataset: Path) -> None:
    shards = dataset.parent / "shards"
    pack_dataset(dataset, shards)
    shard = next(shards.glob("*.tar"))
    shard.write_bytes(shard.read_bytes().replace(b'"yaw": 0.0', b'"yaw": NaN'))
    (block,) = read_blocks([shards])
    with pytest.raises(DataError, match=shard.name):
        block.read()
