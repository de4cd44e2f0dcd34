"""Plan for a million and a billion faces: measure one core, simulate the cluster, write the page.

    python benchmarks/scaling.py --photos 40 -o docs/research/scaling.md

Photos are variants of the demo's portrait, 1000 x 1000 pixels as JPEG, with one face. One core restores them
with a guide that it knows, and each with a guide of its own. The same photos are then restored by
``gfrnet restore`` in one process and in two, and the simulation says what it expects of them.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from cluster_queue import Cluster, Work, bound, simulate
from many_guides import write_photos
from section import machine, write_section

from gfrnet import batch
from gfrnet.restore import Restorer

FACES = {"a million": 10**6, "a billion": 10**9}

MACHINES = (1, 16, 64, 128)
"""Machines of 16 cores that are simulated."""

_APART = Cluster(1, requests=16 * Cluster(1).requests, dispatch=16 * Cluster(1).dispatch)

SETTINGS = {
    "one folder, one driver": Cluster(1),
    "one folder, one driver, two photos in hand": Cluster(1, in_hand=2),
    "16 folders and drivers": _APART,
    "16 folders and drivers, two photos in hand": replace(_APART, in_hand=2),
}
"""What the machines share, and how many photos a core has in hand."""

PHOTOS_A_CORE = 20
"""Photos a core in a simulation; with twice as many, rates differ by less than two in a hundred."""

LOSSES = (0.0, 5.0, 20.0)
"""Times an hour that a machine is taken away."""


@dataclass(frozen=True)
class Measured:
    """Hold what one core of this machine takes.

    Attributes:
        known: Seconds a photo whose guide is known.
        fresh: Seconds a photo that has a guide of its own.
        start: Seconds until a process restores its first photo.
        megabytes_in: Mean size of a photo.
        megabytes_out: Mean size of a result.
        resident: Largest memory of the process, in MB.
    """

    known: tuple[float, ...]
    fresh: tuple[float, ...]
    start: float
    megabytes_in: float
    megabytes_out: float
    resident: float

    def work(self, seconds: Sequence[float]) -> Work:
        """Return the work of one photo."""
        return Work(seconds, self.megabytes_in + self.megabytes_out)


def main() -> None:
    """Measure, simulate, and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=40, help="photos that are measured")
    parser.add_argument("-o", "--output", type=Path, required=True, help="page whose sections are written")
    given = parser.parse_args()
    command = f"python benchmarks/scaling.py --photos {given.photos} -o {given.output}"
    with TemporaryDirectory() as folder:
        photos = write_photos(Path(folder) / "photos", given.photos + 1, bad=True)
        guides = write_photos(Path(folder) / "guides", given.photos + 1, bad=False)
        # Threads on other cores would wait for each other, and that time counts.
        os.sched_setaffinity(0, {0})
        measured = measure(photos, guides, Path(folder))
        walls = [time_commands(photos, guides[0], Path(folder) / f"by-{n}", n) for n in (1, 2)]
    work = measured.work(measured.known)
    sections = {
        "One core": one_core(measured),
        "The simulation against this machine": against_truth(measured, walls, len(photos)),
        "A million and a billion faces": costs(measured),
        "Where the limits are": limits(work),
        "Machines that are taken away": taken_away(work),
    }
    for title, lines in sections.items():
        write_section(given.output, title, lines, command)


