"""Print results to stdout, and errors and progress to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from gfrnet.printable import printable, without_controls

if TYPE_CHECKING:
    from gfrnet.work import Advanced

_OUT = Console()
_ERR = Console(stderr=True)


def say(message: str, style: str | None = None) -> None:
    """Print a line to stdout. An end of a line within it is escaped, for it may stand in a name."""
    _print(_OUT, message, style)


def say_lines(text: str) -> None:
    """Print a text of several lines to stdout."""
    for line in text.split("\n"):
        say(line)


def discard_output() -> None:
    """Drop what stdout could not take. Else Python would write it once more at its end, and complain."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def results_aside() -> Iterator[None]:
    """Print to stderr inside this block what `say` would print to stdout."""
    global _OUT
    before, _OUT = _OUT, _ERR
    try:
        yield
    finally:
        _OUT = before


def complain(message: str) -> None:
    """Print an error to stderr."""
    _print(_ERR, f"Error: {message}", "red")


def remark(message: str) -> None:
    """Print a line to stderr that is not an error."""
    _print(_ERR, message)


def _print(console: Console, message: str, style: str | None = None) -> None:
    encoding = getattr(console.file, "encoding", None) or "utf-8"
    text = without_controls(printable(message)).encode(encoding, "backslashreplace").decode(encoding)
    console.print(text, style=style, markup=False, emoji=False, highlight=False, soft_wrap=True)


def progress_console() -> Console:
    """Return the console on which progress is drawn."""
    return _ERR


@contextmanager
def event_bar(title: str) -> Iterator[Callable[[Advanced], None]]:
    """Draw a bar on stderr, on a terminal only, that follows events.

    Args:
        title: Text beside the bar.

    Yields:
        A listener to give to a job as its ``on_event``.
    """
    with _bar() as bar:
        task = bar.add_task(title, total=None)
        yield lambda event: bar.update(task, completed=event.done, total=event.total)


@contextmanager
def progress_bar(what: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Draw a bar on stderr, on a terminal only.

    Args:
        what: Name of the pieces of work, a plural.
        total: Number of pieces; None if unknown.

    Yields:
        A function that moves the bar on by one piece.
    """
    with _bar() as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def events_bar() -> Iterator[Callable[[object], None]]:
    """Draw a bar on stderr, on a terminal only, that follows events of several kinds; print notes.

    Yields:
        A listener to give to a job as its ``on_event``. It leaves out events of other kinds.
    """
    from gfrnet.work import Advanced, Noted

    with _bar() as bar:
        tasks: dict[str, TaskID] = {}

        def hear(event: object) -> None:
            if isinstance(event, Noted):
                remark(event.text)
            if not isinstance(event, Advanced):
                return
            if event.what not in tasks:
                tasks[event.what] = bar.add_task(event.what, total=None)
            bar.update(tasks[event.what], completed=event.done, total=event.total)

        yield hear


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=_ERR, disable=not _ERR.is_terminal, transient=True)
