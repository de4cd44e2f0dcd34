"""Run ``gfrnet film cast``: draw the people of a film, and write down who is who, to be put right by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.console import remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.film_open import CAST, SCAN, Known, check_new, open_film, scanned, tell_people, unseen
from gfrnet.cli.film_options import CastName, Deinterlace, FilmName, Portrait, ScanName
from gfrnet.cli.film_words import people_document

if TYPE_CHECKING:
    from gfrnet.film import FilmScan


def cast(
    film: FilmName,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="New folder for the pictures, the list and the scan."
        ),
    ],
    guides: Portrait = None,
    notes: CastName = None,
    kept: ScanName = None,
    deinterlace: Deinterlace = "auto",
    json: Json = False,
) -> None:
    """Draw everybody in a film, to see who is who and to hang names on them.

    Look at sheet-1.jpg in DIR. Then write names into cast.yaml there, and move numbers of tracks between
    people. Give the file to gfrnet film restore with --cast.
    """
    known = Known.of(guides, notes, kept)
    for name in (CAST, SCAN, _sheet(1)):
        check_new(output / name, (film, *known.files))
    opened = open_film(film, deinterlace)
    portraits = known.open()
    found = scanned(opened, known, portraits, None if known.scan else output / SCAN)
    sheets = _write(found, output, known.scan)
    missing = unseen(found, portraits)
    if json:
        from gfrnet.cli.documents import FilmCast

        show(
            FilmCast(
                film=film,
                cast=output / CAST,
                sheets=sheets,
                scan=output / SCAN,
                people=people_document(found),
                unseen=missing,
            )
        )
        return
    tell_people(found, missing)
    _tell(output, sheets)


def _sheet(number: int) -> str:
    return f"sheet-{number}.jpg"


def _write(scan: FilmScan, folder: Path, kept: Path | None) -> tuple[Path, ...]:
    """Write all files, the list last, so that it is there only with the scan that it belongs to.

    Args:
        scan: What was found.
        folder: Where to.
        kept: File of the scan, which is copied; None where it lies in the folder already.
    """
    from gfrnet import images
    from gfrnet.files import read_bytes
    from gfrnet.film import cast_sheets, write_cast

    if kept is not None:
        images.write_bytes(read_bytes(kept, float("inf")), folder / SCAN)
    sheets = tuple(
        images.write(images.as_sheet(page), folder / _sheet(number))
        for number, page in enumerate(cast_sheets(scan), 1)
    )
    write_cast(scan, folder / CAST)
    return sheets


def _tell(folder: Path, sheets: tuple[Path, ...]) -> None:
    if not sheets:
        remark("The film shows no face that could be followed.")
        return
    pictures = f"{sheets[0]}" if len(sheets) == 1 else f"{sheets[0]} and {len(sheets) - 1} more"
    say(f"{pictures}: everybody in the film, with the numbers of the tracks")
    say(f"{folder / CAST}: write names here, then give it with --cast")
