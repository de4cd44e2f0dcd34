"""Let requests wait for news of a job that other threads write down."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Bell:
    """Tell waiting requests that there are news of a job. Any thread may ring."""

    def __init__(self) -> None:
        self.closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say which loop the requests run in."""
        self._loop = loop

    def ring(self, job: str) -> None:
        """Tell that something happened in a job."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._wake, job)

    @contextmanager
    def listening(self, job: str) -> Iterator[asyncio.Event]:
        """Yield an event of asyncio that is set by news. Clear it before looking for news."""
        event = asyncio.Event()
        if self.closed:
            event.set()
        self._waiting.setdefault(job, set()).add(event)
        try:
            yield event
        finally:
            waiting = self._waiting[job]
            waiting.discard(event)
            if not waiting:
                del self._waiting[job]

    def close(self) -> None:
        """End all waiting, because the server ends."""
        self.closed = True
        for job in list(self._waiting):
            self._wake(job)

    def _wake(self, job: str) -> None:
        for event in self._waiting.get(job, ()):
            event.set()
