import cv2
import numpy as np
import pytest

from gfrnet.data.fingerprint import (
    CANDIDATE,
    NEAR_DUPLICATE,
    AlignedFace,
    aligned,
    fingerprint,
    likeness,
    likeness_in_detail,
)
from gfrnet.data.samples.self_guide import MIRRORED
from gfrnet.types import BoolArray, FloatArray, UInt8Image
from people import face_points

WHOLE = np.ones((256, 256), np.bool_)


def picture(seed: int) -> UInt8Image:
    rng = np.random.default_rng(seed)
    layers = [
        cv2.resize(rng.normal(0, 1, (n, n)), (256, 256), interpolation=cv2.INTER_CUBIC) for n in (8, 20, 48)
    ]
    grey = 128 + 30 * np.sum(layers, axis=0)
    return np.clip(grey[..., None] + [20, 0, -20], 0, 255).astype(np.uint8)


def both(
    one: tuple[UInt8Image, FloatArray, BoolArray], other: tuple[UInt8Image, FloatArray, BoolArray]
) -> tuple[float, float]:
    coarse = likeness(np.stack([fingerprint(*one), fingerprint(*other)]))
    np.testing.assert_allclose(coarse, coarse.T)
    np.testing.assert_allclose(np.diag(coarse), 1, atol=1e-3)
    return float(coarse[0, 1]), likeness_in_detail(aligned(*one), aligned(*other))


def test_copies_are_alike() -> None:
    pixels, points = picture(0), face_points()
    mirrored = np.ascontiguousarray(pixels[:, ::-1])
    mirrored_points = points[MIRRORED] * np.float32([-1, 1]) + np.float32([255, 0])
    sepia = np.clip((pixels / 255) ** 1.4 @ np.full((3, 3), 0.3) * [255, 230, 190], 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", cv2.resize(pixels, (140, 140)), [cv2.IMWRITE_JPEG_QUALITY, 40])
    small = np.asarray(cv2.resize(cv2.imdecode(data, cv2.IMREAD_COLOR), (256, 256)), np.uint8)
    cut, real = pixels.copy(), WHOLE.copy()
    cut[:, :90], real[:, :90] = 99, False
    copies = [
        (mirrored, mirrored_points, WHOLE),
        (sepia, points, WHOLE),
        (small, points + 2, WHOLE),
        (cut, points, real),
    ]
    for copy in copies:
        coarse, fine = both((pixels, points, WHOLE), copy)
        assert coarse > CANDIDATE
        assert fine > NEAR_DUPLICATE


def test_others_are_not() -> None:
    points = face_points()
    coarse, _ = both((picture(0), points, WHOLE), (picture(1), points, WHOLE))
    assert coarse < 0.5


def test_another_mouth_does_not_hide_behind_the_same_face() -> None:
    pixels, points = picture(0), face_points()
    smiling = pixels.copy()
    smiling[170:215, 128:180] = picture(1)[170:215, 128:180]
    coarse, fine = both((pixels, points, WHOLE), (smiling, points, WHOLE))
    assert coarse > CANDIDATE
    assert fine < NEAR_DUPLICATE


def test_too_little_in_common_tells_nothing() -> None:
    left, right = WHOLE.copy(), WHOLE.copy()
    left[:, 128:], right[:, :120] = False, False
    pixels, points = picture(0), face_points()
    assert (
        likeness(np.stack([fingerprint(pixels, points, real) for real in (left, left & right)]))[0, 1] == -1
    )
    nothing = AlignedFace(np.zeros((96, 96), np.float32), np.zeros((96, 96), np.float32))
    assert likeness_in_detail(nothing, nothing) == -1


def test_landmarks_in_one_point_are_borne() -> None:
    assert fingerprint(picture(0), np.full((68, 2), 128, np.float32), WHOLE).shape == (32, 32)
    flat = np.full((256, 256, 3), 80, np.uint8)
    assert likeness(np.stack([fingerprint(flat, face_points(), WHOLE)] * 2))[0, 1] == pytest.approx(-1)
