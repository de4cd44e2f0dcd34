"""An album of real faces on the disk, whose photos are looked at once for all tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from gfrnet import images
from gfrnet.album import Album, Named
from gfrnet.album.look import SeenPhoto, look
from gfrnet.album.store import note_change, put_path, put_photo
from gfrnet.album.walk import Listed
from gfrnet.restore import content_hash
from gfrnet.types import UInt8Image

_SEEN: dict[str, SeenPhoto] = {}


def pictures(portrait: UInt8Image, stranger: UInt8Image) -> dict[str, UInt8Image]:
    """Three good photos of Ada, two of a guest, a bad one of Ada, and a bad one of her beside the guest."""
    ada, guest = (
        np.ascontiguousarray(portrait[20:230, 110:320]),
        np.ascontiguousarray(stranger[40:250, 40:250]),
    )
    bad = worn_out(ada)
    return {
        "1974/bad.png": bad,
        "1974/together.png": np.hstack([worn_out(turned(ada, 6)), guest]),
        "1975/ada.png": ada,
        "1975/left.png": turned(ada, 10),
        "right.png": turned(ada, -12),
        "guest.png": turned(guest, 8),
    }


def worn_out(face: UInt8Image) -> UInt8Image:
    small = cv2.resize(face, None, fx=1 / 6, fy=1 / 6, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, face.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def turned(face: UInt8Image, degrees: float) -> UInt8Image:
    height, width = face.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(
        cv2.warpAffine(face, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def make_album(folder: Path, given: Mapping[str, UInt8Image]) -> Album:
    """Write photos into ``folder / "photos"``, and an album of them; name the faces of Ada and the guest."""
    photos = folder / "photos"
    files = [images.write(images.Photo(pixels), photos / name) for name, pixels in given.items()]
    album = Album.open(photos)
    add_photos(album, files)
    name_all(album)
    return album


def add_photos(album: Album, files: list[Path]) -> None:
    """Put photos into the index, as a scan does."""
    with album._index.changing() as connection:
        for file in files:
            seen, found = seen_photo(file), file.stat()
            put_path(
                connection,
                Listed(file, found.st_size, found.st_mtime_ns),
                put_photo(connection, seen, found.st_size),
            )
        note_change(connection)


def seen_photo(file: Path) -> SeenPhoto:
    content = content_hash(file)
    if content not in _SEEN:
        found = look(file)
        assert isinstance(found, SeenPhoto), found
        _SEEN[content] = found
    return replace(_SEEN[content], path=file)


def name_all(album: Album) -> None:
    """Name every face: Ada stands at the left, and the guest beside her or in photos of his own."""
    faces = album.faces()
    guest = [face for face in faces if face.box.left > 200 or face.photo.name.startswith("guest")]
    ada = [face for face in faces if face not in guest]
    album.decide(Named(person="Ada", faces=album.keys(ada)), Named(person="Guest", faces=album.keys(guest)))
