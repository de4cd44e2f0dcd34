"""Look at one photo: find its faces, and measure everything about them that the album stores."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from gfrnet import faces, images, weights
from gfrnet.album.attaching import is_bad, trace
from gfrnet.errors import GfrnetError
from gfrnet.faces import FacePortrait
from gfrnet.faces.find import SAME_FACE
from gfrnet.files import keep_within
from gfrnet.restore import EMBEDDING, GuideFace, Place, content_hash, guide_faces
from gfrnet.runtime import Runtime, open_runtime
from gfrnet.types import Box, FloatArray, UInt8Image

VERSION = f"1 {EMBEDDING} {weights.DEFAULT}"
"""Version of what is stored of a face. Photos of another one are looked at again."""

THUMBNAIL = 128
"""Side of a small picture on a sheet, and least side of a stored one, in pixels."""

_LARGEST = 256
"""Largest side of a stored one: that of the crop it is made from. People are told apart by its detail."""

LEAST_SIDE = 8
"""Least side in pixels of a place that is measured as a face. Of less, nobody can be told from another."""

_QUALITY = 85
"""Quality of thumbnails as JPEG; they take about 5 kB, those of large faces about 12 kB."""


@dataclass(frozen=True, eq=False)
class SeenFace:
    """Hold a face of a photo.

    Attributes:
        box: Box of the face in pixels of the upright photo.
        turn: Angle by which the head is turned, degrees, clockwise as seen.
        score: The detector's confidence, 0..1; 0 where a person gave the place.
        portrait: Identity, quality and view.
        thumbnail: The face upright, 128 to 256 pixels wide by how many it had, as JPEG.
        trace: (2, 128) what tells who a bad face shows (`attaching.trace`); None for a good face.
    """

    box: Box
    turn: float
    score: float
    portrait: FacePortrait
    thumbnail: bytes = field(repr=False)
    trace: FloatArray | None = field(repr=False)


@dataclass(frozen=True, eq=False)
class SeenPhoto:
    """Hold what was found in a photo.

    Attributes:
        path: The file.
        content: Hash of the file.
        pixels: Hash of the upright pixels.
        frame: Size of the upright photo, and the turn of its stored pixels.
        taken: When it was taken; None if nothing tells.
        regions: Faces that its own metadata name.
        faces: Its faces in reading order.
    """

    path: Path
    content: str
    pixels: str
    frame: images.Frame
    taken: images.Taken | None
    regions: tuple[images.PersonRegion, ...]
    faces: tuple[SeenFace, ...]


@dataclass(frozen=True)
class Failed:
    """Say why a photo cannot be looked at.

    Attributes:
        path: The file.
        reason: What is wrong, and what to do.
        lasting: Whether the file itself is at fault, so that only another file helps.
    """

    path: Path
    reason: str
    lasting: bool


def look(path: Path, within: Sequence[str] = ()) -> SeenPhoto | Failed:
    """Look at a photo. Whatever is wrong with the file becomes a reason.

    Args:
        path: The file.
        within: Folders outside of which nothing is read, as `files.keep_within` has them.
    """
    if within:
        keep_within(within)
    return _explained(path, lambda: _looked_at(path))


def _looked_at(path: Path) -> SeenPhoto:
    content = content_hash(path)
    photo = images.read(path)
    found = faces.find_faces(photo.rgb8)
    return SeenPhoto(
        path,
        content,
        content_hash(photo),
        images.Frame.of(photo),
        images.taken(photo),
        images.people_in(photo, sidecars=()).regions,
        see_faces(photo, [Place(each.box, each.turn) for each in found], [each.score for each in found]),
    )


def add_faces(seen: SeenPhoto, boxes: Sequence[Box]) -> SeenPhoto | Failed:
    """Add faces that people have spoken of and the detector has not found.

    Args:
        seen: The photo.
        boxes: Places of faces. Those that cannot be faces of this photo are left out.
    """
    possible = [box for box in boxes if _fits(box, seen.frame)]
    missing = without_known(possible, [face.box for face in seen.faces])
    if not missing:
        return seen
    return _explained(seen.path, lambda: _with_faces(seen, missing))


def _with_faces(seen: SeenPhoto, boxes: Sequence[Box]) -> SeenPhoto:
    added = see_faces(images.read(seen.path), [Place(box) for box in boxes], [0.0] * len(boxes))
    return replace(seen, faces=(*seen.faces, *added))


def _fits(box: Box, frame: images.Frame) -> bool:
    """Return whether a box lies on a photo, and is neither tiny nor larger than the photo."""
    across, down = box.center
    return (
        LEAST_SIDE <= box.width <= frame.width
        and LEAST_SIDE <= box.height <= frame.height
        and 0 <= across <= frame.width
        and 0 <= down <= frame.height
    )


def without_known(boxes: Sequence[Box], known: Sequence[Box]) -> list[Box]:
    """Return boxes that no known face overlaps, each place once."""
    left: list[Box] = []
    for box in boxes:
        if all(box.overlap(other) < SAME_FACE for other in (*known, *left)):
            left.append(box)
    return left


def _explained(path: Path, act: Callable[[], SeenPhoto]) -> SeenPhoto | Failed:
    """Return what was seen, or the reason why nothing was."""
    try:
        return act()
    except GfrnetError as error:
        return Failed(path, str(error), _is_there(path))
    except MemoryError:
        return Failed(path, f"{path} does not fit into memory. Make it smaller.", lasting=True)
    except Exception as error:
        reason = f"A fault in gfrnet, {type(error).__name__}, met {path} ({error}). Leave this photo out."
        return Failed(path, reason, lasting=True)


def see_faces(photo: images.Photo, places: Sequence[Place], scores: Sequence[float]) -> tuple[SeenFace, ...]:
    """Measure faces whose places are known.

    Args:
        photo: The photo.
        places: Places of the faces.
        scores: The detector's confidence in each.
    """
    cut = guide_faces(photo, places)
    return tuple(
        SeenFace(
            place.box, place.turn, score, face.portrait, thumbnail_of(face, place.box.width), _trace(face)
        )
        for place, score, face in zip(places, scores, cut, strict=True)
    )


def _trace(face: GuideFace) -> FloatArray | None:
    bad = is_bad(face.portrait.quality.sharpness)
    return trace(face.crop, _runtime()) if bad else None


@cache
def _runtime() -> Runtime:
    """Open the embedded network once in every process, with the one thread that each has."""
    return open_runtime(weights.DEFAULT, threads=1)


def thumbnail_picture(data: bytes) -> UInt8Image:
    """Return the small picture that `thumbnail_of` made, (128, 128, 3); a grey one where it is damaged."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None:
        return np.full((THUMBNAIL, THUMBNAIL, 3), 192, np.uint8)
    return np.ascontiguousarray(_resized(picture, THUMBNAIL)[..., ::-1], dtype=np.uint8)


def _resized(picture: np.ndarray, side: int) -> UInt8Image:
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def thumbnail_of(face: GuideFace, width: float) -> bytes:
    """Return a small picture of a face as JPEG, with no more pixels than its ``width`` in the photo needs."""
    side = min(max(round(width), THUMBNAIL), _LARGEST)
    small = _resized(face.crop, side)
    done, data = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return bytes(data) if done else b""


def _is_there(path: Path) -> bool:
    """Return whether a file can be opened, so that its content is at fault."""
    return os.path.isfile(path) and os.access(path, os.R_OK)
