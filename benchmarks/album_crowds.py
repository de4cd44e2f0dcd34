"""Find the middles of crowds of people who look alike, as the weights of the package did.

    python benchmarks/album_crowds.py FOLDER [FOLDER ...] --cache DIR -o src/gfrnet/weights/crowds.npy

Each FOLDER holds one folder of photos per person. A person is the mean of the main faces of their photos. Of
LFW, only one half of the people is used (`album_people.learned_from`), because the other half is measured.
`gfrnet.album.closeness` tells what the crowds are for.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from album_faces import joined, read_faces
from album_people import learned_from

from gfrnet.files import sha256
from gfrnet.types import AnyArray, FloatArray

CROWDS = 32
"""Number of crowds. 64, 128 and all people one by one were no better on the people learned from."""

STEPS = 30
"""Number of times that people choose their crowds, and crowds move to their middles."""


def main() -> None:
    """Read the command line, find the crowds, write them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", help="folders of one folder of photos per person")
    parser.add_argument("--cache", type=Path, required=True, help="folder that remembers the faces")
    parser.add_argument("-o", dest="output", type=Path, required=True, help="file to write")
    options = parser.parse_args()
    table = joined([read_faces(folder, options.cache) for folder in options.folders])
    table = table.of(np.flatnonzero(table.main & np.array([may_teach(name) for name in table.person])))
    people = mean_people(table.embedding, table.person)
    np.save(options.output, middles(people))
    sys.stdout.write(f"{len(table.photo)} photos of {len(people)} people, sha256 {sha256(options.output)}\n")


def may_teach(name: str) -> bool:
    """Return whether the crowds may be learned from a person."""
    return not name.startswith("lfw/") or learned_from(name)


def mean_people(embeddings: FloatArray, person: AnyArray) -> AnyArray:
    """Return the mean embedding of each person, (P, 128)."""
    _, owner, counts = np.unique(person, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), embeddings.shape[1]))
    np.add.at(sums, owner, embeddings)
    return np.asarray(sums / counts[:, None])


def middles(people: AnyArray) -> FloatArray:
    """Return the middles of crowds, (C, 128), by Lloyd's algorithm (k-means) from people drawn at random."""
    chosen = np.random.default_rng(0).choice(len(people), CROWDS, replace=False)
    found = people[chosen]
    for _ in range(STEPS):
        distances = ((people[:, None] - found) ** 2).sum(axis=2)
        nearest = distances.argmin(axis=1)
        found = np.stack([people[nearest == crowd].mean(axis=0) for crowd in range(CROWDS)])
    return found.astype(np.float32)


if __name__ == "__main__":
    main()
