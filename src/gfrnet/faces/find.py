"""Find faces at every turn of the head, close-ups and faces that the edge cuts, with our own network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, radians, sin, sqrt
from typing import NamedTuple

import cv2
import numpy as np

from gfrnet.faces import models
from gfrnet.faces.crop import CropPlace
from gfrnet.faces.detect import SMALLEST_SIDE, detect, eye_turn, landmarks5, search_once
from gfrnet.types import Box, FloatArray, UInt8Image

AREA = 1600 * 1600
"""Largest number of pixels that is searched for small faces; larger photos are shrunk to it."""

LONGEST_SIDE = 8000
"""Longest side in pixels that is searched."""

FULL_SIDE = 640
"""Longest side in pixels up to which a photo is searched at its own size."""

SHRINK = 0.6
"""Least scale at which larger photos are searched: faces of 20 pixels then have 12, which are enough."""

OVERVIEW_SIDE = 160
"""Longest side in pixels of the photo in the search for large faces."""

OVERVIEW_BORDER = 32
"""Border around the photo in the search for large faces, pixels. Close-ups need it."""

STEP = 3
"""Ratio of the sides of two views in which large photos are searched. The last step is up to twice as large.

Without views in between, half of the faces of 500 pixels on a page of 3,300 are missed.
`benchmarks/face_detection.py` counts faces of all sizes on such pages.
"""

POSSIBLE, POSSIBLE_THOROUGH = 0.35, 0.15
"""Scores from which a place is looked at again."""

LOOK_SIDE = 160
"""Side in pixels of the second look."""

LOOK_CONTEXTS = (2.0, 1.5)
"""Sides of the two second looks, in sides of the face."""

AT_ONCE = 8
"""Number of places that are looked at in one run of the network."""

MOST_PLACES = 500
"""Largest number of places that get a second look, the surest first."""

SURE, CUT_SURE, DOUBTFUL = 0.66, 0.52, 0.45
"""Mean scores of a face, of a face that an edge cuts, and of a place that may be one.

An edge hides part of a face, so its score is lower. At 35 % cut off, these limits find 97.9 % of 96 faces of
training people. In 200 photos without faces they find one chance pattern. Without `CUT_SURE` and without a
third look they find 91.7 %, and two. `benchmarks/face_detection.py` counts them. A doubtful place counts if
dlib's detector finds a face in its upright view, or in a thorough search.
"""

CUT = 0.15
"""Share of the side of a face beyond the edge from which the edge cuts it. Whole faces reach out less."""

CLEAR, BESIDE_CLEAR = 0.85, 0.8
"""Score of a clear face, and score from which another place in its photo is a face."""

CONFIRMING_SIDE = 240
"""Side in pixels of the upright view in which dlib's detector looks for a doubtful face of half the side."""

SAME_FACE = 0.35
"""Intersection over union from which two squares are one face."""

UPRIGHT = 30.0
"""Turn in degrees up to which a head counts as upright. The networks learned from heads leaned so far."""

UNIT = 4.0
"""Unit of the places that the network answers, in cells."""

_STRIDES, _MULTIPLE = (8, 16), 32


@dataclass(frozen=True)
class FoundFace:
    """Hold a face that was found.

    Attributes:
        box: Square around the face, upright, as dlib's detector would draw it around the upright head; photo
            pixels.
        turn: Angle by which the head is turned, degrees, clockwise as seen; 0 if it is below 30 degrees.
        score: The detector's confidence, 0..1.
    """

    box: Box
    turn: float
    score: float


class _Place(NamedTuple):
    """Hold a place where a face may be: middle, side, turn in radians, score."""

    x: float
    y: float
    side: float
    turn: float
    score: float

    def overlap(self, other: _Place) -> float:
        """Return the intersection over union of both squares, as if they were upright."""
        half = (self.side + other.side) / 2
        across = min(self.side, other.side, half - abs(self.x - other.x))
        down = min(self.side, other.side, half - abs(self.y - other.y))
        shared = max(0.0, across) * max(0.0, down)
        return float(shared / (self.side**2 + other.side**2 - shared))


