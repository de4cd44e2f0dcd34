"""Say which person every face shows: decisions first, then names in files, then likeness."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gfrnet.album.bonding import bonds_of, face_rows, group_by_all, group_by_likeness, real_faces
from gfrnet.album.decisions import Decided
from gfrnet.album.grouping import Groups
from gfrnet.album.index import Index
from gfrnet.album.model import By, Question
from gfrnet.album.naming import names_in_files, owners_of
from gfrnet.album.publish import Shown, covers_of, number_people, write_people
from gfrnet.album.queries import BORN, faces_with_ids
from gfrnet.album.questions import questions
from gfrnet.album.resolve import Resolved, resolve
from gfrnet.album.suggesting import suggest
from gfrnet.album.table import FaceTable, Finder, load_table
from gfrnet.types import AnyArray

_GROUPED = "grouped by likeness"
"""Name of the fact that says of which photos the groups of likeness were made."""


def regroup(index: Index, decided: Sequence[Decided], made_from: tuple[str, str]) -> None:
    """Say anew which person every face shows, and write it into the index.

    Args:
        index: The index.
        decided: All decisions that hold.
        made_from: A fact to write with it, which tells what it was made from.

    Raises:
        DataError: The index cannot be read or written.
    """
    table = load_table(index)
    resolved = resolve(decided, Finder(table))
    photos = index.fact("changes") or "0"
    if index.fact(_GROUPED) != photos:
        table = _grouped_anew(table, resolved)
    shown = show(table, resolved, names_in_files(index, table, resolved))
    left = {row for row, names in resolved.not_person.items() if names}.union(*(a for a, _ in resolved.apart))
    numbers = number_people(index, table, shown, left)
    born = {name: year for name, year in resolved.born.items() if name in shown.names}
    with index.changing() as connection:
        write_people(connection, table, shown, numbers)
        connection.executemany(
            "UPDATE belongs SET guide = ? WHERE face = ?",
            [(use, int(table.ids[row])) for row, use in resolved.guides.items()],
        )
        facts = (made_from, (BORN, json.dumps(born)), (_GROUPED, photos))
        connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts)


def _grouped_anew(table: FaceTable, resolved: Resolved) -> FaceTable:
    rows = real_faces(table, resolved)
    groups = np.full(len(table), -1, dtype=np.int64)
    groups[rows] = group_by_likeness(table, rows)
    return replace(table, groups=groups)


def ask(index: Index, decided: Sequence[Decided], most: int) -> tuple[Question, ...]:
    """Return pairs of groups that may be one person, those first whose answer helps most.

    Args:
        index: The index, whose groups are up to date.
        decided: All decisions that hold.
        most: Largest number of questions.
    """
    table = load_table(index)
    resolved = resolve(decided, Finder(table))
    owners = owners_of(resolved, names_in_files(index, table, resolved))
    rows = real_faces(table, resolved)
    faces, bonds = face_rows(table, rows), bonds_of(rows, owners, resolved, table)
    labels = group_by_all(table, rows, owners, resolved)
    asked = questions(faces, Groups(labels, faces.good), bonds, most)
    covers = covers_of(table, rows, labels)
    ids = [int(table.ids[covers[group]]) for each in asked for group in (each.left, each.right)]
    known = {face.id: face for face in faces_with_ids(index, ids)}
    pairs = [(known[ids[n]], known[ids[n + 1]]) for n in range(0, len(ids), 2)]
    return tuple(
        Question(one.person or one.label, other.person or other.label, each.probability, (one, other))
        for each, (one, other) in zip(asked, pairs, strict=True)
    )


def show(table: FaceTable, resolved: Resolved, in_files: Mapping[int, str]) -> Shown:
    """Say which person every face shows.

    Args:
        table: The faces, with the groups that likeness has made of them.
        resolved: What people decided.
        in_files: Names that the metadata of photos give to faces, by row.
    """
    owners = owners_of(resolved, in_files)
    rows = real_faces(table, resolved)
    labels = group_by_all(table, rows, owners, resolved)
    people = np.full(len(table), -1, dtype=np.int64)
    people[rows] = _without_bad_singles(labels, rows, owners, table)
    names = _put_names(people, owners, resolved)
    by: list[By] = ["alone" if person < 0 else "group" for person in people]
    for row, name in owners.items():
        by[row] = "file" if in_files.get(row) == name and row not in resolved.names else "person"
    for row in resolved.no_face:
        by[row] = "no face"
    probability = np.where(people >= 0, 1.0, 0.0).astype(np.float32)
    suggest(table, resolved, names, people, by, probability)
    return Shown(people, tuple(by), probability, tuple(names), table.groups)


def _put_names(people: AnyArray, owners: Mapping[int, str], resolved: Resolved) -> list[str | None]:
    """Make one person of each name, with all faces that have it and the groups that they lie in.

    Where decisions contradict each other, a group may hold several names. Its other faces then follow the
    name that most have. A face that is not this person goes alone.

    Args:
        people: (N,) number of the group of each face, -1 for none; changed to numbers of people.
        owners: Names of faces by row.
        resolved: What people decided.

    Returns:
        The name of each person; None for a group without one.
    """
    known: dict[int, Counter[str]] = {}
    for row, owner in owners.items():
        if people[row] >= 0:
            known.setdefault(int(people[row]), Counter())[owner] += 1
    number_of: dict[tuple[str | None, int], int] = {}
    for row, group in enumerate(people.tolist()):
        name: str | None = owners.get(row)
        if name is None and group >= 0 and group in known:
            name = known[group].most_common(1)[0][0]
            if name in resolved.not_person.get(row, ()):
                people[row] = number_of.setdefault((None, -1 - row), len(number_of))
                continue
        if name is not None or group >= 0:
            people[row] = number_of.setdefault((name, group if name is None else 0), len(number_of))
    return [name for name, _ in number_of]


def _without_bad_singles(
    labels: AnyArray, rows: AnyArray, owners: Mapping[int, str], table: FaceTable
) -> AnyArray:
    """Return the groups without bad faces that are alone in theirs: likeness tells more about them."""
    labels = labels.copy()
    counts = np.bincount(labels[labels >= 0], minlength=1)
    for place, row in enumerate(rows.tolist()):
        if row in table.traces and row not in owners and labels[place] >= 0 and counts[labels[place]] == 1:
            labels[place] = -1
    kept, numbers = np.unique(labels, return_inverse=True)
    return np.asarray(numbers - int(np.any(kept < 0)))
