"""Give bad faces the people whom they probably show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gfrnet.album.attaching import BAD_SHARPNESS, BadFaces, KnownPeople, Verdict, attach
from gfrnet.album.model import By
from gfrnet.album.naming import before_birth
from gfrnet.album.resolve import Resolved
from gfrnet.album.table import FaceTable
from gfrnet.types import AnyArray, FloatArray


def suggest(
    table: FaceTable,
    resolved: Resolved,
    names: Sequence[str | None],
    people: AnyArray,
    by: list[By],
    probability: FloatArray,
) -> None:
    """Give faces that are alone and bad the people whom they probably show.

    Args:
        table: The faces.
        resolved: What people decided.
        names: Name of each person; None for a group without one.
        people: (N,) number of the person of each face, -1 for none; changed.
        by: Who says so; changed.
        probability: (N,) probability of it, 0..1; changed.
    """
    known = np.flatnonzero((people >= 0) & (table.sharpness >= BAD_SHARPNESS))
    shown, numbers = np.unique(people[known], return_inverse=True)
    bad = np.array([row for row in sorted(table.traces) if by[row] == "alone"], dtype=np.int64)
    if not len(bad) or not len(shown):
        return
    traces = np.stack([table.traces[int(row)] for row in bad])
    found = attach(
        BadFaces(traces, table.sharpness[bad], table.photos[bad]),
        KnownPeople(table.embeddings[known], numbers),
        _forbidden(table, resolved, [names[person] for person in shown], bad, people, shown),
    )
    for place, row in enumerate(bad):
        if found.verdicts[place] is not Verdict.NOBODY:
            people[row] = shown[found.people[place, 0]]
            probability[row] = found.probabilities[place, 0]
            by[row] = "likeness" if found.verdicts[place] is Verdict.ACCEPTED else "suggested"


def _forbidden(
    table: FaceTable,
    resolved: Resolved,
    names: Sequence[str | None],
    bad: AnyArray,
    people: AnyArray,
    shown: AnyArray,
) -> AnyArray:
    """Return pairs (bad face, person) that cannot be: excluded by decisions, dates or the same photo."""
    place, number = {int(row): n for n, row in enumerate(bad)}, {int(p): n for n, p in enumerate(shown)}
    pairs: set[tuple[int, int]] = set()
    for person, name in enumerate(names):
        if name is None:
            continue
        denied = [row for row, others in resolved.not_person.items() if name in others]
        denied += before_birth(table, resolved.born.get(name))
        pairs |= {(place[row], person) for row in denied if row in place}
    for left, right in resolved.apart:
        for some, others in ((left, right), (right, left)):
            excluded = {number[int(people[row])] for row in others if int(people[row]) in number}
            pairs |= {(place[row], person) for row in some if row in place for person in excluded}
    rows_of: dict[int, list[int]] = {}
    for row in bad:
        rows_of.setdefault(int(table.photos[row]), []).append(place[int(row)])
    for row in np.flatnonzero(people >= 0):
        for beside in rows_of.get(int(table.photos[row]), ()):
            if int(people[row]) in number:
                pairs.add((beside, number[int(people[row])]))
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
