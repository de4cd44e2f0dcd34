"""Run ``gfrnet album export``: write the people of an album down for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.advice import wrong_use
from gfrnet.cli.album_open import AlbumFolder, open_album, warn_of_damage
from gfrnet.cli.console import complain, event_bar, remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.interrupt import INTERRUPTED, stoppable
from gfrnet.cli.names import file_name

if TYPE_CHECKING:
    from gfrnet.album import Album, ExportedPeople


def export(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE.yaml", parser=file_name, help="A text of all people and faces.", show_default=False
        ),
    ] = None,
    album: AlbumFolder = None,
    xmp_sidecars: Annotated[
        bool,
        typer.Option(
            "--xmp-sidecars", help="Write names of sure faces into photo.jpg.xmp beside each photo."
        ),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a FILE.yaml that exists.")] = False,
    json: Json = False,
) -> None:
    """Write down who is on which photo: as a text, or as XMP that digiKam and others read.

    The photos stay as they are. In sidecars that exist, all that other programs wrote stays, too.
    """
    if file is None and not xmp_sidecars:
        raise typer.BadParameter("Name a file such as people.yaml, or give --xmp-sidecars.")
    with open_album(album) as opened, wrong_use():
        warn_of_damage(opened)
        text, sidecars = None, None
        if file is not None:
            from gfrnet.album import export_people

            text = export_people(opened, file, replace=overwrite)
        if xmp_sidecars:
            sidecars = _sidecars(opened)
    if json:
        _show(text, sidecars)
    else:
        _say(text, sidecars)
    if sidecars is not None and sidecars.stopped:
        remark("Interrupted. The same command goes on.")
        raise typer.Exit(INTERRUPTED)
    if sidecars is not None and sidecars.failures:
        raise typer.Exit(1)


def _sidecars(album: Album) -> ExportedPeople:
    from gfrnet.album import export_sidecars

    with stoppable() as stopped, event_bar("photos") as on_event:
        return export_sidecars(album, on_event=on_event, stopped=stopped)


def _show(text: ExportedPeople | None, sidecars: ExportedPeople | None) -> None:
    from gfrnet.cli.documents import AlbumExported, BadFile

    failures = () if sidecars is None else sidecars.failures
    first = text or sidecars
    assert first is not None
    show(
        AlbumExported(
            people=first.people,
            faces=first.faces,
            file=None if text is None else text.files[0],
            sidecars=() if sidecars is None else sidecars.files,
            failures=tuple(BadFile(path=path, reason=reason) for path, reason in failures),
        )
    )


def _say(text: ExportedPeople | None, sidecars: ExportedPeople | None) -> None:
    if text is not None:
        say(f"{text.files[0]}: {text.people} people, {text.faces} faces")
    if sidecars is not None:
        for _, reason in sidecars.failures:
            complain(reason)
        say(
            f"{sidecars.faces} faces of {sidecars.people} people with names; "
            f"{len(sidecars.files)} sidecars written or changed."
        )
