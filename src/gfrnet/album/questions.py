"""Choose which two groups of faces to ask about: "Is this the same person?"."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gfrnet.album.bonds import Bonds, Parties
from gfrnet.album.closeness import Links, links, mean_faces
from gfrnet.album.grouping import FaceRows, Groups
from gfrnet.types import AnyArray

EVEN, SLOPE = -0.047, 45.0
"""Closeness at which half of the pairs show one person, and slope of the log odds over the closeness.

The slope holds where the smaller group has one face. It grows with the root of that number, as means get
surer. Both were fitted to 3,130 pairs of groups that were not joined, of 98 training people at a time. Of
these pairs, 105 were one person. `benchmarks/album_people.py` shows how many answers are yes.
"""

LEAST = -0.25
"""Least closeness of a pair that is worth a question."""

LEAST_CHANCE = 0.02
"""Least probability of a yes that is worth a question: nobody answers fifty for one."""

NEIGHBOURS = 12
"""Largest number of other groups that a group is compared with."""


@dataclass(frozen=True)
class Question:
    """Ask whether two groups show one person.

    Attributes:
        left: Label of one group.
        right: Label of the other group, above ``left``.
        probability: Probability that both show one person, 0..1.
        gain: Expected gain in recall, summed over all faces: the share of their person's faces that the
            answer adds to theirs.
    """

    left: int
    right: int
    probability: float
    gain: float


def questions(
    faces: FaceRows, groups: Groups, bonds: Bonds | None = None, most: int = 30
) -> tuple[Question, ...]:
    """Return the questions whose answers help most, the best first.

    The gain is the probability of a yes, times what a yes adds to the recall. Each of L faces then finds R
    more of L + R faces, and each of R faces finds L more.

    Nothing is asked that decisions answer, or about groups that share a photo.

    Args:
        faces: The faces.
        groups: Their groups, from `group_faces` with the same decisions.
        bonds: What people decided.
        most: Largest number of questions.
    """
    used = np.flatnonzero(groups.good & (groups.labels >= 0))
    labels, group = np.unique(groups.labels[used], return_inverse=True)
    means = mean_faces(faces.embeddings[used], group)
    found = links(means, LEAST, NEIGHBOURS)
    chance = probability(found, means.counts)
    sizes = means.counts[found.left], means.counts[found.right]
    gain = chance * 2 * sizes[0] * sizes[1] / (sizes[0] + sizes[1])
    parties, heads = _parties(faces, groups, bonds), used[np.unique(group, return_index=True)[1]]
    asked: list[Question] = []
    for row in np.lexsort((found.right, found.left, -gain)):
        left, right = int(found.left[row]), int(found.right[row])
        if len(asked) == most:
            break
        if chance[row] >= LEAST_CHANCE and parties.may_join(heads[left], heads[right]):
            asked.append(
                Question(int(labels[left]), int(labels[right]), float(chance[row]), float(gain[row]))
            )
    return tuple(asked)


def probability(found: Links, counts: AnyArray) -> AnyArray:
    """Return the probability that the groups of each link show one person, if grouping has not joined them.

    Args:
        found: E links.
        counts: (G,) number of faces of each group. The closeness of larger groups tells more.

    Returns:
        (E,) 0..1.
    """
    slope = SLOPE * np.sqrt(np.minimum(counts[found.left], counts[found.right]))
    return np.asarray(1 / (1 + np.exp(-slope * (found.closeness - EVEN))))


def _parties(faces: FaceRows, groups: Groups, bonds: Bonds | None) -> Parties:
    """Return the groups as parties, with what holds them apart."""
    parties = Parties(faces.photos, Bonds() if bonds is None else bonds)
    order = np.argsort(groups.labels, kind="stable")
    for face, following in pairwise(order):
        if groups.labels[face] == groups.labels[following] >= 0:
            parties.join(int(face), int(following))
    return parties
