"""Write the people of an album down for other programs: as a text, or into sidecars of the photos."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path

import yaml

from gfrnet import images, work
from gfrnet.album.album import Album
from gfrnet.album.cutting import unchanged
from gfrnet.album.model import AlbumFace, NamedPhoto, Person
from gfrnet.album.places import base_of, below
from gfrnet.errors import GfrnetError, PlanError
from gfrnet.images import check_free, write_sidecar
from gfrnet.printable import printable
from gfrnet.work import Advanced, Stopped

SUFFIXES = (".yaml", ".yml")
"""Ends of the name of a file of people."""

_HEAD = """\
# The people of an album, and their faces. Boxes are left, top, right, bottom in pixels of the upright photo.
# `hash` names the content of a photo, wherever it lies. `by` tells who says whom the face shows.
# The paths of photos begin at `root`.
"""


@dataclass(frozen=True)
class ExportedPeople:
    """Hold what was written.

    Attributes:
        people: Number of people.
        faces: Number of faces.
        files: Files that were written or changed.
        failures: Photos whose names could not be written all, with the reason.
        stopped: Whether it was stopped before its end.
    """

    people: int
    faces: int
    files: tuple[Path, ...]
    failures: tuple[tuple[Path, str], ...] = ()
    stopped: bool = False


def export_people(album: Album, file: Path, *, replace: bool = False) -> ExportedPeople:
    """Write all people with their faces into a text. The same album makes the same text.

    Args:
        album: The album.
        file: A .yaml file.
        replace: Whether to replace a file that exists.

    Raises:
        PlanError: The name ends otherwise.
        WriteError: The file exists, or cannot be written.
    """
    if file.suffix.lower() not in SUFFIXES:
        raise PlanError(f"{file} does not end with {' or '.join(SUFFIXES)}. Give it such a name.", "output")
    check_free(file, replace)
    base, people = base_of(album.roots), album.people()
    root = "" if base is None else f"root: {_quoted(printable(str(base)))}\n"
    lines, faces = [f"{_HEAD}{root}people:{'' if people else ' []'}\n"], 0
    for person in people:
        shown = album.faces(person.label)
        lines.append(_person(person))
        paths = (below(face.photo, base) for face in shown)
        lines += map(_face, shown, (key.photo for key in album.keys(shown)), paths)
        faces += len(shown)
    return ExportedPeople(len(people), faces, (images.write_text("".join(lines), file, replace=replace),))


def _person(person: Person) -> str:
    born = "" if person.born is None else f"  born: {person.born}\n"
    name = "" if person.name is None else f"  name: {_quoted(person.name)}\n"
    return f"- label: {_quoted(person.label)}\n{name}{born}  faces:\n"


def _face(face: AlbumFace, content: str, path: Path) -> str:
    box = ", ".join(f"{value:.1f}" for value in face.box.as_tuple())
    return (
        f"  - photo: {_quoted(printable(str(path)))}\n    face: {face.label}\n    hash: '{content}'\n"
        f"    box: [{box}]\n    by: {face.by}\n    probability: {face.probability:.4f}\n"
    )


def _quoted(text: str) -> str:
    """Return a text as YAML. Most are the same in JSON, which is much faster to write."""
    if text.isprintable():
        return json.dumps(text, ensure_ascii=False)
    return str(yaml.safe_dump(text, default_style='"', allow_unicode=True, width=inf)).strip()


def export_sidecars(
    album: Album,
    *,
    on_event: Callable[[Advanced], None] = work.unheard,
    stopped: Stopped = work.never,
) -> ExportedPeople:
    """Write the names of sure faces into sidecars of the photos, which themselves stay as they are.

    What other programs wrote there stays. What gfrnet wrote there before is replaced.

    Args:
        album: The album.
        on_event: Hears of every photo as `Advanced`.
        stopped: Asked before every photo; if true, it ends there, and doing the same again goes on.
    """
    written, failures, names, faces = list[Path](), list[tuple[Path, str]](), set[str](), 0
    photos = list(album.named_photos())
    for number, photo in enumerate(photos, 1):
        if stopped():
            break
        names |= {region.name for region in photo.regions}
        faces += len(photo.regions)
        failures += [(photo.path, reason) for reason in _sidecar(album, photo, written)]
        on_event(Advanced("photos", number, len(photos)))
    return ExportedPeople(len(names), faces, tuple(written), tuple(failures), stopped())


def _sidecar(album: Album, photo: NamedPhoto, written: list[Path]) -> Iterator[str]:
    """Write the sidecar of a photo; yield what went wrong."""
    if not os.path.isfile(photo.path):
        yield f"{photo.path} is not there. Connect its disk, or scan again."
        return
    if not _is_as_scanned(photo):
        yield f"{photo.path} has changed since it was scanned. Scan again, and then export its names."
        return
    try:
        done = write_sidecar(photo.path, photo.regions, photo.frame)
    except GfrnetError as error:
        yield str(error)
        return
    if done.changed:
        written.append(done.path)
        album.note_sidecar(photo.path)
    for region in done.contradicted:
        yield (
            f"{done.path} gives a face another name than {region.name}. It stays: change it with "
            "the program that wrote it, or name the face so here."
        )


def _is_as_scanned(photo: NamedPhoto) -> bool:
    """Return whether a photo is the one that was scanned, by its size and time, or else by its content."""
    try:
        found = os.stat(photo.path)
    except OSError:
        return False
    same = (found.st_size, found.st_mtime_ns) == (photo.size, photo.changed)
    return same or unchanged([photo.path], photo.content) is not None
