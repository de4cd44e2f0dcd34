"""Write photos and their faces into the index, and read them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gfrnet.album.index import Index, in_parts
from gfrnet.album.look import VERSION, Failed, SeenFace, SeenPhoto
from gfrnet.album.walk import Listed
from gfrnet.images import Frame, PersonRegion, PhotoPeople, people_beside, read_sidecars


@dataclass(frozen=True, slots=True)
class KnownPath:
    """Hold what the index knows of a file.

    Attributes:
        photo: Number of its photo in the index; None for a file that could not be read.
        size: Bytes.
        changed: Time of its last change, nanoseconds.
        sidecar: Time of the last change of its sidecar, nanoseconds; 0 without one.
        current: Whether the photo was looked at by this version of the program.
    """

    photo: int | None
    size: int
    changed: int
    sidecar: int
    current: bool

    def fits(self, listed: Listed) -> bool:
        """Return whether the file is as it was."""
        return self.current and (self.size, self.changed) == (listed.size, listed.changed)


def known_paths(index: Index) -> dict[bytes, KnownPath]:
    """Return every file that the index knows, by its path in bytes."""
    rows = index.rows(
        "SELECT path, photo, paths.size, changed, sidecar, version FROM paths "
        "JOIN photos ON photos.id = paths.photo"
    )
    known = {
        bytes(row["path"]): KnownPath(row[1], row[2], row[3], row[4], row["version"] == VERSION)
        for row in rows
    }
    for row in index.rows("SELECT path, size, changed FROM failures WHERE version = ?", (VERSION,)):
        known[bytes(row["path"])] = KnownPath(None, row["size"], row["changed"], 0, True)
    return known


def known_sizes(index: Index) -> set[int]:
    """Return the sizes in bytes that files of known photos have."""
    return {int(row[0]) for row in index.rows("SELECT DISTINCT size FROM photos")}


def photo_with(index: Index, content: str) -> int | None:
    """Return the number of the photo with this content, if this version has looked at it."""
    row = index.row("SELECT id FROM photos WHERE content = ? AND version = ?", (content, VERSION))
    return None if row is None else int(row["id"])


def put_path(connection: sqlite3.Connection, listed: Listed, photo: int) -> None:
    """Note where a photo lies."""
    path = os.fsencode(listed.path)
    connection.execute(
        "INSERT OR REPLACE INTO paths (path, photo, size, changed, sidecar) VALUES (?, ?, ?, ?, ?)",
        (path, photo, listed.size, listed.changed, listed.sidecar),
    )
    connection.execute("DELETE FROM failures WHERE path = ?", (path,))
    if listed.sidecar:
        put_sidecar(connection, listed)


def put_sidecar(connection: sqlite3.Connection, listed: Listed) -> None:
    """Note which faces the sidecars of a known photo name."""
    path = os.fsencode(listed.path)
    row = connection.execute(
        "SELECT width, height, orientation FROM photos JOIN paths ON photos.id = paths.photo WHERE path = ?",
        (path,),
    ).fetchone()
    found = people_beside(read_sidecars(listed.path), Frame(*row)) if listed.sidecar else PhotoPeople()
    connection.execute(
        "UPDATE paths SET sidecar = ?, regions = ? WHERE path = ?",
        (listed.sidecar, _as_text(found.regions), path),
    )


def _as_text(regions: Iterable[PersonRegion]) -> str:
    """Return the faces that have names, in JSON."""
    named = [
        {"name": region.name, "box": region.box.as_tuple(), "ours": region.ours}
        for region in regions
        if region.name
    ]
    return json.dumps(named)


def put_failure(connection: sqlite3.Connection, listed: Listed, failed: Failed) -> None:
    """Note a file that cannot be read. A file that is not itself at fault is tried again next time."""
    path = os.fsencode(listed.path)
    connection.execute("DELETE FROM paths WHERE path = ?", (path,))
    connection.execute(
        "INSERT OR REPLACE INTO failures (path, size, changed, reason, version) VALUES (?, ?, ?, ?, ?)",
        (path, listed.size, listed.changed, failed.reason, VERSION if failed.lasting else ""),
    )


def put_photo(connection: sqlite3.Connection, seen: SeenPhoto, size: int) -> int:
    """Write a photo and its faces in the place of what was known of it; return its number.

    Args:
        connection: The index, in a transaction.
        seen: The photo.
        size: Bytes of its file.
    """
    row = connection.execute("SELECT id FROM photos WHERE content = ?", (seen.content,)).fetchone()
    values = _photo_values(seen, size)
    if row is None:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        added = connection.execute(
            f"INSERT INTO photos ({names}) VALUES ({marks})",
            tuple(values.values()),
        )
        photo = int(added.lastrowid or 0)
    else:
        photo = int(row["id"])
        changes = ", ".join(f"{name} = ?" for name in values)
        connection.execute(
            f"UPDATE photos SET {changes} WHERE id = ?",
            (*values.values(), photo),
        )
        connection.execute("DELETE FROM faces WHERE photo = ?", (photo,))
    for number, face in enumerate(seen.faces, 1):
        _put_face(connection, photo, number, face)
    return photo


def _photo_values(seen: SeenPhoto, size: int) -> dict[str, str | int | None]:
    """Return the columns of a photo."""
    taken = seen.taken
    days = (taken.earliest, taken.latest, *(taken.likely or (None, None))) if taken else (None,) * 4
    first, last, likely_first, likely_last = (day.isoformat() if day else None for day in days)
    return {
        "content": seen.content,
        "pixels": seen.pixels,
        "size": size,
        "width": seen.frame.width,
        "height": seen.frame.height,
        "orientation": seen.frame.orientation,
        "taken_from": first,
        "taken_to": last,
        "likely_from": likely_first,
        "likely_to": likely_last,
        "regions": _as_text(seen.regions),
        "version": VERSION,
    }


def _put_face(connection: sqlite3.Connection, photo: int, number: int, face: SeenFace) -> None:
    quality = face.portrait.quality
    added = connection.execute(
        "INSERT INTO faces (photo, number, left, top, right, bottom, turn, score, sharpness, frontal, size) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(photo, number, *map(float, face.box.as_tuple())),
            *(float(face.turn), float(face.score)),
            *(float(quality.sharpness), float(quality.frontal), float(quality.size)),
        ),
    )
    connection.execute(
        "INSERT INTO portraits (face, embedding, trace, view, thumbnail) VALUES (?, ?, ?, ?, ?)",
        (
            added.lastrowid,
            face.portrait.embedding.astype("<f4").tobytes(),
            None if face.trace is None else face.trace.astype("<f4").tobytes(),
            face.portrait.view.astype("<f2").tobytes(),
            face.thumbnail,
        ),
    )


def drop_paths(connection: sqlite3.Connection, paths: Iterable[bytes]) -> None:
    """Forget files that are gone. What is known of their photos stays, because they may come back."""
    for part in in_parts(paths):
        marks = ",".join("?" * len(part))
        connection.execute(f"DELETE FROM paths WHERE path IN ({marks})", part)
        connection.execute(f"DELETE FROM failures WHERE path IN ({marks})", part)


def note_change(connection: sqlite3.Connection) -> None:
    """Count a change of the photos, after which the faces are to be grouped anew."""
    connection.execute(
        "INSERT INTO facts VALUES ('changes', '1') "
        "ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1"
    )


def failures(index: Index) -> Iterator[tuple[Path, str]]:
    """Yield every file that cannot be read, with the reason."""
    for row in index.rows("SELECT path, reason FROM failures ORDER BY path"):
        yield Path(os.fsdecode(row["path"])), str(row["reason"])