def find_faces(image: UInt8Image, thorough: bool = False) -> tuple[FoundFace, ...]:
    """Find the faces of a picture, in reading order: row by row, each from left to right.

    The network searches the picture for small faces, and smaller views of it for large ones. Every place
    found is looked at again, turned upright and brought to one size, as it is and mirrored. Places that are
    not clear are looked at once more. All looks together decide, and give the exact place.

    Args:
        image: (H, W, 3) RGB, 0..255, of any size.
        thorough: Whether to search at twice the size too, and to accept doubtful faces. Where none is found,
            dlib's slow detector is asked.

    Returns:
        The faces; empty where there is none.

    Raises:
        ModelError: The network's file is missing or damaged.
    """
    if min(image.shape[:2]) < SMALLEST_SIDE:
        return ()
    possible = POSSIBLE_THOROUGH if thorough else POSSIBLE
    overview, *scales = _scales(image)
    places = _search(image, overview, possible, OVERVIEW_BORDER)
    for scale in scales:
        places += _search(image, scale, possible)
    if thorough:
        places += _search(image, 2 * scales[-1], possible)
    kept = _merged(_sure_places(image, _merged(places)[:MOST_PLACES], thorough))
    faces = [_face(place, image) for place in kept if _inside(place, image)]
    if thorough and not faces:
        faces = [FoundFace(face.box, 0.0, min(1.0, face.score)) for face in detect(image, thorough=True)]
    return in_reading_order(faces)


def look_again(image: UInt8Image, faces: Sequence[FoundFace]) -> tuple[FoundFace, ...]:
    """Look where faces should be, in a fifth of the time of a search; return one face for each.

    Args:
        image: (H, W, 3) RGB, 0..255, such as the next frame of a film.
        faces: Where they should be, to a quarter of their sides. Their scores do not count.

    The score is 0 where nothing is seen.
    """
    places = [_Place(*face.box.center, face.box.width, radians(face.turn), 0.0) for face in faces]
    seen = _looked_at(image, places)
    return tuple(_face(place._replace(score=1.5 * place.score), image) for place in seen)


def is_too_long(image: UInt8Image) -> bool:
    """Return whether a picture is so much longer than wide that its faces vanish when it is searched."""
    short, long = sorted(image.shape[:2])
    return bool(short >= SMALLEST_SIDE > short * LONGEST_SIDE / long)


def in_reading_order(faces: Sequence[FoundFace]) -> tuple[FoundFace, ...]:
    """Put faces into rows from the top, and each row from left to right.

    A row takes the next face whose middle is less than half a side below the row's.
    """
    rows: list[list[FoundFace]] = []
    for face in sorted(faces, key=lambda face: face.box.center[1]):
        middle = np.mean([other.box.center[1] for other in rows[-1]]) if rows else -np.inf
        if face.box.center[1] - middle < face.box.height / 2:
            rows[-1].append(face)
        else:
            rows.append([face])
    return tuple(face for row in rows for face in sorted(row, key=lambda face: face.box.left))


def _sure_places(image: UInt8Image, places: Sequence[_Place], thorough: bool) -> list[_Place]:
    """Return the places that are faces after a second look, and a third one where they are not clear."""
    possible = [place for place in _looked_at(image, places) if place.score >= DOUBTFUL]
    clear = [place for place in possible if place.score >= CLEAR]
    unclear = [place for place in possible if place.score < CLEAR]
    sure = list(clear)
    for before, place in zip(unclear, _looked_at(image, unclear), strict=True):
        surely = bool(place.score >= _needed(place, image, bool(clear)))
        if thorough or surely or _confirmed(image, before):
            sure.append(place)
    return sure


def _needed(place: _Place, image: UInt8Image, beside_clear: bool) -> float:
    """Return the score from which a place is a face without another opinion."""
    if beside_clear:
        return BESIDE_CLEAR
    return CUT_SURE if _share_cut(place, image) > CUT else SURE


def _share_cut(place: _Place, image: UInt8Image) -> float:
    """Return the largest part of the side of a place that lies beyond one edge; below 0 where none does."""
    ends = zip((place.x, place.y), image.shape[1::-1], strict=True)
    return float(max(0.5 - min(middle, end - middle) / place.side for middle, end in ends))


def _confirmed(image: UInt8Image, place: _Place) -> bool:
    """Return whether dlib's detector finds the face of a place in its upright view."""
    view = _view(image, _crop(place, 2.0, CONFIRMING_SIDE))
    middle = CONFIRMING_SIDE / 2
    return any(
        np.abs(np.subtract(face.box.center, middle)).max() < middle / 3
        and 2 / 3 < face.box.width / middle < 3 / 2
        for face in search_once(view)
    )


