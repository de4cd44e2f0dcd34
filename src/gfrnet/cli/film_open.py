"""Open a film, and find out who is in it: by portraits, by a cast file, and by a scan, new or kept."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gfrnet.cli.advice import wrong_use
from gfrnet.cli.console import events_bar, remark
from gfrnet.cli.film_options import portraits_of
from gfrnet.cli.interrupt import INTERRUPTED, stoppable
from gfrnet.errors import FilmError, PlanError, UnreadableFilmError

if TYPE_CHECKING:
    from gfrnet.film import CastNotes, FilmScan, FilmSource
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
        cast = cast / CAST if cast is not None and os.path.isdir(cast) else cast
        if scan is None and cast is not None and os.path.exists(cast.parent / SCAN):
            scan = cast.parent / SCAN
        if cast is not None and scan is None:
            raise typer.BadParameter(
                f"The numbers in {cast} belong to a scan, and {cast.parent / SCAN} is missing. Give its scan.",
                param_hint="--scan",
            )
        return cls(portraits, cast, scan)

    @property
    def files(self) -> tuple[Path, ...]:
        """Return all files that are read."""
        pictures = [path for paths in self.portraits.values() for path in paths]
        return (*pictures, *(path for path in (self.cast, self.scan) if path is not None))

    def notes(self) -> CastNotes | None:
        """Return what a person put right.

        Raises:
            ConfigError: The cast file cannot be read, or is no cast.
        """
        from gfrnet.film import read_cast

        return None if self.cast is None else read_cast(self.cast)

    def open(self, model: str) -> dict[str, GuideSet]:
        """Open the portraits, and tell which of them cannot be used.

        Args:
            model: Name or path of the model that is to restore.

        Raises:
            FaceError: A person has no portrait with a face.
            ModelError: There is no such model.
            typer.BadParameter: All portraits of a person show several people.
        """
        if not self.portraits:
            return {}
        from gfrnet.cli.announce import hear
        from gfrnet.film import faces_of
        from gfrnet.restore import Restorer

        found: dict[str, GuideSet] = {}
        restorer = Restorer.load(model)
        for name, paths in self.portraits.items():
            guides = restorer.guides(paths)
            for skipped in guides.skipped:
                hear(skipped)
            with wrong_use():
                found[name] = faces_of(name, guides, hear)
        return found


def open_film(path: Path, deinterlace: str) -> FilmSource:
    """Open a film, and tell what is odd about it.

    Raises:
        FilmError: It is no film, or is broken.
    """
    from gfrnet.film import FilmSource
    from gfrnet.images import READABLE_SUFFIXES

    try:
        source = FilmSource.open(path, deinterlace=deinterlace)
    except UnreadableFilmError as error:
        if path.suffix.lower() in READABLE_SUFFIXES and os.path.isfile(path):
            raise FilmError(f"{path} is a picture, not a film. Restore it with: gfrnet restore") from error
        raise
    for word in source.facts.words:
        remark(word)
    return source


def scanned(source: FilmSource, known: Known, guides: Mapping[str, GuideSet]) -> FilmScan:
    """Return who is who in a film, from the file of a scan if there is one.

    Raises:
        DataError: The file holds no scan of this film.
        ConfigError: The cast file is none.
        typer.Exit: Ctrl-C was pressed.
    """
    from gfrnet.film import Portraits, cast, check_fits, load_scan, scan

    portraits = [Portraits.of(name, faces) for name, faces in guides.items()]
    if known.scan is not None:
        kept, notes = load_scan(known.scan), known.notes()
        check_fits(kept, source.facts, known.scan)
        return replace(kept, people=cast(kept.tracks, portraits, notes))
    with stoppable() as stopped, events_bar() as on_event:
        found = scan(source, on_event, portraits=portraits, stopped=stopped)
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


def unseen(scan: FilmScan, guides: Mapping[str, GuideSet]) -> tuple[str, ...]:
    """Return the names of those portraits whose person was not found in the film."""
    return tuple(name for name in guides if name not in {person.name for person in scan.people})
