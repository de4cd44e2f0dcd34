"""Measure restoring in bulk: Ray against plain processes, killed workers, shards, bad files and S3.

    python benchmarks/cluster_scale.py FOLDER [--photos 2000] [--rounds 1] [--kills 20] [--stored 100]
        [--shards 4] [--page docs/results/cluster.md]

FOLDER gets photos of 256 pixels of the demo's portrait. They are shifted and degraded by recipes of the
project. One in a hundred is no picture. Every run works with two processes of one thread. Results must equal
those of one process, byte by byte, and every photo must be in the report exactly once.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from cluster_s3 import PLACE, empty_bucket, local_server
from PIL import Image
from section import machine, write_section

from gfrnet import images
from gfrnet.cluster import ClusterJob, Crew, Places, Row, Shard
from gfrnet.degradation import degrade, sample_recipe
from gfrnet.demo import PORTRAIT
from gfrnet.files import sha256

SIZE, ONE_IN = 256, 100

PAGE_TITLE = "# Restoring in bulk\n\nHow [`gfrnet cluster`](../guide/cluster.md) performs.\n"


@dataclass
class Measured:
    """Hold what a run took and gave.

    Attributes:
        seconds: From the listing to the finished report.
        steady: Photos a second, between the first and the last row.
        rows: Number of rows by name.
        statuses: Number of rows by status.
        bad: Number of failed rows that tell of a file that is no picture.
        stored: Largest number of bytes in Ray's object store.
        created: Bytes that were put there in all.
        hashes: SHA-256 of each result.
        kills: Number of killed processes.
    """

    seconds: float = 0.0
    steady: float = 0.0
    rows: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    bad: int = 0
    stored: int = 0
    created: int = 0
    hashes: dict[str, str] = field(default_factory=dict)
    kills: int = 0


def main() -> None:
    """Read the command line, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder for photos and results; it is made")
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=1, help="runs of each engine, in turn")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--stored", type=int, default=100, help="photos for the S3 server")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    make_photos(options.folder, options.photos, options.seed)
    told = [f"{options.photos} photos of {SIZE} pixels, one in {ONE_IN} no picture, one guide.", ""]
    whole, lines = measure_engines(options)
    told += lines
    told += measure_kills(options, whole)
    told += measure_shards(options, whole)
    told += measure_storage(options)
    told += ["", machine(), "Other people worked on the same two cores, so compare only figures of this run."]
    sys.stdout.write("\n".join(told) + "\n")
    if options.page:
        if not options.page.exists():
            options.page.write_text(PAGE_TITLE, encoding="utf-8")
        command = (
            f"benchmarks/cluster_scale.py FOLDER --photos {options.photos} --rounds {options.rounds} "
            f"--kills {options.kills}"
        )
        write_section(options.page, "Speed, deaths and storage", told, command)


def make_photos(folder: Path, count: int, seed: int) -> None:
    """Write photos of one person, and a guide."""
    portrait = np.asarray(Image.open(PORTRAIT))
    images.write(images.Photo(np.ascontiguousarray(portrait[:300, 70:370])), folder / "guides" / "good.png")
    rng = np.random.default_rng(seed)
    for index in range(count):
        path = folder / "in" / f"{index % 10}" / f"{index:05}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            continue
        if index % ONE_IN == ONE_IN - 1:
            path.write_bytes(b"This is no picture.")
            continue
        left, top = rng.integers(80, 110), rng.integers(0, 30)
        cut = np.ascontiguousarray(portrait[top : top + SIZE, left : left + SIZE])
        recipe = sample_recipe(rng)
        # Less would leave no face to find.
        images.write(
            images.Photo(degrade(cut, recipe.model_copy(update={"scale": min(recipe.scale, 3)}))), path
        )


def restored(
    options: argparse.Namespace, name: str, crew: Crew, *, kills: int = 0, shard: Shard | None = None
) -> Measured:
    """Restore all photos into a new folder, perhaps while processes are killed."""
    root = options.folder
    out, report = root / f"out-{name}", root / f"report-{name}"
    if shard is None or shard.index == 1:
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(report, ignore_errors=True)
    places = Places(str(root / "in"), str(out), str(report), (str(root / "guides"),))
    found, begun = Measured(), time.monotonic()
    job = ClusterJob.begin(places, shard=shard, resume=shard is not None and shard.index > 1)
    collect(job, crew, found, Killer(kills, options.seed, job.photos))
    found.seconds = time.monotonic() - begun
    found.hashes = {str(path.relative_to(out)): sha256(path) for path in out.rglob("*.png")}
    return found


