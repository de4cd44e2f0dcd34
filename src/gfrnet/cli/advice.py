"""Turn the advice of the library into options of the command line; nothing else does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer
from typer.main import get_command

from gfrnet.errors import Advice, GfrnetError, PlanError

OPTIONS: dict[Advice, str] = {
    Advice.GIVE_BOX: "--box left,top,width,height",
    Advice.SEARCH_THOROUGHLY: "--thorough",
    Advice.FORCE: "--force",
    Advice.SCALE_LESS: "--scale with a smaller factor",
    Advice.ALLOW_LARGER: "--max-megabytes with a larger number",
    Advice.FULL_FIDELITY: "--fidelity 1",
    Advice.FULL_STRENGTH: "--strength 1",
    Advice.OVERWRITE: "--overwrite",
    Advice.RESUME: "--resume",
    Advice.SET_VALUE: "--set KEY=VALUE",
    Advice.ONE_WORKER: "--workers 1",
    Advice.MEASURE_VGG: "--vgg FILE",
    Advice.PLACE_ALBUM: "--album FOLDER",
}
"""The option that gives a remedy. `WORDLESS` holds remedies that need none."""

LEFT_OUT: dict[Advice, str] = {Advice.DETECT_FACES: "--cropped", Advice.START_OVER: "--resume"}
"""The option to leave out for a remedy."""

COMMANDS: dict[Advice, str] = {
    Advice.BUILD_DATA: "gfrnet data build PHOTOS -o DST",
    Advice.LIST_MODELS: "gfrnet models",
    Advice.SCAN_PHOTOS: "gfrnet album scan DIR",
}
"""The command that gives a remedy."""

WORDLESS = frozenset(
    {
        Advice.CHOOSE_ANOTHER_GUIDE,
        Advice.CHOOSE_ANOTHER_NAME,
        Advice.CHOOSE_ANOTHER_FOLDER,
        Advice.KEEP_SINGLES,
    }
)
"""Remedies of which the message says all, such as another file."""

_ARGUMENTS = {
    "photos": "PHOTO",
    "source": "SRC",
    "guides": "--guide",
    "output": "-o",
    "sheet": "--compare",
    "folder": "--sheet",
    "sheets": "--sheets",
    "report": "--report",
    "places": "--box",
}
"""What the command line calls the parameters of a plan."""


def with_options(message: str, advice: Sequence[Advice], known: frozenset[str] | None = None) -> str:
    """Return a message, and after it the options and commands that follow from the advice.

    Args:
        message: One or more whole sentences.
        advice: Remedies, the best first.
        known: Options that the command has, such as ``--box``; None for all.
    """
    options = [text for text in _texts(advice) if known is None or _option(text) in known]
    commands = [COMMANDS[one] for one in advice if one in COMMANDS]
    named = [_listed("Option", options)] if options else []
    return " ".join([message, *named, *([_listed("Command", commands)] if commands else [])])


def _listed(kind: str, texts: Sequence[str]) -> str:
    return f"{kind if len(texts) == 1 else kind + 's'}: {'; '.join(texts)}."


def _texts(advice: Sequence[Advice]) -> Iterator[str]:
    for one in advice:
        if one in OPTIONS:
            yield OPTIONS[one]
        elif one in LEFT_OUT:
            yield f"leave out {LEFT_OUT[one]}"


def _option(text: str) -> str:
    return next(word for word in text.split() if word.startswith("--"))


def explain(error: GfrnetError, known: frozenset[str] | None = None) -> str:
    """Return the message of an error with the options that follow from its advice."""
    return with_options(str(error), error.advice, known)


def options_of(program: typer.Typer, words: Sequence[str]) -> frozenset[str]:
    """Return the options that a command line could have given.

    Args:
        program: All commands.
        words: What follows the name of the program; the first ones name the command.
    """
    command = get_command(program)
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    return frozenset(option for parameter in command.params for option in parameter.opts)


@contextmanager
def wrong_use() -> Iterator[None]:
    """Turn a plan that does not fit together into wrong use of the command line.

    Raises:
        typer.BadParameter: Names the option at fault; the exit code becomes 2.
    """
    try:
        yield
    except PlanError as error:
        hint = _ARGUMENTS.get(error.argument or "")
        raise typer.BadParameter(explain(error), param_hint=hint) from error
