"""Which files are read and written: folders of photos, names, collisions, and files that exist already."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from gfrnet.errors import WriteError
from gfrnet.images import READABLE_SUFFIXES, WRITABLE_SUFFIXES

_RESTORED = "_restored"
"""Ends the name of a result that lies beside its photo."""


@dataclass(frozen=True)
class Task:
    """One photo to restore.

    Attributes:
        photo: The photo.
        output: Where its result goes.
        sheet: Where its compare sheet goes, if one is wanted.
    """

    photo: Path
    output: Path
    sheet: Path | None


def find_photos(paths: Sequence[Path], sheet: Path | None) -> tuple[Path, ...]:
    """Photos, those of folders included, but not the results and compare sheets that lie beside them.

    Raises:
        typer.BadParameter: A folder holds no picture, or cannot be read.
    """
    return _expand(paths, "PHOTO", lambda files: _unrestored(files, sheet))


def find_guides(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Guides, those of folders included.

    Raises:
        typer.BadParameter: A folder holds no picture, or cannot be read.
    """
    return _expand(paths, "--guide", lambda files: files)


def _expand(paths: Sequence[Path], hint: str, choose: Callable[[list[Path]], list[Path]]) -> tuple[Path, ...]:
    """Put those chosen of the pictures directly in it, sorted by name, in the place of every folder."""
    found: list[Path] = []
    for path in paths:
        # `Path.is_dir` raises where a folder may not be looked into.
        files = choose(_pictures(path, hint)) if os.path.isdir(path) else [path]
        if not files:
            raise typer.BadParameter(
                f"Folder {path} holds no picture to use (of {', '.join(READABLE_SUFFIXES)}; its subfolders "
                "are not searched). Give another folder, or the pictures by name.",
                param_hint=hint,
            )
        found += files
    return tuple(found)


def _pictures(folder: Path, hint: str) -> list[Path]:
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise typer.BadParameter(
            f"Folder {folder} cannot be read ({error.strerror}). Allow reading it, or give another folder.",
            param_hint=hint,
        ) from error
    return [
        file
        for file in files
        if file.suffix.lower() in READABLE_SUFFIXES and not file.name.startswith(".") and os.path.isfile(file)
    ]


def _unrestored(files: list[Path], sheet: Path | None) -> list[Path]:
    sheets = [sheet, *(_sheet(file, sheet, several=True) for file in files)]
    results = {path.absolute() for path in sheets if path}
    return [file for file in files if not file.stem.endswith(_RESTORED) and file.absolute() not in results]


def plan(
    photos: Sequence[Path], output: Path | None, sheet: Path | None, report: Path | None
) -> tuple[Task, ...]:
    """Name every file that will be written.

    Without ``output`` a result lies beside its photo as NAME_restored.EXT. An ``output`` that is a folder,
    has no suffix, or serves several photos, holds results under the names of their photos. Formats that
    are only read (BMP, GIF) become PNG. Of several sheets each carries its photo's name: SHEET_NAME.EXT.

    Raises:
        typer.BadParameter: Two files would have the same name, or several photos get a file as their
            folder, or a folder as their sheet.
    """
    several = len(photos) > 1
    if several:
        _check_several(output, sheet)
    tasks = tuple(
        Task(photo, _output(photo, output, several), _sheet(photo, sheet, several)) for photo in photos
    )
    paths = [report, *(path for task in tasks for path in (task.output, task.sheet))]
    _check_distinct(paths, "Restore them one by one." if several else "Choose another name for one of them.")
    return tasks


def _check_several(output: Path | None, sheet: Path | None) -> None:
    if output is not None and (output.is_file() or (_is_picture(output) and not output.is_dir())):
        raise typer.BadParameter(
            f"For several photos -o is a folder, and {output} is a file or named like one. Name a folder.",
            param_hint="-o",
        )
    if sheet is not None and sheet.is_dir():
        raise typer.BadParameter(
            f"{sheet} is a folder. Give the name of a file, for example {sheet / 'sheet.png'}.",
            param_hint="--compare",
        )


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in {*READABLE_SUFFIXES, *WRITABLE_SUFFIXES}


def _output(photo: Path, output: Path | None, several: bool) -> Path:
    name = photo if photo.suffix.lower() in WRITABLE_SUFFIXES else photo.with_suffix(".png")
    if output is None:
        return name.with_stem(photo.stem + _RESTORED)
    folder = several or output.is_dir() or not output.suffix
    return output / name.name if folder else output


def _sheet(photo: Path, sheet: Path | None, several: bool) -> Path | None:
    if sheet is None or not several or not sheet.name:
        return sheet
    return sheet.with_name(f"{sheet.stem}_{photo.stem}{sheet.suffix}")


def _check_distinct(paths: Sequence[Path | None], advice: str) -> None:
    path, times = Counter(path.absolute() for path in paths if path).most_common(1)[0]
    if times > 1:
        raise typer.BadParameter(f"{times} results would be written to {path}. {advice}")


def check_free(path: Path, overwrite: bool) -> None:
    """Refuse to replace a file without being told to.

    Raises:
        WriteError: The file exists.
    """
    if path.exists() and not overwrite:
        raise WriteError(f"{path} exists already. Replace it with --overwrite, or choose another name.")
