"""Draw what restoring an album needs and does: guides, and each person's faces before and after."""

from __future__ import annotations

import os
import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gfrnet import images
from gfrnet.album.look import thumbnail_picture
from gfrnet.album.model import AlbumFace
from gfrnet.batch import face_row
from gfrnet.errors import WriteError
from gfrnet.images import Inputs, Tile
from gfrnet.printable import printable, without_controls
from gfrnet.restore import FaceOutcome
from gfrnet.types import UInt8Image

ROWS = 6
"""Number of faces on a page."""

_OPEN = 16
"""Number of people whose last page is not yet full and stays in memory; a row takes 0.6 MB."""

_LONGEST_NAME = 60
"""Most characters of a person's name in the name of a file."""

_MOST_PAGES = 100_000

_COLUMNS = 8
"""Faces side by side on a sheet of guides."""


@dataclass
class _Page:
    path: Path
    rows: list[tuple[Tile, ...]] = field(default_factory=list)
    new: bool = True


class FaceSheets:
    """Draw pages of faces, one person a page. Pages of earlier runs stay, and new ones get other numbers.

    Args:
        folder: Folder of the pages.
        inputs: Files that are never replaced.
        photos: Photos that are restored. Where several have one name, their folder stands on the page.
    """

    def __init__(self, folder: Path, inputs: Inputs, photos: Iterable[Path] = ()) -> None:
        self._folder, self._inputs = folder, inputs
        self._names = Counter(photo.name for photo in photos)
        self._pages: OrderedDict[str, _Page] = OrderedDict()
        self._waiting: list[tuple[str, tuple[Tile, ...]]] = []
        self._last: dict[str, int] = {}

    def add(self, face: AlbumFace, outcome: FaceOutcome) -> None:
        """Take a face of the photo that is being restored."""
        before, *others, after = face_row(outcome)
        before = replace(before, title=_line(face.person), caption=f"{before.caption}\n{self._about(face)}")
        strength = outcome.result.strength if outcome.result else 1.0
        if strength < 1:
            after = replace(after, caption=f"{after.caption}\nstrength {strength:.2f}")
        self._waiting.append((face.person, (before, *others, after)))

    def _about(self, face: AlbumFace) -> str:
        """Return the photo of a face and its label. Where several have its name, the folder comes first."""
        photo = face.photo
        name = f"{photo.parent.name}/{photo.name}" if self._names[photo.name] > 1 else photo.name
        return f"{_line(name)}\n{face.label}"

    def draw(self, *, keep: bool) -> Iterator[str]:
        """Draw the pages of the faces that were added.

        Args:
            keep: Whether their photo was written; if not, they are forgotten.

        Yields:
            Why a page cannot be written.
        """
        touched: dict[str, _Page] = {}
        for person, row in self._waiting if keep else ():
            page = self._page(person)
            page.rows.append(row)
            touched[str(page.path)] = page
        self._waiting.clear()
        for page in touched.values():
            try:
                self._write(page)
            except WriteError as error:
                yield str(error)

    def _page(self, person: str) -> _Page:
        """Return the page for the next face of a person."""
        page = self._pages.get(person)
        if page is None or len(page.rows) == ROWS:
            page = self._pages[person] = _Page(self._free(person))
        self._pages.move_to_end(person)
        while len(self._pages) > _OPEN:
            self._pages.popitem(last=False)
        return page

    def _free(self, person: str) -> Path:
        stem = _as_file_name(person)
        number = self._last.get(stem, 0) + 1
        while number < _MOST_PAGES and os.path.lexists(self._folder / f"{stem} {number}.jpg"):
            number += 1
        self._last[stem] = number
        return self._folder / f"{stem} {number}.jpg"

    def _write(self, page: _Page) -> None:
        drawn = images.as_sheet(images.contact_sheet(page.rows))
        images.write(drawn, page.path, inputs=self._inputs, replace=not page.new)
        page.new = False


def _line(text: str) -> str:
    return images.shortened(without_controls(printable(text)))


def _as_file_name(person: str) -> str:
    """Return the name of a person without signs that some disk refuses in the name of a file."""
    plain = re.sub(r"[^\w .,()-]", "_", without_controls(printable(person)))[:_LONGEST_NAME]
    return plain.strip(" .") or "person"


def guides_sheet(faces: Sequence[AlbumFace], thumbnail: Callable[[int], bytes]) -> UInt8Image:
    """Draw faces that may guide, with their labels.

    Args:
        faces: The faces, at least one.
        thumbnail: Returns the small picture of a face by its number, as `Album.thumbnail` does.

    Returns:
        (H, W, 3) RGB.
    """
    tiles = [_guide_tile(face, thumbnail(face.id)) for face in faces]
    return images.contact_sheet([tiles[at : at + _COLUMNS] for at in range(0, len(tiles), _COLUMNS)], 12)


def _guide_tile(face: AlbumFace, data: bytes) -> Tile:
    return Tile(thumbnail_picture(data), face.guide, face.label)
