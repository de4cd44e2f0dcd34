"""Fill the index of an album with faces that no photo shows, for tests of what is made from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from gfrnet.album.closeness import crowds
from gfrnet.album.index import Index
from gfrnet.album.look import SeenFace, SeenPhoto
from gfrnet.album.store import note_change, put_path, put_photo
from gfrnet.album.walk import Listed
from gfrnet.faces import VIEW_VALUES, FacePortrait, Quality
from gfrnet.images import DateSource, Frame, PersonRegion, Taken
from gfrnet.types import Box


@dataclass(frozen=True)
class Invented:
    """Say what an invented photo shows.

    Attributes:
        people: Number of the person of each face.
        year: When it was taken; 0 if nothing tells.
        regions: Faces that its metadata name.
    """

    people: tuple[int, ...]
    year: int = 0
    regions: tuple[PersonRegion, ...] = ()


def embedding(person: int, photo: int, spread: float = 1.0) -> np.ndarray:
    """(128,): faces of a person are about as alike as real ones, and people about as different."""
    middle = crowds()[0] + np.random.default_rng(person).normal(0, 0.04, 128)
    varied = np.random.default_rng([person, photo]).normal(0, 0.02 * spread, 128)
    return np.asarray(middle + varied, np.float32)


def content(photo: int) -> str:
    return f"{photo * 7919 + 1:032x}"


def fill(folder: Path, photos: list[Invented], shift: float = 0.0, spread: float = 1.0) -> None:
    """Write invented photos into the index of an album.

    Args:
        folder: The folder of the album.
        photos: The photos.
        shift: Pixels by which another detector would place the faces elsewhere.
        spread: How much photos of a person differ; 1 is as much as real ones do.
    """
    index = Index(folder)
    with index.changing() as connection:
        for number, photo in enumerate(photos):
            seen = seen_photo(number, photo, shift, spread)
            listed = Listed(seen.path, 1000 + number, number)
            put_path(connection, listed, put_photo(connection, seen, listed.size))
        note_change(connection)
    index.close()


def seen_photo(number: int, photo: Invented, shift: float = 0.0, spread: float = 1.0) -> SeenPhoto:
    taken = None
    if photo.year:
        days = date(photo.year, 1, 1), date(photo.year, 12, 31)
        taken = Taken(*days, likely=days, moment=None, source=DateSource.EXIF)
    return SeenPhoto(
        path=Path(f"/photos/{number:06}.jpg"),
        content=content(number),
        pixels=content(number)[::-1],
        frame=Frame(1000, 800),
        taken=taken,
        regions=photo.regions,
        faces=tuple(
            seen_face(place, person, number, shift, spread) for place, person in enumerate(photo.people)
        ),
    )


def face_box(place: int, shift: float = 0.0) -> Box:
    left = 20 + 150 * (place % 6) + shift
    top = 30 + 150 * (place // 6) - shift
    return Box(left, top, left + 100, top + 100)


def seen_face(place: int, person: int, photo: int, shift: float, spread: float) -> SeenFace:
    quality = Quality(sharpness=0.4, frontal=0.9, size=100.0)
    view = np.zeros(VIEW_VALUES, np.float32)
    portrait = FacePortrait(embedding(person, photo, spread), quality, view)
    return SeenFace(face_box(place, shift), 0.0, 0.9, portrait, b"jpeg", None)
