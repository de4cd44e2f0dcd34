"""Keep jobs, their events and the list of files in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from gfrnet.errors import Advice, DataError

NAME = "jobs.sqlite3"
"""Name of the file in the folder of a server."""

_VERSION = 1

_SCHEMA = """
CREATE TABLE files (sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, sent REAL NOT NULL, used REAL NOT NULL);
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, orders TEXT NOT NULL,
    quick INTEGER NOT NULL, created REAL NOT NULL, started REAL, finished REAL, used REAL NOT NULL,
    deaths INTEGER NOT NULL DEFAULT 0, restarts INTEGER NOT NULL DEFAULT 0,
    key TEXT UNIQUE, problem TEXT, result TEXT, size INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_by_state ON jobs (state, quick, created);
CREATE INDEX jobs_by_use ON jobs (used);
CREATE TABLE job_files (job TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (job, sha256)) WITHOUT ROWID;
CREATE INDEX jobs_of_file ON job_files (sha256);
CREATE TABLE events (
    job TEXT NOT NULL, id INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (job, id)
) WITHOUT ROWID;
CREATE TABLE folders (id TEXT PRIMARY KEY, root TEXT NOT NULL, path TEXT NOT NULL) WITHOUT ROWID;
"""


class Database:
    """Run statements, one at a time. Threads share one connection.

    Every step is short. A step that ended is on the disk, also if the machine loses its power.

    Args:
        path: The file; it is made where it is missing.

    Raises:
        DataError: The file cannot be opened, is none of ours, or is of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self._lock = RLock()
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._prepare(path)
        except sqlite3.Error as error:
            raise DataError(
                f"{path} cannot be used ({error}). Choose another folder, or move this file away.",
                advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
            ) from error

    def _prepare(self, path: Path) -> None:
        with self.step() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise DataError(f"{path} is of a newer version of gfrnet. Use that version.")
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def step(self) -> Iterator[sqlite3.Connection]:
        """Run statements as one step, all or none."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk ends some steps by itself, and leaves others open.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def change(self, statement: str, values: Sequence[object] = ()) -> int:
        """Run a statement that changes rows; return their number."""
        with self._lock:
            return self._connection.execute(statement, values).rowcount

    def rows(self, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, values: Sequence[object] = ()) -> sqlite3.Row | None:
        """Return the first row of a query; None where there is none."""
        return next(iter(self.rows(query, values)), None)

    def value(self, query: str, values: Sequence[object] = ()) -> int:
        """Return the whole number that a query counts."""
        row = self.row(query, values)
        return int(row[0] or 0) if row is not None else 0

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
