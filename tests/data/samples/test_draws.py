from collections import Counter
from itertools import islice

import numpy as np
import pytest

from gfrnet.data import Portrait, sample_order
from gfrnet.data.samples.draws import Balanced, Streams
from gfrnet.data.shards import FolderBlock, cut_into_blocks
from gfrnet.errors import DataError

RNG = np.random.default_rng(0)


def people(count: int, photos: int, first: int = 0, split: str = "") -> list[Portrait]:
    return [
        Portrait(
            f"p{person}",
            f"p{person}/{photo}",
            None,
            (0, 0, 1, 1),
            None,
            "target" if photo else "guide",
            split=split,
        )
        for person in range(first, first + count)
        for photo in range(photos)
    ]


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> tuple[FolderBlock, ...]:
    """20 blocks of two people with three photos, 10 blocks of six single portraits."""
    monkeypatch.setattr("gfrnet.data.shards.blocks.BLOCK_PHOTOS", 6)
    monkeypatch.setattr("gfrnet.data.shards.blocks.BLOCK_PEOPLE", 2)
    return cut_into_blocks(people(40, 3) + people(60, 1, first=100))


def sources(streams: Streams, start: int, stop: int) -> list[str]:
    return [streams.draw(index, RNG).target.source for index in range(start, stop)]


def test_blocks_hold_whole_people_in_an_order_of_their_own(blocks: tuple[FolderBlock, ...]) -> None:
    assert [list(block.people.values()) for block in blocks] == [[3, 3]] * 20 + [[1] * 6] * 10
    names = [name for block in blocks[:20] for name in block.people]
    assert len(set(names)) == 40
    assert names != sorted(names)


def test_the_blocks_of_a_person_do_not_depend_on_the_order_of_the_rows(
    blocks: tuple[FolderBlock, ...],
) -> None:
    again = cut_into_blocks(people(20, 3, first=20) + people(60, 1, first=100) + people(20, 3))
    assert again == blocks


def test_blocks_of_few_people_and_of_two_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gfrnet.data.shards.blocks.BLOCK_PHOTOS", 4)
    cut = cut_into_blocks(people(9, 2, split="train") + people(17, 30, first=50, split="val"))
    # Eight people a block, though two would be photos enough; too few for another block join the last one.
    assert [len(block.people) for block in cut] == [9, 8, 9]
    assert [block.portraits[0].split for block in cut] == ["train", "val", "val"]


def test_every_stream_has_its_targets_once_a_pass_and_anew_the_next(blocks: tuple[FolderBlock, ...]) -> None:
    streams = Streams(blocks, "any", 0, seed=3, streams=4, batch_size=5)
    assert streams.epoch == 120
    one, other = sources(streams, 0, 120), sources(streams, 120, 240)
    assert set(Counter(one).values()) == set(Counter(other).values()) == {1}
    assert one != other
    assert set(one) == set(other)
    assert sources(Streams(blocks, "any", 0, seed=4, streams=4, batch_size=5), 0, 120) != one


