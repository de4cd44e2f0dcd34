"""Write into the index which person every face shows."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from gfrnet.album.index import Index
from gfrnet.album.model import SURE, By
from gfrnet.album.table import FaceTable
from gfrnet.faces.choose import GOOD_SHARPNESS, GOOD_SIZE
from gfrnet.types import AnyArray, FloatArray

_LAST_NUMBER = "last number"
"""Name of the fact that holds the largest number of a group, so that none is used twice."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Say whom N faces show.

    Attributes:
        people: (N,) number of the person of each face, from 0; -1 where nobody is known.
        by: Who says so.
        probability: (N,) probability of it, 0..1.
        names: Name of each person; None for a group without one.
        groups: (N,) groups that likeness alone has made; -1 for none.
    """

    people: AnyArray
    by: tuple[By, ...]
    probability: FloatArray
    names: tuple[str | None, ...]
    groups: AnyArray


def number_people(index: Index, table: FaceTable, shown: Shown, left: Collection[int]) -> list[int]:
    """Return a number for every person. A group keeps that of the group of which it has most faces.

    Args:
        index: The index, with the people that were written before.
        table: The faces.
        shown: Whom they show now.
        left: Rows of faces that people took out of a group. They take its number along last.
    """
    before = {
        int(row["face"]): int(row["number"])
        for row in index.rows(
            "SELECT face, number FROM belongs JOIN people ON people.id = belongs.person WHERE number > 0"
        )
    }
    shared: Counter[tuple[int, int]] = Counter()
    for row, (face, person) in enumerate(zip(table.ids.tolist(), shown.people.tolist(), strict=True)):
        if person >= 0 and face in before:
            shared[person, before[face]] += 1 if row in left else len(table)
    numbers = [0] * len(shown.names)
    taken: set[int] = set()
    for (person, number), _ in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
        if not numbers[person] and number not in taken:
            numbers[person] = number
            taken.add(number)
    following = max([int(index.fact(_LAST_NUMBER) or 0), *taken])
    sizes = np.bincount(shown.people[shown.people >= 0], minlength=len(numbers))
    for person in np.argsort(-sizes, kind="stable").tolist():
        if not numbers[person]:
            following += 1
            numbers[person] = following
    return numbers


def write_people(
    connection: sqlite3.Connection, table: FaceTable, shown: Shown, numbers: Sequence[int]
) -> None:
    """Write who every face shows in the place of what was there.

    Args:
        connection: The index, in a transaction.
        table: The faces.
        shown: Whom they show.
        numbers: Number of each person (`number_people`).
    """
    connection.execute("DELETE FROM belongs")
    connection.execute("DELETE FROM people")
    sure = np.flatnonzero([by in SURE for by in shown.by])
    covers = covers_of(table, sure, shown.people[sure])
    connection.executemany(
        "INSERT INTO people (id, number, name, cover) VALUES (?, ?, ?, ?)",
        [(n + 1, numbers[n], name, int(table.ids[covers[n]])) for n, name in enumerate(shown.names)],
    )
    connection.executemany(
        "INSERT INTO belongs (face, person, by, probability, grouped) VALUES (?, ?, ?, ?, ?)",
        [
            (face, person + 1 if person >= 0 else None, by, probability, group)
            for face, person, by, probability, group in zip(
                table.ids.tolist(),
                shown.people.tolist(),
                shown.by,
                shown.probability.tolist(),
                shown.groups.tolist(),
                strict=True,
            )
        ],
    )
    connection.execute(
        "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
        "MAX(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
        (_LAST_NUMBER, str(max(numbers, default=0))),
    )


def covers_of(table: FaceTable, rows: AnyArray, people: AnyArray) -> dict[int, int]:
    """Return the row of the face that stands for each person: a sharp, frontal and large one.

    Args:
        table: The faces.
        rows: Rows of faces.
        people: Number of the person of each.
    """
    merit = np.minimum(table.sharpness, GOOD_SHARPNESS) * table.frontal * np.minimum(table.sizes, GOOD_SIZE)
    order = np.argsort(merit[rows], kind="stable")
    return {int(people[place]): int(rows[place]) for place in order if people[place] >= 0}
