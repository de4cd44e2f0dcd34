"""Keep jobs: what was ordered, how far it is, what happened, and what came of it."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gfrnet.serve.database import Database
from gfrnet.serve.job_rows import ENDED, Job, JobEvent, State, as_job, check_files, tell, use_files
from gfrnet.serve.orders import QUICK, Order
from gfrnet.serve.problems import Problem, ProblemError
from gfrnet.serve.room import where_there_is_room
from gfrnet.work import unheard

MOST_DEATHS = 2
"""Number of workers that may die in a job. The second death is its fault and not chance."""

MOST_RESTARTS = 20
"""Number of times that a job begins anew because the server itself was killed."""

_TOUCHED = 60.0
_SECONDS_GUESSED = 10.0
"""Time of a job where none has ended yet, for ``Retry-After``."""


class Jobs:
    """Keep jobs in the database. Threads may share this.

    Args:
        database: The database.
        most_queued: Number of jobs that may wait.

    Attributes:
        on_event: Called with the name of a job after something happened in it.
    """

    def __init__(self, database: Database, most_queued: int) -> None:
        self._database, self._most_queued = database, most_queued
        self.on_event: Callable[[str], None] = unheard

    def add(
        self, order: Order, key: str | None = None, held: Sequence[str] | None = None
    ) -> tuple[Job, bool]:
        """Put a job into the queue. When this returns it is on the disk.

        Args:
            order: What to do.
            key: Name of the request. The same request under the same name is the same job.
            held: Files that stay as long as the job; None for those of the order.

        Returns:
            The job, and whether it is new.

        Raises:
            ProblemError: The queue is full, a file is not there, or the key names another request.
        """
        text = order.model_dump_json()
        files = sorted(set(held if held is not None else (picture.file for picture in order.pictures())))
        job, now = secrets.token_hex(16), time.time()
        with self._database.step() as connection:
            known = self._known(connection, key, text)
            if known is not None:
                return as_job(known), False
            self._check_queue(connection, order.kind in QUICK)
            check_files(connection, files)
            connection.execute(
                "INSERT INTO jobs (id, kind, state, orders, quick, created, used, key) "
                "VALUES (?, ?, 'queued', ?, ?, ?, ?, ?)",
                (job, order.kind, text, order.kind in QUICK, now, now, key),
            )
            connection.executemany("INSERT INTO job_files VALUES (?, ?)", [(job, file) for file in files])
            tell(connection, job, "state", {"state": "queued"})
        self.on_event(job)
        return self.get(job), True

    def known_by(self, order: Order, key: str | None) -> Job | None:
        """Return the job that the same request made before; None where there is none.

        Raises:
            ProblemError: The key names another request.
        """
        with self._database.step() as connection:
            row = self._known(connection, key, order.model_dump_json())
        return None if row is None else as_job(row)

    def get(self, job: str) -> Job:
        """Return a job, and count this as a use.

        Raises:
            ProblemError: There is none.
        """
        row = self._database.row("SELECT * FROM jobs WHERE id = ?", (job,))
        if row is None:
            raise ProblemError(
                404, "There is no such job. It may have been deleted, or kept for long enough."
            )
        if time.time() - row["used"] > _TOUCHED:
            with where_there_is_room():
                self._touch(job)
        return as_job(row)

    def listed(
        self, most: int, skip: int, states: Sequence[State] = (), album: str | None = None
    ) -> tuple[list[Job], int]:
        """Return jobs, the newest first, and the number of all.

        Args:
            most: Number of jobs to return.
            skip: Number of jobs to leave out at the beginning.
            states: Only those in one of these states; none for all.
            album: Only those of the album of this folder; None for all.
        """
        where = f"state IN ({','.join('?' * len(states))})" if states else "1"
        values: tuple[str, ...] = tuple(states)
        if album is not None:
            where, values = f"{where} AND json_extract(orders, '$.album') = ?", (*values, album)
        query = f"SELECT * FROM jobs WHERE {where} ORDER BY created DESC, id LIMIT ? OFFSET ?"
        rows = self._database.rows(query, (*values, most, skip))
        total = self._database.value(f"SELECT COUNT(*) FROM jobs WHERE {where}", values)
        return [as_job(row) for row in rows], total

    def seconds_a_photo(self) -> float | None:
        """Return how long a photo of an album took lately; None before the first was restored."""
        rows = self._database.rows(
            "SELECT finished - started AS taken, json_extract(result, '$.photos') AS photos FROM jobs "
            "WHERE kind = 'album-restore' AND state = 'done' ORDER BY finished DESC LIMIT 5"
        )
        photos = sum(row["photos"] or 0 for row in rows)
        return sum(row["taken"] for row in rows) / photos if photos else None

    def counts(self) -> dict[str, int]:
        """Return the number of jobs in each state."""
        return {row[0]: row[1] for row in self._database.rows("SELECT state, COUNT(*) FROM jobs GROUP BY 1")}

    def begin(self, quick: bool) -> Job | None:
        """Begin the job that waits longest; None where none waits.

        Args:
            quick: Whether to take one of those for which somebody waits.
        """
        query = "SELECT id FROM jobs WHERE state = 'queued' AND quick = ? ORDER BY created, id LIMIT 1"
        with self._database.step() as connection:
            row = connection.execute(query, (quick,)).fetchone()
            if row is None:
                return None
            connection.execute(
                "UPDATE jobs SET state = 'running', started = ? WHERE id = ?", (time.time(), row["id"])
            )
            tell(connection, row["id"], "state", {"state": "running"})
        self.on_event(row["id"])
        return self.get(row["id"])

    def tell(self, job: str, kind: str, data: Mapping[str, Any], size: int = 0) -> None:
        """Write down what happened in a job, and how many bytes of results came by it."""
        with self._database.step() as connection:
            tell(connection, job, kind, data)
            if size:
                connection.execute("UPDATE jobs SET size = size + ? WHERE id = ?", (size, job))
        self.on_event(job)

    def end(
        self,
        job: str,
        state: State,
        *,
        problem: Problem | None = None,
        result: object = None,
        size: int | None = None,
    ) -> None:
        """Write down how a job ended.

        Args:
            job: The job.
            state: One of `ENDED`.
            problem: Why it failed.
            result: What came of it, in JSON.
            size: Bytes of its results; None where they are as told.
        """
        now, told = time.time(), None if problem is None else problem.model_dump(mode="json")
        with self._database.step() as connection:
            connection.execute(
                "UPDATE jobs SET state = ?, finished = ?, used = ?, problem = ?, result = ?, "
                "size = COALESCE(?, size) WHERE id = ?",
                (state, now, now, json.dumps(told), json.dumps(result), size, job),
            )
            use_files(connection, job, now)
            tell(connection, job, "state", {"state": state, "problem": told, "result": result})
        self.on_event(job)

    def stop(self, job: str) -> Job:
        """Stop a job: one that waits ends at once, one that runs ends at a safe point."""
        with self._database.step() as connection:
            waiting = connection.execute(
                "UPDATE jobs SET state = 'cancelled', finished = ? WHERE id = ? AND state = 'queued'",
                (time.time(), job),
            ).rowcount
            stopping = connection.execute(
                "UPDATE jobs SET state = 'stopping' WHERE id = ? AND state = 'running'", (job,)
            ).rowcount
            if waiting or stopping:
                tell(connection, job, "state", {"state": "cancelled" if waiting else "stopping"})
        self.on_event(job)
        return self.get(job)

    def stopping(self, job: str) -> bool:
        """Return whether the end of a job was asked for."""
        row = self._database.row("SELECT state FROM jobs WHERE id = ?", (job,))
        return row is None or row["state"] == "stopping"

    def events(self, job: str, after: int = 0) -> list[JobEvent]:
        """Return what happened in a job after the event with this number."""
        rows = self._database.rows("SELECT * FROM events WHERE job = ? AND id > ? ORDER BY id", (job, after))
        return [JobEvent(row["id"], row["at"], row["kind"], json.loads(row["data"])) for row in rows]

    def died(self, job: str) -> bool:
        """Count the death of a worker in a job; return whether the job is in the queue again."""
        with self._database.step() as connection:
            connection.execute("UPDATE jobs SET deaths = deaths + 1 WHERE id = ?", (job,))
            row = connection.execute("SELECT deaths, state FROM jobs WHERE id = ?", (job,)).fetchone()
        if row is None or row["deaths"] >= MOST_DEATHS:
            return False
        return self.requeue(job)

    def requeue(self, job: str) -> bool:
        """Put a running job into the queue again; return whether it was running."""
        with self._database.step() as connection:
            running = connection.execute(
                "UPDATE jobs SET state = 'queued' WHERE id = ? AND state = 'running'", (job,)
            ).rowcount
            if running:
                tell(connection, job, "state", {"state": "queued", "again": True})
        self.on_event(job)
        return bool(running)

    def recover(self) -> list[str]:
        """Put the jobs that a killed server had begun into the queue; return those begun too often."""
        with self._database.step() as connection:
            begun = connection.execute(
                "SELECT id FROM jobs WHERE state IN ('running', 'stopping')"
            ).fetchall()
            for row in begun:
                connection.execute(
                    "UPDATE jobs SET restarts = restarts + 1, "
                    "state = CASE state WHEN 'running' THEN 'queued' ELSE 'cancelled' END WHERE id = ?",
                    (row["id"],),
                )
                state = connection.execute("SELECT state FROM jobs WHERE id = ?", (row["id"],)).fetchone()[0]
                tell(connection, row["id"], "state", {"state": state, "again": state == "queued"})
        tired = self._database.rows(
            "SELECT id FROM jobs WHERE state = 'queued' AND restarts > ?", (MOST_RESTARTS,)
        )
        return [row["id"] for row in tired]

    def remove(self, job: str) -> tuple[float, list[str]]:
        """Forget an ended job; return when it was ordered, and the files that it needed."""
        with self._database.step() as connection:
            row = connection.execute("SELECT created, state FROM jobs WHERE id = ?", (job,)).fetchone()
            if row is None or row["state"] not in ENDED:
                return 0.0, []
            connection.execute("DELETE FROM jobs WHERE id = ?", (job,))
            files = connection.execute("SELECT sha256 FROM job_files WHERE job = ?", (job,)).fetchall()
            connection.execute("DELETE FROM job_files WHERE job = ?", (job,))
            connection.execute("DELETE FROM events WHERE job = ?", (job,))
        return float(row["created"]), [file["sha256"] for file in files]

    def is_needed(self, job: str) -> bool:
        """Return whether a job that has not ended blends results of this one, or goes by its scan."""
        query = (
            "SELECT 1 FROM jobs WHERE ((kind = 'blend' AND json_extract(orders, '$.job') = ?) "
            "OR json_extract(orders, '$.scan') = ?) "
            f"AND state NOT IN ({','.join('?' * len(ENDED))})"
        )
        return self._database.row(query, (job, job, *ENDED)) is not None

    def has_ended(self, job: str) -> bool:
        """Return whether nothing more happens in a job, because it has ended or is deleted."""
        row = self._database.row("SELECT state FROM jobs WHERE id = ?", (job,))
        return row is None or row["state"] in ENDED

    def last_event(self, job: str) -> int:
        """Return the number of the last event of a job; 0 where there is none."""
        return self._database.value("SELECT MAX(id) FROM events WHERE job = ?", (job,))

    def unused(self, before: float) -> list[str]:
        """Return ended jobs that were last used before a time."""
        query = f"SELECT id FROM jobs WHERE used < ? AND state IN ({','.join('?' * len(ENDED))})"
        return [row["id"] for row in self._database.rows(query, (before, *ENDED))]

    def known(self) -> set[str]:
        """Return the names of all jobs."""
        return {row["id"] for row in self._database.rows("SELECT id FROM jobs")}

    def _touch(self, job: str) -> None:
        now = time.time()
        with self._database.step() as connection:
            connection.execute("UPDATE jobs SET used = ? WHERE id = ?", (now, job))
            use_files(connection, job, now)

    def _known(self, connection: sqlite3.Connection, key: str | None, text: str) -> sqlite3.Row | None:
        if key is None:
            return None
        row: sqlite3.Row | None = connection.execute("SELECT * FROM jobs WHERE key = ?", (key,)).fetchone()
        if row is not None and row["orders"] != text:
            raise ProblemError(
                422,
                "This Idempotency-Key was given with another request. Use a new key for a new request.",
                name="key-reused",
            )
        return row

    def _check_queue(self, connection: sqlite3.Connection, quick: bool) -> None:
        waiting = connection.execute(
            "SELECT COUNT(*) FROM jobs WHERE state = 'queued' AND quick = ?", (quick,)
        ).fetchone()[0]
        if waiting < self._most_queued:
            return
        mean = connection.execute(
            "SELECT AVG(finished - started) FROM (SELECT finished, started FROM jobs "
            "WHERE state = 'done' AND quick = ? ORDER BY finished DESC LIMIT 20)",
            (quick,),
        ).fetchone()[0]
        raise ProblemError(
            429,
            f"{waiting} jobs wait already. Try again later.",
            name="queue-full",
            headers={"Retry-After": str(max(1, round(mean or _SECONDS_GUESSED)))},
        )
