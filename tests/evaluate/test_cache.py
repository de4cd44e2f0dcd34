from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.evaluate import Contender, Pair, Protocol, list_pairs
from gfrnet.evaluate.cache import FILE, Cache, Keys
from people import write_people


def test_values_are_kept_equal_to_the_bit(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    assert cache.get("a") == {}
    cache.add({"a": {"psnr": 0.1 + 0.2, "psnr_mouth": None}, "b": {"psnr": 1e-300}})
    cache.add({"a": {"vgg": 3.0}})
    for known in (cache, Cache(tmp_path / "cache")):
        assert known.get("a") == {"psnr": 0.1 + 0.2, "psnr_mouth": None, "vgg": 3.0}
        assert known.get("b") == {"psnr": 1e-300}


def test_without_a_folder_they_are_kept_in_memory() -> None:
    cache = Cache(None)
    cache.add({"a": {"psnr": 1.0}})
    assert cache.get("a") == {"psnr": 1.0}


@pytest.mark.parametrize("length", range(1, 40, 6))
def test_a_torn_last_line_is_dropped(length: int, tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.add({"a": {"psnr": 1.0}})
    cache.add({"b": {"psnr": 2.0}})
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[:-length])
    known = Cache(tmp_path)
    assert known.get("a") == {"psnr": 1.0}
    # Without its newline alone, a line is still whole.
    assert known.get("b") == ({"psnr": 2.0} if length == 1 else {})
    known.add({"c": {"psnr": 3.0}})
    assert Cache(tmp_path).get("c") == {"psnr": 3.0}
    assert Cache(tmp_path).get("a") == {"psnr": 1.0}


@pytest.mark.parametrize(
    "line",
    [
        "[1, 2]",
        '{"key": "a"}',
        '{"key": "a", "values": 3}',
        '{"key": "a", "values": {"psnr": NaN}}',
        "\xff\xfe",
    ],
)
def test_lines_of_another_kind_are_as_good_as_none(line: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(line.encode("latin-1") + b'\n{"key": "b", "values": {"psnr": 2.0}}\n')
    cache = Cache(tmp_path)
    assert cache.get("a") == {}
    assert cache.get("b") == {"psnr": 2.0}


def test_two_runs_may_write_at_once(tmp_path: Path) -> None:
    one, other = Cache(tmp_path), Cache(tmp_path)
    one.add({"a": {"psnr": 1.0}})
    other.add({"b": {"psnr": 2.0}})
    one.add({"c": {"psnr": 3.0}})
    assert [Cache(tmp_path).get(key)["psnr"] for key in "abc"] == [1.0, 2.0, 3.0]


def test_a_key_tells_all_that_values_depend_on(tmp_path: Path) -> None:
    pair, other, *_ = list_pairs(write_people(tmp_path))
    keys: list[str] = []

    def add(
        pair: Pair = pair,
        contender: Contender = Contender("a"),  # noqa: B008
        model: str = "hash",
        protocol: Protocol = "blind",
        scale: float = 4.0,
    ) -> None:
        keys.append(Keys().key(contender, model, pair, protocol, scale))

    add()
    add(other)
    add(model="another")
    add(contender=Contender("a", "no-guide"))
    add(contender=Contender("a", "stranger"))
    add(protocol="bicubic")
    add(scale=8.0)
    add(replace(pair, guide=replace(pair.guide, landmarks=pair.guide.points() + 1)))
    add(contender=Contender("a", "five-guides"))
    add(replace(pair, others=()), contender=Contender("a", "five-guides"))
    add(replace(pair, target=replace(pair.target, landmarks=pair.target.points() + 1)))
    add(replace(pair, target=replace(pair.target, real=(0, 0, 256, 256))))
    for portrait in (pair.target, pair.guide):
        assert portrait.crop is not None
        images.write(images.Photo(np.zeros((256, 256, 3), np.uint8)), portrait.crop)
        add()
    assert len(set(keys)) == len(keys) == 14


def test_a_key_is_of_contents_and_not_of_names(tmp_path: Path) -> None:
    one, other = (list_pairs(write_people(tmp_path / name))[0] for name in ("one", "other"))
    assert one.target.crop != other.target.crop
    keys = {
        Keys().key(Contender(name), "hash", pair, "blind", 4.0) for name, pair in (("a", one), ("b", other))
    }
    assert len(keys) == 1
