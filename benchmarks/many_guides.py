"""Time the photos of a batch with few or many guides.

    python benchmarks/many_guides.py --guides 8 --guides 200
    python benchmarks/many_guides.py --source OTHER/CHECKOUT/src

Guides and photos are variants of the demo's portrait, 1000 x 1000 pixels, in which one face is found. Each
figure is the median over the photos after the first, of the seconds in the report. The runs alternate.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from gfrnet import faces, images
from gfrnet.degradation import Recipe, degrade
from gfrnet.demo import PORTRAIT
from gfrnet.types import UInt8Image

SIDE = 1000
"""Side of photos and guides, pixels."""


def main() -> None:
    """Make the pictures, restore them with each number of guides, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--guides", type=int, action="append", help="number of guides; repeat it")
    parser.add_argument("--photos", type=int, default=6, help="photos of each batch")
    parser.add_argument("--rounds", type=int, default=2, help="batches of each number of guides")
    parser.add_argument("--source", type=Path, help="src of another version of gfrnet, to time instead")
    given = parser.parse_args()
    counts = given.guides or [8, 200]
    with TemporaryDirectory() as folder:
        photos = _write(Path(folder) / "photos", given.photos, bad=True)
        guides = {count: _write(Path(folder) / f"guides-{count}", count, bad=False) for count in counts}
        seconds: dict[int, list[float]] = {count: [] for count in counts}
        for _ in range(given.rounds):
            for count in counts:
                seconds[count] += _restore(photos, guides[count], Path(folder), given.source)
    sys.stdout.write(f"{'guides':>8}{'ms a photo':>12}{'ratio':>8}" + "\n")
    for count in counts:
        taken = median(seconds[count])
        sys.stdout.write(f"{count:>8}{taken * 1000:>12.0f}{taken / median(seconds[counts[0]]):>8.2f}" + "\n")


def _write(folder: Path, count: int, *, bad: bool) -> Path:
    """Write variants of the portrait that differ a little in place and light."""
    for number, pixels in enumerate(itertools.islice(_variants(bad=bad), count)):
        images.write(images.Photo(pixels), folder / f"{number:04}.jpg")
    return folder


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


def _restore(photos: Path, guides: Path, folder: Path, source: Path | None) -> list[float]:
    """Run a batch in a process of its own; return the seconds of its photos after the first."""
    report = folder / "report.json"
    arguments = ["restore", photos, "-g", guides, "-o", folder / "out", "--report", report, "--overwrite"]
    environment = os.environ | ({"PYTHONPATH": str(source.resolve())} if source else {})
    command = [sys.executable, "-m", "gfrnet", *map(str, arguments)]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    records = json.loads(report.read_text())["photos"]
    assert all(record["status"] == "restored" for record in records)
    return [record["seconds"] for record in records[1:]]


if __name__ == "__main__":
    main()
