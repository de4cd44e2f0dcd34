"""Offer the library as a command line: parse, call, draw. Only this room exits or prints.

Exit codes: 0 all done; 1 something failed, and the message says what; 2 wrong use; 130 interrupted.
Commands import what they run inside themselves, so that ``gfrnet --help`` answers at once. Torch is loaded
only by the commands that need it (see `extras.require`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from errno import EDQUOT, EFBIG, EIO, ENAMETOOLONG, ENOSPC
from inspect import cleandoc
from typing import Annotated, Any

import typer
from typer import rich_utils

from gfrnet import __version__
from gfrnet.cli import (
    album,
    bench,
    cluster,
    curves,
    data,
    degrade,
    demo,
    doctor,
    evaluate,
    figures,
    film,
    models,
    reproduce,
    restore,
    serve,
    train,
)
from gfrnet.cli.advice import explain, options_of
from gfrnet.cli.console import complain, discard_output, say
from gfrnet.cli.document import one_document, show_error, wanted
from gfrnet.cli.interrupt import INTERRUPTED, undisturbed
from gfrnet.cli.quiet import without_pillow_warnings
from gfrnet.errors import GfrnetError
from gfrnet.printable import printable, without_controls

REPORT_IT = (
    "Look for the cause with: gfrnet doctor. If it finds none, report the fault with: gfrnet --debug ..."
)

WRONG_USE = 2
"""Exit code of a command line that cannot be understood."""

USAGE_ERROR: Any = typer.BadParameter.__base__
"""Error of a command line that cannot be understood; typer exports only its children."""

app = typer.Typer(
    name="gfrnet",
    help="Restore a bad photo of a face from a good photo of the same person.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("restore")(restore.restore)
app.command("demo")(demo.demo)
app.command("degrade")(degrade.degrade)
app.command("serve")(serve.serve)
app.command("bench")(bench.bench)
app.command("models")(models.models)
app.command("doctor")(doctor.doctor)
app.add_typer(album.app, name="album")
app.add_typer(film.app, name="film")
app.add_typer(cluster.app, name="cluster")
app.add_typer(data.app, name="data")
app.command("train")(train.train)
app.command("curves")(curves.curves)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(reproduce.app, name="reproduce")
app.command("figures")(figures.figures)
app.command("export")(train.export)


def _joined(text: str) -> str:
    """Return the paragraphs of a docstring, each on one line, so that the help wraps them to the terminal."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in cleandoc(text).split("\n\n"))


for _group in (app, album.app, film.app, cluster.app, data.app, reproduce.app):
    for _command in _group.registered_commands:
        _command.help = _joined(_command.callback.__doc__ or "") if _command.callback else None


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"gfrnet {__version__}")
        raise typer.Exit


@app.callback()
def _gfrnet(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Restore a bad photo of a face from a good photo of the same person."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; errors become one line and an exit code.

    Args:
        arguments: Words after ``gfrnet``; None takes the arguments of the process.

    Returns:
        The exit code.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    with without_pillow_warnings():
        if not wanted(words):
            return _run(words)
        with one_document() as shown:
            try:
                code = _run(words)
            except KeyboardInterrupt:
                code = INTERRUPTED
            if code == INTERRUPTED and not shown():
                with undisturbed():
                    show_error("Interrupted. The same command goes on where it can.")
            return code


def _run(words: Sequence[str]) -> int:
    try:
        _check_words(words)
        ended = app(args=words, prog_name="gfrnet", standalone_mode=False)
        return ended if isinstance(ended, int) else 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except USAGE_ERROR as error:
        _show_usage(error, words)
        return WRONG_USE
    except Exception as error:
        if "--debug" in words:
            raise
        if _is_of_output(error):
            discard_output()
        message = _message_of(error, words)
        complain(message)
        if wanted(words):
            show_error(message, error.advice if isinstance(error, GfrnetError) else ())
        return 1


def _check_words(words: Sequence[str]) -> None:
    """Refuse an empty name, which would mean the current folder.

    Raises:
        typer.BadParameter: A word is empty, or an option such as ``--guide=`` has nothing behind it.
    """
    for before, word in zip(["", *words], words, strict=False):
        if not word or (word.startswith("--") and word.endswith("=") and word.count("=") == 1):
            option = word or (before if before.startswith("-") else None)
            raise typer.BadParameter("The name is empty. Give a name.", param_hint=option)


def _show_usage(error: Any, words: Sequence[str]) -> None:  # noqa: ANN401 - see `USAGE_ERROR`
    """Tell that a command line cannot be understood. Names of files in it are made harmless."""
    error.message = without_controls(printable(error.message))
    if wanted(words):
        complain(error.format_message())
        show_error(error.format_message())
    else:
        rich_utils.rich_format_error(error)


def _is_of_output(error: Exception) -> bool:
    """Return whether stdout could not be written. The library itself names the file that it cannot write."""
    full = (ENOSPC, EDQUOT, EFBIG, EIO)
    return isinstance(error, OSError) and error.filename is None and error.errno in full


def _message_of(error: Exception, words: Sequence[str]) -> str:
    if isinstance(error, GfrnetError):
        return explain(error, options_of(app, words))
    if isinstance(error, OSError) and error.errno == ENAMETOOLONG:
        return "The name of a file or folder is too long. Choose a shorter name."
    if isinstance(error, FileNotFoundError) and _is_nowhere():
        return "The current folder does not exist any more. Change to another folder, and start again."
    if isinstance(error, OSError) and _is_of_output(error):
        return f"What gfrnet prints cannot be written ({error.strerror}). Print it to another place."
    return f"A fault in gfrnet, {type(error).__name__}: {error}. {REPORT_IT}"


def _is_nowhere() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False
