"""Search for faces that the detector misses: close-ups, faces cut by the edge, and turned heads."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, hypot

import numpy as np

from gfrnet.faces.crop import CropPlace, cut
from gfrnet.faces.detect import Face, landmarks5, search_once
from gfrnet.types import Box, UInt8Image

TURNS = (0.0, 90.0, 270.0, 180.0, 45.0, 315.0, 135.0, 225.0)
"""Turns of the head that are tried, degrees. HOG finds faces up to 30 degrees off."""

VIEW_SIDE = 640
"""Side of the views in pixels: each takes about 0.05 s. Smaller pictures are enlarged, twice at most."""

MARGIN = 1.4
"""Side of a view over the longest side of the picture, so that cut faces and close-ups get a border."""

SURE_SCORE = 0.1
"""Least score of a face in the upright view. Chance patterns score less."""

CERTAIN_SCORE = 1.0
"""Score of a face that ends the search."""

TURNED_SCORE = 0.25
"""Least score of a face in a turned view. Such views are many, so more chance patterns turn up."""


@dataclass(frozen=True)
class TurnedFace:
    """Hold a face that may be turned.

    Attributes:
        box: Box of the upright head, moved back to its place in the photo; photo pixels.
        turn: Angle by which the head is turned, degrees, clockwise as seen.
        score: The detector's confidence.
    """

    box: Box
    turn: float
    score: float


def detect_turned(image: UInt8Image) -> tuple[TurnedFace, ...]:
    """Find faces in a picture in which `detect` found none, from left to right.

    The picture is looked at with a border around it, upright and turned. The faces of the turn with the
    surest face are taken.

    Args:
        image: (H, W, 3) RGB, 0..255.

    Returns:
        The faces; empty where there is none.
    """
    best: tuple[TurnedFace, ...] = ()
    for turn in TURNS:
        found = _at(image, turn)
        if _surest(found) >= CERTAIN_SCORE:
            return found
        if _surest(found) > _surest(best):
            best = found
    return best


def _surest(found: tuple[TurnedFace, ...]) -> float:
    return max((face.score for face in found), default=0.0)


def _at(image: UInt8Image, turn: float) -> tuple[TurnedFace, ...]:
    height, width = image.shape[:2]
    side = max(MARGIN * max(height, width), hypot(height, width))
    view = CropPlace((width / 2, height / 2), side, turn, size=round(min(2 * side, VIEW_SIDE)))
    pixels = cut(image, view).pixels
    least = TURNED_SCORE if turn else SURE_SCORE
    found = [_placed(face, pixels, view) for face in search_once(pixels) if face.score >= least]
    # A pattern that the border makes lies around its own middle outside the picture.
    inside = [face for face in found if _holds(face.box.center, width, height)]
    return tuple(sorted(inside, key=lambda face: face.box.left))


def _placed(face: Face, view: UInt8Image, place: CropPlace) -> TurnedFace:
    """Move a face of a view back to the photo, with the exact turn that its eyes tell."""
    ratio = place.side / place.size
    middle = np.array([[face.box.center[0] - 0.5, face.box.center[1] - 0.5]], dtype=np.float32)
    x, y = (float(value) + 0.5 for value in place.points_to_photo(middle)[0])
    half = ratio * max(face.box.width, face.box.height) / 2
    return TurnedFace(Box(x - half, y - half, x + half, y + half), _turn(face, view, place.angle), face.score)


def _turn(face: Face, view: UInt8Image, turn: float) -> float:
    """Return the turn of the head: of the view, and of the line between the eyes in it."""
    points = landmarks5(view, face.box)
    right, left = points[2:4].mean(axis=0), points[0:2].mean(axis=0)
    lean = degrees(atan2(left[1] - right[1], left[0] - right[0]))
    return (turn + lean) % 360 if turn else 0.0


def _holds(point: tuple[float, float], width: int, height: int) -> bool:
    return 0 <= point[0] <= width and 0 <= point[1] <= height
