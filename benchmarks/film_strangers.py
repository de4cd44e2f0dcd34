"""Measure how many tracks of strangers, and of the right people, are restored with somebody's portraits.

    python benchmarks/film_strangers.py PEOPLE [--people 70] [--write docs/results/film.md]

PEOPLE has a folder of photos for each person. A photo that is degraded as old film four times stands for a
track. Other photos of the person and of the other people stand for portraits. The verdict before restoring
is measured; the one after restoring refuses more.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from film_degradation import FilmRecipe, degraded
from section import machine, write_section

from gfrnet import images
from gfrnet.faces import (
    CropPlace,
    certainty,
    cut,
    embed_crop,
    face_box,
    find_faces,
    likeness,
    needed_similarity,
    sharpness,
)
from gfrnet.types import FloatArray, UInt8Image

PORTRAITS, TRACKS = 3, 2
"""Photos of a person that serve as portraits and as tracks."""


@dataclass(frozen=True)
class Still:
    """Hold a photo and the place of its only face."""

    picture: UInt8Image
    place: CropPlace


def main() -> None:
    """Read the command line, measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("people", type=Path)
    parser.add_argument("--people", dest="count", type=int, default=70)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    people = [stills(folder) for folder in sorted(options.people.iterdir())[: options.count]]
    people = [some for some in people if len(some) == PORTRAITS + TRACKS]
    portraits = [np.stack([_embedding(still) for still in some[:PORTRAITS]]) for some in people]
    lines = [
        "| scale | portraits | limit | right tracks refused | strangers' tracks restored |",
        "|---|---|---|---|---|",
    ]
    for scale in (4.0, 8.0):
        tracks = [(n, *track(still, scale)) for n, some in enumerate(people) for still in some[PORTRAITS:]]
        for count in (1, PORTRAITS):
            lines += rows(tracks, [some[:count] for some in portraits], f"| {scale:.0f} | {count}")
    sys.stdout.write("\n".join(lines) + "\n")
    if options.write:
        lines += ["", f"{len(people)} people, {TRACKS} tracks of each. {machine()}"]
        write_section(options.write, "Strangers", lines, "benchmarks/film_strangers.py")


def stills(folder: Path) -> list[Still]:
    """Return photos of a person that show one face."""
    found: list[Still] = []
    for path in sorted(folder.glob("*.jpg"))[:14:2]:
        picture = images.read(path).rgb8
        seen = find_faces(picture)
        if len(seen) == 1 and len(found) < PORTRAITS + TRACKS:
            found.append(Still(picture, CropPlace.around(seen[0].box)))
    return found


def _embedding(still: Still) -> FloatArray:
    return embed_crop(cut(still.picture, still.place).pixels)


def track(still: Still, scale: float) -> tuple[FloatArray, float]:
    """Return the mean identity and the median sharpness of a photo that is degraded four times."""
    frames = degraded([still.picture] * 4, still.place.side, FilmRecipe(scale=scale))
    crops = [cut(bad, still.place).pixels for _, bad in frames]
    return (
        np.mean([embed_crop(crop) for crop in crops], axis=0),
        float(np.median([sharpness(crop, face_box()) for crop in crops])),
    )


def rows(
    tracks: Sequence[tuple[int, FloatArray, float]], portraits: Sequence[FloatArray], head: str
) -> list[str]:
    """Return the shares at the limit for photos, and at several probabilities."""
    right: list[tuple[bool, float]] = []
    wrong: list[tuple[bool, float]] = []
    for person, embedding, sharp in tracks:
        for other, known in enumerate(portraits):
            similar = likeness(embedding, known)
            row = similar >= needed_similarity(sharp), certainty(similar, sharp)
            (right if other == person else wrong).append(row)
    lines = []
    for limit in (None, 0.8, 0.9, 0.95):
        refused, passed = (
            np.mean([accepted if limit is None else sure >= limit for accepted, sure in some])
            for some in (right, wrong)
        )
        name = "as photos" if limit is None else f"{limit}"
        lines.append(f"{head} | {name} | {1 - refused:.1%} | {passed:.1%} |")
    return lines


if __name__ == "__main__":
    main()
