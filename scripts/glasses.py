"""Learn to find glasses in guides, as the weights that come with the package did.

    python scripts/glasses.py LABELS.csv -o src/gfrnet/weights/glasses.npy

LABELS.csv has the columns crop, person and kind. A crop is a face of 256 x 256 pixels, as `gfrnet data build`
writes it; its path is relative to LABELS.csv. The kind is none, glasses or sunglasses. The table printed says
what each half of the people teaches about the other half.
"""

from __future__ import annotations

import argparse
import csv
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gfrnet import images
from gfrnet.errors import DataError, GfrnetError
from gfrnet.restore.glasses import LIKELY, describe
from gfrnet.types import AnyArray, FloatArray

KINDS = {"none": 1.0, "glasses": 2.0, "sunglasses": 6.0}
"""Weight of a face of each kind. Sunglasses are few, and may not be missed."""

DECAY, STEPS = 4.0, 10
"""Weight of the squares of all weights, and Newton steps."""


def main(words: Sequence[str] | None = None) -> int:
    """Learn, measure, write; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python scripts/glasses.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("labels", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(words)
    try:
        features, kinds, halves = read(options.labels)
    except GfrnetError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    sys.stdout.write(table(features, kinds, halves))
    np.save(options.output, learn(features, kinds))
    return 0


def read(labels: Path) -> tuple[FloatArray, AnyArray, AnyArray]:
    """Read the labels and describe their crops.

    Returns:
        (2, N, 784) features of the crops and their mirror images, (N,) kinds, (N,) half of each person.

    Raises:
        DataError: A column is missing, or a kind is unknown.
        ImageError: A crop cannot be read.
    """
    with labels.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"crop", "person", "kind"} <= rows[0].keys():
        raise DataError(f"{labels} must have the columns crop, person and kind, and at least one row.")
    kinds = np.array([row["kind"] for row in rows])
    if not set(kinds) <= KINDS.keys():
        raise DataError(f"A kind in {labels} is none of {', '.join(KINDS)}.")
    crops = (images.read(labels.parent / row["crop"]).rgb8 for row in rows)
    pairs = [(describe(crop), describe(np.ascontiguousarray(crop[:, ::-1]))) for crop in crops]
    halves = np.array([zlib.crc32(row["person"].encode()) % 2 for row in rows])
    return np.swapaxes(np.array(pairs), 0, 1), kinds, halves


def learn(features: FloatArray, kinds: AnyArray) -> FloatArray:
    """Fit a logistic regression by Newton's method.

    Args:
        features: (2, N, 784), from `read`.
        kinds: (N,).

    Returns:
        (785,) weights; the last one is added alone.
    """
    x = np.concatenate(features).astype(np.float64)
    middle = x.mean(axis=0)
    x = np.hstack([x - middle, np.ones((len(x), 1))])
    glasses = np.tile(kinds != "none", 2)
    shares = np.tile([KINDS[kind] for kind in kinds], 2)
    decay = np.append(np.full(x.shape[1] - 1, DECAY), 1e-6)
    found = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ found, -40, 40)))
        slope = x.T @ (shares * (p - glasses)) + decay * found
        bend = (x * (shares * p * (1 - p))[:, None]).T @ x + np.diag(decay)
        found -= np.linalg.solve(bend, slope)
    return np.append(found[:-1], found[-1] - middle @ found[:-1]).astype(np.float32)


def table(features: FloatArray, kinds: AnyArray, halves: AnyArray) -> str:
    """Return what each half of the people teaches about the other half, as Markdown."""
    odds = np.zeros(len(kinds))
    for half in (0, 1):
        known = halves != half
        if known.any() and not known.all():
            taught = learn(features[:, known], kinds[known])
            odds[~known] = features[0, ~known] @ taught[:-1] + taught[-1]
    lines = ["| | faces | partly covered | covered |", "|---|---:|---:|---:|"]
    for kind in KINDS:
        own = odds[kinds == kind]
        partly, wholly = ((own > limit).sum() for limit in LIKELY)
        lines.append(f"| {kind} | {len(own)} | {partly - wholly} | {wholly} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