@pytest.mark.parametrize("count", [8, 9])
def test_every_target_once_an_epoch_where_blocks_do_not_divide_evenly(
    blocks: tuple[FolderBlock, ...], count: int
) -> None:
    """Nine blocks of six targets; 54 targets in 8 streams are 7 each, so that two come twice."""
    length = -(-54 // count)
    streams = Streams(blocks[:9], "any", 0, streams=8 if count == 8 else 20, batch_size=length)
    assert streams.epoch == 54
    total: Counter[str] = Counter()
    for epoch in range(20):
        drawn = Counter(sources(streams, epoch * count * length, (epoch + 1) * count * length))
        assert len(drawn) == 54
        assert drawn.total() == count * length
        total += drawn
    assert min(total.values()) >= 20
    assert max(total.values()) < 30


def test_few_single_portraits_serve_all_streams(blocks: tuple[FolderBlock, ...]) -> None:
    streams = Streams(blocks[:21], "any", 0.5, streams=8, batch_size=2)
    drawn = Counter(sources(streams, 0, 16))
    assert len(streams.targets) == 8
    assert sum(int(source[1:].split("/")[0]) >= 100 for source in drawn.elements()) == 8
    assert max(drawn.values()) <= 2


def test_windows_are_of_four_blocks_at_most(blocks: tuple[FolderBlock, ...]) -> None:
    streams = Streams(blocks[:7], "any", 0)
    company = [len(streams.draw(index, RNG).people) for index in range(42)]
    assert sorted(set(company)) == [6, 8]


def test_streams_of_whole_blocks_share_nobody(blocks: tuple[FolderBlock, ...]) -> None:
    streams = Streams(blocks, "any", 0, streams=4, batch_size=5)
    who = [
        {source.split("/")[0] for b in range(s, 24, 4) for source in sources(streams, 5 * b, 5 * b + 5)}
        for s in range(4)
    ]
    assert sum(map(len, who)) == len(set.union(*who)) == 40


@pytest.mark.parametrize("workers", [2, 4])
def test_the_order_is_the_same_for_any_number_of_workers(
    blocks: tuple[FolderBlock, ...], workers: int
) -> None:
    alone = sources(Streams(blocks, "any", 0.2, streams=4, batch_size=3), 0, 96)
    shared: dict[int, str] = {}
    for worker in range(workers):
        streams = Streams(blocks, "any", 0.2, streams=4, batch_size=3)
        for index in islice(sample_order(0, 3, worker, workers), 96 // workers):
            shared[index] = streams.draw(index, RNG).target.source
    assert [shared[index] for index in range(96)] == alone


def test_goes_on_in_the_middle_of_an_epoch(blocks: tuple[FolderBlock, ...]) -> None:
    whole = sources(Streams(blocks, "any", 0.2, streams=4, batch_size=5), 0, 300)
    assert sources(Streams(blocks, "any", 0.2, streams=4, batch_size=5), 77, 300) == whole[77:]


def test_people_at_hand_are_those_of_a_window(blocks: tuple[FolderBlock, ...]) -> None:
    streams = Streams(blocks, "any", 0)
    company = {tuple(streams.draw(index, RNG).people) for index in range(24)}
    assert len(company) == 1
    assert len(company.pop()) == 8
    assert streams.fewest == 2
    assert tuple(streams.draw(24, RNG).people) not in company


def test_chosen_guides_are_no_targets(blocks: tuple[FolderBlock, ...]) -> None:
    streams = Streams(blocks, "chosen", 0, streams=3, batch_size=2)
    assert streams.epoch == 80
    assert not any(streams.draw(index, RNG).target.guide for index in range(80))


def test_single_portraits_come_evenly_spread_each_once_a_pass(blocks: tuple[FolderBlock, ...]) -> None:
    streams = Streams(blocks, "any", 0.25)
    drawn = sources(streams, 0, 240)
    alone = [source for source in drawn if int(source[1:].split("/")[0]) >= 100]
    assert len(alone) == len(set(alone)) == 60
    assert len(set(drawn)) == 180
    assert drawn[3] == alone[0]


def test_balanced_by_the_square_root_of_the_photos() -> None:
    balanced = Balanced(people(1, 16) + people(1, 4, first=1), "any", 0)
    rng = np.random.default_rng(1)
    drawn = Counter(balanced.draw(0, rng).target.person for _ in range(3000))
    assert drawn["p0"] / 3000 == pytest.approx(4 / 6, abs=0.03)


def test_nobody_to_guide() -> None:
    with pytest.raises(DataError, match="two photos"):
        Streams(cut_into_blocks(people(5, 1)), "any", 0)
    with pytest.raises(DataError, match="single photo"):
        Streams(cut_into_blocks(people(5, 2)), "any", 0.1)
