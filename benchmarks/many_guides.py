"""Time the photos of a batch with few or many guides.

    python benchmarks/many_guides.py --guides 8 --guides 200

Guides and photos are variants of the demo's portrait, 1000 x 1000 pixels, in which one face is found. Every
photo is restored with each set of guides in turn, in one process: the speed of a shared machine drifts within
minutes. Each figure is the median over the photos, after one that warms up.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from gfrnet import batch, faces, images
from gfrnet.degradation import Recipe, degrade
from gfrnet.demo import PORTRAIT
from gfrnet.restore import Restorer
from gfrnet.types import UInt8Image

SIDE = 1000
"""Side of photos and guides, pixels."""


def main() -> None:
    """Make the pictures, restore the photos with each number of guides, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--guides", type=int, action="append", help="number of guides; repeat it")
    parser.add_argument("--photos", type=int, default=12, help="photos that are timed")
    given = parser.parse_args()
    counts = given.guides or [8, 200]
    with TemporaryDirectory() as folder:
        photos = write_photos(Path(folder) / "photos", given.photos + 1, bad=True)
        guides = {count: write_photos(Path(folder) / f"guides-{count}", count, bad=False) for count in counts}
        seconds = _restore(photos, guides, Path(folder) / "out")
    sys.stdout.write(f"{'guides':>8}{'ms a photo':>12}{'ratio':>8}" + "\n")
    for count in counts:
        taken = median(seconds[count])
        sys.stdout.write(f"{count:>8}{taken * 1000:>12.0f}{taken / median(seconds[counts[0]]):>8.2f}" + "\n")


def write_photos(folder: Path, count: int, *, bad: bool) -> list[Path]:
    """Write variants of the portrait that differ a little in place and light."""
    files = [folder / f"{number:04}.jpg" for number in range(count)]
    for file, pixels in zip(files, _variants(bad=bad), strict=False):
        images.write(images.Photo(pixels), file)
    return files


def _variants(*, bad: bool) -> Iterator[UInt8Image]:
    """Yield variants with one face. A second, false face would be more work in some of the runs only."""
    portrait = cv2.resize(images.read(PORTRAIT).rgb8, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    for number in itertools.count():
        pixels = _variant(portrait, number)
        if bad:
            pixels = degrade(pixels[:, ::-1].copy(), Recipe(scale=6, noise=3, jpeg=40, seed=number))
        if len(faces.detect(pixels)) == 1:
            yield pixels


def _variant(portrait: UInt8Image, number: int) -> UInt8Image:
    rng = np.random.default_rng(number)
    place = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), rng.uniform(-8, 8), rng.uniform(0.9, 1.1))
    moved = cv2.warpAffine(portrait, place, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.convertScaleAbs(moved, alpha=rng.uniform(0.85, 1.1)))


def _restore(photos: list[Path], guides: dict[int, list[Path]], out: Path) -> dict[int, list[float]]:
    """Restore every photo with each set of guides in turn; return seconds, without the first photo."""
    restorer = Restorer.load()
    prepared = {count: restorer.guides(files) for count, files in guides.items()}
    turns = [(photo, count) for photo in photos for count in guides]
    tasks = [
        batch.Task(photo, out / f"{photo.stem}-{count}.jpg", guides=prepared[count]) for photo, count in turns
    ]
    seconds: dict[int, list[float]] = {count: [] for count in guides}
    for (photo, count), record in zip(turns, batch.run(restorer, tasks), strict=True):
        assert record.status == "restored", record.reason
        if photo != photos[0]:
            seconds[count].append(record.seconds)
    return seconds


if __name__ == "__main__":
    main()
