"""Kill scans of an album at random moments, and check that nothing is lost and nothing is half-written.

    python benchmarks/album_kills.py PHOTOS -o FOLDER --kills 200

While a scan runs, another process writes decisions, and notes each one that was confirmed. Both are killed.
Then every confirmed decision must be there, and the originals must have their hashes. In the end a whole scan
must find what a scan that nobody killed finds.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from gfrnet.album import Album, FaceKey, Named
from gfrnet.album.decisions import Decisions

SCAN = "from gfrnet.album import Album; import sys; Album.open(sys.argv[1], sys.argv[2]).scan(workers=1)"


def main() -> None:
    """Kill, check, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--decide", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.decide:
        decide(given.output)
    before, rng, torn = hashes(given.photos), random.Random(1), 0
    album = given.output / "album"
    for kill in range(1, given.kills + 1):
        killed(given, rng.uniform(0, 6))
        read, unread = Decisions(album).read()
        confirmed = set((given.output / "confirmed").read_text().split())
        found = {each.decision.faces[0].photo for each in read if isinstance(each.decision, Named)}
        assert confirmed <= found, "a decision was lost"
        assert hashes(given.photos) == before, "an original has changed"
        torn = unread
        sys.stdout.write(f"\r{kill} kills, {len(found)} decisions")
        sys.stdout.flush()
    with Album.open(given.photos, album) as killed_often:
        killed_often.scan()
        labels = {face.label for face in killed_often.faces()}
    with Album.open(given.photos, given.output / "whole") as whole:
        whole.scan()
        assert labels == {face.label for face in whole.faces()}, "the scans differ"
    sys.stdout.write(
        f"\nNo decision lost, {torn} torn lines, originals unchanged, {len(labels)} faces found.\n"
    )


def killed(given: argparse.Namespace, seconds: float) -> None:
    """Start a scan and a process that decides, and kill both after some seconds."""
    commands = (
        [sys.executable, "-c", SCAN, str(given.photos), str(given.output / "album")],
        [sys.executable, __file__, str(given.photos), "-o", str(given.output), "--decide"],
    )
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "confirmed").touch()
    running = [subprocess.Popen(command, start_new_session=True) for command in commands]
    time.sleep(seconds)
    for process in running:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def decide(folder: Path) -> None:
    """Write decisions for ever, and note each one when it is confirmed."""
    store = Decisions(folder / "album")
    with (folder / "confirmed").open("a") as confirmed:
        while True:
            face = FaceKey(photo=os.urandom(16).hex(), box=(0, 0, 10, 10))
            store.append([Named(person="Anna", faces=(face,))])
            confirmed.write(f"{face.photo}\n")
            confirmed.flush()
            time.sleep(0.01)


def hashes(folder: Path) -> dict[Path, str]:
    """Return the hash of every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


if __name__ == "__main__":
    main()
