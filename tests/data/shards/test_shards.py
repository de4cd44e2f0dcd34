import json
import pickle
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import fsspec
import numpy as np
import pytest

from gfrnet import images
from gfrnet.data import (
    Guides,
    Portrait,
    Reading,
    ReadingOrder,
    Sample,
    open_samples,
    pack_dataset,
    read_manifest,
    write_manifest,
)
from gfrnet.errors import DataError, MissingExtraError
from people import face_points

GUIDES = Guides(stranger=0.2, none=0.1, self_guide=0.2, single=0.2)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Write twelve people with three photos and eight with one, of 32 pixels, in small blocks."""
    root, rng = tmp_path_factory.mktemp("shards") / "set", np.random.default_rng(1)
    names = [(f"p{person} ü", photo) for person in range(20) for photo in range(3 if person < 12 else 1)]
    portraits = []
    for person, photo in names:
        crop = root / "crops" / person / f"{photo}.png"
        images.write(images.Photo(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)), crop)
        portraits.append(
            Portrait(
                person, f"{person}/{photo}.jpg", crop, (2, 0, 32, 30), face_points() / 8, "target", size=32
            )
        )
    write_manifest(root, portraits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gfrnet.data.shards.blocks.BLOCK_PHOTOS", 4)
        patch.setattr("gfrnet.data.shards.blocks.BLOCK_PEOPLE", 2)
        pack_dataset(root, root.parent / "shards", 0.02)
        yield root


@pytest.fixture(scope="module")
def shards(source: Path) -> Path:
    assert len(list((source.parent / "shards").glob("*.tar"))) > 2
    return source.parent / "shards"


class RangeHandler(SimpleHTTPRequestHandler):
    """Serve parts of files, as storage on the net does; Python's own server sends them whole."""

    asked: list[str]

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        span = self.headers.get("Range")
        if span is None:
            return super().do_GET()
        self.asked.append(span)
        first, last = map(int, span.removeprefix("bytes=").split("-"))
        data = Path(self.translate_path(self.path)).read_bytes()[first : last + 1]
        self.send_response(206)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        return None


class PlainHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture(params=[RangeHandler, PlainHandler])
def url(shards: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    RangeHandler.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(request.param, directory=str(shards)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    assert bool(RangeHandler.asked) == (request.param is RangeHandler)


def assert_same(one: Sample, other: Sample) -> None:
    for name, value in vars(one).items():
        np.testing.assert_array_equal(value, vars(other)[name], err_msg=name)


@pytest.mark.parametrize("order", ["balanced", "epoch", "shards"])
def test_folder_and_shards_give_the_same_samples(source: Path, shards: Path, order: ReadingOrder) -> None:
    one, other = (
        open_samples([place], GUIDES, reading=Reading(order, streams=2, part=4), seed=3)
        for place in (source, shards)
    )
    assert one.epoch == other.epoch == 36
    for index in range(50):
        assert_same(one[index], other[index])


def test_over_the_network(source: Path, url: str) -> None:
    pytest.importorskip("aiohttp")
    here, there = (
        open_samples([place], GUIDES, reading=Reading("shards", streams=2, part=4))
        for place in (source, f"{url}/")
    )
    for index in (40, 41, 48, 70):
        assert_same(here[index], there[index])


def test_from_other_places(source: Path, shards: Path) -> None:
    memory = fsspec.filesystem("memory")
    for path in shards.iterdir():
        memory.pipe_file(f"/faces/{path.name}", path.read_bytes())
    here = open_samples([source], GUIDES, reading=Reading("shards"))
    for place in (f"file://{shards}", "memory://faces"):
        there = open_samples([place], GUIDES, reading=Reading("shards"))
        for index in range(0, 40, 8):
            assert_same(here[index], there[index])


def test_a_loader_goes_to_other_processes(shards: Path) -> None:
    pairs = open_samples([shards], GUIDES, reading=Reading("shards"))
    pairs[0]
    assert_same(pickle.loads(pickle.dumps(pairs))[9], pairs[9])


def test_no_more_than_a_window_is_held(source: Path, shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold one block of six photos at a time; six blocks are in use."""
    monkeypatch.setattr("gfrnet.data.samples.draws.WINDOW_BLOCKS", 1)
    memory = fsspec.filesystem("memory")
    for path in shards.iterdir():
        memory.pipe_file(f"/held/{path.name}", path.read_bytes())
    pictures = [portrait.crop.read_bytes() for portrait in read_manifest(source) if portrait.crop]
    pairs = open_samples(["memory://held"], Guides(), reading=Reading("shards", streams=1))
    for index in range(72):
        pairs[index]
        pickled = pickle.dumps(pairs)
        assert sum(picture in pickled for picture in pictures) == 6


def test_random_reading_needs_the_shards_here(shards: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/far/shards.json", (shards / "shards.json").read_bytes())
    with pytest.raises(DataError, match="Set order to shards"):
        open_samples(["memory://far"], GUIDES, reading=Reading("epoch"))


def test_people_must_not_share_a_name(source: Path, shards: Path) -> None:
    with pytest.raises(DataError, match="Two people must not share"):
        open_samples([source, shards], GUIDES)


def test_only_the_split_that_is_asked_for(source: Path, shards: Path, tmp_path: Path) -> None:
    portraits = read_manifest(source)
    split = [
        replace(
            p,
            crop=tmp_path / "crops" / p.source.replace("jpg", "png"),
            split="val" if p.person < "p12" else "train",
        )
        for p in portraits
    ]
    shutil.copytree(source / "crops", tmp_path / "crops")
    write_manifest(tmp_path, split)
    pack_dataset(tmp_path, tmp_path / "packed")
    for place in (tmp_path, tmp_path / "packed"):
        epochs = [
            open_samples([place], Guides(), reading=Reading("shards", name)).epoch
            for name in ("train", "val", None)
        ]
        assert epochs == [24, 12, 36]
    # Without splits everything is of every split.
    assert open_samples([shards], GUIDES, reading=Reading(split="train")).epoch == 36
    with pytest.raises(DataError, match="no photos of the split test"):
        open_samples([tmp_path / "packed"], GUIDES, reading=Reading(split="test"))


def test_a_far_shard_that_is_cut_off(shards: Path) -> None:
    memory = fsspec.filesystem("memory")
    for path in shards.iterdir():
        data = path.read_bytes()
        memory.pipe_file(f"/short/{path.name}", data if path.suffix == ".json" else data[:700])
    pairs = open_samples(["memory://short"], GUIDES, reading=Reading("shards"))
    with pytest.raises(DataError, match="shorter than its index says"):
        pairs[0]


def test_urls_that_nothing_here_can_open() -> None:
    with pytest.raises(DataError, match="Protocol not known: nonsense"):
        open_samples(["nonsense://faces"], GUIDES)
    if find_spec("s3fs") is None:
        with pytest.raises(MissingExtraError, match="Install s3fs"):
            open_samples(["s3://faces"], GUIDES)


def test_a_folder_named_like_a_chain_of_urls(shards: Path, tmp_path: Path) -> None:
    shutil.copytree(shards, tmp_path / "zip::faces")
    one, other = (open_samples([place], GUIDES) for place in (shards, tmp_path / "zip::faces"))
    assert_same(one[3], other[3])


def test_missing_and_damaged_shards(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gfrnet.data.shards.storage.PAUSES", ())
    with pytest.raises(DataError, match="Build the data set first"):
        open_samples([tmp_path], GUIDES)
    with pytest.raises(DataError, match="does not exist"):
        open_samples(["memory://nowhere"], GUIDES)
    index = json.loads((shards / "shards.json").read_text())
    (tmp_path / "shards.json").write_text(json.dumps(index))
    with pytest.raises(DataError, match="missing or damaged"):
        open_samples([tmp_path], GUIDES)
    for shard in index["shards"]:
        (tmp_path / shard["name"]).write_bytes((shards / shard["name"]).read_bytes()[:700])
    with pytest.raises(DataError, match="missing or damaged"):
        open_samples([tmp_path], GUIDES)
    (tmp_path / "shards.json").write_text(json.dumps(index | {"version": 9}))
    with pytest.raises(DataError, match="version 9"):
        open_samples([tmp_path], GUIDES)
    (tmp_path / "shards.json").write_text("{")
    with pytest.raises(DataError, match="is damaged"):
        open_samples([tmp_path], GUIDES)
