"""Draw the people of an album: an overview, every person's faces, questions, and how bad faces are."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias, TypeVar

import cv2
import numpy as np

from gfrnet import images, work
from gfrnet.album.album import Album
from gfrnet.album.look import THUMBNAIL, thumbnail_picture
from gfrnet.album.model import SURE, AlbumFace, Person, Question
from gfrnet.album.outputs import check_apart, check_drawn, mark_results
from gfrnet.album.walk import RESULTS
from gfrnet.album.words import count, how_known, in_question
from gfrnet.errors import PlanError, WriteError
from gfrnet.images import Tile, contact_sheet
from gfrnet.types import UInt8Image
from gfrnet.work import Advanced

COLUMNS, ROWS = 10, 10
"""Faces of a page: it fits a screen of 1500 pixels across, and takes about 1 MB."""

OF_QUESTION = 3
"""Faces that are shown of each side of a question."""

STEPS, OF_STEP = 20, 8
"""Steps of `worn` that the sheet about it shows, and faces of each."""

_QUALITY, _TEXT, _HEADING = 90, 12, 20
_BLOCK = 1000
"""Faces that are asked for at a time, so that the memory needed does not grow with the album."""

_UNFIT = re.compile(r"[^\w .,()+-]")
"""Signs that some system does not take in the name of a file."""

_WORN = (
    "How much of the fine detail of a sharp photo each face lacks, 0 to 1.\n"
    "Look from which value on faces are bad enough to be restored, and choose that one."
)

_OURS = re.compile(r"(questions|worn|(people|nobody)(-\d+)?|person-\d{4,}-.*)[.]jpg")
"""Names of the pictures, by which those of earlier runs are found."""

T = TypeVar("T")

_Page: TypeAlias = tuple[str, UInt8Image]


def write_sheets(
    album: Album,
    folder: Path,
    people: Sequence[Person] | None = None,
    questions: Sequence[Question] = (),
    *,
    on_event: Callable[[Advanced], None] = work.unheard,
) -> tuple[Path, ...]:
    """Write pictures about people into a folder of their own. Older ones there are replaced, but no photo.

    Args:
        album: The album.
        folder: A new or empty folder, or one of earlier sheets.
        people: Only these people; None for all, with those whom nobody knows, and how bad faces are.
        questions: Questions to show, too.
        on_event: Hears of every person as `Advanced`.

    Returns:
        The pictures, in the order in which to look at them.

    Raises:
        PlanError: The folder holds other files or belongs to the album, or a photo has the name of a picture.
        WriteError: The folder cannot be written to.
    """
    _prepare(folder, album.folder)
    written: list[Path] = []
    for name, picture in _pages(album, people, questions, on_event):
        path = folder / f"{name}.jpg"
        check_drawn(path, "folder")
        written.append(images.write(images.as_sheet(picture), path, quality=_QUALITY))
    for path in sorted(set(folder.glob("*.jpg")) - set(written)):
        if _OURS.fullmatch(path.name) and images.is_sheet(path):
            with suppress(OSError):
                path.unlink()
    return tuple(written)


def _prepare(folder: Path, album: Path) -> None:
    """Make a folder that no scan takes for photos.

    Raises:
        PlanError: It holds other files, or belongs to the album.
        WriteError: It cannot be made.
    """
    check_apart(folder, album, "folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = os.listdir(folder)
    except OSError as error:
        raise WriteError(f"{folder} cannot be used ({error.strerror}). Choose another folder.") from error
    if held and RESULTS not in held:
        raise PlanError(f"{folder} holds other files. Name a new or empty folder for the pictures.", "folder")
    mark_results(folder)


def _pages(
    album: Album,
    people: Sequence[Person] | None,
    questions: Sequence[Question],
    on_event: Callable[[Advanced], None],
) -> Iterator[_Page]:
    everybody = album.people() if people is None else people
    if questions:
        yield "questions", _question_page(album, questions)
    numbered = list(enumerate(everybody, 1))
    yield from _paged("people", numbered, lambda each: _cover(album, *each), "")
    for number, person in numbered:
        if person.name is not None or person.faces + person.suggested > 1:
            faces, heading = album.faces(person.label), f"{person.label}: {_about(person)}"
            name = f"person-{number:04}-{file_name(person.label)}"
            yield from _paged(name, faces, lambda face: _face(album, face), heading)
        on_event(Advanced("people", number, len(everybody)))
    if people is None:
        nobody = album.faces(by=("alone", "no face"))
        heading = "Faces that belong to nobody, and what is no face"
        yield from _paged("nobody", nobody, lambda face: _face(album, face), heading)
        yield from _worn_page(album)


def file_name(label: str) -> str:
    """Return the label of a person as part of a file's name, which every system takes."""
    return _UNFIT.sub("_", label)[:40].strip(" .")


