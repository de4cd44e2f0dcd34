"""Keep uploaded files by the SHA-256 of their content, each once."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import anyio.to_thread

from gfrnet.serve.database import Database
from gfrnet.serve.problems import ProblemError
from gfrnet.serve.room import Room, where_there_is_room
from gfrnet.serve.settings import MEGABYTE, Settings

SHA256 = "^[0-9a-f]{64}$"
"""Pattern of the names of files."""

_FREE = "NOT EXISTS (SELECT 1 FROM job_files WHERE job_files.sha256 = files.sha256)"

_CHUNK = 1 << 20
_PART = ".part"
_TOUCHED = 60.0
"""Seconds within which a second use of a file or job is not written down anew."""


class FileStore:
    """Keep files by content. Threads may share a store.

    A file appears whole or not at all: it is written under another name, checked, flushed and renamed.

    Args:
        folder: Folder of the files.
        database: Where the list of files is kept.
        settings: Limits.

    Attributes:
        room: The room that is left for files and results.
    """

    def __init__(self, folder: Path, database: Database, settings: Settings) -> None:
        self._folder, self._database, self._settings = folder, database, settings
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.room = Room(folder, settings, self.total)
        self._clear_parts()

    def path(self, sha256: str) -> Path:
        """Return where a file lies or would lie.

        Raises:
            ValueError: This is no SHA-256.
        """
        if not re.fullmatch(SHA256, sha256):
            raise ValueError("A file is named by 64 hexadecimal digits.")
        return self._folder / sha256[:2] / sha256

    def size(self, sha256: str) -> int | None:
        """Return the size of a file, and count this as a use; None where it is not there."""
        row = self._database.row("SELECT size, used FROM files WHERE sha256 = ?", (sha256,))
        if row is None or not self.path(sha256).is_file():
            return None
        if time.time() - row["used"] > _TOUCHED:
            with where_there_is_room():
                self.touch([sha256])
        return int(row["size"])

    def touch(self, files: list[str]) -> None:
        """Count a use of files, from which on they are kept anew."""
        with self._database.step() as connection:
            values = [(time.time(), sha256) for sha256 in files]
            connection.executemany("UPDATE files SET used = ? WHERE sha256 = ?", values)

    async def put(self, chunks: AsyncIterator[bytes], expected: str | None, size: int) -> tuple[str, bool]:
        """Take in a file as it arrives.

        Args:
            chunks: The content.
            expected: SHA-256 that it must have; None for any.
            size: Bytes that the client says it has.

        Returns:
            Its SHA-256, and whether it is new.

        Raises:
            ProblemError: It is too large, has another hash, or there is no room.
        """
        self._check_size(size)
        held = await anyio.to_thread.run_sync(self.room.hold, size)
        part = self._folder / f"{secrets.token_hex(8)}{_PART}"
        digest, written = hashlib.sha256(), 0
        try:
            with await anyio.to_thread.run_sync(lambda: open(part, "xb")) as file:
                async for chunk in chunks:
                    written += len(chunk)
                    self._check_size(written)
                    digest.update(chunk)
                    await anyio.to_thread.run_sync(file.write, chunk)
                    held.arrived(len(chunk))
                sha256 = digest.hexdigest()
                if expected not in (None, sha256):
                    raise ProblemError(
                        422,
                        f"The content has the SHA-256 {sha256}, not that of the address. Send it again.",
                        name="other-content",
                    )
                new = not await anyio.to_thread.run_sync(self._sent_again, sha256)
                if new:
                    await anyio.to_thread.run_sync(self._keep, file, part, sha256, written)
        finally:
            held.release()
            with suppress(FileNotFoundError):
                part.unlink()
        return sha256, new

    def take(self, source: BinaryIO) -> str:
        """Take in a file that lies on this machine already; return its SHA-256.

        Raises:
            ProblemError: It is too large, or there is no room.
        """
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
        self._check_size(size)
        part = self._folder / f"{secrets.token_hex(8)}{_PART}"
        digest = hashlib.sha256()
        try:
            with self.room.hold(size) as held, open(part, "xb") as file:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
                    held.arrived(len(chunk))
                sha256 = digest.hexdigest()
                if not self._sent_again(sha256):
                    self._keep(file, part, sha256, size)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()
        return sha256

    def total(self) -> int:
        """Return the bytes of all files and results."""
        return self._database.value(
            "SELECT (SELECT COALESCE(SUM(size), 0) FROM files) + (SELECT COALESCE(SUM(size), 0) FROM jobs)"
        )

    def sweep(self, before: float) -> int:
        """Delete files that were last used before a time, and that no job needs; return their number."""
        rows = self._database.rows(f"SELECT sha256 FROM files WHERE used < ? AND {_FREE}", (before,))
        return sum(self._drop(row["sha256"], "used", before) for row in rows)

    def drop(self, sha256: str, sent_before: float) -> bool:
        """Delete a file that no job needs, unless somebody sent it since; return whether it is gone."""
        return self._drop(sha256, "sent", sent_before)

    def _drop(self, sha256: str, since: str, before: float) -> bool:
        with self._database.step() as connection:
            gone = connection.execute(
                f"DELETE FROM files WHERE sha256 = ? AND {since} < ? AND {_FREE}", (sha256, before)
            ).rowcount
            if gone:
                self.path(sha256).unlink(missing_ok=True)
        return bool(gone)

    def _check_size(self, size: int) -> None:
        most = self._settings.file_bytes
        if size > most:
            raise ProblemError(
                413,
                f"A file may have {most / MEGABYTE:g} MB at most. Save the picture smaller, or as JPEG.",
                name="file-too-large",
            )

    def _sent_again(self, sha256: str) -> bool:
        """Note that a file was sent; return whether it was here before."""
        now = time.time()
        return self.path(sha256).is_file() and bool(
            self._database.change("UPDATE files SET sent = ?, used = ? WHERE sha256 = ?", (now, now, sha256))
        )

    def _keep(self, file: BinaryIO, part: Path, sha256: str, size: int) -> None:
        file.flush()
        os.fsync(file.fileno())
        path = self.path(sha256)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        with self._database.step() as connection:
            os.replace(part, path)
            connection.execute(
                "INSERT OR REPLACE INTO files (sha256, size, sent, used) VALUES (?, ?, ?, ?)",
                (sha256, size, time.time(), time.time()),
            )

    def _clear_parts(self) -> None:
        """Delete what a killed server left, and forget files that somebody deleted."""
        for part in self._folder.glob(f"*{_PART}"):
            part.unlink(missing_ok=True)
        known = {row["sha256"] for row in self._database.rows("SELECT sha256 FROM files")}
        found = set(self._found())
        for sha256 in found - known:
            self.path(sha256).unlink(missing_ok=True)
        for sha256 in known - found:
            self._database.change("DELETE FROM files WHERE sha256 = ?", (sha256,))

    def _found(self) -> Iterator[str]:
        for path in self._folder.glob("??/*"):
            if re.fullmatch(SHA256, path.name):
                yield path.name
