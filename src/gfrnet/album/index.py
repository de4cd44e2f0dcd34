"""Keep what was found in the photos of an album, in one file of SQLite that can be made again."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gfrnet.errors import Advice, DataError

INDEX = "index.sqlite"
"""Name of the index in the folder of an album."""

VERSION = 1
"""Version of the tables. It grows when an older program cannot read them."""

_TABLES = """
CREATE TABLE photos (
    id INTEGER PRIMARY KEY,
    content TEXT NOT NULL UNIQUE,
    pixels TEXT NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    orientation INTEGER NOT NULL,
    taken_from TEXT,
    taken_to TEXT,
    likely_from TEXT,
    likely_to TEXT,
    regions TEXT NOT NULL DEFAULT '[]',
    version TEXT NOT NULL
);
CREATE INDEX photos_by_pixels ON photos (pixels);
CREATE TABLE paths (
    path BLOB PRIMARY KEY,
    photo INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
    size INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    sidecar INTEGER NOT NULL,
    regions TEXT NOT NULL DEFAULT '[]'
) WITHOUT ROWID;
CREATE INDEX paths_by_photo ON paths (photo);
CREATE TABLE failures (
    path BLOB PRIMARY KEY,
    size INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    reason TEXT NOT NULL,
    version TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE faces (
    id INTEGER PRIMARY KEY,
    photo INTEGER NOT NULL REFERENCES photos (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    left REAL NOT NULL,
    top REAL NOT NULL,
    right REAL NOT NULL,
    bottom REAL NOT NULL,
    turn REAL NOT NULL,
    score REAL NOT NULL,
    sharpness REAL NOT NULL,
    frontal REAL NOT NULL,
    size REAL NOT NULL,
    UNIQUE (photo, number)
);
CREATE TABLE portraits (
    face INTEGER PRIMARY KEY REFERENCES faces (id) ON DELETE CASCADE,
    embedding BLOB NOT NULL,
    trace BLOB,
    view BLOB NOT NULL,
    thumbnail BLOB NOT NULL
);
CREATE TABLE people (
    id INTEGER PRIMARY KEY,
    number INTEGER UNIQUE,
    name TEXT UNIQUE,
    cover INTEGER NOT NULL
);
CREATE TABLE belongs (
    face INTEGER PRIMARY KEY REFERENCES faces (id) ON DELETE CASCADE,
    person INTEGER REFERENCES people (id) ON DELETE CASCADE,
    by TEXT NOT NULL,
    probability REAL NOT NULL,
    grouped INTEGER NOT NULL,
    guide TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX belongs_by_person ON belongs (person, by);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


_DAMAGED = (
    *("malformed", "not a database", "no such table", "no such column", "has no column", "already exists"),
    "Could not decode",
)
"""Signs in errors of SQLite that say that the file is damaged, or lacks a table."""


class DamagedIndexError(DataError):
    """Report an index that is damaged. A scan makes it again."""


class Index:
    """Read and write the index of one album. Every thread needs one of its own.

    Args:
        folder: The folder of the album, which is made where it is missing.
        file: Name of the index in it.

    Raises:
        DataError: It cannot be opened or made, or a newer program made it.
    """

    def __init__(self, folder: Path, file: str = INDEX) -> None:
        self.path = folder / file
        self.made_again: Path | None = None
        with self.explained():
            folder.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = self._opened()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise self._unusable(error) from error
            self.made_again = self._put_aside()
            self._connection = self._opened()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def make_again(self) -> Path:
        """Put a damaged index aside, and begin an empty one. Return where the damaged one lies now.

        Raises:
            DataError: The folder cannot be written to.
        """
        with suppress(sqlite3.Error):
            self._connection.close()
        self.made_again = self._put_aside()
        with self.explained():
            self._connection = self._opened()
        return self.made_again

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for changes that count all together, or not at all.

        Raises:
            DataError: The disk is full, or does not take the changes.
        """
        with self.explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, query: str, values: Sequence[Any] = ()) -> Iterator[sqlite3.Row]:
        """Yield the rows of a query, as they are read.

        Raises:
            DataError: The index is damaged, or cannot be read.
        """
        with self.explained():
            yield from self._connection.execute(query, values)

    def row(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """Return the first row of a query; None where there is none.

        Raises:
            DataError: The index is damaged, or cannot be read.
        """
        with self.explained():
            found: sqlite3.Row | None = self._connection.execute(query, values).fetchone()
            return found

    def fact(self, name: str) -> str | None:
        """Return a fact about the whole index, such as what its groups were made from."""
        row = self.row("SELECT value FROM facts WHERE name = ?", (name,))
        return None if row is None else str(row["value"])

    @contextmanager
    def parsed(self) -> Iterator[None]:
        """Turn errors of reading what is stored in the index into one that says what to do.

        Raises:
            DamagedIndexError: Something there cannot be what this program wrote.
        """
        try:
            yield
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise self.damaged(str(error)) from error

    def damaged(self, what: str) -> DamagedIndexError:
        """Return the error of an index that is damaged."""
        return DamagedIndexError(
            f"{self.path} is damaged ({what}). Scan again, which makes it again. What people decided "
            "is kept.",
            advice=(Advice.SCAN_PHOTOS,),
        )

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn errors of SQLite and of the disk into one that says what to do.

        Raises:
            DataError: There was one.
        """
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise DataError(
                    f"{self.path} was made by a newer gfrnet. Update gfrnet, or name another folder for the "
                    "album.",
                    advice=(Advice.PLACE_ALBUM,),
                )
            if version < 0:
                raise sqlite3.DatabaseError("the number of its version is malformed")
            if version < VERSION:
                _make(connection)
            # A page of every table is read, so that damage is met here.
            for table in ("photos", "paths", "failures", "faces", "portraits", "people", "belongs", "facts"):
                connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _put_aside(self) -> Path:
        """Rename a damaged index, and what SQLite keeps beside it."""
        aside = self.path.with_name(f"damaged-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.sqlite")
        with self.explained():
            self.path.rename(aside)
            for suffix in ("-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        return aside

    def _unusable(self, error: Exception) -> DataError:
        text = str(error)
        if isinstance(error, sqlite3.DatabaseError) and _is_damage(error):
            return self.damaged(text)
        if isinstance(error, sqlite3.Error) and ("full" in text or "disk I/O" in text):
            remedy = "Free some space, and do the same again: nothing is lost."
        elif isinstance(error, sqlite3.Error) and ("locked" in text or "busy" in text):
            remedy = "Another gfrnet works on this album. Wait until it has finished."
        else:
            remedy = "Allow writing there, or name another folder for the album."
        return DataError(f"{self.path} cannot be used ({text}). {remedy}", advice=(Advice.PLACE_ALBUM,))


def _make(connection: sqlite3.Connection) -> None:
    """Make the tables, unless another process was quicker."""
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] < VERSION:
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Return whether an error says that the file is damaged, not that it cannot be used now."""
    if isinstance(error, (sqlite3.OperationalError, sqlite3.ProgrammingError)):
        return any(sign in str(error) for sign in _DAMAGED)
    return True


def in_parts(values: Iterable[Any], most: int = 500) -> Iterator[list[Any]]:
    """Yield values in lists short enough for one query."""
    part: list[Any] = []
    for value in values:
        part.append(value)
        if len(part) == most:
            yield part
            part = []
    if part:
        yield part
