"""Decide which files a batch reads and writes: folders of photos, names of results, collisions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from gfrnet.batch.naming import RESTORED, distinct_stems, real_path, result_stems, written_suffix
from gfrnet.errors import Advice, ConfigError, PlanError
from gfrnet.files import as_path
from gfrnet.images import (
    HEIC_SUFFIXES,
    RAW_SUFFIXES,
    READABLE_SUFFIXES,
    WRITABLE_SUFFIXES,
    Inputs,
    is_sheet,
)
from gfrnet.restore import GuideSet, Place
from gfrnet.types import Box
from gfrnet.work import Noted, unheard

_NEWER = (".jxl", ".jp2", ".j2k", ".jpx")
_OF_PROGRAMS = (".pbm", ".pgm", ".ppm", ".pnm", ".pcx", ".psd", ".tga", ".xcf")
_UNREAD_SUFFIXES = (*HEIC_SUFFIXES, *_NEWER, *RAW_SUFFIXES, *_OF_PROGRAMS)
"""Suffixes of photographs that gfrnet cannot read, HEIC only without its extra. A note says that they are
passed over."""

_NAMED = 3
"""Number of unread pictures that a note names."""


@dataclass(frozen=True)
class Task:
    """Name one photo to restore, and everything that is its own.

    Attributes:
        photo: The photo.
        output: Where its result goes.
        sheet: Where its compare sheet goes; None for no sheet.
        guides: Files of good photos of the people in it, or a prepared set of them. The file of the photo
            itself may be among them. Any series of files becomes a tuple.
        places: Places of its faces, or boxes in photo pixels; None to detect the faces. Where every place has
            guides of its own, the photo needs no others.

    Raises:
        ConfigError: A file is neither text nor a path, or ``guides`` are none of these.
    """

    photo: Path
    output: Path
    sheet: Path | None = None
    guides: tuple[Path, ...] | GuideSet = ()
    places: tuple[Place | Box, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "photo", as_path(self.photo))
        object.__setattr__(self, "output", as_path(self.output))
        if self.sheet is not None:
            object.__setattr__(self, "sheet", as_path(self.sheet))
        if not isinstance(self.guides, GuideSet):
            object.__setattr__(self, "guides", _as_paths(self.guides, "guides of a task"))
        if isinstance(self.places, list):
            object.__setattr__(self, "places", tuple(self.places))


def _as_paths(files: object, name: str) -> tuple[Path, ...]:
    """Return the paths of one file or of several.

    Args:
        files: A path, or a series of paths.
        name: What they are, for the message.

    Raises:
        ConfigError: They are of another type.
    """
    if isinstance(files, tuple) and all(isinstance(file, Path) for file in files):
        return files  # tasks share it
    if isinstance(files, (str, Path)):
        return (as_path(files),)
    # An array is a series of numbers, which are no paths.
    if isinstance(files, Iterable) and not isinstance(files, bytes):
        return tuple(as_path(file) for file in files)
    raise ConfigError(f"The {name} must be a series of files, got {type(files).__name__}.")


def plan(
    photos: Sequence[Path],
    guides: Sequence[Path],
    output: Path | None = None,
    *,
    sheet: Path | None = None,
    report: Path | None = None,
    places: Sequence[Place | Box] | None = None,
    on_event: Callable[[Noted], None] = unheard,
) -> tuple[Task, ...]:
    """Find photos and guides, and name every file that will be written.

    Args:
        photos: Photos, or folders of them. Results named NAME_restored beside NAME are left out, and so are
            compare sheets of an earlier run.
        guides: Good photos that serve every photo, or folders of them.
        output: Where results go, as `name_outputs` describes.
        sheet: Where compare sheets go, likewise; None for no sheets.
        report: Where the report goes, so that nothing else is given its name; None for no report.
        places: Places of the faces of the only photo, or boxes in its pixels; None to detect the faces.
        on_event: Hears a `Noted` for every folder with pictures that gfrnet cannot read.

    Returns:
        One task a photo, in the order of ``photos``; every task has all guides.

    Raises:
        ConfigError: A file is neither text nor a path.
        PlanError: A folder holds no picture or cannot be read. A guide does not exist. Two files would have
            the same name. Places are given for several photos.
    """
    photos, guides = _as_paths(photos, "photos"), _as_paths(guides, "guides")
    output, sheet, report = (None if path is None else as_path(path) for path in (output, sheet, report))
    _note_unread([*photos, *guides], on_event)
    every_photo = find_photos(photos, sheet)
    if places and len(every_photo) > 1:
        raise PlanError("Places belong to one photo. Restore that photo alone.", "places")
    tasks = name_outputs(every_photo, output, sheet, report)
    every_guide = find_guides(guides, sheet)
    boxes = tuple(places) if places is not None else None
    return tuple(replace(task, guides=every_guide, places=boxes) for task in tasks)


def inputs_of(tasks: Sequence[Task]) -> Inputs:
    """Look up every file that goes in, so that none of them is ever overwritten."""
    # Most tasks share one tuple or set of guides.
    shared: dict[tuple[Path, ...] | GuideSet, None] = dict.fromkeys(task.guides for task in tasks)
    shared |= dict.fromkeys(
        place.guides
        for task in tasks
        for place in task.places or ()
        if isinstance(place, Place) and place.guides
    )
    guides = (file for given in shared for file in (given.files if isinstance(given, GuideSet) else given))
    return Inputs([*(task.photo for task in tasks), *dict.fromkeys(guides)])


def find_photos(paths: Sequence[Path], sheet: Path | None) -> tuple[Path, ...]:
    """Return the photos, with a folder's pictures in its place; results and sheets there are left out.

    Args:
        paths: Photos and folders.
        sheet: Where compare sheets go, as `name_outputs` takes it.

    Raises:
        PlanError: A folder holds no picture, or cannot be read.
    """
    return _expand(paths, "photos", lambda files: _unrestored(files, sheet))


def find_guides(paths: Sequence[Path], sheet: Path | None) -> tuple[Path, ...]:
    """Return the guides, with a folder's pictures in its place; results and sheets there are left out.

    Args:
        paths: Guides and folders.
        sheet: Where compare sheets go, as `name_outputs` takes it.

    Raises:
        PlanError: A guide does not exist, or a folder holds no picture or cannot be read.
    """
    for path in paths:
        if not os.path.exists(path):
            raise PlanError(f"{path} does not exist. Check the name and the folder.", "guides")
    return _expand(paths, "guides", lambda files: _unrestored(files, sheet))


def _note_unread(paths: Sequence[Path], on_event: Callable[[Noted], None]) -> None:
    """Report, once for every folder, pictures in it that are passed over for their format."""
    for folder in dict.fromkeys(path for path in paths if os.path.isdir(path)):
        # A folder that cannot be read is refused by `find_photos` and `find_guides`.
        with suppress(OSError):
            unread = _unread(_visible(folder))
            if unread:
                on_event(_note_on(folder, unread))


def _unread(files: list[Path]) -> list[Path]:
    """Return pictures of formats that are not read, except those with a readable copy beside them."""
    known = {file.stem for file in files if file.suffix.lower() in READABLE_SUFFIXES}
    suffixes = {*_UNREAD_SUFFIXES} - {*READABLE_SUFFIXES}
    return [file for file in files if file.suffix.lower() in suffixes and file.stem not in known]


def _note_on(folder: Path, unread: list[Path]) -> Noted:
    more = f" and {len(unread) - _NAMED} more" if len(unread) > _NAMED else ""
    names = ", ".join(file.name for file in unread[:_NAMED]) + more
    heic = any(file.suffix.lower() in HEIC_SUFFIXES for file in unread)
    extra = ", or install the extra heic" if heic else ""
    one = len(unread) == 1
    what, them = ("picture", "it") if one else ("pictures", "them")
    kind = "is of a format" if one else "are of formats"
    return Noted(
        f"{len(unread)} {what} in {folder} {kind} that gfrnet does not read ({names}): "
        f"save {them} as JPEG or PNG{extra}."
    )


def _expand(
    paths: Sequence[Path], argument: str, choose: Callable[[list[Path]], list[Path]]
) -> tuple[Path, ...]:
    """Put a folder's chosen pictures, sorted by name, in the place of the folder."""
    found: list[Path] = []
    for path in paths:
        # `Path.is_dir` raises where a folder may not be looked into.
        files = choose(_pictures(path, argument)) if os.path.isdir(path) else [path]
        if not files:
            raise PlanError(
                f"Folder {path} holds no picture to use (of {', '.join(READABLE_SUFFIXES)}; its subfolders "
                "are not searched). Give another folder, or the pictures by name.",
                argument,
            )
        found += files
    return tuple(found)


