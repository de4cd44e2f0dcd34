"""Weigh whether two groups of faces show one person, by what embeddings of one person and of people vary in.

This is the two-covariance model of speaker recognition (probabilistic linear discriminant analysis, Ioffe,
ECCV 2006). An embedding is the sum of its person's own embedding and of what differs between photos. Both are
normal, with covariances learned from photos of known people. The evidence is the logarithm of a ratio.
Above the line stands how likely two groups are if they show one person, below it if they show two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from gfrnet import weights
from gfrnet.types import AnyArray, FloatArray

ALIKE = 0.1
"""Share of what differs between photos that more photos do not average out.

Photos of one person resemble each other: same day, same camera, same age. So no number of photos tells
everything about a person. `scripts/people_model.py` measures other shares.
"""

ROWS = 128
"""Groups that are compared with all others at once: 50 MB for 100,000 groups."""

PAIRS = 65536
"""Pairs whose evidence is weighed at once: 200 MB."""


@dataclass(frozen=True, eq=False)
class Means:
    """Hold what the evidence needs of G groups of faces.

    Attributes:
        points: (G, 128) float32, mean of each group's faces, from `place`.
        counts: (G,) number of faces of each group, 1 or more.
    """

    points: FloatArray
    counts: AnyArray

    def of(self, rows: AnyArray | slice) -> Means:
        """Return some of the groups."""
        return Means(self.points[rows], self.counts[rows])


@dataclass(frozen=True, eq=False)
class Links:
    """Hold E pairs of groups that may show one person.

    Attributes:
        left: (E,) group, below ``right``.
        right: (E,) other group.
        evidence: (E,) evidence for one person, in natural log odds.
    """

    left: AnyArray
    right: AnyArray
    evidence: FloatArray

    def of(self, rows: AnyArray) -> Links:
        """Return some of the pairs."""
        return Links(self.left[rows], self.right[rows], self.evidence[rows])


@dataclass(frozen=True, eq=False)
class _Model:
    """Hold the learned covariances, in axes in which the photos of a person vary by 1.

    Attributes:
        mean: (128,) mean embedding.
        axes: (128, 128), one axis a column.
        variance: (128,) variance of people along each axis.
    """

    mean: FloatArray
    axes: FloatArray
    variance: FloatArray


@lru_cache(maxsize=1)
def _model() -> _Model:
    values = np.load(weights.check_installed(weights.PEOPLE), allow_pickle=False)
    return _Model(values[0], values[2:], values[1])


def place(embeddings: FloatArray) -> FloatArray:
    """Return embeddings in the axes in which the photos of a person vary by 1 on each.

    Args:
        embeddings: (N, 128) from `faces.portray`.

    Returns:
        (N, 128) float32.

    Raises:
        ModelError: The learned axes are missing or damaged.
    """
    model = _model()
    return np.asarray((embeddings.astype(np.float32) - model.mean) @ model.axes, np.float32)


def drawn_embeddings(person: AnyArray, rng: np.random.Generator) -> FloatArray:
    """Draw embeddings of people who do not exist, from the learned covariances.

    Args:
        person: (N,) number of each face's person, from 0.
        rng: Source of randomness.

    Returns:
        (N, 128) float32.
    """
    model = _model()
    people = rng.standard_normal((int(person.max(initial=-1)) + 1, len(model.mean)), np.float32)
    photos = rng.standard_normal((len(person), len(model.mean)), np.float32)
    points = (people * np.sqrt(model.variance))[person] + photos
    return np.asarray(points @ np.linalg.inv(model.axes) + model.mean, np.float32)


def evidence(left: Means, right: Means) -> FloatArray:
    """Return the evidence that the groups of each of E pairs show one person.

    Args:
        left: E groups.
        right: E groups.

    Returns:
        (E,) natural log odds, if one person and two people are equally likely beforehand.
    """
    found = np.empty(len(left.counts), np.float32)
    for start in range(0, len(found), PAIRS):
        rows = slice(start, start + PAIRS)
        found[rows] = _evidence(left.of(rows), right.of(rows))
    return found


def _evidence(left: Means, right: Means) -> FloatArray:
    weight, other = _weights(left.counts)[:, None], _weights(right.counts)[:, None]
    both = _likelihood(left.points * weight + right.points * other, weight + other)
    return both - _likelihood(left.points * weight, weight) - _likelihood(right.points * other, other)


def _weights(counts: AnyArray) -> FloatArray:
    """Return how many independent photos so many photos are worth."""
    return (counts / (1 + ALIKE * (counts - 1))).astype(np.float32)


def _likelihood(sums: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the log likelihood of weighted sums of photos of one person, up to terms that cancel out."""
    variance = _model().variance
    wider = 1 + weights * variance
    return np.asarray(0.5 * (sums**2 * (variance / wider) - np.log(wider)).sum(axis=1), np.float32)


