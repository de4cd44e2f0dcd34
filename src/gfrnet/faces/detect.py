"""Where the faces are, and their landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import cv2
import dlib
import numpy as np

from gfrnet.faces import models
from gfrnet.faces.crop import CropPlace, cut
from gfrnet.types import Box, FloatArray, UInt8Image

WORKING_AREA = 1600 * 1600
"""Pixels of the picture that the detector looks at first; larger photos are shrunk to it."""

CNN_AREA = 800 * 800
"""Pixels of the picture that the CNN looks at: some seconds on a CPU."""

SMALL_SIDE = 700
"""Pictures whose longest side is below this are enlarged twice before detection (HOG needs 80 px faces)."""

SMALLEST_SIDE = 16
"""No face fits into less, and the CNN fails on it."""

WEAK_SCORE = 0.25
"""HOG detections below this score are doubted beside a surer face: often they are no faces."""

CONFIRMING_SCORE = 0.25
"""Mean score that the close-ups of a doubted face must reach."""

CLOSE_UPS = (180, 200, 230, 260)
"""Sides, in pixels, of the close-ups."""

DUPLICATE_OVERLAP = 0.3
"""Intersection over union from which two detections are one face."""


@dataclass(frozen=True)
class Face:
    """One detected face.

    Attributes:
        box: The detector's box in photo pixels; it may reach outside the photo.
        score: The detector's confidence; above 0, larger is surer.
    """

    box: Box
    score: float


def detect(image: UInt8Image, thorough: bool = False) -> tuple[Face, ...]:
    """Find the faces of a picture, from left to right.

    dlib's HOG detector on an image pyramid. Where it finds none, a picture is looked at once more
    enlarged twice (small faces). ``thorough`` always takes this second look, and asks the CNN detector,
    which takes seconds, where HOG finds nothing.

    Args:
        image: (H, W, 3) RGB, 0..255, of any size.
        thorough: Search longer for small, turned and covered faces.

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
    """Of faces that overlap, the one with the highest score."""
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
    rectangles, scores, _ = models.hog_detector().run(_resized(image, scale), 0, 0.0)
    return [Face(_box(r, scale), float(s)) for r, s in zip(rectangles, scores, strict=True)]


def _without_doubtful(image: UInt8Image, faces: list[Face]) -> list[Face]:
    """Drop weak detections that close-ups do not confirm, such as a badge on the clothes.

    Only beside a surer face: alone, a weak detection is most often a blurred or turned face.
    """
    if not any(face.score >= WEAK_SCORE for face in faces):
        return faces
    return [face for face in faces if face.score >= WEAK_SCORE or _confirmed(image, face.box)]


def _confirmed(image: UInt8Image, box: Box) -> bool:
    scores = [_score_in_close_up(image, box, size) for size in CLOSE_UPS]
    return sum(scores) / len(scores) >= CONFIRMING_SCORE


def _score_in_close_up(image: UInt8Image, box: Box, size: int) -> float:
    """The score of the face in the middle of a mirrored close-up; -1 where there is none."""
    place = CropPlace(box.center, 1.9 * max(box.width, box.height), size=size)
    close_up = np.ascontiguousarray(cut(image, place).pixels[:, ::-1])
    rectangles, scores, _ = models.hog_detector().run(close_up, 0, -1.0)
    central = (
        s for r, s in zip(rectangles, scores, strict=True) if abs(r.center().x - size / 2) < 0.15 * size
    )
    return max(central, default=-1.0)


def _cnn(image: UInt8Image) -> list[Face]:
    scale = min(2.0, sqrt(CNN_AREA / (image.shape[0] * image.shape[1])))
    picture = _resized(image, scale)
    if min(picture.shape[:2]) < SMALLEST_SIDE:
        return []
    return [Face(_box(d.rect, scale), float(d.confidence)) for d in models.cnn_detector()(picture, 0)]


def _box(rectangle: dlib.rectangle, scale: float) -> Box:
    # dlib's right and bottom are the last pixel inside; a Box has edges.
    return Box(
        rectangle.left() / scale,
        rectangle.top() / scale,
        (rectangle.right() + 1) / scale,
        (rectangle.bottom() + 1) / scale,
    )


def landmarks5(image: UInt8Image, box: Box) -> FloatArray:
    """Five landmarks: the outer and inner corner of the person's left eye, of the right eye, the nose base.

    The person's left eye is at the right of the picture.

    Returns:
        (5, 2) x, y in pixels; the centre of the pixel in column i is i (landmark files use the same).
    """
    return _landmarks(models.five_point_predictor(), image, box)


def landmarks68(image: UInt8Image, box: Box) -> FloatArray:
    """The 68 landmarks of section 3.2. The predictor is for non-commercial use: training only.

    Returns:
        (68, 2) x, y in pixels; the centre of the pixel in column i is i.
    """
    return _landmarks(models.sixty_eight_point_predictor(), image, box)


def shape5(image: UInt8Image, box: Box) -> dlib.full_object_detection:
    """The five landmarks as dlib's own object, which the recognition network asks for."""
    return models.five_point_predictor()(np.ascontiguousarray(image), _rectangle(box))


def _landmarks(predictor: object, image: UInt8Image, box: Box) -> FloatArray:
    shape = predictor(np.ascontiguousarray(image), _rectangle(box))  # type: ignore[operator]
    return np.array([(point.x, point.y) for point in shape.parts()], dtype=np.float32)


def _rectangle(box: Box) -> dlib.rectangle:
    return dlib.rectangle(round(box.left), round(box.top), round(box.right) - 1, round(box.bottom) - 1)
