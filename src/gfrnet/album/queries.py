"""Ask the index for people and faces, a page at a time."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import get_args

from gfrnet.album.decisions import FaceKey, is_group_name, key_of
from gfrnet.album.index import Index, in_parts
from gfrnet.album.model import SURE, AlbumFace, By, NamedPhoto, Person, face_label
from gfrnet.album.unknown import unknown_person
from gfrnet.errors import PlanError
from gfrnet.faces.choose import GOOD_SHARPNESS
from gfrnet.images import Frame, PersonRegion
from gfrnet.printable import printable, without_controls
from gfrnet.types import Box

BORN = "born"
"""Name of the fact that holds years of birth by name."""

_LONGEST_NUMBER = 19
"""Most letters of the label of a group. SQLite holds numbers of 18 digits, and no larger group can be."""

_LONGEST_TOLD = 500
"""Most letters of a label in a message. It takes any name and most paths."""

_PEOPLE = """
SELECT people.id, number, name, cover,
       (SELECT COUNT(*) FROM belongs WHERE person = people.id AND by != 'suggested') AS faces,
       (SELECT COUNT(*) FROM belongs WHERE person = people.id AND by = 'suggested') AS suggested
FROM people
"""

_FACES = """
SELECT faces.id, faces.number AS place, left, top, right, bottom, turn, score, sharpness, faces.size,
       content, taken_from, taken_to, likely_from, likely_to, by, probability, guide,
       people.name, people.number,
       (SELECT MIN(path) FROM paths WHERE paths.photo = faces.photo) AS path
