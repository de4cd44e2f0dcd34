"""Which files are read and written: folders of photos, names, collisions, and files that exist already."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import typer

from gfrnet.cli.console import remark
from gfrnet.errors import WriteError
from gfrnet.images import READABLE_SUFFIXES, WRITABLE_SUFFIXES, Inputs

_RESTORED = "_restored"
"""Ends the name of a result that lies beside its photo."""

_APPLE_AND_NEWER = (".heic", ".heif", ".hif", ".jxl", ".jp2", ".j2k", ".jpx")
_RAW = (".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".pef", ".raf", ".rw2", ".srw")
_OF_PROGRAMS = (".pbm", ".pgm", ".ppm", ".pnm", ".pcx", ".psd", ".tga", ".xcf")
_UNREAD_SUFFIXES = (*_APPLE_AND_NEWER, *_RAW, *_OF_PROGRAMS)
"""Names of photographs that gfrnet cannot read, so that none is passed over without a word."""


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


def find_guides(paths: Sequence[Path], sheet: Path | None, tasks: Sequence[Task]) -> tuple[Path, ...]:
    """Guides, those of folders included, but no earlier results there and nothing that ``tasks`` will write.

    Raises:
        typer.BadParameter: A guide does not exist, or a folder holds no picture or cannot be read.
    """
    for path in paths:
        if not os.path.exists(path):
            raise typer.BadParameter(
                f"{path} does not exist. Check the name and the folder.", param_hint="--guide"
            )
    written = Inputs(path for task in tasks for path in (task.output, task.sheet) if path)

    def choose(files: list[Path]) -> list[Path]:
        return [file for file in _unrestored(files, sheet) if written.find(file) is None]

    return _expand(paths, "--guide", choose)


def remark_on_unread(paths: Sequence[Path]) -> None:
    """Tell, once for every folder, of pictures in it that are passed over for their format."""
    for folder in dict.fromkeys(path for path in paths if os.path.isdir(path)):
        # A folder that cannot be read is refused by `find_photos` and `find_guides`.
        with suppress(OSError):
            unread = _unread(_visible(folder))
            if unread:
                _remark_on_unread(folder, unread)


def _unread(files: list[Path]) -> list[Path]:
    """Pictures of formats that are not read, but not those with a copy beside them that is."""
    known = {file.stem for file in files if file.suffix.lower() in READABLE_SUFFIXES}
    return [file for file in files if file.suffix.lower() in _UNREAD_SUFFIXES and file.stem not in known]


def _remark_on_unread(folder: Path, unread: list[Path]) -> None:
    suffixes = ", ".join(sorted({file.suffix.lower() for file in unread}))
    one = len(unread) == 1
    what, them = ("picture", "it") if one else ("pictures", "them")
    kind = "is of a format" if one else "are of formats"
    remark(
        f"{len(unread)} {what} in {folder} {kind} that gfrnet does not read ({suffixes}): "
        f"save {them} as JPEG or PNG."
    )


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
        files = _visible(folder)
    except OSError as error:
        raise typer.BadParameter(
            f"Folder {folder} cannot be read ({error.strerror}). Allow reading it, or give another folder.",
            param_hint=hint,
        ) from error
    return [file for file in files if file.suffix.lower() in READABLE_SUFFIXES]


def _visible(folder: Path) -> list[Path]:
    """The files directly in a folder, by name."""
    files = sorted(folder.iterdir())
    return [file for file in files if not file.name.startswith(".") and os.path.isfile(file)]


def _unrestored(files: list[Path], sheet: Path | None) -> list[Path]:
    """Without sheets, and without results whose photo is among the files."""
    sheets = [sheet, *(_sheet(file, sheet, several=True) for file in files)]
    known = {path.absolute() for path in sheets if path}
    results = {file.stem + _RESTORED for file in files}
    return [file for file in files if file.stem not in results and file.absolute() not in known]


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
    _check_distinct(tasks, report)
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


def _check_distinct(tasks: Sequence[Task], report: Path | None) -> None:
    several = "Leave one of them out, and restore it alone under another name."
    advice = several if len(tasks) > 1 else "Choose another name for one of them."
    uses = {report.absolute(): "the report"} if report else {}
    for path, use in _uses(tasks):
        other = uses.get(path.absolute())
        if other is not None:
            raise typer.BadParameter(f"{path} would be {other} and {use}. {advice}")
        uses[path.absolute()] = use


def _uses(tasks: Sequence[Task]) -> Iterator[tuple[Path, str]]:
    for task in tasks:
        yield task.output, f"the result of {task.photo}"
        if task.sheet is not None:
            yield task.sheet, f"the compare sheet of {task.photo}"


def check_free(path: Path, overwrite: bool) -> None:
    """Refuse to replace a file without being told to.

    Raises:
        WriteError: The file exists.
    """
    if path.exists() and not overwrite:
        raise WriteError(f"{path} exists already. Replace it with --overwrite, or choose another name.")
