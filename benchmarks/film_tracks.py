"""Measure how faces are followed in a film that is degraded as old film is, against the clean film.

    python benchmarks/film_tracks.py FILM... [--frames 100] [--scale 4] [--write docs/results/film.md]

Both versions are tracked. Covered is the share of the frames with a face in the clean film on which a
track of the degraded film overlaps it by half. Off is the distance of the middles as a share of the side.
Shake is the standard deviation of the second difference of the distance, in the same unit. False are tracks
that overlap no track of the clean film. Times are those of the processor, for a frame.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from film_degradation import FilmRecipe, degraded
from section import machine, write_section

from gfrnet.faces import find_faces
from gfrnet.film import FilmSource, Track
from gfrnet.film.following import Follower
from gfrnet.film.shots import ShotFinder
from gfrnet.film.tracking import make_tracks
from gfrnet.types import Box, UInt8Image

COVERING = 0.5
"""Least intersection over union of a track that covers a face."""


def main() -> None:
    """Read the command line, measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("films", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--scale", type=float, action="append")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    lines = ["| film | scale | covered | off | shake | false | ms a frame |", "|---|---|---|---|---|---|---|"]
    for path in options.films:
        frames = [frame.rgb() for frame in islice(FilmSource.open(path).frames(), options.frames)]
        side = 1.3 * max(face.box.width for face in find_faces(frames[0]))
        for scale in options.scale or (4.0, 8.0):
            pairs = list(degraded(frames, side, FilmRecipe(scale=scale)))
            row = measure([clean for clean, _ in pairs], [bad for _, bad in pairs])
            lines.append(f"| {path.stem} | {scale:.0f} | {row} |")
            sys.stdout.write(lines[-1] + "\n")
            sys.stdout.flush()
    if options.write:
        write_section(
            options.write,
            "Tracks",
            [*lines, "", f"The first {options.frames} frames of each film count. {machine()}"],
            "benchmarks/film_tracks.py",
        )


def measure(clean: Sequence[UInt8Image], bad: Sequence[UInt8Image]) -> str:
    """Return the cells of one row."""
    right, _ = tracked(clean)
    found, spent = tracked(bad)
    matches = [[_at(found, spot.frame, spot.box) for spot in track.spots] for track in right]
    covered = np.mean([match is not None for row in matches for match in row])
    errors, shakes = [], []
    for track, row in zip(right, matches, strict=True):
        apart = [
            np.subtract(match, spot.box.center) / spot.box.width
            for spot, match in zip(track.spots, row, strict=True)
            if match is not None
        ]
        errors += [float(np.hypot(*value)) for value in apart]
        shakes += list(np.diff(np.array(apart), 2, axis=0).ravel())
    false = sum(all(_at(right, spot.frame, spot.box) is None for spot in track.spots) for track in found)
    return f"{covered:.3f} | {np.mean(errors):.4f} | {np.std(shakes):.4f} | {false} | {spent:.0f}"


def tracked(frames: Sequence[UInt8Image]) -> tuple[tuple[Track, ...], float]:
    """Return the tracks, and the milliseconds a frame."""
    finder, follower, begun = ShotFinder(255.0), Follower(), time.process_time()
    for number, frame in enumerate(frames):
        small = cv2.resize(frame, (96, 64), interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
        follower.see(number, frame, finder.add(grey))
    tracks = make_tracks(follower.chains(), finder.shots())
    return tracks, 1000 * (time.process_time() - begun) / len(frames)


def _at(tracks: Sequence[Track], frame: int, box: Box) -> tuple[float, float] | None:
    """Return the middle of the face of a track at a place."""
    for track in tracks:
        spot = track.spot(frame)
        if spot is not None and spot.box.overlap(box) >= COVERING:
            return spot.box.center
    return None


if __name__ == "__main__":
    main()