FROM belongs JOIN faces ON faces.id = belongs.face JOIN photos ON photos.id = faces.photo
LEFT JOIN people ON people.id = belongs.person
"""

_BY_RANK = "CASE by " + " ".join(f"WHEN '{by}' THEN {rank}" for rank, by in enumerate(get_args(By))) + " END"


def people(index: Index, births: Mapping[str, int], most: int | None, skip: int) -> tuple[Person, ...]:
    """Return people: those with names by name, then groups, the largest first."""
    query = f"{_PEOPLE} ORDER BY name IS NULL, name, faces DESC, number LIMIT ? OFFSET ?"
    return tuple(_person(row, births) for row in index.rows(query, (-1 if most is None else most, skip)))


def count_people(index: Index) -> tuple[int, int]:
    """Return the number of people, and of those with names."""
    row = index.row("SELECT COUNT(*), COUNT(name) FROM people")
    return (0, 0) if row is None else (row[0], row[1])


def person(index: Index, births: Mapping[str, int], label: str) -> Person:
    """Return a person by name or number.

    Raises:
        PlanError: There is none.
    """
    row = index.row(f"{_PEOPLE} WHERE people.id = ?", (person_id(index, label),))
    assert row is not None  # found just now
    return _person(row, births)


def person_id(index: Index, label: str) -> int:
    """Return the number of a person in the index.

    Raises:
        PlanError: There is no such person.
    """
    row = None
    if printable(label) == label:  # SQLite takes no other text
        row = index.row("SELECT id FROM people WHERE name = ?", (label,))
    if row is None and is_group_name(label) and len(label) <= _LONGEST_NUMBER:
        row = index.row("SELECT id FROM people WHERE name IS NULL AND number = ?", (int(label[1:]),))
    if row is None:
        names = index.rows("SELECT name FROM people WHERE name IS NOT NULL")
        raise unknown_person(_told(label), (each["name"] for each in names))
    return int(row["id"])


def faces(
    index: Index, label: str | None, by: Sequence[By], most: int | None, skip: int
) -> tuple[AlbumFace, ...]:
    """Return faces, the surest of a person first."""
    wanted, values = ["1"], list[object]()
    if label is not None:
        wanted.append("belongs.person = ?")
        values.append(person_id(index, label))
    if by:
        wanted.append(f"by IN ({','.join('?' * len(by))})")
        values += by
    where = " AND ".join(wanted)
    query = (
        f"{_FACES} WHERE {where} ORDER BY belongs.person IS NULL, belongs.person, {_BY_RANK}, "
        "sharpness DESC, faces.id LIMIT ? OFFSET ?"
    )
    rows = index.rows(query, (*values, -1 if most is None else most, skip))
    return tuple(_face(row) for row in rows)


def faces_around(index: Index, limit: float, most: int) -> tuple[tuple[AlbumFace, ...], ...]:
    """Return the faces that are hardly worn more than a limit, and those hardly less, nearest first."""
    sharpness = GOOD_SHARPNESS * (1 - limit)
    more = f"{_FACES} WHERE by != 'no face' AND sharpness <= ? ORDER BY sharpness DESC, faces.id LIMIT ?"
    less = f"{_FACES} WHERE by != 'no face' AND sharpness > ? ORDER BY sharpness, faces.id LIMIT ?"
    return tuple(tuple(_face(row) for row in index.rows(query, (sharpness, most))) for query in (more, less))


_NAMED = f"""
SELECT path, content, paths.size, changed, width, height, orientation, name, left, top, right, bottom
FROM paths JOIN photos ON photos.id = paths.photo
LEFT JOIN (
    SELECT photo, faces.number AS place, name, left, top, right, bottom
    FROM faces JOIN belongs ON belongs.face = faces.id JOIN people ON people.id = belongs.person
    WHERE name IS NOT NULL AND by IN ({",".join("?" * len(SURE))})
) AS shown ON shown.photo = photos.id
WHERE name IS NOT NULL OR paths.regions LIKE '%"ours": true%'
ORDER BY path, place
"""


def named_photos(index: Index) -> Iterator[NamedPhoto]:
    """Yield every file on which somebody with a name is, or was when its sidecar was written."""
    for path, rows in groupby(index.rows(_NAMED, SURE), lambda row: row["path"]):
        faces = list(rows)
        first = faces[0]
        frame = Frame(first["width"], first["height"], first["orientation"])
        regions = (PersonRegion(_box(row), row["name"], ours=True) for row in faces if row["name"])
        known = first["content"], first["size"], first["changed"]
        yield NamedPhoto(Path(os.fsdecode(path)), frame, tuple(regions), *known)


def counts(index: Index) -> dict[By, int]:
    """Return the number of faces by who says whom they show."""
    found = {row["by"]: row["n"] for row in index.rows("SELECT by, COUNT(*) AS n FROM belongs GROUP BY by")}
    return {by: found.get(by, 0) for by in get_args(By)}


def faces_with_ids(index: Index, ids: Sequence[int]) -> tuple[AlbumFace, ...]:
    """Return faces by their numbers in the index, in the order of the numbers."""
    found: dict[int, AlbumFace] = {}
    for part in in_parts(ids):
        for row in index.rows(f"{_FACES} WHERE faces.id IN ({','.join('?' * len(part))})", part):
            found[row["id"]] = _face(row)
    return tuple(found[face] for face in ids if face in found)


def face(index: Index, label: str) -> AlbumFace:
    """Return a face by its label, or by its photo and its place there, such as ``wedding.jpg:2``.

    Raises:
        PlanError: There is none.
    """
    rows = _labelled(index, label) or _in_photo(index, label)
    if len(rows) == 1:
        return _face(rows[0])
    if rows:
        told = _told(label)
        raise PlanError(f"{told} shows several faces. Say which one in reading order, such as {told}:2.")
    raise PlanError(
        f"There is no face {_told(label)}. List the faces of a person, and take a label from there, or "
        "name a photo and the place of the face in reading order, such as wedding.jpg:2."
    )


def _told(label: str) -> str:
    """Return a label for a message: in one line, and short enough to be read."""
    text = without_controls(printable(label))
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}..."


def _labelled(index: Index, label: str) -> list[sqlite3.Row]:
    """Return the face with a label, of which the beginning is enough; none where that fits several."""
    content, _, number = label.rpartition("-")
    if not (content and set(content) <= set("0123456789abcdef") and number.isdecimal()):
        return []
    found = index.rows(
        f"{_FACES} WHERE content >= ? AND content < ? AND faces.number = ? LIMIT 2",
        (content, content + "g", int(number[:9])),
    )
    rows = list(found)
    return rows if len(rows) == 1 else []


def _in_photo(index: Index, label: str) -> list[sqlite3.Row]:
    """Return the faces of a photo, or the one at a place there."""
    photo, _, number = label.rpartition(":")
    if not (photo and number.isdecimal()):
        photo, number = label, ""
    try:
        path = os.fsencode(os.path.abspath(photo))
    except UnicodeEncodeError:  # no file can have this name
        return []
    query = f"{_FACES} WHERE faces.photo = (SELECT photo FROM paths WHERE path = ?)"
    if number:
        return list(index.rows(f"{query} AND faces.number = ?", (path, int(number[:9]))))
    return list(index.rows(query, (path,)))


def keys(index: Index, ids: Sequence[int]) -> tuple[FaceKey, ...]:
    """Return the lasting names of faces, by their numbers in the index."""
    found: dict[int, FaceKey] = {}
    query = (
        "SELECT faces.id, content, pixels, left, top, right, bottom FROM faces "
        "JOIN photos ON photos.id = faces.photo WHERE faces.id IN"
    )
    for part in in_parts(ids):
        for row in index.rows(f"{query} ({','.join('?' * len(part))})", part):
            found[row["id"]] = key_of(row["content"], row["pixels"], _box(row))
    return tuple(found[face] for face in ids)


def with_keys(index: Index, named: Sequence[FaceKey]) -> tuple[AlbumFace, ...]:
    """Return the faces of lasting names, in their order; those that are not known now are left out."""
    found: list[AlbumFace] = []
    for key in named:
        rows = index.rows(
            f"{_FACES} WHERE content = ? OR (pixels = ? AND pixels != '')", (key.photo, key.pixels)
        )
        box = Box(*key.box)
        alike = [(box.overlap(_box(row)), row["id"], row) for row in rows]
        best = max(alike, default=None, key=lambda each: each[:2])
        if best is not None and best[0] > 0:
            found.append(_face(best[2]))
    return tuple(found)


def thumbnail(index: Index, face: int) -> bytes:
    """Return the small picture of a face as JPEG.

    Raises:
        PlanError: There is no such face.
    """
    row = index.row("SELECT thumbnail FROM portraits WHERE face = ?", (face,))
    if row is None:
        raise PlanError(
            "This face is no longer there, because its photo was looked at again. List the faces."
        )
    return bytes(row["thumbnail"])


def births(index: Index) -> dict[str, int]:
    """Return the years of birth by name."""
    with index.parsed():
        return {str(name): int(year) for name, year in dict(json.loads(index.fact(BORN) or "{}")).items()}


def _person(row: sqlite3.Row, born: Mapping[str, int]) -> Person:
    label = person_label(row["name"], row["number"])
    return Person(label, row["name"], born.get(label), row["faces"], row["suggested"], row["cover"])


def person_label(name: str | None, number: int | None) -> str:
    """Return the name of a person, or the number of a group without one; empty for nobody."""
    if name is not None:
        return name
    return "" if number is None else f"G{number}"


def _face(row: sqlite3.Row) -> AlbumFace:
    return AlbumFace(
        id=row["id"],
        label=face_label(row["content"], row["place"]),
        photo=Path(os.fsdecode(row["path"])),
        box=_box(row),
        turn=row["turn"],
        score=row["score"],
        sharpness=row["sharpness"],
        size=row["size"],
        taken=_days(row["taken_from"], row["taken_to"]),
        likely=_days(row["likely_from"], row["likely_to"]),
        person=person_label(row["name"], row["number"]),
        by=row["by"],
        probability=row["probability"],
        guide=row["guide"],
    )


def _days(first: str | None, last: str | None) -> tuple[date, date] | None:
    return (date.fromisoformat(first), date.fromisoformat(last)) if first and last else None


def _box(row: sqlite3.Row) -> Box:
    return Box(row["left"], row["top"], row["right"], row["bottom"])
