"""Measure how many copies of one photo an album recognises, so that they do not guide together.

    python benchmarks/album_copies.py FOLDER [FOLDER ...] [--people 50] [--seed 0]

Each FOLDER holds one folder of photos per person. A photo of each person is copied in the four ways of
`benchmarks/near_duplicates.py`. Other pairs are different photos of one person. The table gives the shares
that count as copies, for several values of `ALIKE_VIEWS` and `ALIKE_DISTANCE` of `gfrnet.album.guides`.
"""

from __future__ import annotations

import argparse
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
from near_duplicates import crop, mirror, recolour, recompress

from gfrnet import faces, images
from gfrnet.faces import FacePortrait
from gfrnet.restore import Place, guide_faces
from gfrnet.types import UInt8Image

KINDS = (crop, mirror, recolour, recompress)
VIEWS, DISTANCES = (0.75, 0.8, 0.85, 0.9), (0.25, 0.3, 0.35)

PHOTOS = 4
"""Photos of each person."""


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders of one folder of photos per person")
    parser.add_argument("--people", type=int, default=50, help="at most so many of each folder")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, found = np.random.default_rng(options.seed), dict[str, list[tuple[float, float]]]()
    for folder in options.folders:
        for person in sorted(path for path in folder.iterdir() if path.is_dir())[: options.people]:
            for kind, pair in measure(person, rng):
                found.setdefault(kind, []).append(pair)
    sys.stdout.write("pairs: " + ", ".join(f"{len(pairs)} {kind}" for kind, pairs in found.items()) + "\n")
    for views in VIEWS:
        for distance in DISTANCES:
            shares = {kind: _share(np.array(pairs), views, distance) for kind, pairs in found.items()}
            line = ", ".join(f"{kind} {share:.0f} %" for kind, share in shares.items())
            sys.stdout.write(f"{views:.2f} {distance:.2f}: {line}\n")


def measure(person: Path, rng: np.random.Generator) -> list[tuple[str, tuple[float, float]]]:
    """Return correlation of views and distance of identities of pairs, with what they are."""
    pictures = [images.read(file).rgb8 for file in sorted(person.iterdir())[:PHOTOS]]
    portraits = [portrait(picture) for picture in pictures]
    copies = [(kind.__name__, portrait(kind(pictures[0], rng))) for kind in KINDS]
    pairs = [(kind, portraits[0], copy) for kind, copy in copies]
    others = f"other photo of {person.parent}"
    pairs += [(others, one, other) for one, other in combinations(portraits, 2)]
    return [(kind, compared(one, other)) for kind, one, other in pairs if one and other]


def portrait(picture: UInt8Image) -> FacePortrait | None:
    """Return the portrait of the largest face; None without a face."""
    found = faces.find_faces(np.ascontiguousarray(picture))
    if not found:
        return None
    face = max(found, key=lambda each: each.box.width)
    return guide_faces(images.Photo(np.ascontiguousarray(picture)), [Place(face.box, face.turn)])[0].portrait


def compared(one: FacePortrait, other: FacePortrait) -> tuple[float, float]:
    """Return the correlation of two views, one mirrored where that fits, and the distance of identities."""
    side = int(np.sqrt(other.view.size))
    mirrored = other.view.reshape(side, side)[:, ::-1].ravel()
    correlation = max(float(one.view @ other.view), float(one.view @ mirrored))
    return correlation, faces.distance(one.embedding, other.embedding)


def _share(pairs: np.ndarray, views: float, distance: float) -> float:
    return 100 * float(((pairs[:, 0] >= views) & (pairs[:, 1] <= distance)).mean())


if __name__ == "__main__":
    main()
