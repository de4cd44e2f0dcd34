"""Kill scans of an album, and commands that decide, at random moments; check that nothing is lost.

    python benchmarks/album_scan_kills.py FOLDER [--kills 200] [--photos 12] [--seed 0]

FOLDER gets an album of the demo's portrait. In each round some photos are replaced by new ones, so that there
is work. A scan starts, and beside it a command that notes a birth year. Both are killed (SIGKILL) at random
moments. After each kill the index must open and be sound. The decisions must be whole lines and hold every
year whose command ended well. No original may have changed. In the end a scan completes the work.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from album_kills import make_album, state, turned

from gfrnet import images
from gfrnet.album import Album

FIRST_YEAR, YEARS = 1826, 200


def main() -> None:
    """Read the command line, kill, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder for the album; it is made")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--photos", type=int, default=12, help="photos of the album")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    photos = options.folder / "photos"
    make_album(photos, options.photos - 3)
    rng = np.random.default_rng(options.seed)
    whole = {name: seconds(words) for name, words in (("scan", scan(photos)), ("born", born(photos, 0)))}
    faults, noted = list[str](), set[int]()
    for number in range(1, options.kills + 1):
        replace_some(photos, rng)
        before = originals(photos)
        if killed(
            scan(photos), born(photos, number), rng.uniform(0, 1.3, 2) * (whole["scan"], whole["born"])
        ):
            noted.add(number)
        faults += check(photos, noted, before)
    code = start(scan(photos)).wait()
    faults += check(photos, noted, originals(photos))
    with Album.open(photos) as album:
        seen = len({face.photo for face in album.faces()})
    sys.stdout.write(
        f"{options.kills} scans of {whole['scan']:.1f} s killed, and as many commands that decide, "
        f"of which {len(noted)} had ended: {len(faults)} faults {sorted(set(faults))}\n"
        f"at the end: exit code {code}, faces on {seen} of {options.photos} photos\n"
    )


def scan(photos: Path) -> list[str]:
    """Return the words of the command that scans."""
    return ["scan", str(photos), "--workers", "2"]


def born(photos: Path, number: int) -> list[str]:
    """Return the words of the command that notes a birth year, another one for each number."""
    return ["people", "--born", f"Ada={FIRST_YEAR + number % YEARS}", "--album", str(photos)]


def start(words: list[str]) -> subprocess.Popen[bytes]:
    """Start a command of the album."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", "gfrnet", "album", *words], stdout=quiet, stderr=quiet)


def seconds(words: list[str]) -> float:
    """Return how long a command takes that is not killed."""
    began = time.monotonic()
    if start(words).wait():
        raise SystemExit(f"The command failed: {words}")
    return time.monotonic() - began


def killed(scanning: list[str], deciding: list[str], after: np.ndarray) -> bool:
    """Run both commands, kill each after its time, and return whether the one that decides had ended well."""
    began = time.monotonic()
    jobs = [start(scanning), start(deciding)]
    for index in np.argsort(after):
        time.sleep(max(0.0, began + after[index] - time.monotonic()))
        jobs[index].kill()
    return [job.wait() for job in jobs][1] == 0


def replace_some(photos: Path, rng: np.random.Generator) -> None:
    """Put others in the place of two photos. The first three stay, because they carry the name."""
    files = [file for file in sorted(photos.glob("[01]/*.png")) if int(file.stem) >= 3]
    for index in rng.choice(len(files), 2, replace=False):
        picture = turned(images.read(files[index]).rgb8, float(rng.uniform(-3, 3)))
        images.write(images.Photo(picture), files[index])


def originals(photos: Path) -> dict[str, str]:
    """Return the hashes of all photos."""
    return {file: content for file, content in state(photos).items() if file.endswith(".png")}


def check(photos: Path, noted: set[int], before: dict[str, str]) -> list[str]:
    """Return what is wrong after a kill."""
    wrong = [] if originals(photos) == before else ["an original changed"]
    folder = photos / ".gfrnet-album"
    with sqlite3.connect(folder / "index.sqlite") as index:
        if index.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            wrong.append("the index is damaged")
    index.close()
    lines = (folder / "decisions.jsonl").read_text("utf-8").splitlines()
    try:
        text = [json.dumps(json.loads(line)) for line in lines]
    except ValueError:
        return [*wrong, "a decision is half-written"]
    lost = [number for number in noted if not any(str(FIRST_YEAR + number % YEARS) in line for line in text)]
    wrong += [f"the decision {number} is lost" for number in lost]
    with Album.open(photos) as album:
        wrong += [] if any(person.name == "Ada" for person in album.people()) else ["the name is lost"]
    return wrong


if __name__ == "__main__":
    main()