def _pictures(folder: Path, argument: str) -> list[Path]:
    try:
        files = _visible(folder)
    except OSError as error:
        raise PlanError(
            f"Folder {folder} cannot be read ({error.strerror}). Allow reading it, or give another folder.",
            argument,
        ) from error
    return [file for file in files if file.suffix.lower() in READABLE_SUFFIXES]


def _visible(folder: Path) -> list[Path]:
    """Return the files directly in a folder, by name."""
    files = sorted(folder.iterdir())
    return [file for file in files if not file.name.startswith(".") and os.path.isfile(file)]


def _unrestored(files: list[Path], sheet: Path | None) -> list[Path]:
    """Return the files without earlier sheets, and without results whose photo is among the files.

    The name alone makes no sheet: what is left out is no input, and may be replaced.
    """
    results = result_stems(files)
    return [file for file in files if file.stem not in results and not _is_earlier(file, sheet)]


def _is_earlier(file: Path, sheet: Path | None) -> bool:
    """Return whether a file has a name like the sheets of this run, and was drawn as one."""
    return sheet is not None and file.name.startswith(sheet.stem) and is_sheet(file)


def name_outputs(
    photos: Sequence[Path], output: Path | None, sheet: Path | None = None, report: Path | None = None
) -> tuple[Task, ...]:
    """Name the result and the sheet of every photo.

    Without ``output`` a result lies beside its photo as NAME_restored.EXT. An ``output`` for several photos
    is a folder, and so is one without a suffix. In a folder a result has the name of its photo. Formats that
    are only read become others, as `written_suffix` describes. Of several sheets each carries its photo's
    name: SHEET_NAME.EXT.

    Where photos would share the name of a result or a sheet, the first whose format is written keeps it. The
    others are named after their format too (a.gif gives a_gif.png), or else after their folder.

    Returns:
        Tasks without guides.

    Raises:
        PlanError: A photo is given twice, or a result or sheet has the name of the report. Several photos
            get a file as their folder, or a folder as their sheet.
    """
    several = len(photos) > 1
    if several:
        _check_several(output, sheet)
    suffixes = {photo: written_suffix(photo) for photo in dict.fromkeys(photos)}

    def files_of(photo: Path, stem: str) -> tuple[Path, Path | None]:
        name = photo.with_name(stem + suffixes[photo])
        return _output(name, output, several), _sheet(stem, sheet, several)

    names = distinct_stems(photos, files_of)
    tasks = tuple(Task(photo, *files_of(photo, names[photo])) for photo in photos)
    check_distinct(tasks, report)
    return tasks


