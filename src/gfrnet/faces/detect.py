"""Find faces in a picture, and their landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, sqrt

import cv2
import dlib
import numpy as np

from gfrnet.faces import models
from gfrnet.faces.crop import CropPlace, cut
from gfrnet.types import Box, FloatArray, UInt8Image

WORKING_AREA = 1600 * 1600
"""Largest number of pixels in the first search; larger photos are shrunk to it."""

CNN_AREA = 800 * 800
"""Number of pixels to which a picture is resized for the CNN: some seconds on a CPU."""

SMALL_SIDE = 700
"""Longest side, in pixels, below which a picture is doubled before detection: HOG needs faces of 80 px."""

SMALLEST_SIDE = 16
"""Shortest side, in pixels, of a picture to search. No face fits into less, and the CNN fails on it."""

LONGEST_SIDE = 20_000
"""Longest side, in pixels, that is searched; dlib writes outside its memory at 87,000 (but not at 43,000)."""

WEAK_SCORE = 0.25
"""Score below which a HOG detection is doubted if there is a surer face: it is often no face."""

CONFIRMING_SCORE = 0.25
"""Mean score that the close-ups of a doubted face must reach."""

CLOSE_UPS = (180, 200, 230, 260)
"""Sides, in pixels, of the close-ups of a doubted face."""

DUPLICATE_OVERLAP = 0.3
"""Intersection over union from which two detections are one face."""


@dataclass(frozen=True)
class Face:
    """Hold one detected face.

    Attributes:
        box: The detector's box in photo pixels; it may reach outside the photo.
        score: The detector's confidence, above 0; the larger, the surer.
    """

    box: Box
    score: float


def detect(image: UInt8Image, thorough: bool = False) -> tuple[Face, ...]:
    """Find the faces of a picture, from left to right.

    dlib's HOG detector searches an image pyramid. If it finds no face, it searches the picture once more at
    twice the size, for small faces. ``thorough`` always adds this second search. If HOG still finds nothing,
    ``thorough`` also asks the CNN detector, which takes seconds.

    Args:
        image: (H, W, 3) RGB, 0..255, of any size.
        thorough: Whether to search longer for small, turned and covered faces.

    Returns:
        The faces; empty where there is none.
    """
    if min(image.shape[:2]) < SMALLEST_SIDE:
        return ()
    scale = _working_scale(image)
    faces = _hog(image, scale)
    if not faces or thorough:
        faces += _hog(image, 2 * scale)
    if not faces and thorough:
        faces = _cnn(image)
    faces = _without_doubtful(image, _without_duplicates(faces))
    return tuple(sorted(faces, key=lambda face: face.box.left))


def _working_scale(image: UInt8Image) -> float:
    height, width = image.shape[:2]
    return min(1.0, sqrt(WORKING_AREA / (height * width))) if max(height, width) >= SMALL_SIDE else 2.0


def _without_duplicates(faces: list[Face]) -> list[Face]:
    """Keep the face with the highest score of those that overlap."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if all(face.box.overlap(other.box) < DUPLICATE_OVERLAP for other in kept):
            kept.append(face)
    return kept


def _resized(image: UInt8Image, scale: float) -> UInt8Image:
    if scale == 1.0:
        return np.ascontiguousarray(image)
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.ascontiguousarray(resized, dtype=np.uint8)


def _hog(image: UInt8Image, scale: float) -> list[Face]:
    scale = min(scale, LONGEST_SIDE / max(image.shape[:2]))
    with models.hog_detector() as detector:
        rectangles, scores, _ = detector.run(_resized(image, scale), 0, 0.0)
    return [Face(_box(r, scale), float(s)) for r, s in zip(rectangles, scores, strict=True)]


def search_once(image: UInt8Image) -> tuple[Face, ...]:
    """Find faces with one pass of the fast detector at the size of the picture.

    Args:
        image: (H, W, 3) RGB, 0..255.
    """
    if min(image.shape[:2]) < SMALLEST_SIDE:
        return ()
    return tuple(_without_duplicates(_hog(image, 1.0)))


