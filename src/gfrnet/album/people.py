"""Say which person every face shows: decisions first, then names in files, then likeness."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from gfrnet.album.attaching import BAD_SHARPNESS, BadFaces, KnownPeople, Verdict, attach
from gfrnet.album.bonds import Bonds
from gfrnet.album.decisions import Decided, is_name
from gfrnet.album.grouping import FaceRows, Groups, group_faces
from gfrnet.album.index import Index
from gfrnet.album.model import SURE, By, Question
from gfrnet.album.queries import BORN, faces_with_ids
from gfrnet.album.questions import questions
from gfrnet.album.resolve import Resolved, resolve
from gfrnet.album.table import FaceTable, Finder, load_table
from gfrnet.faces.choose import GOOD_SHARPNESS, GOOD_SIZE
from gfrnet.types import AnyArray, Box, FloatArray

_LAST_NUMBER = "last number"
"""Name of the fact that holds the largest number of a group, so that none is used twice."""

_LEAST_OVERLAP = 0.1
"""Least intersection over union of a face and the region of another program that names it."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Say whom N faces show.

    Attributes:
        people: (N,) number of the person of each face, from 0; -1 where nobody is known.
        by: Who says so.
        probability: (N,) probability of it, 0..1.
        names: Name of each person; None for a group without one.
    """

    people: AnyArray
    by: tuple[By, ...]
    probability: FloatArray
    names: tuple[str | None, ...]


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
    in_files = names_in_files(index, table, resolved)
    shown = show(table, resolved, in_files)
    numbers = _numbers(index, table, shown)
    with index.changing() as connection:
        _write(connection, table, shown, numbers)
        connection.executemany(
            "UPDATE belongs SET guide = ? WHERE face = ?",
            [(use, int(table.ids[row])) for row, use in resolved.guides.items()],
        )
        born = {name: year for name, year in resolved.born.items() if name in shown.names}
        for name, value in (made_from, (BORN, json.dumps(born))):
            connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def ask(index: Index, decided: Sequence[Decided], most: int) -> tuple[Question, ...]:
    """Return pairs of groups that may be one person, those first whose answer helps most.

    Args:
        index: The index, whose groups are up to date.
        decided: All decisions that hold.
        most: Largest number of questions.
    """
    table = load_table(index)
    resolved = resolve(decided, Finder(table))
    owners = _owners(table, resolved, names_in_files(index, table, resolved))
    rows = _real_faces(table, resolved)
    faces, bonds = _face_rows(table, rows), _bonds(rows, owners, resolved, table)
    labels = _grouped(table, rows, owners, resolved)
    asked = questions(faces, Groups(labels, faces.good), bonds, most)
    covers = _covers(table, rows, labels)
    ids = [int(table.ids[covers[group]]) for each in asked for group in (each.left, each.right)]
    known = {face.id: face for face in faces_with_ids(index, ids)}
    return tuple(
        Question(one.person or one.label, other.person or other.label, each.probability, (one, other))
        for each, one, other in zip(
            asked, *([known[face] for face in ids[side::2]] for side in (0, 1)), strict=True
        )
    )


def _real_faces(table: FaceTable, resolved: Resolved) -> AnyArray:
    """Return the rows that nobody called no face."""
    return np.array([row for row in range(len(table)) if row not in resolved.no_face], dtype=np.int64)


def show(table: FaceTable, resolved: Resolved, in_files: Mapping[int, str]) -> Shown:
    """Say which person every face shows.

    Args:
        table: The faces.
        resolved: What people decided.
        in_files: Names that the metadata of photos give to faces, by row.
    """
    owners = _owners(table, resolved, in_files)
    rows = _real_faces(table, resolved)
    labels = _grouped(table, rows, owners, resolved)
    people = np.full(len(table), -1, dtype=np.int64)
    people[rows] = _without_bad_singles(labels, rows, owners, table)
    names: list[str | None] = [None] * (int(people.max(initial=-1)) + 1)
    for row, name in owners.items():
        names[people[row]] = name
    by: list[By] = ["alone" if person < 0 else "group" for person in people]
    for row in owners:
        by[row] = "person" if row in resolved.names else "file"
    for row in resolved.no_face:
        by[row] = "no face"
    probability = np.where(people >= 0, 1.0, 0.0).astype(np.float32)
    _attach(table, resolved, names, people, by, probability)
    return Shown(people, tuple(by), probability, tuple(names))


def _owners(table: FaceTable, resolved: Resolved, in_files: Mapping[int, str]) -> dict[int, str]:
    """Return the names of faces. What people decided comes before what files say."""
    owners = {row: name for row, name in in_files.items() if row not in resolved.no_face}
    owners = {
        row: name for row, name in owners.items() if name not in resolved.not_person.get(row, ())
    } | resolved.names
    for together in resolved.together:
        known = Counter(owners[row] for row in together if row in owners)
        if known:
            name = known.most_common(1)[0][0]
            owners |= {row: name for row in together if row not in owners}
    return owners


def _grouped(table: FaceTable, rows: AnyArray, owners: Mapping[int, str], resolved: Resolved) -> AnyArray:
    """Return the group of each of the given faces.

    A face that is not this person joins its group last. Else it would lead others away from that person.
    """
    faces, bonds = _face_rows(table, rows), _bonds(rows, owners, resolved, table)
    late = {row for row, names in resolved.not_person.items() if names}
    late |= {row for left, _ in resolved.apart for row in left}
    late |= {row for name in set(owners.values()) for row in _before_birth(table, resolved.born.get(name))}
    late -= set(owners)
    if not late:
        return group_faces(faces, bonds).labels
    first = np.array([row for row in rows if row not in late], dtype=np.int64)
    groups = group_faces(_face_rows(table, first), _bonds(first, owners, resolved, table)).labels
    grouped = np.flatnonzero(groups >= 0)
    order = grouped[np.argsort(groups[grouped], kind="stable")]
    ends = np.flatnonzero(np.diff(groups[order])) + 1
    parts = np.split(np.searchsorted(rows, first)[order], ends)
    found = [part for part in parts if len(part) > 1]
    return group_faces(faces, Bonds((*bonds.together, *found), bonds.apart)).labels


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


def _face_rows(table: FaceTable, rows: AnyArray) -> FaceRows:
    return FaceRows(
        table.embeddings[rows],
        table.photos[rows],
        table.sharpness[rows],
        table.sizes[rows],
        # A person is surer of a face than any detector.
        np.where(table.scores[rows] == 0, 1, table.scores[rows]),
    )


def _bonds(rows: AnyArray, owners: Mapping[int, str], resolved: Resolved, table: FaceTable) -> Bonds:
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
        denied |= set(_before_birth(table, resolved.born.get(name)))
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


def _before_birth(table: FaceTable, year: int | None) -> Iterator[int]:
    """Yield the faces on photos that were surely taken before a person was born."""
    if year is not None:
        yield from np.flatnonzero(table.days[:, 1] < date(year, 1, 1).toordinal()).tolist()


def _attach(
    table: FaceTable,
    resolved: Resolved,
    names: Sequence[str | None],
    people: AnyArray,
    by: list[By],
    probability: FloatArray,
) -> None:
    """Give bad faces the people whom they probably show."""
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
        denied += _before_birth(table, resolved.born.get(name))
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


_REGIONS = """
SELECT id, regions FROM photos WHERE regions != '[]'
UNION ALL SELECT photo AS id, regions FROM paths WHERE regions != '[]'
"""
"""The sidecars come last, because they go before what is in the photo."""


def names_in_files(index: Index, table: FaceTable, resolved: Resolved) -> dict[int, str]:
    """Return the names that the metadata of photos give to faces, by row.

    What gfrnet wrote itself counts only for people of whom nothing is decided here: else it would hold
    against what is known better now.

    Args:
        index: The index.
        table: The faces.
        resolved: What people decided.
    """
    decided, renamed = set(resolved.names.values()), resolved.renamed
    rows_of: dict[int, list[int]] = {}
    for row, photo in enumerate(table.photos):
        rows_of.setdefault(int(photo), []).append(row)
    found: dict[int, str] = {}
    for record in index.rows(_REGIONS):
        boxes = {row: Box(*map(float, table.boxes[row])) for row in rows_of.get(record["id"], ())}
        for region in json.loads(record["regions"]):
            face = _face_in(Box(*region["box"]), boxes)
            name = renamed.get(region["name"], region["name"])
            if face is not None and is_name(name) and not (region["ours"] and name in decided):
                found[face] = name.strip()
    return found


def _face_in(region: Box, boxes: Mapping[int, Box]) -> int | None:
    """Return the face that a region of another program shows; their frames differ in size and place."""
    across, down = region.center
    inside = [
        (box.overlap(region), row)
        for row, box in boxes.items()
        if abs(box.center[0] - across) < max(box.width, region.width) / 2
        and abs(box.center[1] - down) < max(box.height, region.height) / 2
    ]
    best = max(inside, default=(0.0, -1))
    return best[1] if best[0] >= _LEAST_OVERLAP else None


def _numbers(index: Index, table: FaceTable, shown: Shown) -> list[int]:
    """Return a number for every person. A group keeps that of the group of which it has most faces."""
    before = {
        int(row["face"]): int(row["number"])
        for row in index.rows(
            "SELECT face, number FROM belongs JOIN people ON people.id = belongs.person WHERE number > 0"
        )
    }
    shared: Counter[tuple[int, int]] = Counter()
    for face, person in zip(table.ids, shown.people, strict=True):
        if person >= 0 and int(face) in before:
            shared[int(person), before[int(face)]] += 1
    numbers = [0] * len(shown.names)
    taken: set[int] = set()
    for (person, number), _ in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        if not numbers[person] and number not in taken:
            numbers[person] = number
            taken.add(number)
    following = max(taken, default=int(index.fact(_LAST_NUMBER) or 0))
    for person in sorted(range(len(numbers)), key=lambda each: -int((shown.people == each).sum())):
        if not numbers[person]:
            following += 1
            numbers[person] = following
    return numbers


def _write(connection: sqlite3.Connection, table: FaceTable, shown: Shown, numbers: Sequence[int]) -> None:
    connection.execute("DELETE FROM belongs")
    connection.execute("DELETE FROM people")
    sure = np.flatnonzero([by in SURE for by in shown.by])
    covers = _covers(table, sure, shown.people[sure])
    connection.executemany(
        "INSERT INTO people (id, number, name, cover) VALUES (?, ?, ?, ?)",
        [(n + 1, numbers[n], name, int(table.ids[covers[n]])) for n, name in enumerate(shown.names)],
    )
    connection.executemany(
        "INSERT INTO belongs (face, person, by, probability) VALUES (?, ?, ?, ?)",
        [
            (int(face), int(person) + 1 if person >= 0 else None, by, float(probability))
            for face, person, by, probability in zip(
                table.ids, shown.people, shown.by, shown.probability, strict=True
            )
        ],
    )
    connection.execute(
        "INSERT OR REPLACE INTO facts VALUES (?, ?)", (_LAST_NUMBER, str(max(numbers, default=0)))
    )


def _covers(table: FaceTable, rows: AnyArray, people: AnyArray) -> dict[int, int]:
    """Return the row of the face that stands for each person: a sharp, frontal and large one.

    Args:
        table: The faces.
        rows: Rows of faces.
        people: Number of the person of each.
    """
    merit = np.minimum(table.sharpness, GOOD_SHARPNESS) * table.frontal * np.minimum(table.sizes, GOOD_SIZE)
    order = np.argsort(merit[rows], kind="stable")
    return {int(people[place]): int(rows[place]) for place in order if people[place] >= 0}
