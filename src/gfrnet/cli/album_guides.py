"""Run ``gfrnet album guides``: look which faces guide a person's bad faces, and decide it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.advice import wrong_use
from gfrnet.cli.album_open import AlbumFolder, open_album, warn_of_damage, where
from gfrnet.cli.console import remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.names import file_name

if TYPE_CHECKING:
    from gfrnet.album import Album, AlbumFace
    from gfrnet.cli.documents import AlbumGuide


_LONGEST = timedelta(days=3 * 366)
"""Longest span of days that still tells when a photo was taken."""


def guides(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="A name, or a number such as G12.")],
    pin: Annotated[
        list[str] | None,
        typer.Option(metavar="FACE", help="Always guide with this face; repeatable.", show_default=False),
    ] = None,
    ban: Annotated[
        list[str] | None,
        typer.Option(metavar="FACE", help="Never guide with this face; repeatable.", show_default=False),
    ] = None,
    free: Annotated[
        list[str] | None,
        typer.Option(metavar="FACE", help="Neither pin nor ban this face any more; repeatable."),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(metavar="FILE", parser=file_name, help="Draw the faces with their labels.")
    ] = None,
    album: AlbumFolder = None,
    json: Json = False,
) -> None:
    """List the faces that may guide a person's bad faces, pin good ones, and ban others.

    Of these, each bad face gets pinned ones always, and others that resemble it in view, age and occasion.
    """
    from gfrnet.album import base_of, below

    with open_album(album) as opened, wrong_use():
        warn_of_damage(opened)
        warnings = _decide(opened, person, {"pinned": pin or (), "banned": ban or (), "free": free or ()})
        found, base = opened.guides(person), base_of(opened.roots)
        if sheet is not None:
            _draw(opened, found, sheet)
    if json:
        from gfrnet.cli.documents import AlbumGuides

        lines = tuple(_guide_line(face) for face in found)
        show(AlbumGuides(person=person, guides=lines, sheet=sheet))
        return
    for face in found:
        use, when = face.guide or "may be chosen", _when(face)
        say(f"{face.label}  {use:13}  sharpness {face.sharpness:.2f}, {when}{below(face.photo, base)}")
    for line in warnings:
        remark(line)
    if pin or ban or free:
        remark(f"Take it back with: gfrnet album people{where(album)} --undo")
    if sheet is not None and found:
        say(f"{sheet}: the faces with their labels")
    if not any(face.guide != "banned" for face in found):
        remark(f"No face of {person} is good enough to guide. Add a good photo, or pin one with --pin FACE.")


def _decide(album: Album, person: str, uses: dict[str, Sequence[str]]) -> tuple[str, ...]:
    """Write down which faces of a person are pinned, banned and freed.

    Returns:
        A sentence on each pinned face that is bad itself.

    Raises:
        typer.BadParameter: A face shows somebody else, or only probably this person.
        PlanError: There is no such person or face.
    """
    from gfrnet.album import SURE, WORSE_THAN, AsGuide

    album.person(person)
    found = {use: [album.face(label) for label in labels] for use, labels in uses.items() if labels}
    labels = [face.label for faces in found.values() for face in faces]
    if len(labels) != len(set(labels)):
        raise typer.BadParameter("A face is named twice. Pin, ban or free it, not several at once.")
    for face in (face for use in ("pinned", "banned") for face in found.get(use, ())):
        if face.person != person:
            raise typer.BadParameter(
                f"{face.label} shows {face.person or 'nobody who is known'}, not {person}."
            )
        if face.by not in SURE:
            raise typer.BadParameter(
                f"{face.label} shows {person} only probably. Confirm it first: "
                f"gfrnet album people --name {face.label}={person}"
            )
    if found:
        album.decide(*(AsGuide(use=use, faces=album.keys(faces)) for use, faces in found.items()))
    return tuple(
        f"{face.label} is blurred itself (worn {face.worn:.2f}), so results will be blurred."
        for face in found.get("pinned", ())
        if face.worn >= WORSE_THAN
    )


def _draw(album: Album, found: Sequence[AlbumFace], sheet: Path) -> None:
    from gfrnet.album import guides_sheet
    from gfrnet.album.outputs import check_drawn
    from gfrnet.images import as_sheet, write

    if found:
        with wrong_use():
            check_drawn(sheet, "folder")
        write(as_sheet(guides_sheet(found, album.thumbnail)), sheet)


def _guide_line(face: AlbumFace) -> AlbumGuide:
    from gfrnet.cli.documents import AlbumGuide

    taken = None if face.taken is None else tuple(day.isoformat() for day in face.taken)
    return AlbumGuide(
        label=face.label,
        photo=face.photo,
        sharpness=face.sharpness,
        size=face.size,
        taken=taken,
        guide=face.guide,
    )


def _when(face: AlbumFace) -> str:
    """Return on which days the photo probably was taken; nothing where that says little."""
    first, last = face.likely or face.taken or (date.min, date.max)
    if last - first > _LONGEST:
        return ""
    return f"{first}, " if first == last else f"{first} to {last}, "