def _scale(image: UInt8Image) -> float:
    height, width = image.shape[:2]
    wanted = float(np.clip(FULL_SIDE / max(height, width), SHRINK, 1))
    return float(min(wanted, sqrt(AREA / (height * width)), LONGEST_SIDE / max(height, width)))


def _scales(image: UInt8Image) -> list[float]:
    """Return the scales at which a picture is searched, from its smallest view to its largest."""
    largest, longest = _scale(image), max(image.shape[:2])
    scales = [OVERVIEW_SIDE / longest]
    while 2 * STEP * scales[-1] <= largest:
        scales.append(STEP * scales[-1])
    return [*scales, largest]


def _search(image: UInt8Image, scale: float, least: float, border: int = 0) -> list[_Place]:
    """Search a picture at a scale, with a border around it; return the merged places, the surest first."""
    height, width = image.shape[:2]
    size = [max(1, round(side * scale)) for side in (width, height)]
    view = image if scale == 1 else _resized(image, size)
    ratio = (width / size[0], height / size[1])
    found = _merged(_places(_answers(_padded(view, border)[None])[0], least))
    return [
        place._replace(
            x=(place.x - border) * ratio[0],
            y=(place.y - border) * ratio[1],
            side=place.side * sqrt(ratio[0] * ratio[1]),
        )
        for place in found
    ]


def _resized(image: UInt8Image, size: Sequence[int]) -> UInt8Image:
    shrinks = size[0] * size[1] < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size[0], size[1]), interpolation=method), dtype=np.uint8)


def _padded(view: UInt8Image, border: int) -> UInt8Image:
    """Put a border around a view, so wide that the network takes its sides."""
    down, right = (border + -(side + 2 * border) % _MULTIPLE for side in view.shape[:2])
    padded = cv2.copyMakeBorder(view, border, down, border, right, cv2.BORDER_REPLICATE)
    return np.asarray(padded, dtype=np.uint8)


def _answers(views: UInt8Image) -> list[FloatArray]:
    """Return what every cell answers: for each of (N, H, W, 3) views (cells, 6), as `_places` takes it."""
    levels = models.detection_network().run(None, {"picture": views.transpose(0, 3, 1, 2).astype(np.float32)})
    answers = []
    for level, stride in zip(levels, _STRIDES, strict=True):
        values = np.moveaxis(level, 1, 3)
        rows, columns = ((np.arange(n, dtype=np.float32) + 0.5) * stride for n in values.shape[1:3])
        unit = UNIT * stride
        x = values[..., 1] * unit + columns[None, None, :]
        y = values[..., 2] * unit + rows[None, :, None]
        side = unit * np.exp(np.clip(values[..., 3], -4, 4))
        score = 1 / (1 + np.exp(-np.clip(values[..., 0], -30, 30)))
        answers.append(np.stack([score, x, y, side, values[..., 4], values[..., 5]], axis=-1))
    return [np.concatenate([a[n].reshape(-1, 6) for a in answers]) for n in range(len(views))]


def _places(answers: FloatArray, least: float) -> list[_Place]:
    return [
        _Place(float(x), float(y), float(side), atan2(down, along), float(score))
        for score, x, y, side, along, down in answers[answers[:, 0] >= least]
    ]


def _merged(places: list[_Place]) -> list[_Place]:
    """Return one place for all that overlap, their mean weighted by score, the surest first."""
    left = sorted(places, key=lambda place: -place.score)
    merged: list[_Place] = []
    while left:
        best = left[0]
        same = [place for place in left if place.overlap(best) >= SAME_FACE]
        left = [place for place in left if place.overlap(best) < SAME_FACE]
        merged.append(_mean(same, best.score))
    return merged


def _mean(places: Sequence[_Place], score: float) -> _Place:
    shares = np.array([place.score**2 + 1e-9 for place in places])
    shares /= shares.sum()
    x, y, side = (float(shares @ np.array([place[i] for place in places])) for i in range(3))
    along = float(shares @ np.array([cos(place.turn) for place in places]))
    down = float(shares @ np.array([sin(place.turn) for place in places]))
    return _Place(x, y, side, atan2(down, along), score)


