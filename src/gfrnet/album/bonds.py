"""Hold what people decided about faces, and what is impossible, whatever embeddings say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gfrnet.errors import DataError
from gfrnet.types import AnyArray


@dataclass(frozen=True, eq=False)
class Bonds:
    """Hold decisions about N faces, which are given by their rows.

    A group never breaks them. Where they contradict each other, `apart` wins over `together`: what people
    refused holds for ever. Of `together`, the earlier one wins.

    Attributes:
        together: Faces that surely show one person, each (K,). Two of them that share a face are one.
        apart: Pairs of (L,) and (R,) faces. No face at the left shows the person of a face at the right. A
            face on both sides is held apart from all others.
    """

    together: tuple[AnyArray, ...] = ()
    apart: tuple[tuple[AnyArray, AnyArray], ...] = ()

    def check(self, faces: int) -> None:
        """Check that all faces exist.

        Raises:
            DataError: A face is no row of the table.
        """
        for rows in (*self.together, *(side for pair in self.apart for side in pair)):
            numbers = np.asarray(rows)
            if numbers.size and not (
                numbers.dtype.kind in "iu" and 0 <= numbers.min() <= numbers.max() < faces
            ):
                raise DataError(
                    f"A decision names a face that is none of the {faces} faces. "
                    "Make the decisions from the same faces."
                )

    def renumbered(self, rows: AnyArray) -> Bonds:
        """Return the same decisions after each face has moved to the row ``rows[face]``."""
        return Bonds(
            tuple(rows[_rows(faces)] for faces in self.together),
            tuple((rows[_rows(left)], rows[_rows(right)]) for left, right in self.apart),
        )


def _rows(faces: AnyArray) -> AnyArray:
    """Return rows as an array of integers, also where there is none."""
    return np.asarray(faces).astype(np.int64)


class Parties:
    """Keep track of which faces are joined, and of which may not be.

    Each face belongs to one party, which is known by one of its faces. A party has marks, and is averse to
    marks of others. Two parties that are averse may not join.

    Args:
        photos: (N,) photo of each face. Two faces of one photo are averse.
        bonds: Decisions. Those that contradict earlier ones are not kept (`refused`).
    """

    def __init__(self, photos: AnyArray, bonds: Bonds) -> None:
        self._parent = np.arange(len(photos))
        self._marks: dict[int, set[int]] = {}
        self._averse: dict[int, set[int]] = {}
        for number, sides in enumerate(bonds.apart):
            for mark, side in zip((2 * number, 2 * number + 1), sides, strict=True):
                self._mark(np.asarray(side), mark, mark ^ 1)
        self.refused = tuple(n for n, faces in enumerate(bonds.together) if not self._join_all(faces))
        _, photo, count = np.unique(photos, return_inverse=True, return_counts=True)
        for face in np.flatnonzero(count[photo] > 1):
            mark = 2 * len(bonds.apart) + int(photo[face])
            self._mark([self.of(int(face))], mark, mark)

    def of(self, face: int) -> int:
        """Return the party of a face."""
        while self._parent[face] != face:
            self._parent[face] = face = self._parent[self._parent[face]]
        return int(face)

    def all(self) -> AnyArray:
        """Return the (N,) party of every face."""
        while True:
            grand = self._parent[self._parent]
            if (grand == self._parent).all():
                return grand
            self._parent = grand

    def may_join(self, face: int, other: int) -> bool:
        """Return whether nothing holds the parties of two faces apart."""
        face, other = self.of(face), self.of(other)
        if face not in self._averse or other not in self._marks:
            return True
        return face == other or self._averse[face].isdisjoint(self._marks[other])

    def join(self, face: int, other: int) -> bool:
        """Join the parties of two faces into the one of the first.

        Returns:
            Whether they are joined now. Otherwise something holds them apart.
        """
        face, other = self.of(face), self.of(other)
        if face == other:
            return True
        if not self.may_join(face, other):
            return False
        self._parent[other] = face
        for sets in (self._marks, self._averse):
            if other in sets:
                small, large = sorted((sets.pop(other), sets.get(face, set())), key=len)
                large |= small
                sets[face] = large
        return True

    def _mark(self, faces: Iterable[int], mark: int, averse: int) -> None:
        for face in faces:
            self._marks.setdefault(int(face), set()).add(mark)
            self._averse.setdefault(int(face), set()).add(averse)

    def _join_all(self, faces: AnyArray) -> bool:
        """Join faces as far as nothing holds them apart; return whether all are one party then."""
        heads: list[int] = []
        for face in faces:
            if not any(self.join(head, int(face)) for head in heads):
                heads.append(int(face))
        return len(heads) <= 1
