"""Ctrl-C as a wish: the work at hand is finished, so that what is written agrees with what is said."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Inside this block Ctrl-C asks to stop; pressed twice it stops at once.

    Yields:
        Whether a stop was asked for.
    """
    asked = False

    def ask(*_: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
