"""Measure what reading the names, the places of faces and the date of a photo costs.

    python benchmarks/names_in_photos.py [--rounds 200]

Photos are made up: of a phone, of another program with 3 and with 20 named faces, and with the same in a
sidecar. Times are those of the processor, beside decoding the picture, of which they need nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np
from PIL import Image

from gfrnet.images import Frame, PersonRegion, Photo, people_in, taken, write_sidecar
from gfrnet.types import Box

SIZE = (400, 300)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    rounds = parser.parse_args().rounds
    sys.stdout.write("| photo | names, ms | date, ms | writing the sidecar, ms |\n|---|---|---|---|\n")
    with TemporaryDirectory() as folder:
        for faces in (0, 3, 20):
            for beside in (False, True) if faces else (False,):
                place = "in its sidecar" if beside else "in the photo"
                photo = example(Path(folder) / f"{faces}{beside}.jpg", faces, beside)
                names = milliseconds(lambda photo=photo: people_in(photo), rounds)
                date = milliseconds(lambda photo=photo: taken(photo), rounds)
                people = [[PersonRegion(box, f"P{n}") for box in boxes(faces)] for n in range(2)]
                turns = iter(range(rounds + 1))
                write = milliseconds(
                    lambda photo=photo, people=people, turns=turns: write_sidecar(
                        photo.path, people[next(turns) % 2], Frame.of(photo)
                    ),
                    rounds,
                )
                sys.stdout.write(f"| {faces} faces {place} | {names:.2f} | {date:.2f} | {write:.2f} |\n")


def example(path: Path, faces: int, beside: bool) -> Photo:
    """Return a photo of a camera with named faces, in itself or in its sidecar."""
    tags = Image.Exif()
    tags[0x010F], tags[0x0112] = "Kamera", 1
    tags[0x8769] = {0x9003: "2019:05:24 12:34:56", 0x9004: "2019:05:24 12:34:56", 0x829A: 0.01}
    people = [PersonRegion(box, f"Person {n}") for n, box in enumerate(boxes(faces))]
    sidecar = write_sidecar(path, people, Frame(*SIZE)).path
    xmp = sidecar.read_bytes() if faces else None
    if not beside:
        sidecar.unlink(missing_ok=True)
    pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    return Photo(pixels, exif=tags.tobytes(), xmp=None if beside else xmp, path=path)


def boxes(count: int) -> list[Box]:
    """Return boxes that lie side by side."""
    return [Box(60 * (n % 6), 60 * (n // 6), 60 * (n % 6) + 50, 60 * (n // 6) + 50) for n in range(count)]


def milliseconds(call: Callable[[], object], rounds: int) -> float:
    """Return how long a call takes of the processor, in the middle of all rounds."""
    times = []
    for _ in range(rounds):
        start = process_time()
        call()
        times.append(1e3 * (process_time() - start))
    return float(np.median(times))


if __name__ == "__main__":
    main()
