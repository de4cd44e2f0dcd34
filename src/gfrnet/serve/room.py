"""Promise room to what arrives, so that all of it together fits into the store and onto the disk."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from gfrnet.serve.problems import Problem, ProblemError
from gfrnet.serve.settings import MEGABYTE, Settings

LEAST_FREE = 200 * MEGABYTE
"""Free bytes on the disk below which nothing more is taken in."""

_SPARE = 4 * MEGABYTE
"""Bytes that are kept for deleting. SQLite writes each page that it changes anew before it frees any."""

_SQLITE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)


def no_room() -> ProblemError:
    """Return the refusal for want of room, with what to do."""
    return ProblemError(
        507,
        "There is no room for more files. Delete jobs that you no longer need, or try again later.",
        headers={"Retry-After": "600"},
    )


def nothing_stored() -> Problem:
    """Return why a job ended for want of room, with what to do."""
    detail = "There is no room for more results. Delete jobs that you no longer need, and order the rest."
    return no_room().problem.model_copy(update={"detail": detail})


def waiting() -> Problem:
    """Return why a job waits for room, with what to do."""
    detail = "The disk of the server is full. Make room on it: the job then goes on by itself."
    return no_room().problem.model_copy(update={"detail": detail})


def is_full(error: BaseException | None) -> bool:
    """Return whether an error says that a disk is full, or that nobody may have more of it."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) in _SQLITE
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def where_there_is_room() -> Iterator[None]:
    """Leave out what nobody misses where the disk is full, such as noting that something was looked at."""
    try:
        yield
    except sqlite3.Error as error:
        if not is_full(error):
            raise


class Held:
    """Hold the room that was promised to something, until it is stored or given up.

    Args:
        room: Where it is held.
        size: Bytes in all.
    """

    def __init__(self, room: Room, size: int) -> None:
        self._room, self.size, self.left = room, size, size

    def arrived(self, size: int) -> None:
        """Note that bytes are on the disk by now. They still count in the store."""
        self.left = max(0, self.left - size)

    def release(self) -> None:
        """Give the room back, because what it was for counts by itself, or never came."""
        self._room.release(self)

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


class Room:
    """Know how much room is left. Threads may share this.

    Args:
        folder: Folder of the server's own.
        settings: Limits.
        stored: Returns the bytes of all files and results.
    """

    def __init__(self, folder: Path, settings: Settings, stored: Callable[[], int]) -> None:
        self._folder, self._settings, self._stored = folder, settings, stored
        self._lock, self._held = Lock(), set[Held]()
        self._spare = folder / "spare"

    def hold(self, size: int) -> Held:
        """Promise room for some bytes that will arrive.

        Raises:
            ProblemError: There is none, beside what was promised already.
        """
        with self._lock:
            promised, coming = (sum(getattr(each, of) for each in self._held) for of in ("size", "left"))
            if self._stored() + promised + size > self._settings.store_bytes:
                raise no_room()
            if self._free() - coming - size < LEAST_FREE:
                raise no_room()
            held = Held(self, size)
            self._held.add(held)
        return held

    def check(self) -> None:
        """Refuse more work where there is no room.

        Raises:
            ProblemError: There is none.
        """
        self.hold(0).release()

    def release(self, held: Held) -> None:
        """Give back what was promised; doing so twice does no harm."""
        with self._lock:
            self._held.discard(held)

    def is_over(self) -> bool:
        """Return whether more is stored than may be."""
        return self._stored() > self._settings.store_bytes

    def keep_spare(self) -> None:
        """Keep some bytes of the disk for deleting, where there is enough room."""
        if self._free() < LEAST_FREE or self._spare.exists():
            return
        part = self._spare.with_suffix(".part")
        with suppress(OSError):
            part.write_bytes(bytes(_SPARE))
            os.replace(part, self._spare)
        part.unlink(missing_ok=True)

    def use_spare(self) -> None:
        """Let something be written on a full disk, for example what is deleted."""
        if self._free() < _SPARE:
            self._spare.unlink(missing_ok=True)

    def _free(self) -> int:
        return shutil.disk_usage(self._folder).free
