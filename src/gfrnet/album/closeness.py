"""Tell how close two groups of faces are, for people of whom many others look alike or few.

The recogniser tells some people apart worse than others. Where it saw few people of an origin or age, such
strangers lie close together. One limit of distance would mix these people, or tear all others apart. So a
distance is compared with how close strangers are around both faces. Speaker recognition does the same, and
calls it score normalisation by a cohort. Our cohort are the middles of crowds of people who look alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from gfrnet import weights
from gfrnet.types import AnyArray, FloatArray

LIMIT = 0.095
"""Squared distance up to which two groups show one person, if they lie in the middle of a crowd.

It was chosen on training people with the other limits of this file. They were 20 people of PINS, and 10 with
up to 840 of LFW.
Each choice of people had to reach a precision of 0.99. `benchmarks/album_people.py --set` tries others.
"""

ALLOWED = 0.75
"""Share of the squared distance to the nearest crowd by which two groups may be farther apart.

Without it, one limit holds for all faces. docs/results/album.md tells what is lost.
"""

SPREAD = 0.1
"""Squared distance of a face to its person, that the mean of many faces does not have."""

GROWN = 0.06
"""Squared distance by which one face may be farther from many photos than from one.

Without it, faces that differ from most of their person's stay alone. With 0.1, strangers join large groups.
"""

ROWS = 128
"""Groups that are compared with all others at once: 50 MB for 100,000 groups."""

PAIRS = 65536
"""Pairs that are compared at once: 100 MB."""


@dataclass(frozen=True, eq=False)
class Means:
    """Hold G groups of faces.

    Attributes:
        points: (G, 128) float32, mean embedding.
        counts: (G,) number of faces, 1 or more.
        remote: (G,) float32, mean squared distance of the faces to their nearest crowds (`remoteness`).
    """

    points: FloatArray
    counts: AnyArray
    remote: FloatArray

    def of(self, rows: AnyArray | slice) -> Means:
        """Return some of the groups."""
        return Means(self.points[rows], self.counts[rows], self.remote[rows])

    @property
    def bonus(self) -> FloatArray:
        """Return what each group adds to the closeness of every pair, (G,)."""
        spread = SPREAD * (1 - 1 / self.counts)
        return np.asarray(LIMIT / 2 + ALLOWED / 2 * self.remote - spread, np.float32)

    def join(self, left: int, right: int) -> None:
        """Put the faces of one group into another group as well, the first."""
        counts = self.counts[[left, right]]
        for values in (self.points, self.remote):
            values[left] = (counts[0] * values[left] + counts[1] * values[right]) / counts.sum()
        self.counts[left] = counts.sum()


@dataclass(frozen=True, eq=False)
class Links:
    """Hold E pairs of groups that may show one person.

    Attributes:
        left: (E,) group, below ``right``.
        right: (E,) other group.
        closeness: (E,) from `closeness`.
    """

    left: AnyArray
    right: AnyArray
    closeness: FloatArray

    def of(self, rows: AnyArray) -> Links:
        """Return some of the pairs."""
        return Links(self.left[rows], self.right[rows], self.closeness[rows])


@lru_cache(maxsize=1)
def crowds() -> FloatArray:
    """Return the middles of crowds of alike people, (C, 128).

    Raises:
        ModelError: Their file is missing or damaged.
    """
    return np.asarray(np.load(weights.check_installed(weights.CROWDS), allow_pickle=False), np.float32)


def remoteness(embeddings: FloatArray) -> FloatArray:
    """Return the squared distance of each face to its nearest crowd.

    Args:
        embeddings: (N, 128) from `faces.portray`.

    Returns:
        (N,) float32, about 0.2 in a crowd of people who look alike to the recogniser, and 0.4 far from all.
    """
    middles = crowds()
    found = embeddings @ (-2 * middles.T) + (middles**2).sum(axis=1)
    return np.asarray(found.min(axis=1) + (embeddings**2).sum(axis=1), np.float32)


def mean_faces(embeddings: FloatArray, groups: AnyArray) -> Means:
    """Return the means of groups of faces.

    Args:
        embeddings: (N, 128) from `faces.portray`.
        groups: (N,) number of each face's group, from 0 without a gap.
    """
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    counts = np.diff(starts, append=len(groups))
    values = np.column_stack([embeddings, remoteness(embeddings)])[order]
    if len(starts):
        values = np.add.reduceat(values, starts, axis=0, dtype=np.float64) / counts[:, None]
    values = values.astype(np.float32)
    return Means(np.ascontiguousarray(values[:, :-1]), counts, values[:, -1].copy())


def closeness(left: Means, right: Means) -> FloatArray:
    """Return how close the groups of each of E pairs are.

    It is what one person is allowed, less the mean squared distance of faces of both groups. The means tell
    that distance, and `SPREAD` adds what they have averaged out.

    Args:
        left: E groups.
        right: E groups.

    Returns:
        (E,) squared distance. From 0 on, the groups show one person.
    """
    found = left.bonus + right.bonus
    for start in range(0, len(found), PAIRS):
        rows = slice(start, start + PAIRS)
        found[rows] -= ((left.points[rows] - right.points[rows]) ** 2).sum(axis=1)
    return np.asarray(found + _surer(left.counts, right.counts), np.float32)


def _surer(left: AnyArray, right: AnyArray) -> AnyArray:
    """Return how much farther a small group may be from a large one, because the mean of many is sure."""
    large, small = ((1 - 1 / count(left, right)) ** 4 for count in (np.maximum, np.minimum))
    return np.asarray(GROWN * (large - small))


def links(means: Means, least: float, most: int) -> Links:
    """Return the closest pairs of groups. All pairs are compared, in blocks, so that memory stays small.

    Args:
        means: G groups.
        least: Least closeness of a pair.
        most: Largest number of pairs that a group chooses. Others may choose it, too.

    Returns:
        Each pair once.
    """
    if not len(means.counts):
        return Links(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))
    blocks = [_chosen(block, most) for block in _compared(means, least)]
    chooser, chosen, found = (np.concatenate(columns) for columns in zip(*blocks, strict=True))
    left, right = np.minimum(chooser, chosen), np.maximum(chooser, chosen)
    _, first = np.unique(left * len(means.counts) + right, return_index=True)
    left, right = left[first], right[first]
    surer = _surer(means.counts[left], means.counts[right]).astype(np.float32)
    return Links(left, right, found[first] + surer)


def _compared(means: Means, least: float) -> Iterator[tuple[AnyArray, AnyArray, FloatArray]]:
    """Yield the close pairs of each block of groups with all groups: (row, column, closeness), row by row."""
    # |a - b|^2 = |a|^2 + |b|^2 - 2 a b: one matrix product instead of all differences.
    own = means.bonus - (means.points**2).sum(axis=1)
    doubled = np.ascontiguousarray(2 * means.points.T)
    for start in range(0, len(own), ROWS):
        block = slice(start, start + ROWS)
        found = means.points[block] @ doubled
        found += own[block, None]
        found += own
        np.fill_diagonal(found[:, start:], -np.inf)
        rows, columns = np.nonzero(found >= least)
        yield rows + start, columns, found[rows, columns]


def _chosen(pairs: tuple[AnyArray, AnyArray, FloatArray], most: int) -> tuple[AnyArray, AnyArray, FloatArray]:
    """Keep the closest pairs of each row, at most so many."""
    rows, columns, found = pairs
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    kept = []
    for start, stop in pairwise([*starts, len(rows)]):
        some = np.arange(start, stop)
        if stop - start > most:
            some = start + np.argpartition(-found[start:stop], most)[:most]
        kept.append(some)
    row = np.concatenate(kept) if kept else np.empty(0, np.int64)
    return rows[row], columns[row], found[row]
