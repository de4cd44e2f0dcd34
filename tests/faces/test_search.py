"""Test that turned, cut and very large faces are found."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fakes import FACE
from gfrnet.degradation import Recipe, degrade
from gfrnet.faces import detect, detect_turned
from gfrnet.faces.search import VIEW_SIDE
from gfrnet.images import Photo
from gfrnet.restore import Restorer
from gfrnet.types import UInt8Image


def turned(picture: UInt8Image, turn: float) -> UInt8Image:
    """Turn a picture clockwise around the face."""
    matrix = cv2.getRotationMatrix2D(FACE.center, -turn, 1)
    size = picture.shape[1::-1]
    return np.asarray(cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


@pytest.mark.parametrize("turn", [60, 90, 180, 315])
def test_a_turned_face_is_found_with_its_turn(portrait: UInt8Image, turn: float) -> None:
    (face,) = detect_turned(turned(portrait, turn))
    assert (face.turn - turn + 180) % 360 - 180 == pytest.approx(0, abs=8)
    assert face.box.center == pytest.approx(FACE.center, abs=12)
    assert face.box.width == pytest.approx(FACE.width, rel=0.2)


@pytest.mark.parametrize("turn", [300])
def test_a_turned_photo_and_guide_are_restored(portrait: UInt8Image, turn: float) -> None:
    photo = degrade(turned(portrait, turn), Recipe(scale=2, noise=2, jpeg=60, seed=1))
    assert not detect(photo)
    restorer = Restorer.load()
    result = restorer.restore(photo, [turned(portrait, 90)], strength=1.0)
    assert [face.status for face in result.faces] == ["restored"]
    upright = restorer.restore(
        degrade(portrait, Recipe(scale=2, noise=2, jpeg=60, seed=1)), [portrait], strength=1.0
    )
    back = turned(result.photo.rgb8, -turn).astype(int)
    inside = np.s_[round(FACE.top) : round(FACE.bottom), round(FACE.left) : round(FACE.right)]
    assert np.abs(back[inside] - upright.photo.rgb8[inside]).mean() < 12


def test_a_face_cut_by_the_lower_edge_is_found(portrait: UInt8Image) -> None:
    cut = portrait[: round(FACE.bottom - FACE.height / 5)].copy()
    found = detect(cut) or detect_turned(cut)
    assert [face.box.center == pytest.approx(FACE.center, abs=20) for face in found] == [True]


@pytest.mark.parametrize("shape", [(VIEW_SIDE, 300, 3), (20, 5000, 3), (3, 3, 3)])
def test_a_picture_without_a_face_has_none(shape: tuple[int, int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert detect_turned(noise) == ()


def test_a_very_large_picture_takes_no_more_memory_than_a_view() -> None:
    assert detect_turned(Photo(np.zeros((10, 60_000, 3), np.uint8)).rgb8) == ()