def _without_doubtful(image: UInt8Image, faces: list[Face]) -> list[Face]:
    """Drop weak detections that close-ups do not confirm, such as a badge on the clothes.

    Weak detections are dropped only if there is a surer face. Alone, a weak detection is most often a
    blurred or turned face.
    """
    if not any(face.score >= WEAK_SCORE for face in faces):
        return faces
    return [face for face in faces if face.score >= WEAK_SCORE or _confirmed(image, face.box)]


def _confirmed(image: UInt8Image, box: Box) -> bool:
    scores = [_score_in_close_up(image, box, size) for size in CLOSE_UPS]
    return sum(scores) / len(scores) >= CONFIRMING_SCORE


def _score_in_close_up(image: UInt8Image, box: Box, size: int) -> float:
    """Return the score of the face in the middle of a mirrored close-up; -1 if there is none."""
    place = CropPlace(box.center, 1.9 * max(box.width, box.height), size=size)
    close_up = np.ascontiguousarray(cut(image, place).pixels[:, ::-1])
    with models.hog_detector() as detector:
        rectangles, scores, _ = detector.run(close_up, 0, -1.0)
    central = (
        s for r, s in zip(rectangles, scores, strict=True) if abs(r.center().x - size / 2) < 0.15 * size
    )
    return max(central, default=-1.0)


def _cnn(image: UInt8Image) -> list[Face]:
    height, width = image.shape[:2]
    scale = min(2.0, sqrt(CNN_AREA / (height * width)), LONGEST_SIDE / max(height, width))
    picture = _resized(image, scale)
    if min(picture.shape[:2]) < SMALLEST_SIDE:
        return []
    with models.cnn_detector() as detector:
        return [Face(_box(d.rect, scale), float(d.confidence)) for d in detector(picture, 0)]


def _box(rectangle: dlib.rectangle, scale: float) -> Box:
    # dlib's right and bottom name the last pixel inside; a Box has edge coordinates.
    return Box(
        rectangle.left() / scale,
        rectangle.top() / scale,
        (rectangle.right() + 1) / scale,
        (rectangle.bottom() + 1) / scale,
    )


def landmarks5(image: UInt8Image, box: Box) -> FloatArray:
    """Find five landmarks: the outer and inner corners of both eyes, and the nose base.

    The order is: left eye outer and inner corner, right eye outer and inner corner, nose base. Left is the
    person's left, so the left eye is at the right of the picture.

    Returns:
        (5, 2) x, y in pixels. The centre of the pixel in column i is i, as in landmark files.
    """
    return _landmarks(models.five_point_predictor(), image, box)


def landmarks68(image: UInt8Image, box: Box) -> FloatArray:
    """Find the 68 landmarks of section 3.2. The predictor is for non-commercial use: training only.

    Returns:
        (68, 2) x, y in pixels. The centre of the pixel in column i is i.
    """
    return _landmarks(models.sixty_eight_point_predictor(), image, box)


def eye_turn(points: FloatArray) -> float:
    """Return the turn of the line between the middles of both eyes, degrees, clockwise as seen.

    Args:
        points: (5, 2) in pixels, from `landmarks5`.
    """
    right, left = points[2:4].mean(axis=0), points[0:2].mean(axis=0)
    return degrees(atan2(left[1] - right[1], left[0] - right[0]))


def shape5(image: UInt8Image, box: Box) -> dlib.full_object_detection:
    """Find the five landmarks as dlib's own object, which dlib needs to align a face."""
    return models.five_point_predictor()(np.ascontiguousarray(image), _rectangle(box))


def _landmarks(predictor: object, image: UInt8Image, box: Box) -> FloatArray:
    shape = predictor(np.ascontiguousarray(image), _rectangle(box))  # type: ignore[operator]
    return np.array([(point.x, point.y) for point in shape.parts()], dtype=np.float32)


def _rectangle(box: Box) -> dlib.rectangle:
    return dlib.rectangle(round(box.left), round(box.top), round(box.right) - 1, round(box.bottom) - 1)