def links(means: Means, least: float, most: int) -> Links:
    """Return the pairs of groups with the most evidence for one person.

    All pairs are compared in blocks, so that memory stays small.

    Args:
        means: G groups.
        least: Least evidence of a pair.
        most: Largest number of pairs that a group chooses. Others may choose it, too.

    Returns:
        Each pair once.
    """
    if not len(means.counts):
        return Links(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    order = np.argsort(means.counts, kind="stable")
    blocks = [_chosen(block, most) for block in _compared(means.of(order), least)]
    chooser, chosen, found = (np.concatenate(columns) for columns in zip(*blocks, strict=True))
    chooser, chosen = order[chooser], order[chosen]
    left, right = np.minimum(chooser, chosen), np.maximum(chooser, chosen)
    _, first = np.unique(left * len(order) + right, return_index=True)
    return Links(left[first], right[first], found[first])


def _compared(means: Means, least: float) -> Iterator[tuple[AnyArray, AnyArray, FloatArray]]:
    """Yield the pairs of each block of groups with all groups: (row, column, evidence), in order of rows.

    Args:
        means: Groups in order of their counts. Those of one count are compared by one matrix product.
        least: Least evidence of a pair.
    """
    _, starts = np.unique(means.counts, return_index=True)
    alike = [slice(*ends) for ends in pairwise([*starts, len(means.counts)])]
    for some in alike:
        for start in range(some.start, some.stop, ROWS):
            block = slice(start, min(start + ROWS, some.stop))
            found = np.hstack([_products(means.of(block), means.of(others)) for others in alike])
            np.fill_diagonal(found[:, start:], -np.inf)
            rows, columns = np.nonzero(found >= least)
            yield rows + start, columns, found[rows, columns]


def _products(left: Means, right: Means) -> FloatArray:
    """Return the (L, R) evidence of all pairs of groups, of one count at the left and one at the right."""
    variance = _model().variance
    weight, other = _weights(left.counts[:1]), _weights(right.counts[:1])
    shared = variance / (1 + (weight + other) * variance)
    rows, columns = left.points * weight, right.points * other
    found = (rows * shared) @ columns.T
    found += (0.5 * rows**2 @ (shared - variance / (1 + weight * variance)))[:, None]
    found += 0.5 * columns**2 @ (shared - variance / (1 + other * variance))
    logs = (1 + weight * variance) * (1 + other * variance) / (1 + (weight + other) * variance)
    found += 0.5 * np.log(logs).sum()
    return np.asarray(found, np.float32)


def _chosen(pairs: tuple[AnyArray, AnyArray, FloatArray], most: int) -> tuple[AnyArray, AnyArray, FloatArray]:
    """Keep the pairs with the most evidence of each row, at most so many."""
    rows, columns, found = pairs
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    kept = []
    for start, stop in pairwise([*starts, len(rows)]):
        several = np.arange(start, stop)
        if stop - start > most:
            several = start + np.argpartition(-found[start:stop], most)[:most]
        kept.append(several)
    some = np.concatenate(kept) if kept else np.empty(0, np.int64)
    return rows[some], columns[some], found[some]
