"""Measure how well cuts are found in films that flicker, with dissolves, fades and flashes.

    python benchmarks/film_shots.py [CLIPS] [--films 12] [--seed 1] [--write docs/results/film.md]

Films are put together from drawn scenes that pan and zoom. CLIPS, if it is given, holds films whose pieces
take the place of some scenes. A cut counts as found within 2 frames of its place. A dissolve or fade counts
anywhere in it. F1 is the harmonic mean of precision and recall.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from film_scenes import SIZE, flickering, scene
from section import machine, write_section

from gfrnet.film.shots import ShotFinder
from gfrnet.types import FloatArray

FLICKERS = (0.0, 0.05, 0.1, 0.2)
"""Standard deviations of the brightness from frame to frame, as shares."""


@dataclass
class Film:
    """Hold the frames of a film and where its shots meet: first and last frame of each passage."""

    frames: list[FloatArray] = field(default_factory=list)
    ends: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Count:
    """Count passages that were found, that were missed, and cuts where there are none."""

    found: int = 0
    missed: int = 0
    false: int = 0

    @property
    def f1(self) -> float:
        """Return the harmonic mean of precision and recall."""
        return 2 * self.found / max(1, 2 * self.found + self.missed + self.false)


def main() -> None:
    """Read the command line, measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", type=Path, nargs="?")
    parser.add_argument("--films", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    clips = [read(path) for path in sorted(options.clips.glob("*.mp4"))] if options.clips else []
    lines = ["| flicker | passages | found | false | F1 | ms a frame |", "|---|---|---|---|---|---|"]
    for flicker in FLICKERS:
        count, spent, frames = measure(clips, options.films, options.seed, flicker)
        cells = (f"{flicker:.0%}", count.found + count.missed, count.found, count.false, f"{count.f1:.3f}")
        lines.append("| " + " | ".join(map(str, (*cells, f"{1000 * spent / frames:.2f}"))) + " |")
        sys.stdout.write(lines[-1] + "\n")
    if options.write:
        ways = "Half of the passages are cuts, the others dissolves, fades, and flashes that are no cuts."
        write_section(options.write, "Shots", [*lines, "", f"{ways} {machine()}"], "benchmarks/film_shots.py")


def read(path: Path) -> list[FloatArray]:
    """Return the frames of a film at the size of drawn scenes."""
    import av

    with av.open(str(path)) as film:
        decoded = (frame.to_ndarray(format="rgb24") for frame in film.decode(video=0))
        return [cv2.resize(f, SIZE, interpolation=cv2.INTER_AREA).astype(np.float32) for f in decoded]


def measure(
    clips: Sequence[list[FloatArray]], films: int, seed: int, flicker: float
) -> tuple[Count, float, int]:
    """Return what was found, the seconds it took, and the number of frames."""
    total, spent, frames = Count(), 0.0, 0
    for number in range(films):
        rng = np.random.default_rng([seed, number])
        film = glued(rng, clips)
        finder = ShotFinder(255.0)
        for picture in flickering(rng, iter(film.frames), flicker):
            grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
            begun = time.perf_counter()
            finder.add(grey)
            spent += time.perf_counter() - begun
        begun = time.perf_counter()
        cuts = [shot.start for shot in finder.shots()][1:]
        spent += time.perf_counter() - begun
        frames += len(film.frames)
        _add(total, film.ends, cuts, number)
    return total, spent, frames


def _add(total: Count, ends: Sequence[tuple[int, int]], cuts: Sequence[int], number: int) -> None:
    """Count the cuts of one film; each passage takes one cut, and others in it are false."""
    left = list(cuts)
    for first, last in ends:
        inside = [cut for cut in left if first - 2 <= cut <= last + 2]
        if inside:
            left.remove(inside[0])
            total.found += 1
        else:
            total.missed += 1
            sys.stderr.write(f"film {number}: missed {first}..{last}\n")
    total.false += len(left)
    if left:
        sys.stderr.write(f"film {number}: false {left}\n")


def glued(rng: np.random.Generator, clips: Sequence[list[FloatArray]]) -> Film:
    """Put a film of 10 shots together."""
    film = Film()
    for number in range(10):
        shot = list(_shot(rng, clips, int(rng.integers(40, 110))))
        if rng.random() < 0.3:
            _flash(rng, shot)
        way = rng.choice(["cut", "dissolve", "fade"], p=[0.5, 0.3, 0.2]) if number else "cut"
        _join(film, shot, str(way), int(rng.integers(5, 25)))
    return film


def _shot(rng: np.random.Generator, clips: Sequence[list[FloatArray]], frames: int) -> Iterator[FloatArray]:
    if not clips or rng.random() < 0.6:
        return scene(rng, frames)
    clip = clips[rng.integers(len(clips))]
    start = int(rng.integers(0, max(1, len(clip) - frames)))
    return iter([frame.copy() for frame in clip[start : start + frames]])


def _flash(rng: np.random.Generator, shot: list[FloatArray]) -> None:
    """Make one to three frames white in part, as lightning or a splice does."""
    start = int(rng.integers(3, len(shot) - 6))
    for frame in range(start, start + int(rng.integers(1, 4))):
        light = np.linspace(0, 1, SIZE[0])[None, :, None] * 200 + 80
        shot[frame] = np.clip(0.3 * shot[frame] + light, 0, 255).astype(np.float32)


def _join(film: Film, shot: list[FloatArray], way: str, length: int) -> None:
    length = min(length, len(shot) // 2, len(film.frames) // 2)
    start = len(film.frames)
    if way == "dissolve":
        parts = np.linspace(0, 1, length + 2)[1:-1]
        mixed = [
            (1 - p) * a + p * b for p, a, b in zip(parts, film.frames[-length:], shot[:length], strict=True)
        ]
        film.frames[-length:] = mixed
        film.ends.append((start - length, start))
        film.frames += shot[length:]
        return
    if way == "fade":
        parts = np.linspace(1, 0, length)
        film.frames[-length:] = [p * a for p, a in zip(parts, film.frames[-length:], strict=True)]
        shot[:length] = [p * a for p, a in zip(parts[::-1], shot[:length], strict=True)]
        film.ends.append((start - length, start + length))
    elif start:
        film.ends.append((start, start))
    film.frames += shot


if __name__ == "__main__":
    main()
