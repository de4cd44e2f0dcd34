"""How the command line speaks: results to stdout, errors and progress to stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from gfrnet.work import Advanced

_OUT = Console()
_ERR = Console(stderr=True)


def say(message: str, style: str | None = None) -> None:
    """Print a line to stdout."""
    _print(_OUT, message, style)


def complain(message: str) -> None:
    """Print an error to stderr."""
    _print(_ERR, f"Error: {message}", "red")


def remark(message: str) -> None:
    """Print a line to stderr that is not an error."""
    _print(_ERR, message)


def _print(console: Console, message: str, style: str | None = None) -> None:
    encoding = getattr(console.file, "encoding", None) or "utf-8"
    text = printable(message).encode(encoding, "backslashreplace").decode(encoding)
    console.print(text, style=style, markup=False, emoji=False, highlight=False, soft_wrap=True)


def printable(text: str) -> str:
    r"""The text of a path or message for people and for JSON.

    Python holds the bytes of a file name that is no UTF-8 as lone surrogates, which nothing can print
    or store; here they are written out, as in ``caf\xe9.png``.
    """
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "backslashreplace")
    return raw.decode("utf-8", "backslashreplace")


def progress_console() -> Console:
    """Where progress is drawn."""
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
    """A bar on stderr, drawn on a terminal only; gives the function that moves it on by one.

    Args:
        what: What is counted.
        total: How many there are, None if unknown.
    """
    with _bar() as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=_ERR, disable=not _ERR.is_terminal, transient=True)
