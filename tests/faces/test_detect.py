from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import cv2
import numpy as np
import pytest

from gfrnet.faces import Face, detect, landmarks5, landmarks68
from gfrnet.types import Box, UInt8Image

detecting = import_module("gfrnet.faces.detect")  # the room offers the function of this name


def resized(image: UInt8Image, scale: float) -> UInt8Image:
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=method), dtype=np.uint8)


def overlaps(found: tuple[Face, ...], boxes: list[Box]) -> list[float]:
    assert len(found) == len(boxes)
    return [face.box.overlap(box) for face, box in zip(found, boxes, strict=True)]


def test_finds_the_face_and_nothing_else(portrait: UInt8Image, face: Box) -> None:
    assert min(overlaps(detect(portrait), [face])) > 0.8


@pytest.mark.parametrize("scale", [0.25, 0.4, 2.0, 4.0])
def test_coordinates_are_in_pixels_of_the_photo(portrait: UInt8Image, face: Box, scale: float) -> None:
    assert min(overlaps(detect(resized(portrait, scale)), [face.scaled(scale)])) > 0.7


def test_finds_two_faces_from_left_to_right(portrait: UInt8Image, face: Box) -> None:
    head = portrait[:260, 100:340]
    both = np.hstack([head, head[:, ::-1]])
    left = Box(face.left - 100, face.top, face.right - 100, face.bottom)
    right = Box(480 - left.right, face.top, 480 - left.left, face.bottom)
    assert min(overlaps(detect(both), [left, right])) > 0.6


def test_finds_the_face_of_a_panorama(portrait: UInt8Image, face: Box) -> None:
    panorama = np.full((512, 6000, 3), 120, np.uint8)
    panorama[:, 5000:5512] = portrait
    shifted = Box(face.left + 5000, face.top, face.right + 5000, face.bottom)
    assert min(overlaps(detect(panorama), [shifted])) > 0.7


def test_grey_photo_of_a_face(portrait: UInt8Image, face: Box) -> None:
    grey = np.repeat(cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    assert min(overlaps(detect(grey), [face])) > 0.7


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (15, 15), (1, 5000), (5000, 1), (40, 30)])
def test_tiny_pictures_hold_no_face(shape: tuple[int, int], thorough: bool) -> None:
    assert detect(np.full((*shape, 3), 128, np.uint8), thorough) == ()


def test_no_face_in_noise() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3)).astype(np.uint8)
    assert detect(noise) == ()


def test_thorough_finds_what_the_fast_detector_misses(portrait: UInt8Image, face: Box) -> None:
    turned = cv2.warpAffine(portrait, cv2.getRotationMatrix2D(face.center, 70, 1.0), (512, 512))
    small = resized(turned[30:230, 120:320], 0.6)
    assert detect(small) == ()
    assert min(overlaps(detect(small, thorough=True), [Box(28, 25, 88, 85)])) > 0.5


def test_five_landmarks_are_eye_corners_and_nose(portrait: UInt8Image, face: Box) -> None:
    by_eye = np.array([(255, 104), (237, 105), (195, 101), (212, 104), (224, 134)])
    points = landmarks5(portrait, face)
    assert points.shape == (5, 2)
    assert points.dtype == np.float32
    assert np.abs(points - by_eye).max() < 4


def test_sixty_eight_landmarks_agree_with_the_five(portrait: UInt8Image, face: Box) -> None:
    five, many = landmarks5(portrait, face), landmarks68(portrait, face)
    assert many.shape == (68, 2)
    assert np.abs(many[[45, 42, 36, 39, 33]] - five).max() < 4


@pytest.mark.parametrize("shape", [(200, 147_736, 3)])
def test_a_very_long_picture_is_shrunk_before_the_detectors_see_it(
    shape: tuple[int, int, int],
) -> None:
    """Search in a process of its own: dlib would write outside its memory."""
    code = f"import numpy, gfrnet.faces as f; print(f.detect(numpy.zeros({shape}, numpy.uint8), True))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout.strip()) == (0, "()")


@pytest.mark.parametrize("thorough", [False, True])
def test_no_detector_gets_a_longer_side_than_the_limit(
    thorough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[int]()

    def resized(image: UInt8Image, scale: float) -> UInt8Image:
        seen.append(round(max(image.shape) * scale))
        return np.zeros((16, 16, 3), np.uint8)

    monkeypatch.setattr(detecting, "_resized", resized)
    detect(np.zeros((200, 147_736, 3), np.uint8), thorough)
    assert len(seen) == (3 if thorough else 2)
    assert max(seen) <= detecting.LONGEST_SIDE
