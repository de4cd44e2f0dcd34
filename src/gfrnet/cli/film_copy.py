"""Run ``gfrnet film copy``: make a small film to look at from a master."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gfrnet.cli.console import events_bar, remark, say
from gfrnet.cli.film_open import check_new, open_film
from gfrnet.cli.film_options import Codec, Crf, FilmName
from gfrnet.cli.interrupt import INTERRUPTED, stoppable
from gfrnet.cli.names import file_name


def copy(
    film: FilmName,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="OUT", parser=file_name, help="The new film."),
    ],
    codec: Codec = "x264",
    crf: Crf = None,
) -> None:
    """Make a smaller film to look at from a master. Its sound and all else is copied."""
    check_new(output, (film,))
    opened = open_film(film, "no")
    with stoppable() as stopped, events_bar() as on_event:
        joined = opened.viewing_copy(output, codec=codec, crf=crf, on_event=on_event, stopped=stopped)
    if joined is None:
        remark("Interrupted.")
        raise typer.Exit(INTERRUPTED)
    for word in joined.lost:
        remark(word)
    say(f"Film: {joined.path}")
