import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import webdataset

from gfrnet.data import pack_dataset, read_manifest
from gfrnet.errors import DataError
from people import write_people


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six people with three photos, in blocks of six photos."""
    monkeypatch.setattr("gfrnet.data.shards.blocks.BLOCK_PHOTOS", 6)
    monkeypatch.setattr("gfrnet.data.shards.blocks.BLOCK_PEOPLE", 2)
    write_people(tmp_path / "set", 6)
    return tmp_path / "set"


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_index_tells_of_every_shard(source: Path, tmp_path: Path) -> None:
    assert pack_dataset(source, tmp_path / "shards", 0.001) == 3
    index = json.loads((tmp_path / "shards" / "shards.json").read_text())
    assert [shard["photos"] for shard in index["shards"]] == [6, 6, 6]
    for shard in index["shards"]:
        data = (tmp_path / "shards" / shard["name"]).read_bytes()
        assert len(data) == shard["bytes"]
        assert hashlib.sha256(data).hexdigest() == shard["sha256"]
        assert list(shard["blocks"][0]["people"].values()) == [3, 3]


def test_blocks_fill_a_shard_up_to_its_size(source: Path, tmp_path: Path) -> None:
    assert pack_dataset(source, tmp_path / "shards") == 1
    (shard,) = json.loads((tmp_path / "shards" / "shards.json").read_text())["shards"]
    starts, stops = zip(*((block["start"], block["stop"]) for block in shard["blocks"]), strict=True)
    assert starts == (0, *stops[:-1])
    assert shard["name"].startswith("all-00000-")


def test_webdataset_reads_the_shards(source: Path, tmp_path: Path) -> None:
    pack_dataset(source, tmp_path / "shards", 0.001)
    shards = sorted(map(str, (tmp_path / "shards").glob("*.tar")))
    records = list(webdataset.WebDataset(shards, shardshuffle=False).decode("rgb8"))
    portraits = {portrait.source: portrait for portrait in read_manifest(source)}
    assert [record["__key__"] for record in records] == [f"{number:08d}" for number in range(18)]
    assert {record["json"]["source"] for record in records} == set(portraits)
    for record in records:
        portrait = portraits[record["json"]["source"]]
        np.testing.assert_array_equal(record["png"], portrait.pixels())
        np.testing.assert_array_equal(
            np.float32(record["json"]["landmarks"]).reshape(68, 2), portrait.points()
        )


def test_the_same_bytes_every_time(source: Path, tmp_path: Path) -> None:
    pack_dataset(source, tmp_path / "one", 0.001)
    pack_dataset(source, tmp_path / "other", 0.001)
    assert content(tmp_path / "one") == content(tmp_path / "other")


def test_goes_on_where_it_was_interrupted(source: Path, tmp_path: Path) -> None:
    pack_dataset(source, tmp_path / "whole", 0.001)
    shards = tmp_path / "shards"
    pack_dataset(source, shards, 0.001)
    first, last, *_ = sorted(shards.glob("*.tar"))
    (shards / "shards.json").unlink()
    last.unlink()
    written = first.stat().st_mtime_ns
    pack_dataset(source, shards, 0.001)
    assert first.stat().st_mtime_ns == written
    assert content(shards) == content(tmp_path / "whole")


def test_a_damaged_shard_is_written_anew(source: Path, tmp_path: Path) -> None:
    pack_dataset(source, tmp_path / "whole", 0.001)
    shards = tmp_path / "shards"
    pack_dataset(source, shards, 0.001)
    damaged = min(shards.glob("*.tar"))
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    pack_dataset(source, shards, 0.001)
    assert content(shards) == content(tmp_path / "whole")


def test_shards_do_not_hide_a_data_set(source: Path, tmp_path: Path) -> None:
    write_people(tmp_path / "other")
    for target in (source, tmp_path / "other"):
        with pytest.raises(DataError, match="is a data set"):
            pack_dataset(source, target)
        assert not (target / "shards.json").exists()


def test_shards_of_an_earlier_packing_go(source: Path, tmp_path: Path) -> None:
    shards = tmp_path / "shards"
    pack_dataset(source, shards, 0.001)
    (shards / "notes.tar").write_text("mine")
    pack_dataset(source, shards)
    assert len(list(shards.glob("all-*.tar"))) == 1
    assert (shards / "notes.tar").exists()


def test_a_missing_crop(source: Path, tmp_path: Path) -> None:
    next(source.rglob("2.png")).unlink()
    with pytest.raises(DataError, match=r"2\.png is missing"):
        pack_dataset(source, tmp_path / "shards")
    assert not (tmp_path / "shards" / "shards.json").exists()
