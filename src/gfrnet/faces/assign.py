"""Share people out among the faces of one photo, in which a person appears once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gfrnet.faces.choose import FacePortrait
from gfrnet.faces.identity import TWIN_DISTANCE, evidence, person_distance
from gfrnet.types import AnyArray, BoolArray, FloatArray

CLEARLY = 0.08
"""Distance by which a guide must be nearer to one face than to all others, to show it clearly.

A smaller distance gives strangers' guides to more people without a guide. `benchmarks/who_is_who.py` makes
groups of 20 training people with four guides each. At 4x, the share is 44 % at 0, 26 % at 0.03, 19 % at 0.08.
"""

BY_RATHER = 0.03
"""Distance by which each guide of a pair must be nearer to one face than to others, to be parted.

Two strangers who look alike make a pair that would leave one of them without a guide. The groups of
`benchmarks/who_is_who.py` were made of 30 training people with one guide each. Parting such pairs gives 94.7
instead of 93.7 % of the sharp faces their guides. At 2x it is 92.4 instead of 92.1 %, at 4x 86.6 instead of
86.4 %. Of 201 people without a guide, one more gets a stranger's at 4x, and none more at the other two.
"""


def share_out(
    faces: Sequence[FacePortrait], candidates: Sequence[FacePortrait], alike: BoolArray
) -> BoolArray:
    """Return which guides each face of a photo may take, so that each person guides one face.

    - Guides are grouped by person. A guide that clearly shows one face of the photo is parted from guides
      that clearly show another one.
    - The groups are assigned to the faces. The sum of the evidence of all pairs is the largest possible.
      A pair that the evidence is against is never made.
    - Two guides that are one group are parted if each resembles another face, and one face gets no group.
    - A group that no face needs stays free for the face that it resembles most.
    - A face that gets no group, but surely shows the person of another face, takes the guides of that face.
      Mirrors and collages show such faces (`TWIN_DISTANCE`).

    Args:
        faces: F faces of the photo.
        candidates: N faces that may guide.
        alike: (N, N), which candidates show the same person.

    Returns:
        (F, N), true where a candidate may guide a face.
    """
    photos = np.stack([candidate.embedding for candidate in candidates])
    seen = np.stack([face.embedding for face in faces])
    distances = np.linalg.norm(seen[:, None] - photos, axis=2)
    groups = _parted(_groups(alike), distances)
    without = set(range(len(faces))) - set(best_pairs(_gains(faces, photos, groups)))
    groups = [part for group in groups for part in _halves(group, distances, without)]
    gains = _gains(faces, photos, groups)
    pairs = best_pairs(gains)
    owners = {column: row for row, column in pairs.items()}
    allowed = np.zeros((len(faces), len(candidates)), dtype=bool)
    for column, group in enumerate(groups):
        owner = owners.get(column, int(np.argmax(gains[:, column])))
        twins = np.linalg.norm(seen - seen[owner], axis=1) <= TWIN_DISTANCE
        twins[[row for row in pairs if row != owner]] = False
        allowed[np.ix_(twins, group)] = True
    return allowed


def _gains(faces: Sequence[FacePortrait], photos: FloatArray, groups: Sequence[Sequence[int]]) -> AnyArray:
    """Return the (F, G) evidence that a face and a group of guides show one person."""
    return np.array([[_gain(face, photos[group]) for group in groups] for face in faces])


def _gain(face: FacePortrait, photos: FloatArray) -> float:
    return evidence(person_distance(face.embedding, photos), face.quality.sharpness)


def _groups(alike: BoolArray) -> list[list[int]]:
    """Return groups of candidates, each around the candidate that resembles most others that are left."""
    left = np.ones(len(alike), dtype=bool)
    counts = alike.sum(axis=1)
    groups = []
    while left.any():
        middle = int(np.argmax(np.where(left, counts, -1)))
        members = np.flatnonzero(alike[middle] & left)
        groups.append(members.tolist())
        left[members] = False
        counts -= alike[:, members].sum(axis=1)
    return groups


def _parted(groups: Sequence[Sequence[int]], distances: AnyArray) -> list[list[int]]:
    """Divide groups whose guides clearly show different faces.

    Args:
        groups: Groups of candidates.
        distances: (F, N) distances of faces and candidates.
    """
    nearest, second = np.sort(distances, axis=0)[:2]
    clear, face_of = second - nearest > CLEARLY, np.argmin(distances, axis=0)
    parts: list[list[int]] = []
    for group in groups:
        shown = sorted({int(face_of[index]) for index in group if clear[index]})
        homes = {face: list[int]() for face in shown or [0]}
        for index in group:
            homes[min(homes, key=lambda face: distances[face, index])].append(index)
        parts += homes.values()
    return parts


def _halves(group: Sequence[int], distances: AnyArray, without: set[int]) -> list[list[int]]:
    """Divide a group of two guides that resemble two faces, if one of these faces gets no group.

    Args:
        group: The group.
        distances: (F, N) distances of faces and candidates.
        without: Faces that get no group.
    """
    if len(group) != 2:
        return [list(group)]
    nearest, second = np.sort(distances[:, group], axis=0)[:2]
    first, other = (int(face) for face in np.argmin(distances[:, group], axis=0))
    both = first != other and bool((second - nearest > BY_RATHER).all())
    return [[index] for index in group] if both and {first, other} & without else [list(group)]


def best_pairs(gains: AnyArray) -> dict[int, int]:
    """Pair rows with columns, each at most once, so that the sum of the gains is the largest possible.

    This is the Hungarian method with potentials. Pairs without a gain are not made.

    Args:
        gains: (R, C) gain of each pair; any finite numbers.

    Returns:
        The column of each paired row.
    """
    rows, columns = gains.shape
    # One spare column per row stands for no partner, at cost 0.
    costs = np.hstack([np.minimum(-gains, 0), np.zeros((rows, rows))])
    row_of = np.full(columns + rows + 1, -1)
    row_prices, column_prices = np.zeros(rows), np.zeros(columns + rows + 1)
    for row in range(rows):
        _augment(row, costs, row_of, row_prices, column_prices)
    pairs = {int(row): column for column, row in enumerate(row_of[:columns]) if row >= 0}
    return {row: column for row, column in pairs.items() if gains[row, column] > 0}


def _augment(
    row: int, costs: AnyArray, row_of: AnyArray, row_prices: AnyArray, column_prices: AnyArray
) -> None:
    """Pair one more row along the cheapest path, and keep the prices such that no cost lies below them.

    Args:
        row: The row without a column.
        costs: (R, C) costs.
        row_of: (C + 1,) row of each column, -1 for none. The last entry stands for the start of the path.
        row_prices: (R,) potentials.
        column_prices: (C + 1,) potentials.
    """
    count = costs.shape[1]
    slack, before = np.full(count, np.inf), np.full(count, count)
    visited = np.zeros(count + 1, dtype=bool)
    row_of[count], column = row, count
    while row_of[column] >= 0:
        visited[column] = True
        here = row_of[column]
        reduced = costs[here] - row_prices[here] - column_prices[:count]
        nearer = ~visited[:count] & (reduced < slack)
        slack[nearer], before[nearer] = reduced[nearer], column
        open_slack = np.where(visited[:count], np.inf, slack)
        following = int(np.argmin(open_slack))
        step = open_slack[following]
        row_prices[row_of[visited]] += step
        column_prices[visited] -= step
        slack[~visited[:count]] -= step
        column = following
    while column != count:
        row_of[column] = row_of[before[column]]
        column = int(before[column])
