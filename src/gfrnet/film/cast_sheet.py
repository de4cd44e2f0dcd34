"""Draw the people of a film and all their tracks, so that portraits and names can be given to them."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from gfrnet import images
from gfrnet.film.cast_file import clock
from gfrnet.film.following import PICTURE_SIDE
from gfrnet.film.records import FilmScan, Person, Track
from gfrnet.images import Tile
from gfrnet.types import UInt8Image

COLUMNS = 8
"""Tracks side by side."""

PAGE_ROWS = 10
"""Rows on a page."""


def cast_sheets(scan: FilmScan) -> Iterator[UInt8Image]:
    """Draw the people of a film, in order, each with all tracks.

    Yields:
        Pages, (H, W, 3) RGB; none where the film shows nobody.
    """
    rows: list[list[Tile]] = []
    for person in scan.people:
        tiles = [_tile(scan, person, scan.tracks[number]) for number in person.tracks]
        rows += [tiles[at : at + COLUMNS] for at in range(0, len(tiles), COLUMNS)]
    for start in range(0, len(rows), PAGE_ROWS):
        yield images.contact_sheet(rows[start : start + PAGE_ROWS], 12)


def _tile(scan: FilmScan, person: Person, track: Track) -> Tile:
    title = images.shortened(person.title)
    if person.similarity is not None:
        title += f"\nsimilarity {person.similarity:.2f}"
    seen = sum(spot.found for spot in track.spots) / len(track)
    caption = (
        f"track {track.number}, {clock(track.first / scan.film.rate)}\n"
        f"{len(track)} frames, seen {seen:.0%}\n"
        f"{track.quality.size:.0f} px, sharpness {track.quality.sharpness:.2f}"
    )
    return Tile(_picture(track), title, caption)


def _picture(track: Track) -> UInt8Image:
    data = np.frombuffer(track.pictures[0], np.uint8) if track.pictures else np.zeros(0, np.uint8)
    found = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if found is None:
        return np.full((PICTURE_SIDE, PICTURE_SIDE, 3), 200, np.uint8)
    return np.ascontiguousarray(cv2.resize(found, (PICTURE_SIDE, PICTURE_SIDE))[..., ::-1])
