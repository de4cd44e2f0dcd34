"""Print the result of a command as one JSON document, for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.console import discard_output, results_aside
from gfrnet.errors import Advice

if TYPE_CHECKING:
    from pydantic import BaseModel

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document to stdout, and all else to stderr.")
]
"""The option that every command with a result has."""

_shown = False


def wanted(words: Sequence[str]) -> bool:
    """Return whether a command line asks for a document."""
    return "--json" in takewhile(lambda word: word != "--", words)


@contextmanager
def one_document() -> Iterator[Callable[[], bool]]:
    """Keep stdout for a document: what else would go there goes to stderr.

    Yields:
        A function that returns whether the document is printed.
    """
    global _shown
    _shown = False
    with results_aside():
        yield lambda: _shown


def show(document: BaseModel) -> None:
    """Print a document to stdout, in ASCII, so that any terminal and any program can read it."""
    global _shown
    # Only the way by text writes numbers that are not finite as null.
    text = json.dumps(json.loads(document.model_dump_json()), indent=2)
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
    _shown = True


def show_error(message: str, advice: Sequence[Advice] = ()) -> None:
    """Print an error as a document, unless stdout takes nothing: stderr has the same words."""
    from gfrnet.cli.documents import Failure

    try:
        show(Failure(error=message, advice=tuple(one.name for one in advice)))
    except OSError:
        discard_output()
