"""Offer ``gfrnet film``: find out who is in a film, and restore their faces with portraits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli import film_cast, film_copy, film_restore
from gfrnet.cli.console import say
from gfrnet.cli.document import Json, show
from gfrnet.cli.film_open import Known, check_new, open_film, scanned, tell_people, unseen
from gfrnet.cli.film_options import CastName, Deinterlace, FilmName, Portrait, ScanName
from gfrnet.cli.film_words import facts_line, in_words, people_document
from gfrnet.cli.names import file_name

if TYPE_CHECKING:
    from gfrnet.cli.documents import FilmScanned
    from gfrnet.film import FilmFacts, FilmScan

app = typer.Typer(no_args_is_help=True, help="A film: who is in it, and their faces restored.")


@app.command("scan")
def scan(
    film: FilmName,
    guides: Portrait = None,
    cast: CastName = None,
    kept: ScanName = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT.npz",
            parser=file_name,
            help="Keep what is found in this file, for --scan of the other commands.",
        ),
    ] = None,
    deinterlace: Deinterlace = "auto",
    json: Json = False,
) -> None:
    """Find the shots of a film, the faces in them, who is who, and what restoring takes.

    The film stays as it is, and nothing is written unless you give -o. A track is one face through one
    shot. Portraits name the people.
    """
    known = Known.of(guides, cast, kept)
    if output is not None:
        check_new(output, (film, *known.files))
    opened = open_film(film, deinterlace)
    say(facts_line(film, opened.facts))
    portraits = known.open()
    found = scanned(opened, known, portraits, output)
    missing = unseen(found, portraits)
    takes = opened.effort(found).seconds if found.tracks else None
    if json:
        show(_document(film, opened.facts, found, missing, takes, output))
        return
    tell_people(found, missing)
    if takes is not None:
        say(f"Restoring all of them takes about {in_words(takes)}.")
    if output is not None:
        say(f"{output}: give it to the other commands with --scan")


def _document(
    film: Path,
    facts: FilmFacts,
    found: FilmScan,
    missing: tuple[str, ...],
    takes: float | None,
    output: Path | None,
) -> FilmScanned:
    from gfrnet.cli.documents import FilmScanned

    width, height = facts.upright_size
    return FilmScanned(
        film=film,
        width=width,
        height=height,
        frames=facts.frames,
        seconds=facts.seconds,
        rate=float(facts.rate),
        codec=facts.codec,
        fields=facts.scan,
        words=facts.words,
        shots=tuple(shot.start for shot in found.shots),
        people=people_document(found),
        unseen=missing,
        estimate=takes,
        scan=output,
    )


app.command("cast")(film_cast.cast)
app.command("preview")(film_restore.preview)
app.command("restore")(film_restore.restore)
app.command("copy")(film_copy.copy)
