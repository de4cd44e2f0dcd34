"""Offer the options that several commands on films have, and read what people write in them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

if TYPE_CHECKING:
    from gfrnet.film import Wishes

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
        help="Good photo of a person, or a folder of them, and the name: anna=anna.jpg. Repeat for more "
        "photos and more people.",
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
        help="File of gfrnet film scan, so that the film is not scanned again. Without it: scan.npz beside "
        "the file of --cast, if it is there.",
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
                f"{text!r} does not say whom the photo shows. Write the name first: anna={text.strip('=')}",
                param_hint="--guide",
            )
        if not is_name(name):
            raise typer.BadParameter(
                f"{name!r} is no name. Write one line without blanks at its ends, such as anna={path}",
                param_hint="--guide",
            )
        found.setdefault(name, []).append(Path(os.path.expanduser(path)))
    return found


Codec: TypeAlias = Annotated[
    Literal["same", "x264", "x265", "ffv1", "prores"],
    typer.Option(
        help="How the video is coded: same as the film, or else x264; ffv1 and prores are for masters."
    ),
]
"""Hold how the video is coded."""

Crf: TypeAlias = Annotated[
    int | None,
    typer.Option(min=0, max=51, help="Quality of x264 and x265, less is better. Without it: 17 and 18."),
]
"""Hold the quality of a viewing copy."""

Stable: TypeAlias = Annotated[
    float,
    typer.Option(min=0, max=1, help="How steady faces are over time; 0 restores each frame by itself."),
]
"""Hold how steady faces are."""


def seconds_of(text: str | None, option: str) -> float | None:
    """Return the seconds of a time in a film; None where none is given.

    Raises:
        typer.BadParameter: It is no time.
    """
    try:
        return None if text is None else time_of(text)
    except typer.BadParameter as error:
        raise typer.BadParameter(error.message, param_hint=option) from error


def shots_of(text: str | None) -> tuple[int, ...] | None:
    """Return numbers of shots, such as those of ``3,7-9``; None where none are given.

    Raises:
        typer.BadParameter: They are no numbers of shots.
    """
    if text is None:
        return None
    found: list[int] = []
    for part in text.split(","):
        ends = re.fullmatch(r"\s*(\d{1,7})(?:\s*-\s*(\d{1,7}))?\s*", part)
        if ends is None or int(ends[2] or ends[1]) < int(ends[1]):
            raise typer.BadParameter(
                f"{text!r} are no numbers of shots, such as 3,7-9.", param_hint="--shots"
            )
        found += range(int(ends[1]), int(ends[2] or ends[1]) + 1)
    return tuple(dict.fromkeys(found))


def wishes_of(texts: list[str] | None) -> tuple[dict[str, Wishes], dict[int, Wishes]]:
    """Return what differs for people by their names, and for shots by their numbers.

    Args:
        texts: Such as ``anna:strength=0.5``, ``shot 12:stable=0`` and ``paul:leave``.

    Raises:
        typer.BadParameter: A text is not of this form, or a value is out of its range.
    """
    from gfrnet.errors import ConfigError
    from gfrnet.film import Wishes

    found: dict[str, dict[str, object]] = {}
    for text in texts or ():
        who, colon, what = text.rpartition(":")
        key, equals, value = what.partition("=")
        fits = (key == "leave" and not equals) or (key in ("strength", "fidelity", "stable") and equals)
        if not (who.strip() and colon and fits):
            raise typer.BadParameter(
                f"{text!r} is not of the form WHO:KEY=VALUE, such as anna:strength=0.5, 'shot 12:stable=0' "
                "or anna:leave.",
                param_hint="--set",
            )
        try:
            found.setdefault(who.strip(), {})[key] = True if key == "leave" else float(value)
        except ValueError as error:
            raise typer.BadParameter(f"{value!r} in {text!r} is no number.", param_hint="--set") from error
    people, shots = dict[str, Wishes](), dict[int, Wishes]()
    for who, values in found.items():
        try:
            wishes = Wishes(**values)  # type: ignore[arg-type]
        except ConfigError as error:
            raise typer.BadParameter(f"{who}: {error}", param_hint="--set") from error
        number = re.fullmatch(r"shot\s*(\d{1,7})", who)
        if number:
            shots[int(number[1])] = wishes
        else:
            people[who] = wishes
    return people, shots
