"""Learn how embeddings differ between people and between photos, as the weights of the package did.

    python benchmarks/album_model.py FOLDER [FOLDER ...] --cache DIR -o src/gfrnet/weights/people.npy

Each FOLDER holds one folder of photos per person. The model learns from the main face of each photo. Of LFW,
only one half of the people is used (`album_people.learned_from`), because the other half is measured.

All of a person's variance is the sum of two covariances (`gfrnet.album.evidence`). Few people tell
little about many directions, so that both covariances are shrunk towards their mean variance.
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

SHRUNK = 0.5
"""Share of the mean variance in both covariances."""

MOST = 20
"""Largest number of photos with which a person counts."""


def main() -> None:
    """Read the command line, learn, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", help="folders of one folder of photos per person")
    parser.add_argument("--cache", type=Path, required=True, help="folder that remembers the faces")
    parser.add_argument("-o", dest="output", type=Path, required=True, help="file to write")
    options = parser.parse_args()
    tables = [read_faces(folder, options.cache) for folder in options.folders]
    for number, (folder, table) in enumerate(zip(options.folders, tables, strict=True)):
        wanted = [folder.name != "lfw" or learned_from(name) for name in table.person]
        tables[number] = table.of(np.flatnonzero(np.array(wanted) & table.main))
    table = joined(tables)
    np.save(options.output, learned(table.embedding, table.person))
    people = len(np.unique(table.person))
    sys.stdout.write(f"{len(table.photo)} photos of {people} people, sha256 {sha256(options.output)}\n")


def learned(embeddings: FloatArray, person: AnyArray) -> FloatArray:
    """Learn the model.

    Args:
        embeddings: (N, 128).
        person: (N,) whom each shows.

    Returns:
        (130, 128): the mean, the variance of people along each axis, and the axes, one in a column.
    """
    _, owner, counts = np.unique(person, return_inverse=True, return_counts=True)
    points = embeddings.astype(np.float64)
    sums = np.zeros((len(counts), points.shape[1]))
    np.add.at(sums, owner, points)
    means = sums / counts[:, None]
    middle = means.mean(axis=0)
    residuals = points - means[owner]
    # A person counts with at most so many photos, less the one that the mean takes away.
    weight = np.minimum(counts, MOST) / counts
    freedom = (weight * (counts - 1)).sum()
    within = (residuals * weight[owner][:, None]).T @ residuals / freedom
    several = counts > 1
    own = means[several] - middle
    between = own.T @ own / several.sum() - within * (1 / counts[several]).mean()
    return _axes(_shrunk(within), _shrunk(between), middle)


def _shrunk(covariance: AnyArray) -> AnyArray:
    mean = np.trace(covariance) / len(covariance)
    return (1 - SHRUNK) * covariance + SHRUNK * mean * np.eye(len(covariance))


def _axes(within: AnyArray, between: AnyArray, middle: AnyArray) -> FloatArray:
    """Return the model in axes in which ``within`` is 1, and ``between`` has no covariance."""
    variance, turned = np.linalg.eigh(within)
    scaled = turned / np.sqrt(variance)
    people, directions = np.linalg.eigh(scaled.T @ between @ scaled)
    return np.vstack([middle, np.maximum(people, 1e-6), scaled @ directions]).astype(np.float32)


if __name__ == "__main__":
    main()