def measure(photos: Sequence[Path], guides: Sequence[Path], folder: Path) -> Measured:
    """Restore the photos in this process on its one core; the first only warms up."""
    begun = time.perf_counter()
    assert not _begin([photos[0], "-g", guides[0], "-o", folder / "first.jpg"], 0).wait()
    start = time.perf_counter() - begun
    restorer = Restorer.load(threads=1)
    shared = restorer.guides([guides[0]])
    known = [batch.Task(photo, folder / "known" / photo.name, guides=shared) for photo in photos]
    seconds = list(_seconds(batch.run(restorer, known)))
    fresh = []
    for photo, guide in zip(photos, guides, strict=True):
        begun = time.process_time()
        task = batch.Task(photo, folder / "fresh" / photo.name, guides=restorer.guides([guide]))
        assert all(record.status == "restored" for record in batch.run(restorer, [task]))
        fresh.append(time.process_time() - begun)
    return Measured(
        known=tuple(seconds[1:]),
        fresh=tuple(fresh[1:]),
        start=start,
        megabytes_in=_megabytes(photos),
        megabytes_out=_megabytes(sorted((folder / "known").iterdir())),
        resident=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def _seconds(records: Iterable[batch.PhotoRecord]) -> Iterator[float]:
    """Yield the time on cores of each photo."""
    begun = time.process_time()
    for record in records:
        assert record.status == "restored", record.reason
        ended = time.process_time()
        yield ended - begun
        begun = ended


def _megabytes(files: Sequence[Path]) -> float:
    return sum(file.stat().st_size for file in files) / len(files) / 1e6


def _begin(given: Sequence[object], core: int) -> subprocess.Popen[bytes]:
    """Begin the command on one core of this machine."""
    command = [sys.executable, "-m", "gfrnet", "restore", *map(str, given)]
    bound_to_core = ("taskset", "--cpu-list", str(core), *command)
    return subprocess.Popen(bound_to_core, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def time_commands(photos: Sequence[Path], guide: Path, output: Path, cores: int) -> float:
    """Return the seconds in which as many commands as cores restore the photos, each its share."""
    begun = time.perf_counter()
    shares = [photos[core::cores] for core in range(cores)]
    running = [
        _begin([*share, "-g", guide, "-o", output / str(core)], core) for core, share in enumerate(shares)
    ]
    assert sum(command.wait() for command in running) == 0
    return time.perf_counter() - begun


def one_core(measured: Measured) -> list[str]:
    """Say what a core takes."""
    known, fresh = measured.work(measured.known).mean, measured.work(measured.fresh).mean
    rows = (
        ("a photo, guide known", f"{known * 1000:.0f} ms on a core"),
        ("a photo with a guide of its own", f"{fresh * 1000:.0f} ms on a core"),
        ("start of a process, with its first photo and guide", f"{measured.start:.1f} s"),
        ("read and written for a photo", f"{measured.megabytes_in:.2f} and {measured.megabytes_out:.2f} MB"),
        ("memory of a process", f"{measured.resident:.0f} MB at most"),
    )
    return [machine(), "", *_table(("what", "measured"), rows)]


def against_truth(measured: Measured, walls: Sequence[float], photos: int) -> list[str]:
    """Compare the simulation of one and two processes with the command on this machine."""
    here = Cluster(1, 1, measured.start, network=1e6, store=1e6, requests=1e6, latency=0, dispatch=1e6)
    rows = []
    for cores, wall in enumerate(walls, start=1):
        expected = simulate(measured.work(measured.known), replace(here, cores=cores), photos).seconds
        rows.append((cores, f"{wall:.1f} s", f"{expected:.1f} s", f"{expected / wall:.2f}"))
    head = ("processes", f"`gfrnet restore` of {photos} photos", "simulated", "ratio")
    return [
        "Each process has a core and its share of the photos.",
        "The simulation knows the times of one core, and nothing of the command.",
        "Other work on the machine slows the command alone.",
        "",
        *_table(head, rows),
    ]


def costs(measured: Measured) -> list[str]:
    """Say what many faces cost, one face a photo."""
    rows = []
    for name, faces in FACES.items():
        for kind, seconds in (("known", measured.known), ("of their own", measured.fresh)):
            hours = faces * measured.work(seconds).mean / 3600
            moved = faces * (measured.megabytes_in + measured.megabytes_out) / 1e6
            days = [f"{hours / cores / 24:,.2f}" for cores in (16, 1024)]
            rows.append((name, kind, f"{hours:,.0f}", *days, f"{moved:,.1f} TB", f"{2 * faces:,}"))
    head = ("photos", "guides", "core hours", "days on 16 cores", "on 1,024", "read and written", "requests")
    return [
        "Guides of their own are read as well; the traffic counts photos and results only.",
        f"A process needs {measured.resident:.0f} MB of memory; 16 need {measured.resident / 62.5:.1f} GB.",
        "",
        *_table(head, rows),
    ]


def limits(work: Work) -> list[str]:
    """Say how the rate grows with the machines, and what ends the growth."""
    rows = []
    for machines in MACHINES:
        for name, shared in SETTINGS.items():
            cluster = replace(shared, machines=machines)
            found = simulate(work, cluster, PHOTOS_A_CORE * cluster.workers)
            most, what = bound(work, cluster)
            share = found.rate / (cluster.workers / work.mean)
            rates = (f"{found.rate:,.0f}", f"{most:,.0f}")
            rows.append((f"{cluster.workers:,}", name, *rates, what, f"{share:.0%}"))
    one = Cluster(1)
    head = (
        "cores",
        "setting",
        "photos a second",
        "at most",
        "bound by",
        "of cores that never wait",
    )
    return [
        f"Assumed, not measured: an object store that answers {one.requests:,.0f} requests a second a folder",
        f"(what S3 promises for writing), each after {one.latency * 1000:.0f} ms, and moves "
        f"{one.store / 1000:,.0f} GB a second.",
        f"Machines of {one.cores} cores with {one.network * 8 / 1000:.0f} Gbit a second.",
        f"A driver that hands out {one.dispatch:,.0f} photos a second; with `--shard` there are several.",
        "A core with one photo in hand waits while that is read and written.",
        "",
        *_table(head, rows),
    ]


def taken_away(work: Work) -> list[str]:
    """Say what it costs when machines are taken away."""
    rows = []
    for losses in LOSSES:
        cluster = Cluster(2, losses=losses, start=60)
        # Half an hour of work, so that machines do get lost.
        found = simulate(work, cluster, int(1800 * bound(work, cluster)[0]))
        rate = found.photos / found.seconds
        rows.append((f"{losses:g}", f"{rate:,.0f}", f"{found.again:,}", f"{found.again / found.photos:.4%}"))
    head = ("losses of a machine an hour", "photos a second", "begun again", "share")
    return [
        "Two machines restore for about half an hour. A new machine needs a minute to start.",
        "",
        *_table(head, rows),
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in (head, *rows)]
    return [lines[0], "|---" * len(head) + "|", *lines[1:]]


if __name__ == "__main__":
    main()
