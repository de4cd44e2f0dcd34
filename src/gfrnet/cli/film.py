"""Offer ``gfrnet film``: find out who is in a film, and restore their faces with portraits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli import film_cast
from gfrnet.cli.console import remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.film_open import Known, check_new, open_film, scanned, unseen
from gfrnet.cli.film_options import CastName, Deinterlace, FilmName, Portrait, ScanName
from gfrnet.cli.film_words import facts_line, people_document, people_lines, summary, unseen_lines
from gfrnet.cli.models import ModelName
from gfrnet.cli.names import file_name
from gfrnet.weights import DEFAULT

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
    model: ModelName = DEFAULT,
    json: Json = False,
) -> None:
    """Find the shots of a film, the faces in them, and who is who.

    The film stays as it is, and nothing is written unless you give -o. A track is one face through one
    shot. Portraits name the people.
    """
    known = Known.of(guides, cast, kept)
    if output is not None:
        check_new(output, (film, *known.files))
    source = open_film(film, deinterlace)
    say(facts_line(film, source.facts))
    portraits = known.open(model)
    found = scanned(source, known, portraits)
    if output is not None:
        from gfrnet.film import save_scan

        save_scan(found, output)
    missing = unseen(found, portraits)
    if json:
        show(_document(film, source.facts, found, missing, output))
        return
    say(summary(found))
    for line in people_lines(found):
        say(line)
    for line in unseen_lines(missing):
        remark(line)
    if output is not None:
        say(f"{output}: give it to the other commands with --scan")


def _document(
    film: Path, facts: FilmFacts, found: FilmScan, missing: tuple[str, ...], output: Path | None
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
        estimate=None,
        scan=output,
    )


app.command("cast")(film_cast.cast)
