"""Kill the restoring of an album at random moments, and check that nothing is lost or half-written.

    python benchmarks/album_kills.py FOLDER [--kills 30] [--photos 12] [--seed 0]

FOLDER gets an album of the demo's portrait: three good photos, and others that are worn out. Again and again
``gfrnet album restore --resume`` is started and killed (SIGKILL) after a random time. Before each start some
results are deleted, so that there is work. After each kill every result must be a whole picture. No original
may have changed, and no decision may be lost. In the end a run completes the work.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from gfrnet import images
from gfrnet.album import Album, Named
from gfrnet.album.walk import RESULTS
from gfrnet.batch import read_report
from gfrnet.demo import PORTRAIT
from gfrnet.errors import ImageError
from gfrnet.restore import content_hash
from gfrnet.types import UInt8Image


def main() -> None:
    """Read the command line, kill, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder for the album; it is made")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--photos", type=int, default=12, help="worn photos")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    photos, out = options.folder / "photos", options.folder / "out"
    make_album(photos, options.photos)
    rng = np.random.default_rng(options.seed)
    start = time.monotonic()
    restore(photos, out).wait()
    whole = time.monotonic() - start
    before, faults = state(photos), list[str]()
    for _ in range(options.kills):
        for result in results(out):
            if rng.random() < 0.5:
                result.unlink()
        job = restore(photos, out)
        time.sleep(float(rng.uniform(0.3, 1)) * whole)
        job.kill()
        job.wait()
        faults += check(photos, out, before)
    code = restore(photos, out).wait()
    faults += check(photos, out, before)
    left = [path.name for path in out.rglob("*.part")]
    report = read_report(options.folder / "report.json")
    complete = report is not None and len(report.photos) == options.photos
    sys.stdout.write(
        f"{options.kills} kills within {whole:.1f} s each: {len(faults)} faults {faults}\n"
        f"at the end: exit code {code}, {len(results(out))} of {options.photos} results, "
        f"{len(left)} parts left, report {'whole' if complete else 'broken'}\n"
    )


def make_album(photos: Path, worn: int) -> None:
    """Write photos of the portrait, scan them, and name all faces."""
    face = np.ascontiguousarray(images.read(PORTRAIT).rgb8[20:230, 110:320])
    for number in range(worn + 3):
        picture = turned(face, 3.0 * number - 15)
        if number >= 3:
            picture = worn_out(picture)
        images.write(images.Photo(picture), photos / f"{number % 2}" / f"{number}.png")
    with Album.open(photos) as album:
        album.scan(workers=1)
        album.decide(Named(person="Ada", faces=album.keys(album.faces())))


def turned(face: UInt8Image, degrees: float) -> UInt8Image:
    """Turn a face in its picture."""
    height, width = face.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    moved = cv2.warpAffine(
        face, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


def worn_out(face: UInt8Image) -> UInt8Image:
    """Return a face without its detail."""
    small = cv2.resize(face, None, fx=1 / 6, fy=1 / 6, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, face.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def restore(photos: Path, out: Path) -> subprocess.Popen[bytes]:
    """Start the command."""
    words = ["album", "restore", "-o", str(out), "--resume", "--album", str(photos)]
    words += ["--report", str(out.with_name("report.json")), "--sheets", str(out / "sheets")]
    quiet = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", "gfrnet", *words], stdout=quiet, stderr=quiet)


def results(out: Path) -> list[Path]:
    """Return all results, without sheets."""
    return sorted(path for path in out.glob("[01]/*") if not path.name.startswith("."))


def state(photos: Path) -> dict[str, str]:
    """Return the hashes of all photos, and of the decisions."""
    album = photos / ".gfrnet-album"
    files = [*photos.glob("[01]/*"), album / "decisions.jsonl"]
    return {str(file): content_hash(file) for file in sorted(files)}


def check(photos: Path, out: Path, before: dict[str, str]) -> list[str]:
    """Return what is wrong after a kill."""
    wrong = [] if state(photos) == before else ["an original or a decision changed"]
    wrong += [] if (out / RESULTS).is_file() else ["the mark of results is gone"]
    for file in (*results(out), *out.glob("sheets/*.jpg")):
        try:
            images.read(file)
        except ImageError as error:
            wrong.append(str(error))
    report = out.with_name("report.json")
    if report.exists() and read_report(report) is None:
        wrong.append("the report is broken")
    return wrong


if __name__ == "__main__":
    main()
