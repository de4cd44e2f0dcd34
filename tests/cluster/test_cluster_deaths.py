"""Test that processes may die at any time, and that a photo that kills them all is given up."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gfrnet import Restorer
from gfrnet.cluster import Crew, How, Row, Summary
from gfrnet.cluster.guides import packed
from gfrnet.cluster.storage import Folder
from gfrnet.cluster.work_order import Item, Unit, WorkOrder
from gfrnet.cluster.worker import DEATHS, Worker

Restore = Callable[..., tuple[list[Row], Summary]]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGKILL")


@pytest.fixture
def worker(source: Path, guides: Path, how: How, tmp_path: Path) -> Worker:
    order = WorkOrder(
        Folder(str(source)), Folder(str(tmp_path / "o")), Folder(str(tmp_path / "r")), "parts", how, "s", 1
    )
    return Worker(order, packed(Restorer.load(how.model, threads=1).guides([guides / "ada" / "good.png"])))


UNIT = Unit("run-0", tuple(Item(f"{n % 2}/p{n}.png", f"{n % 2}/p{n}.png") for n in (0, 1)))


def marked(tmp_path: Path, *names: str) -> None:
    """Leave marks as processes leave them that die."""
    for name in names:
        path = tmp_path / "r" / "parts" / "trying" / UNIT.label / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_killed_processes_are_replaced_and_nothing_is_lost_or_twice(
    restore: Restore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore("one")
    from gfrnet.cluster import job

    # Each kill must leave something to do.
    monkeypatch.setattr(job, "UNIT", 1)
    killed: list[int] = []

    def kill(_: object) -> None:
        for process in multiprocessing.active_children() if len(killed) < 2 else ():
            os.kill(process.pid or 0, signal.SIGKILL)
            killed.append(process.pid or 0)
            break

    rows, summary = restore("two", Crew(workers=2), on_run=kill)
    assert len(killed) == 2
    assert sorted(row.name for row in rows) == sorted({row.name for row in rows})
    assert (summary.photos, summary.restored, summary.failed) == (6, 5, 1)
    for path in (tmp_path / "one" / "out").rglob("*.png"):
        twin = tmp_path / "two" / "out" / path.relative_to(tmp_path / "one" / "out")
        assert twin.read_bytes() == path.read_bytes()
    assert not list((tmp_path / "two").rglob("*.part"))


def test_a_unit_that_a_process_died_with_goes_on_behind_its_last_row(worker: Worker, tmp_path: Path) -> None:
    marked(tmp_path, "aaaa", "0-bbbb")
    first = worker.restore(UNIT)
    assert [row.status for row in first] == ["restored", "restored"]
    assert not list((tmp_path / "r" / "parts" / "trying").rglob("*-*/*"))
    result = tmp_path / "o" / "0" / "p0.png"
    before = result.stat().st_ino
    marked(tmp_path, "cccc")
    assert worker.restore(UNIT) == first
    assert result.stat().st_ino == before


def test_a_photo_that_kills_every_process_is_a_failed_one(worker: Worker, tmp_path: Path) -> None:
    marked(tmp_path, "aaaa", *(f"1-{number}" for number in range(DEATHS)))
    good, deadly = worker.restore(UNIT)
    assert good.status == "restored"
    assert (deadly.status, deadly.name) == ("failed", "1/p1.png")
    assert "3 processes died with this photo" in deadly.reason
    assert not (tmp_path / "o" / "1" / "p1.png").exists()


def test_a_few_deaths_do_not_give_a_photo_up(worker: Worker, tmp_path: Path) -> None:
    marked(tmp_path, "aaaa", *(f"1-{number}" for number in range(DEATHS - 1)))
    assert [row.status for row in worker.restore(UNIT)] == ["restored", "restored"]
