"""Group the good faces of an album by person: which faces show one person, without a click."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gfrnet.album.bonds import Bonds, Parties
from gfrnet.album.closeness import Links, Means, closeness, links, mean_faces
from gfrnet.errors import DataError
from gfrnet.types import AnyArray, BoolArray, FloatArray

GOOD_SHARPNESS, GOOD_SIZE, GOOD_SCORE = 0.22, 32.0, 0.6
"""Least sharpness, side in pixels and score of a face that may form groups.

Of LFW, whose faces are soft and have about 93 pixels, 1 % are less sharp. Of faces blindly degraded by 8, all
are; of those by 4, a quarter. Degraded faces find few of their person: at 4x half as many as good ones do.
"""

NEIGHBOURS = 12
"""Largest number of other groups that a group looks at in one pass."""

SMALL = 8
"""A group that is so many times smaller than its closest one joins it at once, without being chosen.

Without this, a large group would take single faces one by one.
"""


@dataclass(frozen=True, eq=False)
class FaceRows:
    """Hold what grouping needs of N faces.

    Attributes:
        embeddings: (N, 128) from `faces.portray`.
        photos: (N,) number of the photo of each face.
        sharpness: (N,) from `faces.sharpness`.
        size: (N,) side of the detector's box, pixels of the photo.
        score: (N,) the detector's confidence, 0..1.

    Raises:
        DataError: The arrays do not fit together, or hold NaN or infinity.
    """

    embeddings: FloatArray = field(repr=False)
    photos: AnyArray = field(repr=False)
    sharpness: FloatArray = field(repr=False)
    size: FloatArray = field(repr=False)
    score: FloatArray = field(repr=False)

    def __post_init__(self) -> None:
        count = len(self.photos)
        for name in ("embeddings", "sharpness", "size", "score"):
            values, shape = getattr(self, name), (count, 128) if name == "embeddings" else (count,)
            if np.shape(values) != shape:
                raise DataError(f"{name} must have the shape {shape}, got {np.shape(values)}.")
            if not np.isfinite(values).all():
                row = int(np.flatnonzero(~np.isfinite(values).reshape(count, -1).all(axis=1))[0])
                raise DataError(f"{name} of face {row} is not finite. Measure this face again.")

    @property
    def good(self) -> BoolArray:
        """Return which faces are good enough to form groups, (N,)."""
        return np.asarray(
            (self.sharpness >= GOOD_SHARPNESS) & (self.size >= GOOD_SIZE) & (self.score >= GOOD_SCORE)
        )


@dataclass(frozen=True, eq=False)
class Groups:
    """Hold which faces show one person.

    Attributes:
        labels: (N,) number of each face's group, from 0, in order of the first faces. A face that is not good
            has -1, unless a decision joins it to others.
        good: (N,) whether the face was good enough to form groups.
        refused: Numbers of the bonds `Bonds.together` that contradict others, and are not kept wholly.
    """

    labels: AnyArray = field(repr=False)
    good: BoolArray = field(repr=False)
    refused: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """Return the number of groups."""
        return int(self.labels.max(initial=-1)) + 1


def group_faces(faces: FaceRows, bonds: Bonds | None = None) -> Groups:
    """Group the good faces of an album by person. A person with one face is a group, too.

    - Groups begin as single faces, and as faces that decisions join.
    - Two groups that are each other's closest join, if they are close enough (see `closeness`).
    - Two faces of one photo are different people, unless a decision says otherwise.
    - Other decisions are never broken (see `Bonds`).

    A face that is not good takes part only where a decision joins it to others. It then tells nothing about
    its group. The result does not depend on the order of the faces, except where two are equal.

    Args:
        faces: The faces.
        bonds: What people decided.

    Raises:
        DataError: A decision names a face that does not exist.
        ModelError: The file of the crowds is missing or damaged.
    """
    bonds = Bonds() if bonds is None else bonds
    bonds.check(len(faces.photos))
    order = _canonical(faces)
    rank = np.argsort(order)
    parties = Parties(faces.photos[order], bonds.renumbered(rank))
    embeddings, good = faces.embeddings[order], faces.good[order]
    while _Round.begun(parties, embeddings, good).join_all():
        pass
    return Groups(_labels(parties.all()[rank], faces.good), faces.good, parties.refused)


def _canonical(faces: FaceRows) -> AnyArray:
    """Return an order of the faces that depends on what they are, and not on their rows."""
    return np.lexsort((faces.photos, *faces.embeddings[:, 3::-1].T))


def _labels(parties: AnyArray, good: BoolArray) -> AnyArray:
    """Return numbers of the parties, in order of their first faces; -1 for a lone face that is not good."""
    _, first, group, counts = np.unique(parties, return_index=True, return_inverse=True, return_counts=True)
    listed = good | (counts[group] > 1)
    numbers = np.full(len(counts), -1)
    seen = np.unique(first[group[listed]])
    numbers[group[seen]] = np.arange(len(seen))
    return np.where(listed, numbers[group], -1)


class _Round:
    """Join groups along the links that were found among them.

    Args:
        parties: Parties of the faces.
        heads: (G,) one face of each group.
        means: Means of the groups; changed where groups join.
        found: Links among the groups.
    """

    def __init__(self, parties: Parties, heads: AnyArray, means: Means, found: Links) -> None:
        self._parties, self._heads, self._means, self._found = parties, heads, means, found

    @classmethod
    def begun(cls, parties: Parties, embeddings: FloatArray, good: BoolArray) -> _Round:
        """Find the links among the parties of good faces."""
        heads, groups = np.unique(parties.all()[good], return_inverse=True)
        means = mean_faces(embeddings[good], groups)
        return cls(parties, heads, means, links(means, 0, NEIGHBOURS))

    def join_all(self) -> bool:
        """Join until no groups are close enough; return whether any were joined."""
        joined = False
        while len(chosen := self._chosen()):
            groups = np.arange(len(self._heads))
            refused = [row for row in chosen if not self._join(row, groups)]
            self._follow(groups, refused)
            joined |= len(refused) < len(chosen)
        return joined

    def _chosen(self) -> AnyArray:
        """Return the links to join along, the closest first.

        The groups of a link are each other's closest. Or one chooses another that is `SMALL` times larger.
        """
        found, counts = self._found, self._means.counts
        order = np.argsort(found.closeness, kind="stable")
        closest = np.full(len(counts), -1)
        # Of several links of one group, the last one stays: the closest.
        closest[np.stack([found.left[order], found.right[order]], axis=1).ravel()] = np.repeat(order, 2)
        row = np.arange(len(order))
        left, right = closest[found.left] == row, closest[found.right] == row
        sizes = counts[found.left], counts[found.right]
        small = (left & (sizes[0] * SMALL <= sizes[1])) | (right & (sizes[1] * SMALL <= sizes[0]))
        chosen = (left & right) | small
        return np.asarray(order[chosen[order]][::-1])

    def _join(self, row: int, groups: AnyArray) -> bool:
        """Join the groups of a link unless something holds them apart; note it in ``groups``."""
        left, right = groups[self._found.left[row]], groups[self._found.right[row]]
        if left == right:
            return True
        if not self._parties.join(self._heads[left], self._heads[right]):
            return False
        self._means.join(left, right)
        groups[groups == right] = left
        return True

    def _follow(self, groups: AnyArray, refused: list[int]) -> None:
        """Bring the links up to date after groups were joined, without those that were refused."""
        left, right = groups[self._found.left], groups[self._found.right]
        kept = left != right
        kept[refused] = False
        low, high = np.minimum(left, right)[kept], np.maximum(left, right)[kept]
        _, first = np.unique(low * len(groups) + high, return_index=True)
        low, high, found = low[first], high[first], self._found.closeness[kept][first]
        changed = np.zeros(len(groups), bool)
        changed[groups[groups != np.arange(len(groups))]] = True
        again = np.flatnonzero(changed[low] | changed[high])
        found[again] = closeness(self._means.of(low[again]), self._means.of(high[again]))
        self._found = Links(low, high, found).of(np.flatnonzero(found >= 0))