def _check_several(output: Path | None, sheet: Path | None) -> None:
    if output is not None and (os.path.isfile(output) or (_is_picture(output) and not os.path.isdir(output))):
        raise PlanError(
            f"For several photos the output is a folder, and {output} is a file or named like one. "
            "Name a folder.",
            "output",
        )
    if sheet is not None and os.path.isdir(sheet):
        raise PlanError(
            f"{sheet} is a folder. Give the name of a file, for example {sheet / 'sheet.png'}.", "sheet"
        )


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in {*READABLE_SUFFIXES, *WRITABLE_SUFFIXES}


def _output(name: Path, output: Path | None, several: bool) -> Path:
    if output is None:
        return name.with_stem(name.stem + RESTORED)
    folder = several or os.path.isdir(output) or not output.suffix
    return output / name.name if folder else output


def _sheet(stem: str, sheet: Path | None, several: bool) -> Path | None:
    if sheet is None or not several or not sheet.name:
        return sheet
    return sheet.with_name(f"{sheet.stem}_{stem}{sheet.suffix}")


def check_distinct(tasks: Sequence[Task], report: Path | None = None) -> None:
    """Refuse tasks of which two would write the same file.

    Args:
        tasks: What will be written; by `plan`, or made by hand.
        report: Where the report goes; None for no report.

    Raises:
        PlanError: Two files would have the same name.
    """
    several = "Leave one of them out, and restore it alone under another name."
    remedy = several if len(tasks) > 1 else "Choose another name for one of them."
    uses = {real_path(as_path(report)): "the report"} if report is not None else {}
    for path, use in _uses(tasks):
        other = uses.get(real_path(path))
        if other is not None:
            raise PlanError(
                f"{path} would be {other} and {use}. {remedy}", advice=(Advice.CHOOSE_ANOTHER_NAME,)
            )
        uses[real_path(path)] = use


def _uses(tasks: Sequence[Task]) -> Iterator[tuple[Path, str]]:
    for task in tasks:
        yield task.output, f"the result of {task.photo}"
        if task.sheet is not None:
            yield task.sheet, f"the compare sheet of {task.photo}"
