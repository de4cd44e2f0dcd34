"""Open a film, and find out who is in it, by portraits, a cast file and a scan."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gfrnet.cli.advice import wrong_use
from gfrnet.cli.console import events_bar, remark, say
from gfrnet.cli.extras import require
from gfrnet.cli.film_options import portraits_of
from gfrnet.cli.film_words import people_lines, summary, unseen_lines
from gfrnet.cli.interrupt import INTERRUPTED, stoppable
from gfrnet.errors import FilmError, UnreadableFilmError

if TYPE_CHECKING:
    from gfrnet.film import CastNotes, Film, FilmScan
    from gfrnet.restore import GuideSet

CAST, SCAN = "cast.yaml", "scan.npz"
"""Names of the files in a folder of ``gfrnet film cast``."""


@dataclass(frozen=True)
class Known:
    """Hold what a command line says about the people of a film.

    Attributes:
        portraits: Files and folders of portraits by the name of their person.
        cast: File in which a person put right who is who; None for none.
        scan: File of an earlier scan; None for none.
    """

    portraits: Mapping[str, tuple[Path, ...]]
    cast: Path | None
    scan: Path | None

    @classmethod
    def of(cls, guides: list[str] | None, cast: Path | None, scan: Path | None) -> Known:
        """Read the options. Portraits are looked for, but not opened.

        Raises:
            typer.BadParameter: They are wrong, or name files that do not exist.
        """
        from gfrnet.batch import find_guides

        named = portraits_of(guides)
        with wrong_use():
            portraits = {name: find_guides(paths, None) for name, paths in named.items()}
        if cast is not None and not os.path.exists(cast):
            raise typer.BadParameter(f"{cast} does not exist.", param_hint="--cast")
        if scan is not None and not os.path.exists(scan):
            raise typer.BadParameter(f"{scan} does not exist.", param_hint="--scan")
        if cast is not None and os.path.isdir(cast):
            cast = cast / CAST
            if not os.path.exists(cast):
                raise typer.BadParameter(
                    f"{cast} does not exist. Make it with gfrnet film cast.", param_hint="--cast"
                )
        if scan is None and cast is not None and os.path.exists(cast.parent / SCAN):
            scan = cast.parent / SCAN
        if cast is not None and scan is None:
            raise typer.BadParameter(
                f"The numbers in {cast} belong to a scan, and {cast.parent / SCAN} is missing. Give it.",
                param_hint="--scan",
            )
        return cls(portraits, cast, scan)

    @property
    def files(self) -> tuple[Path, ...]:
        """Return all files that are read."""
        pictures = [path for paths in self.portraits.values() for path in paths]
        return (*pictures, *(path for path in (self.cast, self.scan) if path is not None))

    @cached_property
    def notes(self) -> CastNotes | None:
        """Return what a person put right.

        Raises:
            ConfigError: The cast file cannot be read, or is no cast.
        """
        from gfrnet.film import read_cast

        return None if self.cast is None else read_cast(self.cast)

    def open(self) -> dict[str, GuideSet]:
        """Open the portraits, and tell which of them cannot be used.

        Raises:
            GfrnetError: A person has no portrait that can be used.
        """
        from gfrnet.film import prepared
        from gfrnet.restore import RestoreOptions

        with events_bar() as on_event:
            return prepared(self.portraits, RestoreOptions(), on_event)


def open_film(path: Path, deinterlace: str) -> Film:
    """Open a film, and tell what is odd about it.

    Raises:
        FilmError: It is no film, or is broken.
    """
    with require("film"):
        from gfrnet.film import Film
    from gfrnet.images import READABLE_SUFFIXES

    try:
        film = Film.open(path, deinterlace=deinterlace)
    except UnreadableFilmError as error:
        if path.suffix.lower() in READABLE_SUFFIXES and os.path.isfile(path):
            raise FilmError(f"{path} is a picture, not a film. Restore it with: gfrnet restore") from error
        raise
    for word in film.facts.words:
        remark(word)
    return film


def scanned(
    film: Film, known: Known, portraits: Mapping[str, GuideSet], keep: Path | None = None
) -> FilmScan:
    """Return who is who in a film, from the file of a scan if there is one.

    Args:
        film: The film.
        known: What the command line says about its people.
        portraits: The portraits, opened.
        keep: New file in which to keep the scan; None for none.

    Raises:
        DataError: The file holds no scan of this film, or the cast names tracks that do not exist.
        ConfigError: The cast file is none.
        typer.Exit: Ctrl-C was pressed.
    """
    with stoppable() as stopped, events_bar() as on_event:
        found = film.scan(known.scan or keep, portraits, known.notes, on_event=on_event, stopped=stopped)
    if found is None:
        remark("Interrupted.")
        raise typer.Exit(INTERRUPTED)
    return found


def check_new(output: Path, inputs: Sequence[Path]) -> None:
    """Refuse a file to write that exists or is an input, before the work.

    Raises:
        WriteError: It is one of them, or its folder cannot be written to.
    """
    from gfrnet.images import check_free, check_place

    check_place(output, inputs)
    check_free(output, overwrite=False)


def tell_people(scan: FilmScan, missing: Sequence[str]) -> None:
    """Print who is in a film, and which portraits found nobody."""
    say(summary(scan))
    for line in people_lines(scan):
        say(line)
    for line in unseen_lines(missing):
        remark(line)


def unseen(scan: FilmScan, guides: Mapping[str, GuideSet]) -> tuple[str, ...]:
    """Return the names of those portraits whose person was not found in the film."""
    return tuple(name for name in guides if name not in {person.name for person in scan.people})