def _looked_at(image: UInt8Image, places: Sequence[_Place]) -> Iterator[_Place]:
    """Look at places again: upright and in one size, from two distances, as they are and mirrored."""
    for start in range(0, len(places), AT_ONCE):
        some = places[start : start + AT_ONCE]
        crops = [_crop(place, context) for place in some for context in LOOK_CONTEXTS]
        views = [_view(image, crop) for crop in crops]
        answers = _answers(np.stack([*views, *(view[:, ::-1] for view in views)]))
        looks = [
            _placed(
                _central(answers[n], answers[len(views) + n], LOOK_SIDE / context), crops[n], some[n // 2]
            )
            for n, context in enumerate(LOOK_CONTEXTS * len(some))
        ]
        for place, far, near in zip(some, looks[::2], looks[1::2], strict=True):
            yield _mean([far, near], (place.score + far.score + near.score) / 3)


def _crop(place: _Place, context: float, size: int = LOOK_SIDE) -> CropPlace:
    return CropPlace((place.x, place.y), context * place.side, degrees(place.turn), size=size)


def _view(image: UInt8Image, crop: CropPlace) -> UInt8Image:
    """Cut a look out of a picture, as training scenes are cut: shrunk by area, then turned."""
    height, width = image.shape[:2]
    reach = 0.75 * crop.side
    left, top = (
        int(min(max(0, c - reach), n - 1)) for c, n in zip(crop.center, (width, height), strict=True)
    )
    right, bottom = (int(max(c + reach + 2, 1)) for c in crop.center)
    patch = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    matrix = crop.crop_to_photo()
    matrix[:, 2] -= (left, top)
    scale = crop.size / crop.side
    if scale < 0.7:
        size = [max(1, round(side * scale)) for side in patch.shape[1::-1]]
        for row, (after, before) in enumerate(zip(size, patch.shape[1::-1], strict=True)):
            matrix[row] *= after / before
            matrix[row, 2] += (after / before - 1) / 2
        patch = _resized(patch, size)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    view = cv2.warpAffine(patch, matrix, (crop.size, crop.size), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(view, np.uint8)


def _central(plain: FloatArray, mirrored: FloatArray, side: float) -> _Place:
    """Return the place in the middle of a look and its mirror image. Without one the score is 0."""
    found = []
    for answers in (plain, mirrored):
        near = np.abs(answers[:, 1:3] - LOOK_SIDE / 2).max(axis=1) < LOOK_SIDE / 8
        fits = np.abs(np.log(np.maximum(answers[:, 3], 1e-3) / side)) < 0.5
        central = answers[near & fits & (answers[:, 0] > 0.05)]
        nothing = _Place(LOOK_SIDE / 2, LOOK_SIDE / 2, side, 0.0, 0.0)
        found.append(_mean(_places(central, 0.0), float(central[:, 0].max())) if len(central) else nothing)
    back = found[1]._replace(x=LOOK_SIDE - found[1].x, turn=-found[1].turn)
    return _mean([found[0], back], (found[0].score + back.score) / 2)


def _placed(look: _Place, crop: CropPlace, first: _Place) -> _Place:
    """Move the place of a second look back to the picture."""
    point = np.array([[look.x - 0.5, look.y - 0.5]], np.float32)
    x, y = (float(value) + 0.5 for value in crop.points_to_photo(point)[0])
    return _Place(x, y, look.side * crop.side / crop.size, first.turn + look.turn, look.score)


def _inside(place: _Place, image: UInt8Image) -> bool:
    height, width = image.shape[:2]
    return bool(0 <= place.x <= width and 0 <= place.y <= height)


def _face(place: _Place, image: UInt8Image) -> FoundFace:
    half = place.side / 2
    turn = degrees(atan2(sin(place.turn), cos(place.turn)))
    if abs(turn) > UPRIGHT:
        turn = (turn + _lean(image, place) + 180) % 360 - 180
    box = Box(place.x - half, place.y - half, place.x + half, place.y + half)
    return FoundFace(box, 0.0 if abs(turn) <= UPRIGHT else turn, place.score)


def _lean(image: UInt8Image, place: _Place) -> float:
    """Return how far the line between the eyes leans in an upright view, degrees, clockwise as seen."""
    side = LOOK_SIDE / LOOK_CONTEXTS[0]
    low, high = (LOOK_SIDE - side) / 2, (LOOK_SIDE + side) / 2
    view = _view(image, _crop(place, LOOK_CONTEXTS[0]))
    return eye_turn(landmarks5(view, Box(low, low, high, high)))
