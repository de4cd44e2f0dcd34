"""Offer ``gfrnet album``: scan photos, name the people on them, and write their names down."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli import album_export, album_guides, album_people, album_restore
from gfrnet.cli.album_open import AlbumFolder, named_folder, open_album, warn_of_damage
from gfrnet.cli.album_words import AlbumCommands, PeopleCommand
from gfrnet.cli.console import events_bar, remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.interrupt import INTERRUPTED, stoppable

if TYPE_CHECKING:
    from gfrnet.album import Album, ScanSummary
    from gfrnet.cli.documents import AlbumScanned

MOST_LISTED = 20
"""Bad files that are named on the terminal; the document names all."""

app = typer.Typer(
    cls=AlbumCommands, no_args_is_help=True, help="Thousands of photos: who is on them, and which are bad."
)


@app.command("scan")
def scan(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DIR...",
            help="Folders of photos, with all folders below them. None: those of the last scans.",
            show_default=False,
        ),
    ] = None,
    album: AlbumFolder = None,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Processes.")] = 2,
    json: Json = False,
) -> None:
    """Find the faces on all photos that are new or changed, and tell the people apart.

    The photos stay as they are. What is found goes into .gfrnet-album in DIR, or into the folder of --album.
    Interrupted, the same command goes on where it stopped.
    """
    with _opened(folders or [], album) as opened:
        warn_of_damage(opened)
        with stoppable() as stopped, events_bar() as on_event:
            found = opened.scan(folders or (), workers=workers, on_event=on_event, stopped=stopped)
        if json:
            show(_document(opened, found))
        else:
            _say(opened, found)
    if found.stopped:
        remark("Interrupted. What was found is kept: the same command goes on.")
        raise typer.Exit(INTERRUPTED)


def _opened(folders: list[Path], album: Path | None) -> Album:
    """Open the album of a scan, which may be new.

    Raises:
        typer.BadParameter: Several folders need the name of one for the album, or it is one of theirs.
    """
    from gfrnet.album import Album

    if not folders:
        return open_album(album)
    if album is not None:
        if any(os.path.realpath(folder) == os.path.realpath(album) for folder in folders):
            raise typer.BadParameter("The album needs a folder of its own, not that of the photos.")
        return Album(named_folder(album), folders)
    if len(folders) > 1:
        raise typer.BadParameter(
            "Several folders have one album. Name a folder for it.", param_hint="--album"
        )
    return Album.open(folders[0])


def _document(album: Album, found: ScanSummary) -> AlbumScanned:
    from gfrnet.cli.documents import AlbumScanned, BadFile

    return AlbumScanned(
        album=album.folder,
        folders=album.roots,
        listed=found.listed,
        looked=found.looked,
        moved=found.moved,
        copies=found.copies,
        gone=found.gone,
        stopped=found.stopped,
        failures=tuple(BadFile(path=path, reason=reason) for path, reason in album.failures()),
    )


def _say(album: Album, found: ScanSummary) -> None:
    """Print what a scan met."""
    failures = list(album.failures())
    for _, reason in failures[:MOST_LISTED]:
        say(reason)
    if len(failures) > MOST_LISTED:
        say(f"And {len(failures) - MOST_LISTED} more, which --json names.")
    say(f"{found.listed} photos: {_parts(found, len(failures))}.")
    if not found.listed:
        remark("There are no pictures in these folders, or only such of formats that gfrnet does not read.")
        return
    if not found.stopped:
        named, groups, faces = album_people.counts(album)
        say(f"{faces} faces, {named} people with names, {groups} groups without. See: gfrnet album people")


def _parts(found: ScanSummary, failures: int) -> str:
    """Return the counts of a scan in words, those of nothing left out."""
    counts = {
        "new or changed": found.looked,
        "moved": found.moved,
        "copy" if found.copies == 1 else "copies": found.copies,
        "gone": found.gone,
        "cannot be read": failures,
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing new"


app.command("people", cls=PeopleCommand)(album_people.people)
app.command("guides")(album_guides.guides)
app.command("restore")(album_restore.restore)
app.command("export")(album_export.export)
