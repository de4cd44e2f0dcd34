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
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gfrnet import images
from gfrnet.errors import DataError, GfrnetError
from gfrnet.restore.glasses import LIKELY, describe
from gfrnet.types import AnyArray, FloatArray

KINDS = {"none": 1.0, "glasses": 2.0, "sunglasses": 6.0}
"""Weight of a face of each kind. Sunglasses are few, and may not be missed."""

LOW, LOW_SHARE = (0.27, 0.5), 3.0
"""Sunglasses are also shown with the eyes taken so much too low (see `describe`), with this weight each."""

DECAY, STEPS = 4.0, 10
"""Weight of the squares of all weights, and Newton steps."""


@dataclass(frozen=True)
class Examples:
    """Hold described crops, each also mirrored.

    Attributes:
        features: (2, N, 980) of the crops, and of their mirror images.
        kinds: (N,) kind of each.
        shares: (N,) weight of each.
        halves: (N,) half of the people that each belongs to, 0 or 1.
        low: (N,) whether the eyes were taken too low.
    """

    features: FloatArray
    kinds: AnyArray
    shares: AnyArray
    halves: AnyArray
    low: AnyArray

    def only(self, rows: AnyArray) -> Examples:
        """Return some of the examples."""
        return Examples(
            self.features[:, rows], self.kinds[rows], self.shares[rows], self.halves[rows], self.low[rows]
        )


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
        examples = read(options.labels)
    except GfrnetError as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    sys.stdout.write(table(examples))
    np.save(options.output, learn(examples))
    return 0


def read(labels: Path) -> Examples:
    """Read the labels and describe their crops.

    Raises:
        DataError: A column is missing, or a kind is unknown.
        ImageError: A crop cannot be read.
    """
    with labels.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"crop", "person", "kind"} <= rows[0].keys():
        raise DataError(f"{labels} must have the columns crop, person and kind, and at least one row.")
    if not {row["kind"] for row in rows} <= KINDS.keys():
        raise DataError(f"A kind in {labels} is none of {', '.join(KINDS)}.")
    found = []
    for row in rows:
        crop, half = images.read(labels.parent / row["crop"]).rgb8, zlib.crc32(row["person"].encode()) % 2
        for low in (0.0, *(LOW if row["kind"] == "sunglasses" else ())):
            pair = [describe(view, low) for view in (crop, np.ascontiguousarray(crop[:, ::-1]))]
            found.append((pair, row["kind"], LOW_SHARE if low else KINDS[row["kind"]], half, low > 0))
    pairs, *columns = zip(*found, strict=True)
    return Examples(np.swapaxes(np.array(pairs), 0, 1), *map(np.array, columns))


def learn(examples: Examples) -> FloatArray:
    """Fit a logistic regression by Newton's method; return (981,) weights, the last one added alone."""
    x = np.concatenate(list(examples.features)).astype(np.float64)
    middle = x.mean(axis=0)
    x = np.hstack([x - middle, np.ones((len(x), 1))])
    glasses, shares = np.tile(examples.kinds != "none", 2), np.tile(examples.shares, 2)
    decay = np.append(np.full(x.shape[1] - 1, DECAY), 1e-6)
    found = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ found, -40, 40)))
        slope = x.T @ (shares * (p - glasses)) + decay * found
        bend = (x * (shares * p * (1 - p))[:, None]).T @ x + np.diag(decay)
        found -= np.linalg.solve(bend, slope)
    return np.append(found[:-1], found[-1] - middle @ found[:-1]).astype(np.float32)


def table(examples: Examples) -> str:
    """Return what each half of the people teaches about the other half, as Markdown."""
    odds = np.zeros(len(examples.kinds))
    for half in (0, 1):
        known = examples.halves != half
        if known.any() and not known.all():
            taught = learn(examples.only(known))
            odds[~known] = examples.features[0, ~known] @ taught[:-1] + taught[-1]
    lines = ["| | faces | partly covered | covered |", "|---|---:|---:|---:|"]
    rows = [(kind, (examples.kinds == kind) & ~examples.low) for kind in KINDS]
    for name, which in (*rows, ("sunglasses, eyes taken too low", examples.low)):
        partly, wholly = ((odds[which] > limit).sum() for limit in LIKELY)
        lines.append(f"| {name} | {which.sum()} | {partly - wholly} | {wholly} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
