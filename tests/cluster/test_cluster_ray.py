"""Test bulk work on a real Ray of this machine: equal results, killed actors, closed doors."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ray = pytest.importorskip("ray")

from cluster_scale import own_workers  # noqa: E402 - Ray may be missing

from gfrnet.cluster import Crew, Row, Summary  # noqa: E402
from gfrnet.errors import ConfigError  # noqa: E402

Restore = Callable[..., tuple[list[Row], Summary]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="The test reads /proc")

LISTENING = "0A"


def open_doors() -> set[str]:
    """Return the addresses at which processes below this one listen for others, in hexadecimal digits."""
    inodes = set()
    for pid in [os.getpid(), *descendants()]:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                inodes.add(os.readlink(link).removeprefix("socket:[").rstrip("]"))
            except OSError:
                continue
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    return {row[1].split(":")[0] for row in rows if row[3] == LISTENING and row[9] in inodes}


def descendants() -> list[int]:
    found, waiting = [], [os.getpid()]
    while waiting:
        pid = waiting.pop()
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            below = [int(child) for child in path.read_text().split()]
            found += below
            waiting += below
    return found


def test_ray_writes_the_same_although_a_worker_is_killed_and_opens_no_door(
    restore: Restore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore("one")
    from gfrnet.cluster import job

    monkeypatch.setattr(job, "UNIT", 1)
    killed: list[int] = []
    doors: set[str] = set()

    def look(_: object) -> None:
        doors.update(open_doors())
        workers = own_workers()
        if workers and not killed:
            os.kill(workers[0], signal.SIGKILL)
            killed.append(workers[0])

    before = set(os.listdir("/tmp"))
    rows, summary = restore("ray", Crew("ray", 2, 1), on_run=look)
    assert killed
    assert len(rows) == len({row.name for row in rows}) == 6
    assert (summary.photos, summary.restored, summary.failed) == (6, 5, 1)
    for path in (tmp_path / "one" / "out").rglob("*.png"):
        twin = tmp_path / "ray" / "out" / path.relative_to(tmp_path / "one" / "out")
        assert twin.read_bytes() == path.read_bytes()
    # 127.0.0.1, also as IPv6 spells it.
    assert doors <= {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
    assert {name for name in set(os.listdir("/tmp")) - before if "gfrnet-ray" in name} == set()
    assert not ray.is_initialized()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:1", "No cluster of Ray answers at 127.0.0.1:1"),
        ("ray://127.0.0.1:1", "is no address of Ray"),
        ("nowhere", "is no address of Ray"),
    ],
)
def test_a_wrong_address_is_told_at_once(address: str, message: str, restore: Restore) -> None:
    begun = time.monotonic()
    with pytest.raises(ConfigError, match=message):
        restore(crew=Crew("ray", 1, 1, address))
    assert time.monotonic() - begun < 30
