"""Measure the scan of a large album: its time, its memory, a rescan, and moved files.

The album is composed: every photo shows four faces of a collection on a grey wall, 2000 x 1500 pixels.

    python benchmarks/album_scan.py FACES -o FOLDER --photos 3000 --workers 2
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from gfrnet import images
from gfrnet.album import Album

SIZE, FACES = (1500, 2000), 4


def main() -> None:
    """Compose the album, scan it, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("faces", type=Path, help="folders of photos of single people")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    photos = given.output / "photos"
    compose(sorted(given.faces.rglob("*.jpg")), photos, given.photos)
    with Album.open(photos, given.output / "album") as album:
        rows = [measured("scan", lambda: album.scan(workers=given.workers))]
        rows.append(measured("scan again", lambda: album.scan(workers=given.workers)))
        people = people_of(album)
        move(photos, given.photos // 3)
        rows.append(
            measured(f"scan with {given.photos // 3} moved", lambda: album.scan(workers=given.workers))
        )
        kept = people_of(album) == people
        rows.append(measured("people", album.people))
    sys.stdout.write("| step | seconds | most memory of all processes, MB |\n|---|---|---|\n")
    for name, seconds, memory in rows:
        sys.stdout.write(f"| {name} | {seconds:.1f} | {memory / 1e6:.0f} |\n")
    size = sum(path.stat().st_size for path in (given.output / "album").iterdir())
    sys.stdout.write(f"\n{len(people)} faces, index of {size / 1e6:.0f} MB; all kept their people: {kept}\n")


def compose(faces: list[Path], folder: Path, count: int) -> None:
    """Write photos of four faces each, in folders of a hundred."""
    rng = np.random.default_rng(1)
    for number in range(count):
        path = folder / f"{number // 100:03}" / f"{number:05}.jpg"
        if path.exists():
            continue
        wall = np.full((*SIZE, 3), 128, np.uint8) + rng.integers(0, 12, (*SIZE, 3), dtype=np.uint8)
        for place, index in enumerate(rng.choice(len(faces), FACES, replace=False)):
            face = images.read(faces[index]).rgb8
            side = int(rng.integers(240, 460))
            small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
            top, left = 150 + 650 * (place // 2), 150 + 900 * (place % 2)
            wall[top : top + side, left : left + side] = small
        images.write(images.Photo(wall), path, quality=92)


def measured(name: str, step: Callable[[], object]) -> tuple[str, float, int]:
    """Return the name of a step, its seconds, and the most memory that all processes had together."""
    most, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            most[0] = max(most[0], memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    step()
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    return name, seconds, max(most[0], memory())


def memory() -> int:
    """Return the bytes of memory of this process and of those that it started; shared ones count once."""
    group, total = os.getpgid(0), 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if os.getpgid(int(folder.name)) == group:
                    lines = (folder / "smaps_rollup").read_text().splitlines()
                    total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
            except (OSError, StopIteration):
                continue
    return total


def people_of(album: Album) -> set[tuple[str, str]]:
    """Return which face shows which person."""
    return {(face.label, face.person) for face in album.faces()}


def move(folder: Path, count: int) -> None:
    """Give photos new names in new folders."""
    for path in random.Random(1).sample(sorted(folder.rglob("*.jpg")), count):
        target = folder / "moved" / path.parent.name / f"renamed {path.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)


if __name__ == "__main__":
    main()
