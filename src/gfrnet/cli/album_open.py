"""Find the album that a command is about."""

from __future__ import annotations

import os
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.console import remark

if TYPE_CHECKING:
    from gfrnet.album import Album

AlbumFolder = Annotated[
    Path | None,
    typer.Option(
        "--album",
        metavar="FOLDER",
        help="Folder of the album. Without it: .gfrnet-album in the photos' folder, or in one above the "
        "current folder.",
        show_default=False,
    ),
]
"""The option that every command about an album has."""


def named_folder(folder: Path) -> Path:
    """Return the folder of an album by its own name, or by that of the photos that it lies in."""
    from gfrnet.album import FOLDER, is_album

    within = folder / FOLDER
    return within if is_album(within) and not is_album(folder) else folder


def open_album(folder: Path | None) -> Album:
    """Open an album that exists.

    Args:
        folder: Its folder, or that of its photos; None looks in the current folder and above it.

    Raises:
        DataError: There is none.
    """
    from gfrnet.album import Album, is_album
    from gfrnet.errors import Advice, DataError

    if folder is None:
        return Album.find(Path(os.curdir))
    place = named_folder(folder)
    if not is_album(place):
        raise DataError(
            f"There is no album in {folder}. Name the folder of an album, or scan photos first.",
            advice=(Advice.SCAN_PHOTOS,),
        )
    return Album(place)


def where(album: Path | None) -> str:
    """Return the option that a command needs to be about the same album."""
    return "" if album is None else f" --album {quote(str(album))}"


def warn_of_damage(album: Album) -> None:
    """Say that an index was damaged, and is made again."""
    if album.made_again is not None:
        remark(
            f"The index of the album was damaged. It lies in {album.made_again} now, and a scan makes it "
            "again. All decisions are kept. Scan with: gfrnet album scan DIR"
        )
