"""Measure by how much the similarity to a right guide falls when faces are restored.

    python benchmarks/falls.py DATA [--people 24]

DATA is a data set of `gfrnet data build`. Of each person one crop is restored from another one, sharp and
degraded blindly 2, 4 and 8 times. Prints the largest falls, which choose `FALL` of `gfrnet.restore.face`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from gfrnet import images
from gfrnet.data import read_manifest
from gfrnet.degradation import degrade, sample_recipe
from gfrnet.restore import Restorer

SCALES = (1, 2, 4, 8)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--people", type=int, default=24)
    options = parser.parse_args()
    crops: dict[str, list[Path]] = {}
    for portrait in read_manifest(options.data):
        crops.setdefault(portrait.person, []).append(portrait.crop)
    rng, restorer = np.random.default_rng(3), Restorer.load()
    people = [person for person in sorted(crops) if len(crops[person]) > 1]
    falls = np.array(
        [measure(restorer, crops[one], rng) for one in rng.permutation(people)[: options.people]]
    )
    for at, scale in enumerate(SCALES):
        worst = ", ".join(f"{fall:.2f}" for fall in np.sort(falls[:, at])[::-1][:5])
        sys.stdout.write(f"{scale}x, {len(falls)} faces: the largest falls are {worst}\n")


def measure(restorer: Restorer, crops: list[Path], rng: np.random.Generator) -> list[float]:
    """Restore a crop of a person from another one at each scale; return the falls."""
    photo, guide = (images.read(crops[n]).rgb8 for n in rng.choice(len(crops), 2, replace=False))
    falls = []
    for scale in SCALES:
        seen = photo if scale == 1 else degrade(photo, sample_recipe(rng, scale=float(scale)))
        (face,) = restorer.restore(seen, [guide], cropped=True, force=True).faces
        assert face.result is not None
        falls.append(face.similarity - face.result.similarity)
    return falls


if __name__ == "__main__":
    main()
