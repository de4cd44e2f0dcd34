"""Test how photos are divided among machines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gfrnet.cluster import Crew, Shard
from gfrnet.errors import ConfigError


@given(st.lists(st.text(min_size=1).filter(lambda name: name < "\ud800"), max_size=50), st.integers(1, 20))
def test_every_name_is_in_exactly_one_shard(names: list[str], count: int) -> None:
    for name in names:
        assert sum(Shard(index, count).holds(name) for index in range(1, count + 1)) == 1


def test_shards_are_alike_in_size_and_never_change() -> None:
    names = [f"photos/{number}.jpg" for number in range(1600)]
    sizes = [sum(Shard(index, 16).holds(name) for name in names) for index in range(1, 17)]
    assert min(sizes) > 60
    # A changed hash would restore all again, or twice, where a job goes on with a new version.
    assert [name for name in names[:40] if Shard(3, 16).holds(name)] == PINNED


PINNED = [f"photos/{number}.jpg" for number in (11, 19)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0/16", "Shard 0 of 16 does not exist. Count shards from 1: with 16 shards, the first is 1/16."),
        ("17/16", "Shard 17 of 16 does not exist"),
        ("1/0", "Shard 1 of 0 does not exist"),
        ("3", "'3' is no shard. Give its number and the number of all, such as 3/16."),
        ("-1/4", "is no shard"),
        ("1/4 ", "is no shard"),
        ("\u0663/16", "is no shard"),
    ],
)
def test_a_wrong_shard_is_told(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Shard.parse(text)
    assert message in str(caught.value)


def test_names_of_shards_sort_as_their_numbers() -> None:
    assert Shard.parse("3/16").label == "-03-of-16"
    assert Shard().label == ""


@pytest.mark.parametrize(
    "given", [{"workers": 0}, {"threads": 0}, {"engine": "dask"}, {"address": "10.0.0.1:6379"}]
)
def test_a_crew_that_cannot_be_is_told(given: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Crew(**given)  # type: ignore[arg-type]


def test_a_crew_takes_all_cores() -> None:
    assert Crew(threads=4).resolved(16) == (4, 4)
    assert Crew().resolved(16) == (16, 1)
    assert Crew(workers=1).resolved(16) == (1, 16)
    assert Crew("ray", workers=1).resolved(16) == (1, 1)
