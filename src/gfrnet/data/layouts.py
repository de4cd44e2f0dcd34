"""How collections of photographs lie on the disk: who is on which photo.

======== ==========================================================================================
folders  One folder per person, photos in it or below it: VGGFace2, CASIA-WebFace, LFW, CelebRef-HQ.
csv      A table beside the photos. Either one row a photo, with columns ``path`` (or ``image``,
         ``file``, ``filename``) and ``identity`` (or ``person``, ``id``, ``label``); or, as FFHQ-Ref
         comes, one row a target, with ``gt_image`` and a list of the person's other photos in
         ``ref_image``. Paths are below the table's folder.
flat     One folder of photos ``name_0001.jpg``: one person per name. A photo without a number is a
         person of its own.
======== ==========================================================================================
"""

from __future__ import annotations

import csv
import os
import re
from ast import literal_eval
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from gfrnet import images
from gfrnet.errors import DataError

Layout: TypeAlias = Literal["auto", "folders", "csv", "flat"]

PATH_COLUMNS = ("path", "image", "file", "filename")
PERSON_COLUMNS = ("identity", "person", "id", "label")
TARGET_COLUMN, OTHERS_COLUMN = "gt_image", "ref_image"

_NUMBERED = re.compile(r"(.+?)[ _-]+\d+")


@dataclass(frozen=True)
class PhotoFile:
    """A photo and its person.

    Attributes:
        person: Name, as text that can be written anywhere.
        source: Path below the source folder, as such text.
        path: The file.
    """

    person: str
    source: str
    path: Path


def find_photos(source: Path, layout: Layout = "auto") -> tuple[PhotoFile, ...]:
    """List the photos of a collection, person by person.

    Args:
        source: A folder, or the CSV file of a collection.
        layout: How it lies; "auto" looks at what is there.

    Raises:
        DataError: There are no photos, or they lie in another way.
    """
    found = layout if layout != "auto" else _recognised(source)
    finders = {"folders": _in_folders, "csv": _in_table, "flat": _in_one_folder}
    photos = tuple(sorted(set(finders[found](source)), key=lambda photo: (photo.person, photo.source)))
    if not photos:
        raise DataError(
            f"No photos in {source}. It must hold one folder of photos per person, photos named "
            "name_0001.jpg, or a CSV file with the columns path and identity."
        )
    return photos


def root_of(source: Path) -> Path:
    """The folder that the photos of a collection lie in."""
    return source.parent if source.is_file() else source


def as_text(path: Path | str) -> str:
    """A path as text: bytes of a name that is no UTF-8, which no file can hold as text, are written out."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _recognised(source: Path) -> Layout:
    if source.is_file():
        return "csv"
    if not source.is_dir():
        raise DataError(f"{source} is not a folder. It must hold one folder of photos per person.")
    if any(True for _ in _in_folders(source)):
        return "csv" if _known_tables(source) else "folders"
    return "csv" if _known_tables(source) else "flat"


def _in_folders(source: Path) -> Iterator[PhotoFile]:
    for person in sorted(path for path in source.iterdir() if path.is_dir()):
        for path in _below(person):
            yield PhotoFile(as_text(person.name), as_text(path.relative_to(source).as_posix()), path)


def _below(folder: Path) -> Iterator[Path]:
    """Photos in a folder and below it; links to folders are followed, but none twice."""
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        yield from (Path(place, name) for name in sorted(files) if _is_photo(name))


def _is_photo(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith(images.READABLE_SUFFIXES)


def _in_one_folder(source: Path) -> Iterator[PhotoFile]:
    for path in sorted(source.iterdir()):
        if _is_photo(path.name) and not path.is_dir():
            numbered = _NUMBERED.fullmatch(path.stem)
            yield PhotoFile(as_text(numbered[1] if numbered else path.stem), as_text(path.name), path)


def _in_table(source: Path) -> Iterator[PhotoFile]:
    tables = [source] if source.is_file() else _known_tables(source)
    if len(tables) != 1:
        raise DataError(
            f"{source} holds {len(tables)} CSV files with the columns path and identity. Give the one to use."
        )
    with tables[0].open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or ())
        if not _is_known(columns):
            raise DataError(
                f"{tables[0]} has the columns {', '.join(columns)}. It needs path and identity, "
                f"or {TARGET_COLUMN} and {OTHERS_COLUMN}."
            )
        people = _people_of_lists(tables[0], reader) if TARGET_COLUMN in columns else _people_of_rows(reader)
        for name, person in people:
            yield PhotoFile(person, name, tables[0].parent / name)


def _known_tables(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.csv")) if path.is_file() and _is_known(_columns(path))]


def _columns(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
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
    """Photos that rows name together show one person, who is called by the first of their names."""
    groups: dict[str, list[str]] = {}
    for number, row in enumerate(rows, 2):
        try:
            names = [row[TARGET_COLUMN], *literal_eval(row[OTHERS_COLUMN] or "[]")]
        except (ValueError, SyntaxError, TypeError) as error:
            raise DataError(f"{table}, row {number}: {OTHERS_COLUMN} is no list of names.") from error
        known = {id(groups[name]): groups[name] for name in names if name in groups}
        merged = sorted({*names, *(name for group in known.values() for name in group)})
        groups |= dict.fromkeys(merged, merged)
    for name, group in groups.items():
        yield name, Path(group[0]).stem
