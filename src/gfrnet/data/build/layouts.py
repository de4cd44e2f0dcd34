"""List the photos of a collection, with the person on each; collections have one of five layouts.

- folders: One folder per person, with photos in it or below it: VGGFace2, CASIA-WebFace, LFW, CelebRef-HQ.
- csv: A CSV table beside the photos; its paths start at its folder. It has one row a photo, with the columns
  ``path`` (or ``image``, ``file``, ``filename``) and ``identity`` (or ``person``, ``id``, ``label``). In
  FFHQ-Ref it has one row a target instead. There ``gt_image`` is the target, and ``ref_image`` lists the
  person's other photos.
- flat: One folder of photos ``name_0001.jpg``, with one person per name. A photo without a number shows a
  person of its own.
- person: Photos of one person in a folder and below it, whatever their names. "auto" never chooses it.
- singles: Photos in a folder and below it, each of another person. "auto" never chooses it.
"""

from __future__ import annotations

import csv
import os
import re
from ast import literal_eval
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from gfrnet import images
from gfrnet.errors import DataError
from gfrnet.files import opened_lines

Layout: TypeAlias = Literal["auto", "folders", "csv", "flat", "person", "singles"]
"""Layout of a collection on the disk, as the module explains; "auto" recognises it."""

PATH_COLUMNS = ("path", "image", "file", "filename")
PERSON_COLUMNS = ("identity", "person", "id", "label")
TARGET_COLUMN, OTHERS_COLUMN = "gt_image", "ref_image"

_NUMBERED = re.compile(r"(.+?)[ _-]+\d+")


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """Name a photo and its person.

    Attributes:
        person: Name of the person, as `as_text` writes it.
        source: Path below the source folder, as `as_text` writes it.
        path: The file.
        state: Size and time of the file when it was listed; empty if it was not there.
    """

    person: str
    source: str
    path: Path
    state: str = ""


def list_photos(source: Path, layout: Layout = "auto") -> tuple[PhotoFile, ...]:
    """List the photos of a collection, person by person.

    Args:
        source: A folder, or the CSV file of a collection.
        layout: Layout of the collection; "auto" recognises folders, csv and flat.

    Raises:
        DataError: There are no photos, the layout is another one, or a folder may not be listed.
    """
    if not (source.is_dir() or (source.is_file() and layout in ("auto", "csv"))):
        raise DataError(f"{source} is not a folder. Give one that holds {_expected(layout)}.")
    try:
        listed = sorted(set(_listed(source, layout)), key=lambda photo: (photo.person, photo.source))
    except OSError as error:
        raise DataError(
            f"{source} cannot be listed whole ({error}). Make that place readable, or take it out."
        ) from error
    photos = tuple(replace(photo, state=_state(photo.path)) for photo in listed)
    if not photos:
        raise DataError(f"No photos in {source}. It must hold {_expected(layout)}.")
    return photos


def root_of(source: Path) -> Path:
    """Return the folder that holds the photos of a collection."""
    return source.parent if source.is_file() else source


def as_text(path: Path | str) -> str:
    """Return a path as text in UTF-8; other bytes are written as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _expected(layout: Layout) -> str:
    if layout == "person":
        return "photos of one person"
    if layout == "singles":
        return "photos, each of another person"
    return (
        "one folder of photos per person, photos named name_0001.jpg, or a CSV file with the columns path "
        "and identity"
    )


def _listed(source: Path, layout: Layout) -> Iterator[PhotoFile]:
    finders = {
        "folders": _in_folders,
        "csv": _in_table,
        "flat": _in_one_folder,
        "person": _of_one_person,
        "singles": _of_a_person_each,
    }
    return finders[_recognised(source) if layout == "auto" else layout](source)


def _recognised(source: Path) -> Layout:
    if source.is_file() or _known_tables(source):
        return "csv"
    return "folders" if any(True for _ in _in_folders(source)) else "flat"


def _state(path: Path) -> str:
    try:
        state = path.stat()
    except (OSError, ValueError):
        return ""
    return f"{state.st_size}|{state.st_mtime_ns}"


def _in_folders(source: Path) -> Iterator[PhotoFile]:
    for person in sorted(path for path in source.iterdir() if path.is_dir() and not _is_hidden(path.name)):
        for path in _below(person):
            yield PhotoFile(as_text(person.name), as_text(path.relative_to(source).as_posix()), path)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the photos in a folder and below it; links to folders are followed, but none twice."""
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, onerror=_raise, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not _is_hidden(name))
        yield from (Path(place, name) for name in sorted(files) if _is_photo(name))


