"""Run the command line, as ``gfrnet`` and as ``python -m gfrnet``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from gfrnet.errors import PIP

AGAIN = f"Install it again: {PIP} install --force-reinstall /path/to/gfrnet"

INTERRUPTED = """\
{
  "error": "Interrupted before anything was done.",
  "advice": []
}
"""
"""Document of a command that is interrupted while it is still being imported (`cli.documents.Failure`)."""


def main() -> int:
    """Run the command line. Ctrl-C ends it silently, even while it is still being imported.

    Returns:
        The exit code.
    """
    try:
        with _ended_at_once():
            from gfrnet.cli import main as run
    except ImportError as error:
        sys.stderr.write(f"Error: gfrnet cannot start. {error}. {AGAIN}\n")
        return 1
    try:
        return run()
    except KeyboardInterrupt:
        return 130


@contextmanager
def _ended_at_once() -> Iterator[None]:
    """End the process at once on Ctrl-C inside this block.

    An exception would be printed, or taken for a broken installation, by some of what is imported.
    """
    before = signal.getsignal(signal.SIGINT)
    # A program that ignores Ctrl-C, as one in the background does, goes on doing so.
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
    try:
        yield
    except KeyboardInterrupt:
        _end()
    finally:
        signal.signal(signal.SIGINT, before)


def _end(*_: object) -> NoReturn:
    if "--json" in sys.argv:
        sys.stdout.write(INTERRUPTED)
        sys.stdout.flush()
    os._exit(130)


if __name__ == "__main__":
    raise SystemExit(main())
