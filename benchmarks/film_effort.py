"""Measure what one face, and the coding of one pixel, take: the constants of `gfrnet.film.estimate`.

    python benchmarks/film_effort.py [--write docs/results/film.md]

The demo's portrait moves through 720 x 576 pixels, under grain. The time of the processor counts, and the
least of several rounds, because other work on the machine only adds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from film_stability import written
from PIL import Image
from section import machine, write_section

from gfrnet.demo import PORTRAIT
from gfrnet.film import FilmSink, FilmSource, decide, people_guides, restored_shot, scan
from gfrnet.film.cast import Portraits
from gfrnet.images import Photo
from gfrnet.restore import RestoreOptions, Restorer
from gfrnet.types import UInt8Image

WIDTH, HEIGHT, FRAMES = 720, 576, 16


def drawn() -> list[UInt8Image]:
    """Return frames on which the portrait moves."""
    rng, made = np.random.default_rng(0), []
    portrait = cv2.resize(np.asarray(Image.open(PORTRAIT)), (400, 400), interpolation=cv2.INTER_AREA)
    for number in range(FRAMES):
        frame = np.full((HEIGHT, WIDTH, 3), 90.0)
        frame[100:500, 100 + 2 * number : 500 + 2 * number] = portrait
        frame += rng.normal(0, 5, (HEIGHT, WIDTH, 1))
        made.append(np.asarray(np.clip(frame, 0, 255), np.uint8))
    return made


def least(work: Callable[[], object], rounds: int) -> float:
    """Return the least time of several rounds, seconds."""
    spent = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return min(spent)


def face_seconds(source: FilmSource, rounds: int) -> float:
    """Return what one face takes with one thread."""
    restorer = Restorer.load(threads=1)
    guides = restorer.guides([Photo(np.asarray(Image.open(PORTRAIT)))])
    found = scan(source, portraits=[Portraits.of("ada", guides)])
    assert found is not None, "nobody stops the scan"
    track, person = found.tracks[0], found.people[0]
    gathered = people_guides(found, {"ada": guides}).get(person.number)
    plan = decide(track, person, gathered, source.frames, restorer, RestoreOptions(force=True))
    frames = list(source.frames())
    cv2.setNumThreads(1)
    return least(lambda: list(restored_shot(frames, [plan], restorer)), rounds) / len(track)


def coding_seconds(source: FilmSource, folder: Path, rounds: int) -> float:
    """Return what coding one pixel with x264 takes the processor, in all threads together."""
    frames = list(source.frames())

    def code() -> None:
        with FilmSink(folder / "out.mkv", like=source, codec="x264", threads=2) as sink:
            for frame in frames:
                sink.write(frame)
        (folder / "out.mkv").unlink()

    return least(code, rounds) / (FRAMES * WIDTH * HEIGHT)


def main() -> None:
    """Read the command line, measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        source = written(drawn(), Path(folder) / "film.mkv")
        coding = coding_seconds(source, Path(folder), options.rounds)
        alone = face_seconds(source, options.rounds)
    lines = [
        "| what | seconds of one core |",
        "|---|---|",
        f"| one face | {alone:.3f} |",
        f"| coding a million pixels with x264 | {1e6 * coding:.3f} |",
        "",
        f"The least of {options.rounds} rounds of {FRAMES} frames, with one guide. {machine()}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    if options.write:
        write_section(options.write, "Effort", lines, "benchmarks/film_effort.py")


if __name__ == "__main__":
    main()
