"""Ctrl-C and SIGTERM as a wish: the work at hand is finished, so that files agree with what is said."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


@contextmanager
def stoppable() -> Iterator[Callable[[], bool]]:
    """Inside this block Ctrl-C and SIGTERM ask to stop; a second one stops at once.

    Yields:
        Whether a stop was asked for.
    """
    asked = False

    def ask(*_: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
