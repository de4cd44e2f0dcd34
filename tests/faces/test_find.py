"""Test that faces are found at every turn, in every size, cut off, and nowhere else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from fakes import FACE
from gfrnet import weights
from gfrnet.degradation import Recipe, degrade
from gfrnet.errors import ModelError
from gfrnet.faces import detect, find, find_faces, models
from gfrnet.restore import Restorer
from gfrnet.types import Box, UInt8Image


def turned(picture: UInt8Image, turn: float) -> UInt8Image:
    """Turn a picture clockwise around the face."""
    matrix = cv2.getRotationMatrix2D(FACE.center, -turn, 1)
    size = picture.shape[1::-1]
    return np.asarray(cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


@pytest.mark.parametrize("turn", range(0, 360, 15))
def test_a_face_is_found_with_its_turn(portrait: UInt8Image, turn: float) -> None:
    (face,) = find_faces(turned(portrait, turn))
    wanted = turn if 30 < turn < 330 else 0
    if turn not in (30, 330):
        assert (face.turn - wanted + 180) % 360 - 180 == pytest.approx(0, abs=7)
    assert face.box.center == pytest.approx(FACE.center, abs=12)
    assert face.box.width == pytest.approx(FACE.width, rel=0.2)


@pytest.mark.parametrize("turn", [0, 90, 200])
@pytest.mark.parametrize("side", [16, 24, 40, 300, 600])
def test_small_and_large_faces_are_found(portrait: UInt8Image, side: int, turn: int) -> None:
    scale = side / FACE.width
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    picture = cv2.resize(turned(portrait, turn), None, fx=scale, fy=scale, interpolation=method)
    face = max(find_faces(np.asarray(picture, np.uint8)), key=lambda face: face.score)
    assert face.box.center == pytest.approx([scale * value for value in FACE.center], abs=0.15 * side)
    assert face.box.width == pytest.approx(side, rel=0.35)


@pytest.mark.parametrize("side", [240, 480])
def test_every_close_up_on_a_large_page_is_found(
    portrait: UInt8Image, stranger: UInt8Image, side: int
) -> None:
    close_up = portrait[round(FACE.top) : round(FACE.bottom), round(FACE.left) : round(FACE.right)]
    prints = [close_up, close_up[:, ::-1], stranger[40:250, 40:250], close_up // 2]
    page = np.full((1800, 2600, 3), (225, 215, 195), np.uint8)
    spots = [(y, x) for y in range(60, 1800 - side, side + 60) for x in range(60, 2600 - side, side + 60)]
    for number, (y, x) in enumerate(spots):
        print_ = cv2.resize(prints[number % 4], (side, side), interpolation=cv2.INTER_CUBIC)
        page[y : y + side, x : x + side] = print_
    middles = [
        (round(face.box.center[0] - x), round(face.box.center[1] - y))
        for face, (y, x) in zip(find_faces(page), spots, strict=True)
    ]
    assert np.abs(np.subtract(middles, side / 2)).max() < side / 4


@pytest.mark.parametrize("edge", ["left", "right", "top", "bottom"])
def test_a_face_cut_by_an_edge_is_found(portrait: UInt8Image, edge: str) -> None:
    share = 0.25
    left = round(FACE.left + share * FACE.width) if edge == "left" else 0
    top = round(FACE.top + share * FACE.height) if edge == "top" else 0
    right = round(FACE.right - share * FACE.width) if edge == "right" else portrait.shape[1]
    bottom = round(FACE.bottom - share * FACE.height) if edge == "bottom" else portrait.shape[0]
    (face,) = find_faces(portrait[top:bottom, left:right])
    assert face.box.center == pytest.approx((FACE.center[0] - left, FACE.center[1] - top), abs=20)


@pytest.mark.parametrize(
    ("edge", "share", "scale"), [("bottom", 0.35, 4), ("right", 0.4, 4), ("bottom", 0.45, 1)]
)
def test_a_face_that_is_mostly_cut_off_is_found(
    portrait: UInt8Image, edge: str, share: float, scale: int
) -> None:
    right = round(FACE.right - share * FACE.width) if edge == "right" else portrait.shape[1]
    bottom = round(FACE.bottom - share * FACE.height) if edge == "bottom" else portrait.shape[0]
    cut = np.ascontiguousarray(portrait[:bottom, :right])
    photo = cut if scale == 1 else degrade(cut, Recipe(scale=scale, noise=3, jpeg=30, seed=1))
    assert any(face.box.center == pytest.approx(FACE.center, abs=25) for face in find_faces(photo))


def test_only_a_face_that_an_edge_cuts_may_be_less_sure() -> None:
    picture = np.zeros((200, 300, 3), np.uint8)
    cut, whole = find._Place(20, 100, 100, 0, 0.6), find._Place(150, 100, 100, 0, 0.6)
    assert find._share_cut(cut, picture) == pytest.approx(0.3)
    assert find._share_cut(whole, picture) < 0
    assert find._needed(cut, picture, False) == find.CUT_SURE < find.SURE
    assert find._needed(whole, picture, False) == find.SURE
    assert find._needed(cut, picture, True) == find.BESIDE_CLEAR


def test_rows_come_from_the_top_and_each_from_left_to_right() -> None:
    places = [(110, 10), (10, 30), (60, 100), (5, 120), (160, 95)]
    found = [find.FoundFace(Box(x, y, x + 50, y + 50), 0.0, 1.0) for x, y in places]
    ordered = find.in_reading_order(found[::-1])
    assert [(face.box.left, face.box.top) for face in ordered] == [
        (10, 30),
        (110, 10),
        (5, 120),
        (60, 100),
        (160, 95),
    ]
    assert find.in_reading_order([]) == ()


def test_several_faces_come_from_left_to_right(portrait: UInt8Image) -> None:
    row = np.hstack([portrait, turned(portrait, 90), turned(portrait, 180)])
    found = find_faces(row)
    assert [face.box.center[0] // 512 for face in found] == [0, 1, 2]
    assert [round(face.turn / 90) % 4 for face in found] == [0, 1, 2]


def test_the_box_is_where_dlib_draws_it(portrait: UInt8Image) -> None:
    (ours,), (theirs,) = find_faces(portrait), detect(portrait)
    assert ours.box.overlap(theirs.box) > 0.75


@pytest.mark.parametrize("turn", [0, 90, 200])
def test_dlib_confirms_a_face_and_no_other_place(portrait: UInt8Image, turn: float) -> None:
    picture = turned(portrait, turn)
    face = find._Place(*FACE.center, FACE.width, np.radians(turn), 0.5)
    assert find._confirmed(picture, face)
    assert not find._confirmed(picture, face._replace(turn=np.radians(turn + 120)))
    assert not find._confirmed(picture, face._replace(x=60, y=400))


def test_a_doubtful_place_counts_only_if_it_is_confirmed(
    portrait: UInt8Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "SURE", 2.0)
    monkeypatch.setattr(find, "CLEAR", 2.0)
    assert [face.box.center for face in find_faces(portrait)] == [pytest.approx(FACE.center, abs=12)]
    monkeypatch.setattr(find, "search_once", lambda _: ())
    assert find_faces(portrait) == ()
    assert len(find_faces(portrait, thorough=True)) >= 1


def test_a_turned_photo_and_guide_are_restored(portrait: UInt8Image) -> None:
    photo = degrade(turned(portrait, 300), Recipe(scale=2, noise=2, jpeg=60, seed=1))
    restorer = Restorer.load()
    result = restorer.restore(photo, [turned(portrait, 90)], strength=1.0)
    assert [face.status for face in result.faces] == ["restored"]
    upright = restorer.restore(
        degrade(portrait, Recipe(scale=2, noise=2, jpeg=60, seed=1)), [portrait], strength=1.0
    )
    back = turned(result.photo.rgb8, -300).astype(int)
    inside = np.s_[round(FACE.top) : round(FACE.bottom), round(FACE.left) : round(FACE.right)]
    assert np.abs(back[inside] - upright.photo.rgb8[inside]).mean() < 12


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize("shape", [(640, 300, 3), (20, 5000, 3), (3, 3, 3), (1, 900, 3)])
def test_a_picture_without_a_face_has_none(shape: tuple[int, int, int], thorough: bool) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert find_faces(noise, thorough) == ()


@pytest.mark.parametrize("shape", [(16, 200_000, 3), (200_000, 16, 3), (60, 60_000, 3)])
def test_very_long_pictures_do_no_harm(shape: tuple[int, int, int]) -> None:
    assert find_faces(np.zeros(shape, np.uint8)) == ()


def test_threads_find_what_one_thread_finds(portrait: UInt8Image) -> None:
    pictures = [turned(portrait, turn) for turn in range(0, 360, 45)]
    alone = [find_faces(picture) for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(find_faces, pictures * 3)) == alone * 3


def test_a_damaged_detector_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"broken")
    monkeypatch.setattr(weights, "check_installed", lambda _: tmp_path / "broken.onnx")
    models._loaded_detection_network.cache_clear()
    with pytest.raises(ModelError, match=r"broken\.onnx cannot be read"):
        find_faces(np.zeros((64, 64, 3), np.uint8))
    models._loaded_detection_network.cache_clear()
