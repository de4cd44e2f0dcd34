"""How the command line speaks: results to stdout, errors and progress to stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_OUT = Console()
_ERR = Console(stderr=True)


def say(message: str, style: str | None = None) -> None:
    """Print a line to stdout."""
    _OUT.print(message, style=style, markup=False, highlight=False, soft_wrap=True)


def complain(message: str) -> None:
    """Print an error to stderr."""
    _ERR.print(f"Error: {message}", style="red", markup=False, highlight=False, soft_wrap=True)


def remark(message: str) -> None:
    """Print a line to stderr that is not an error."""
    _ERR.print(message, markup=False, highlight=False, soft_wrap=True)


def progress_console() -> Console:
    """Where progress is drawn."""
    return _ERR


@contextmanager
def progress_bar(what: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """A bar on stderr, drawn on a terminal only; gives the function that moves it on by one.

    Args:
        what: What is counted.
        total: How many there are, None if unknown.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_ERR, disable=not _ERR.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
