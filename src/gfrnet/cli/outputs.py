"""Where results go: names, collisions, and files that exist already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from gfrnet.errors import WriteError
from gfrnet.images import WRITABLE_SUFFIXES


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


def plan(
    photos: Sequence[Path], output: Path | None, sheet: Path | None, report: Path | None
) -> tuple[Task, ...]:
    """Name every file that will be written.

    Without ``output`` a result lies beside its photo as NAME_restored.EXT. An ``output`` that is a folder,
    has no suffix, or serves several photos, holds results under the names of their photos. Formats that
    are only read (BMP, GIF) become PNG. Of several sheets each carries its photo's name: SHEET_NAME.EXT.

    Raises:
        typer.BadParameter: Two files would have the same name, or a folder is a file.
    """
    several = len(photos) > 1
    if several and output is not None and output.is_file():
        raise typer.BadParameter(f"{output} is a file; {len(photos)} photos need a folder.", param_hint="-o")
    tasks = tuple(
        Task(photo, _output(photo, output, several), _sheet(photo, sheet, several)) for photo in photos
    )
    _check_distinct([report, *(path for task in tasks for path in (task.output, task.sheet))])
    return tasks


def _output(photo: Path, output: Path | None, several: bool) -> Path:
    name = photo if photo.suffix.lower() in WRITABLE_SUFFIXES else photo.with_suffix(".png")
    if output is None:
        return name.with_stem(f"{photo.stem}_restored")
    folder = several or output.is_dir() or not output.suffix
    return output / name.name if folder else output


def _sheet(photo: Path, sheet: Path | None, several: bool) -> Path | None:
    if sheet is None or not several:
        return sheet
    return sheet.with_name(f"{sheet.stem}_{photo.stem}{sheet.suffix}")


def _check_distinct(paths: Sequence[Path | None]) -> None:
    path, times = Counter(path.absolute() for path in paths if path).most_common(1)[0]
    if times > 1:
        raise typer.BadParameter(f"{times} results would be written to {path}. Restore them one by one.")


def check_free(path: Path, overwrite: bool) -> None:
    """Refuse to replace a file without being told to.

    Raises:
        WriteError: The file exists.
    """
    if path.exists() and not overwrite:
        raise WriteError(f"{path} exists already. Replace it with --overwrite, or choose another name.")
