"""Group faces by likeness under all that people decided, so quickly that a decision shows at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from gfrnet.album.bonds import Bonds
from gfrnet.album.grouping import FaceRows, group_faces
from gfrnet.album.naming import before_birth
from gfrnet.album.resolve import Resolved
from gfrnet.album.table import FaceTable
from gfrnet.types import AnyArray

FRESH = 20_000
"""Most faces that are grouped anew after every scan, in some ten seconds. Larger albums add what is new."""


def real_faces(table: FaceTable, resolved: Resolved) -> AnyArray:
    """Return the rows that nobody called no face, (M,)."""
    return np.array([row for row in range(len(table)) if row not in resolved.no_face], dtype=np.int64)


def group_by_likeness(table: FaceTable, rows: AnyArray) -> AnyArray:
    """Group faces without any decision, where the photos have changed.

    A large album keeps the groups that it had, and only new faces join them.

    Args:
        table: The faces, with the groups that they had.
        rows: (M,) rows of those to group.

    Returns:
        (M,) number of the group of each; -1 for a face that is too bad.
    """
    faces = face_rows(table, rows)
    before = table.groups[rows]
    if len(rows) <= FRESH or (before < 0).mean() > 0.2:
        return group_faces(faces).labels
    return group_faces(faces, Bonds(tuple(sets_of(before)))).labels


def group_by_all(table: FaceTable, rows: AnyArray, owners: Mapping[int, str], resolved: Resolved) -> AnyArray:
    """Group faces by decisions, and by the groups that likeness has made.

    Groups of likeness that decisions contradict are made anew, face by face. A face that is not this person
    joins its group last. Else it would lead others away from that person.

    Args:
        table: The faces, with the groups that likeness has made of them (`group_by_likeness`).
        rows: (M,) rows of those to group.
        owners: Names of faces by row.
        resolved: What people decided.

    Returns:
        (M,) number of the group of each; -1 for a face that is too bad.
    """
    late = _late(table, owners, resolved)
    first = np.array([row for row in rows if row not in late], dtype=np.int64)
    groups = _grouped(table, first, owners, resolved, _without_contradicted(table, first, owners, resolved))
    if not late:
        return groups
    before = np.full(len(rows), -1)
    before[np.searchsorted(rows, first)] = groups
    return _grouped(table, rows, owners, resolved, before)


def _late(table: FaceTable, owners: Mapping[int, str], resolved: Resolved) -> set[int]:
    """Return the faces that join last, because they are not some person."""
    late = {row for row, names in resolved.not_person.items() if names}
    late |= {row for left, _ in resolved.apart for row in left}
    late |= {row for name in set(owners.values()) for row in before_birth(table, resolved.born.get(name))}
    return late - set(owners)


def _grouped(
    table: FaceTable, rows: AnyArray, owners: Mapping[int, str], resolved: Resolved, before: AnyArray
) -> AnyArray:
    """Group faces under decisions, beginning with groups that there are, (M,) as the result."""
    bonds = bonds_of(rows, owners, resolved, table)
    return group_faces(face_rows(table, rows), Bonds((*bonds.together, *sets_of(before)), bonds.apart)).labels


def _without_contradicted(
    table: FaceTable, rows: AnyArray, owners: Mapping[int, str], resolved: Resolved
) -> AnyArray:
    """Return the groups of likeness of faces, without those that decisions contradict."""
    groups = table.groups[rows].copy()
    group_of = dict(zip(rows.tolist(), groups.tolist(), strict=True))
    named = {(group_of[row], name) for row, name in owners.items() if row in group_of}
    contradicted = {group for group, count in Counter(group for group, _ in named).items() if count > 1}
    for left, right in resolved.apart:
        sides = [{group_of[row] for row in side if row in group_of} for side in (left, right)]
        contradicted |= sides[0] & sides[1]
    groups[np.isin(groups, list(contradicted))] = -1
    return groups


def sets_of(groups: AnyArray) -> list[AnyArray]:
    """Return the places of each group of two or more.

    Args:
        groups: (M,) number of the group at each place; -1 for none.
    """
    grouped = np.flatnonzero(groups >= 0)
    order = grouped[np.argsort(groups[grouped], kind="stable")]
    parts = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    return [part for part in parts if len(part) > 1]


def face_rows(table: FaceTable, rows: AnyArray) -> FaceRows:
    """Return what grouping needs of some faces."""
    return FaceRows(
        table.embeddings[rows],
        table.photos[rows],
        table.sharpness[rows],
        table.sizes[rows],
        # A person is surer of a face than any detector.
        np.where(table.scores[rows] == 0, 1, table.scores[rows]),
    )


def bonds_of(rows: AnyArray, owners: Mapping[int, str], resolved: Resolved, table: FaceTable) -> Bonds:
    """Return all decisions as bonds between the given rows."""
    at = {int(row): place for place, row in enumerate(rows)}

    def places(some: Iterable[int]) -> AnyArray:
        return np.array(sorted(at[row] for row in some if row in at), dtype=np.int64)

    faces_of: dict[str, list[int]] = {}
    for row, name in owners.items():
        faces_of.setdefault(name, []).append(row)
    together = [places(faces) for faces in (*faces_of.values(), *resolved.together)]
    apart = [(places(left), places(right)) for left, right in (*_names_apart(faces_of), *resolved.apart)]
    for name, faces in faces_of.items():
        denied = {row for row, names in resolved.not_person.items() if name in names}
        denied |= set(before_birth(table, resolved.born.get(name)))
        apart.append((places(denied - set(faces)), places(faces)))
    return Bonds(
        tuple(faces for faces in together if len(faces) > 1),
        tuple((left, right) for left, right in apart if len(left) and len(right)),
    )


def _names_apart(faces_of: Mapping[str, Sequence[int]]) -> Iterator[tuple[list[int], list[int]]]:
    """Yield bonds that hold all people with names apart. Two different numbers differ in one bit at least."""
    for bit in range(max(len(faces_of) - 1, 0).bit_length()):
        sides: tuple[list[int], list[int]] = ([], [])
        for number, faces in enumerate(faces_of.values()):
            sides[number >> bit & 1].extend(faces)
        yield sides
