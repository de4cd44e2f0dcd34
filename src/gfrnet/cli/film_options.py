"""Offer the options that several commands on films have, and read what people write in them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

FilmName: TypeAlias = Annotated[
    Path, typer.Argument(metavar="IN", help="The film, a file such as MKV, MP4, MOV or AVI.")
]
"""Hold the film."""

Portrait: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--guide",
        "-g",
        metavar="NAME=IMAGE",
        help="Good photo of a person, or a folder of them, and the name: anna=anna.jpg. Repeat for more photos "
        "and more people.",
        show_default=False,
    ),
]
"""Hold the names of people with their portraits."""

CastName: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--cast",
        metavar="FILE",
        help="The cast.yaml of gfrnet film cast, with names that you wrote into it, or its folder.",
        show_default=False,
    ),
]
"""Hold the file in which a person put right who is who."""

ScanName: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--scan",
        metavar="FILE.npz",
        help="File of gfrnet film scan, so that the film is not scanned again. Without it: scan.npz beside the "
        "file of --cast, if it is there.",
        show_default=False,
    ),
]
"""Hold the file of an earlier scan."""

Deinterlace: TypeAlias = Annotated[
    Literal["auto", "no", "bwdif", "ivtc"],
    typer.Option(
        help="Two fields in a frame: auto looks for them; bwdif makes whole frames of them; ivtc undoes 3:2 "
        "pulldown; no leaves them."
    ),
]
"""Hold what is done with fields."""

_EXAMPLES = "1:07:30, 2:15 or 90s"

_CLOCK = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,4}):)?(\d{1,6}(?:\.\d{1,6})?)s?")

_UNITS = re.compile(r"(?=.)(?:(\d{1,4})h)?(?:(\d{1,5})m(?:in)?)?(?:(\d{1,6}(?:\.\d{1,6})?)s)?")


def time_of(text: str) -> float:
    """Return the seconds of a time in a film: ``1:07:30``, ``2:15``, ``90``, ``90s`` or ``1h7m30s``.

    Raises:
        typer.BadParameter: It is none of them.
    """
    written = text.strip().replace(",", ".").lower()
    found = _CLOCK.fullmatch(written) or _UNITS.fullmatch(written)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no time in a film, such as {_EXAMPLES}.")
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    if (found[1] and minutes >= 60) or (found[2] and ":" in written and seconds >= 60):
        raise typer.BadParameter(f"{text!r} has more than 59 minutes or seconds, unlike {_EXAMPLES}.")
    return 3600 * hours + 60 * minutes + seconds


def portraits_of(texts: list[str] | None) -> dict[str, list[Path]]:
    """Return the files and folders of portraits by the name of their person.

    Raises:
        typer.BadParameter: A text is not of the form ``NAME=IMAGE``, or the name is none.
    """
    from gfrnet.film import is_name

    found: dict[str, list[Path]] = {}
    for text in texts or ():
        name, equals, path = text.partition("=")
        if not equals or not path:
            raise typer.BadParameter(
                f"{text!r} does not say whom the photo shows. Write the name before it: anna={text.strip('=')}",
                param_hint="--guide",
            )
        if not is_name(name):
            raise typer.BadParameter(
                f"{name!r} is no name. Write one line without blanks at its ends, such as anna={path}",
                param_hint="--guide",
            )
        found.setdefault(name, []).append(Path(os.path.expanduser(path)))
    return found