def collect(job: ClusterJob, crew: Crew, found: Measured, killer: Killer) -> None:
    """Run a job, and count its rows."""
    times, looked = list[float](), 0.0
    for _ in job.run(crew):
        times.append(time.monotonic())
        killer.advance(len(times))
        if crew.engine == "ray" and times[-1] - looked > 2:
            looked = times[-1]
            look_at_store(found)
    job.finish()
    killer.end()
    found.kills = killer.killed
    rows = [Row.model_validate_json(line) for line in report_of(job).read_text("utf-8").splitlines()]
    found.rows, found.statuses = Counter(row.name for row in rows), Counter(row.status for row in rows)
    found.bad = sum("is not a picture" in row.reason for row in rows)
    found.steady = (len(times) - 1) / max(times[-1] - times[0], 1e-9)


def report_of(job: ClusterJob) -> Path:
    """Return the finished report of a job on this disk."""
    return Path(job.places.report) / f"report{job.shard.label}.jsonl"


def look_at_store(found: Measured) -> None:
    """Note how full Ray's object store is."""
    import ray
    from ray._private import internal_api

    stats = internal_api.get_memory_info_reply(
        internal_api.get_state_from_address(ray.get_runtime_context().gcs_address)
    ).store_stats
    found.stored = max(found.stored, stats.object_store_bytes_used)
    found.created = max(found.created, stats.cumulative_created_bytes)


class Killer:
    """Kill workers of this process at random places of the work.

    Args:
        kills: How many.
        seed: Seed of the places.
        photos: Number of photos.
    """

    def __init__(self, kills: int, seed: int, photos: int) -> None:
        self._random = random.Random(seed)
        self._due = sorted(self._random.random() * photos * 0.9 for _ in range(kills))
        self._threads: list[threading.Thread] = []
        self.killed = 0

    def advance(self, done: int) -> None:
        """Kill, if it is time, a moment after a row."""
        while self._due and self._due[0] <= done:
            self._due.pop(0)
            # Several that are due at once would hit one process before it is replaced.
            delay = self._random.random() + 2 * len([each for each in self._threads if each.is_alive()])
            self._threads.append(threading.Timer(delay, self._kill))
            self._threads[-1].start()

    def end(self) -> None:
        """Wait for the last kill."""
        for thread in self._threads:
            thread.join()

    def _kill(self) -> None:
        for _ in range(50):
            workers = own_workers()
            if workers:
                os.kill(self._random.choice(workers), signal.SIGKILL)
                self.killed += 1
                return
            time.sleep(0.1)


def own_workers() -> list[int]:
    """Return the processes below this one that restore photos."""
    parents, words = dict[int, int](), dict[int, str]()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text().rpartition(")")[2].split()
            words[int(folder.name)] = (folder / "cmdline").read_text()
            parents[int(folder.name)] = int(status[1])
        except (OSError, ValueError):
            continue
    return [pid for pid, text in words.items() if is_worker(text) and is_below(pid, parents)]


def is_worker(words: str) -> bool:
    """Return whether a command line is one of a process that restores."""
    return words.startswith("ray::MapWorker") or "spawn_main" in words


def is_below(pid: int, parents: dict[int, int]) -> bool:
    """Return whether a process descends from this one."""
    while pid in parents and pid > 1:
        pid = parents[pid]
        if pid == os.getpid():
            return True
    return False