def _paged(name: str, items: Sequence[T], draw: Callable[[T], Tile], heading: str) -> Iterator[_Page]:
    """Yield pages of what is drawn; those after the first have a number in their name."""
    pages = range(0, len(items), COLUMNS * ROWS)
    for number, start in enumerate(pages, 1):
        part = [draw(item) for item in items[start : start + COLUMNS * ROWS]]
        rows = [part[at : at + COLUMNS] for at in range(0, len(part), COLUMNS)]
        of = f" (page {number} of {len(pages)})" if len(pages) > 1 else ""
        page = contact_sheet(rows, _TEXT)
        yield (
            name if number == 1 else f"{name}-{number}",
            _with_heading(page, heading + of) if heading + of else page,
        )


def _with_heading(page: UInt8Image, heading: str) -> UInt8Image:
    blank = np.full((1, 1, 3), 255, np.uint8)
    above = contact_sheet([[Tile(blank, title=heading)]], _HEADING)
    width = max(page.shape[1], above.shape[1])
    parts = [
        cv2.copyMakeBorder(part, 0, 0, 0, width - part.shape[1], cv2.BORDER_CONSTANT, value=(255, 255, 255))
        for part in (above, page)
    ]
    return np.concatenate(parts).astype(np.uint8)


def _cover(album: Album, number: int, person: Person) -> Tile:
    drawn = person.label if person.label.isascii() else f"person {number}: {person.label}"
    about = _about(person)
    if person.name is None and person.faces + person.suggested == 1:
        about = "".join(face.label for face in album.faces(person.label, most=1))
    return Tile(_thumbnail(album, person.cover), caption=f"{images.shortened(drawn)}\n{about}")


def _about(person: Person) -> str:
    return count(person.faces, "face") + (f", {person.suggested} perhaps" if person.suggested else "")


def _face(album: Album, face: AlbumFace) -> Tile:
    guide = f", {face.guide}" if face.guide else ""
    caption = f"{face.label}\n{how_known(face)}\nworn {face.worn:.2f}{guide}"
    return Tile(_thumbnail(album, face.id), caption=caption)


def _thumbnail(album: Album, face: int) -> UInt8Image:
    return thumbnail_picture(album.thumbnail(face))


def _question_page(album: Album, questions: Sequence[Question]) -> UInt8Image:
    gap = Tile(np.full((THUMBNAIL, THUMBNAIL // 4, 3), 255, np.uint8))
    rows = []
    for question in questions:
        one, other = images.shortened(question.one), images.shortened(question.other)
        left = _side(album, question.one, question.faces[0], one)
        right = f"{other}: {in_question(question.probability)}"
        rows.append([*left, gap, *_side(album, question.other, question.faces[1], right)])
    return _with_heading(contact_sheet(rows, _TEXT), "One person at the left and at the right?")


def _side(album: Album, label: str, best: AlbumFace, title: str) -> list[Tile]:
    others = [face for face in album.faces(label, SURE, most=OF_QUESTION) if face.id != best.id]
    shown = [best, *others][:OF_QUESTION]
    blank = [Tile(np.full((THUMBNAIL, THUMBNAIL, 3), 255, np.uint8))] * (OF_QUESTION - len(shown))
    return [
        Tile(_thumbnail(album, face.id), title="" if at else title, caption=face.label)
        for at, face in enumerate(shown)
    ] + blank


def _worn_page(album: Album) -> Iterator[_Page]:
    """Yield a page that shows what the values of `worn` mean on the album's own faces."""
    steps: dict[int, list[AlbumFace]] = defaultdict(list)
    counts: dict[int, int] = defaultdict(int)
    for face in _all_faces(album):
        step = min(int(face.worn * STEPS), STEPS - 1)
        counts[step] += 1
        if len(steps[step]) < OF_STEP and face.by != "no face":
            steps[step].append(face)
    rows = []
    for step in sorted(step for step in steps if steps[step]):
        title = f"from {step / STEPS:.2f}: {counts[step]}"
        some = sorted(steps[step], key=lambda face: face.worn)
        rows.append(
            [
                Tile(_thumbnail(album, face.id), "" if at else title, f"{face.worn:.2f}\n{face.label}")
                for at, face in enumerate(some)
            ]
        )
    if rows:
        yield "worn", _with_heading(contact_sheet(rows, _TEXT), _WORN)


def _all_faces(album: Album) -> Iterator[AlbumFace]:
    skip = 0
    while block := album.faces(most=_BLOCK, skip=skip):
        yield from block
        skip += len(block)