def _raise(error: OSError) -> None:
    raise error


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _is_photo(name: str) -> bool:
    return not _is_hidden(name) and name.lower().endswith(images.READABLE_SUFFIXES)


def _in_one_folder(source: Path) -> Iterator[PhotoFile]:
    for path in sorted(source.iterdir()):
        if _is_photo(path.name) and not path.is_dir():
            numbered = _NUMBERED.fullmatch(path.stem)
            yield PhotoFile(as_text(numbered[1] if numbered else path.stem), as_text(path.name), path)


def _of_one_person(source: Path) -> Iterator[PhotoFile]:
    person = as_text(source.resolve().name)
    for path in _below(source):
        yield PhotoFile(person, as_text(path.relative_to(source).as_posix()), path)


def _of_a_person_each(source: Path) -> Iterator[PhotoFile]:
    for path in _below(source):
        name = as_text(path.relative_to(source).as_posix())
        yield PhotoFile(name, name, path)


def _in_table(source: Path) -> Iterator[PhotoFile]:
    tables = [source] if source.is_file() else _known_tables(source)
    if len(tables) != 1:
        raise DataError(
            f"{source} holds {len(tables)} CSV files with the columns path and identity. Give the one to use."
        )
    try:
        with opened_lines(tables[0], "utf-8-sig") as lines:
            people = list(_people_of(tables[0], csv.DictReader(lines)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{tables[0]} is no CSV file in UTF-8 ({error}). Save it as one, or give a folder of photos."
        ) from error
    for name, person in people:
        yield PhotoFile(person, name, tables[0].parent / name)


def _people_of(table: Path, rows: csv.DictReader[str]) -> Iterator[tuple[str, str]]:
    columns = list(rows.fieldnames or ())
    if not _is_known(columns):
        raise DataError(
            f"{table} has the columns {', '.join(columns)}. It needs path and identity, "
            f"or {TARGET_COLUMN} and {OTHERS_COLUMN}."
        )
    return _people_of_lists(table, rows) if TARGET_COLUMN in columns else _people_of_rows(rows)


def _known_tables(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.csv")) if path.is_file() and _is_known(_columns(path))]


def _columns(path: Path) -> list[str]:
    try:
        with opened_lines(path, "utf-8-sig") as lines:
            return next(csv.reader(lines), [])
    except (OSError, ValueError, csv.Error):
        return []


def _is_known(columns: list[str]) -> bool:
    plain = any(name in columns for name in PATH_COLUMNS) and any(name in columns for name in PERSON_COLUMNS)
    return plain or {TARGET_COLUMN, OTHERS_COLUMN} <= set(columns)


def _people_of_rows(rows: Iterable[dict[str, str]]) -> Iterator[tuple[str, str]]:
    for row in rows:
        name, person = (next(row[c] for c in choice if c in row) for choice in (PATH_COLUMNS, PERSON_COLUMNS))
        if name and person:
            yield name, person


def _people_of_lists(table: Path, rows: Iterable[dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield photo and person; a row's photos show one person, named after the first photo by name."""
    groups: dict[str, list[str]] = {}
    for number, row in enumerate(rows, 2):
        names = _names(row)
        if names is None:
            raise DataError(
                f"{table}, row {number}: {OTHERS_COLUMN} is no list of names. Write ['00012.png', ...]."
            )
        known = {id(groups[name]): groups[name] for name in names if name in groups}
        merged = sorted({*names, *(name for group in known.values() for name in group)})
        groups |= dict.fromkeys(merged, merged)
    for name, group in groups.items():
        yield name, Path(group[0]).with_suffix("").as_posix()


def _names(row: Mapping[str, str]) -> list[str] | None:
    """Return the photos that a row names; None where they are no list of names."""
    try:
        others = literal_eval(row[OTHERS_COLUMN] or "[]")
    except (ValueError, SyntaxError, TypeError):
        return None
    if not isinstance(others, list):
        return None
    names = [row[TARGET_COLUMN], *others]
    return names if all(isinstance(name, str) and Path(name).name for name in names) else None
