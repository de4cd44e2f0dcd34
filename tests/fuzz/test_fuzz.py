"""Test that damaged files do no harm, and that the watch sees harm."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from fuzz.mutate import mutated
from fuzz.targets import Target, targets
from fuzz.watch import attempt, run

pytest.importorskip("torch")
pytest.importorskip("pyarrow")
pytest.importorskip("pillow_heif")


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Target, ...]:
    return targets(tmp_path_factory.mktemp("fuzz"))


def test_every_whole_file_is_read(kinds: tuple[Target, ...]) -> None:
    assert len(kinds[0].seeds) == 30
    for kind in kinds:
        for whole in kind.seeds[:1] if kind.name == "dataset.json" else kind.seeds:
            kind.place.write_bytes(whole)
            kind.read(kind.place)


def test_a_number_gives_one_file_and_another_number_another() -> None:
    data = bytes(range(256)) * 8
    damages = [mutated(data, [data], number) for number in (1, 1, 2)]
    assert damages[0] == damages[1] != damages[2]
    assert data not in damages


@pytest.mark.filterwarnings("ignore")
def test_300_damaged_files_are_read_or_refused() -> None:
    outcomes = list(run(range(300), seed=0, workers=2))
    assert len(outcomes) == 300
    assert not [outcome for outcome in outcomes if not outcome.good]
    ends = Counter(outcome.end for outcome in outcomes)
    assert ends["refused"] > 100
    assert ends["read"] > 10


def test_the_watch_tells_errors_and_slowness(
    kinds: tuple[Target, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> int:
        raise RuntimeError("broken")

    def compute(_: Path) -> int:
        end = time.process_time() + 0.1
        while time.process_time() < end:
            pass
        return 0

    monkeypatch.setattr("fuzz.watch.SLOW", 0.05)
    for read, end in ((fail, "untyped error"), (compute, "slow")):
        assert attempt((replace(kinds[0], share=1.0, read=read),), 0, 0).end == end


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux tells the memory of now")
def test_the_watch_tells_memory(kinds: tuple[Target, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(_: Path) -> int:
        held = bytearray(10**8)
        time.sleep(1)  # longer than between two looks of the watch
        return 0 * len(held)

    monkeypatch.setattr("fuzz.watch.MEMORY", 5e7)
    outcome = attempt((replace(kinds[0], share=1.0, read=fill),), 0, 0)
    assert (outcome.end, outcome.good) == ("memory", False)


def test_a_crash_is_told_and_the_next_file_read() -> None:
    """Kill a process by a number that is none."""
    outcomes = list(run(["no number", 5], seed=0, workers=1))  # type: ignore[list-item]
    assert outcomes[0].end == "crashed"
    assert outcomes[1].good
