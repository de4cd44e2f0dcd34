"""Take Ctrl-C and SIGTERM as a wish: finish the work at hand, so that no file is left half done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gfrnet.work import Stopped

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


@contextmanager
def stoppable() -> Iterator[Stopped]:
    """Let Ctrl-C and SIGTERM ask for a stop inside this block; a second one stops at once.

    Yields:
        A function that answers whether a stop was asked for (`work.Stopped`).
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
