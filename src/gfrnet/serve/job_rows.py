"""Hold a job as its rows in the database have it, and change the rows that belong to it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from gfrnet.serve.orders import Order, parsed
from gfrnet.serve.problems import Problem, ProblemError

State: TypeAlias = Literal["queued", "running", "stopping", "done", "failed", "cancelled"]

ENDED: tuple[State, ...] = ("done", "failed", "cancelled")
"""States in which nothing happens any more."""


@dataclass(frozen=True)
class Job:
    """Hold a job as the database has it.

    Attributes:
        id: 32 hexadecimal digits, which nobody can guess.
        state: How far it is.
        order: What was ordered.
        created: When it was ordered, seconds since 1970.
        started: When a worker last began it.
        finished: When it ended.
        deaths: Number of workers that died in it.
        problem: Why it failed.
        result: What came of it, in JSON.
    """

    id: str
    state: State
    order: Order
    created: float
    started: float | None
    finished: float | None
    deaths: int
    problem: Problem | None
    result: Any

    @property
    def ended(self) -> bool:
        """Return whether nothing happens any more."""
        return self.state in ENDED


@dataclass(frozen=True)
class JobEvent:
    """Hold something that happened in a job.

    Attributes:
        id: Its number in the job, from 1.
        at: When it happened, seconds since 1970.
        kind: What happened, such as ``face``.
        data: More about it, in JSON.
    """

    id: int
    at: float
    kind: str
    data: Mapping[str, Any]


def file_missing(file: str) -> ProblemError:
    """Return the refusal of an order that names a file which is not there."""
    return ProblemError(
        422, f"The file {file} is not here. Send it first, and then order.", name="file-missing"
    )


def check_files(connection: sqlite3.Connection, files: Sequence[str]) -> None:
    """Refuse files that are not there.

    Raises:
        ProblemError: One is missing.
    """
    for file in files:
        if connection.execute("SELECT 1 FROM files WHERE sha256 = ?", (file,)).fetchone() is None:
            raise file_missing(file)


def use_files(connection: sqlite3.Connection, job: str, now: float) -> None:
    """Count a use of the files of a job."""
    connection.execute(
        "UPDATE files SET used = ? WHERE sha256 IN (SELECT sha256 FROM job_files WHERE job = ?)", (now, job)
    )


def tell(connection: sqlite3.Connection, job: str, kind: str, data: Mapping[str, Any]) -> None:
    """Add an event to those of a job."""
    connection.execute(
        "INSERT INTO events (job, id, at, kind, data) "
        "SELECT ?, COALESCE(MAX(id), 0) + 1, ?, ?, ? FROM events WHERE job = ?",
        (job, time.time(), kind, json.dumps(data), job),
    )


def as_job(row: sqlite3.Row) -> Job:
    """Return the job of a row."""
    problem = json.loads(row["problem"] or "null")
    return Job(
        row["id"],
        row["state"],
        parsed(row["orders"]),
        row["created"],
        row["started"],
        row["finished"],
        row["deaths"],
        None if problem is None else Problem.model_validate(problem),
        json.loads(row["result"] or "null"),
    )