def measure_engines(options: argparse.Namespace) -> tuple[Measured, list[str]]:
    """Compare Ray with plain processes, in turn, and both with one process."""
    found: dict[str, list[Measured]] = {"local": [], "ray": []}
    for number in range(options.rounds):
        for engine in ("local", "ray"):
            run = restored(options, f"{engine}-{number}", Crew(engine, 2, 1))
            found[engine].append(run)
            sys.stderr.write(f"{engine}: {run.seconds:.1f} s, {run.steady:.2f} photos/s\n")
    plain, ray = found["local"], found["ray"]
    whole = plain[0]
    seconds = {name: sum(run.seconds for run in runs) for name, runs in found.items()}
    rate = {name: options.photos * options.rounds / each for name, each in seconds.items()}
    steady = {name: sum(run.steady for run in runs) / len(runs) for name, runs in found.items()}
    lines = [
        "| | photos/s with start and report | photos/s after the first row |",
        "|---|---|---|",
        *(
            f"| {title} | {rate[name]:.2f} | {steady[name]:.2f} |"
            for name, title in (("local", "two plain processes"), ("ray", "Ray, two workers"))
        ),
        f"| ratio | {rate['ray'] / rate['local']:.1%} | {steady['ray'] / steady['local']:.1%} |",
        "",
        f"- Ray's results equal those of plain processes: {all(run.hashes == whole.hashes for run in ray)}",
        f"- largest content of Ray's object store: {max(run.stored for run in ray) / 1e6:.2f} MB, "
        f"and {max(run.created for run in ray) / 1e6:.2f} MB written in all",
        f"- bad files reported as failed: {whole.bad} of {options.photos // ONE_IN}; other photos without a "
        f"result, because no face is found in them: {whole.statuses['failed'] - whole.bad}",
    ]
    return whole, lines


def measure_kills(options: argparse.Namespace, whole: Measured) -> list[str]:
    """Kill workers of both engines."""
    lines = []
    for engine, title in (("ray", "Ray"), ("local", "plain processes")):
        run = restored(options, f"killed-{engine}", Crew(engine, 2, 1), kills=options.kills)
        sys.stderr.write(f"{engine} killed {run.kills}: {run.seconds:.1f} s {run.statuses}\n")
        once = set(run.rows.values()) == {1} and len(run.rows) == options.photos
        lines.append(
            f"- {title}, {run.kills} workers killed: every photo exactly once: {once}; equal results: "
            f"{run.hashes == whole.hashes}; failed: {run.statuses['failed']}; "
            f"{run.seconds / whole.seconds:.2f} times as long as undisturbed plain processes"
        )
    return lines


def measure_shards(options: argparse.Namespace, whole: Measured) -> list[str]:
    """Restore in shards of their own, and compare their union with the whole."""
    from gfrnet.cluster import join_reports

    rows, hashes = Counter[str](), dict[str, str]()
    for index in range(1, options.shards + 1):
        run = restored(options, "shards", Crew("local", 2, 1), shard=Shard(index, options.shards))
        rows += run.rows
        hashes |= run.hashes
    joined = join_reports(str(options.folder / "report-shards"))
    fits = rows == whole.rows and hashes == whole.hashes and joined.photos == options.photos
    return [
        f"- {options.shards} shards, one after the other: their union equals the whole, none twice: "
        f"{fits and not joined.twice}"
    ]


def measure_storage(options: argparse.Namespace) -> list[str]:
    """Restore from and to a local server of S3, and compare with the disk."""
    photos = sorted((options.folder / "in").rglob("*.png"))[: options.stored]
    few = options.folder / "few"
    shutil.rmtree(few, ignore_errors=True)
    for path in photos:
        copy = few / "in" / path.relative_to(options.folder / "in")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    shutil.copytree(options.folder / "guides", few / "guides")
    seconds, hashes = {}, {}
    with local_server():
        bucket = empty_bucket({path.relative_to(few).as_posix(): path for path in few.rglob("*.png")})
        for title, root in (("disk", str(few)), ("S3", PLACE)):
            places = Places(f"{root}/in", f"{root}/out", f"{root}/report", (f"{root}/guides",))
            begun = time.monotonic()
            job = ClusterJob.begin(places)
            rows = list(job.run(Crew("local", 2, 1)))
            summary = job.finish()
            seconds[title] = time.monotonic() - begun
            hashes[title] = {row.name: (row.status, row.written) for row in rows}
        in_bucket = sum(key.startswith("out/") for key in bucket.names())
    equal = hashes["disk"] == hashes["S3"] and in_bucket == summary.restored
    return [
        f"- {len(photos)} photos from and to a local S3 server (moto): equal results: {equal}; "
        f"{seconds['S3'] / seconds['disk']:.2f} times as long as on this disk"
    ]


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
