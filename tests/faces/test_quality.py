from __future__ import annotations

import cv2
import numpy as np
import pytest

from gfrnet.faces import eyes_open68, landmarks5, landmarks68, measure_quality, pose5, pose68, sharpness
from gfrnet.faces.quality import HEAD, HEAD_LANDMARKS, Pose
from gfrnet.types import AnyArray, Box, FloatArray, UInt8Image


def turned_head(yaw: float, pitch: float, roll: float) -> FloatArray:
    """Return 68 points whose six head landmarks are the average head, turned and seen from afar."""
    axes = ((1, pitch), (2, -yaw), (3, roll))
    turn = np.eye(3)
    for axis, angle in axes:
        vector = np.zeros(3)
        vector[axis - 1] = np.radians(angle)
        turn = cv2.Rodrigues(vector)[0] @ turn
    seen = HEAD @ turn.T + (0, 0, 1000)
    points = np.zeros((68, 2), np.float32)
    points[:] = (128, 128)
    points[list(HEAD_LANDMARKS)] = 128 + seen[:, :2] / seen[:, 2:] * 1500
    return points


@pytest.mark.parametrize("angles", [(0, 0, 0), (25, 0, 0), (-25, 0, 0), (0, 15, 0), (0, -15, 0), (0, 0, 20)])
def test_pose_of_a_turned_head(angles: tuple[float, float, float]) -> None:
    pose = pose68(turned_head(*angles))
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx(angles, abs=3.5)


def test_head_that_looks_right_has_its_nose_at_the_right() -> None:
    level, right, down = turned_head(0, 0, 0), turned_head(25, 0, 0), turned_head(0, 15, 0)
    nose = [points[30] - points[[36, 45]].mean(axis=0) for points in (level, right, down)]
    assert nose[1][0] > nose[0][0] + 10
    assert nose[2][1] > nose[0][1] + 10


def five(shift: float, drop: float, roll: float) -> FloatArray:
    angle = np.radians(roll)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = np.array([(50, 0), (20, 0), (-50, 0), (-20, 0), (100 * shift, 100 * drop)])
    return (points @ rotation.T + 200).astype(np.float32)


def test_five_points_give_yaw_and_roll() -> None:
    level = pose5(five(0.0, 0.577, 0.0))
    assert (level.yaw, level.pitch, level.roll) == pytest.approx((0, 0, 0), abs=0.1)
    assert level.frontal == pytest.approx(1.0, abs=1e-3)
    turned = pose5(five(0.15, 0.577, 12.0))
    assert turned.yaw == pytest.approx(21.5, abs=0.5)
    assert turned.roll == pytest.approx(12.0, abs=0.1)
    assert turned.frontal < level.frontal
    assert pose5(five(9.0, 0.577, 0.0)).yaw == 90


def test_five_and_68_points_agree_on_a_face(portrait: UInt8Image, face: Box) -> None:
    rough, fine = pose5(landmarks5(portrait, face)), pose68(landmarks68(portrait, face))
    assert rough.yaw == pytest.approx(fine.yaw, abs=12)
    assert rough.roll == pytest.approx(fine.roll, abs=6)


def test_frontal_falls_with_every_angle() -> None:
    assert Pose(0, 0, 0).frontal == 1
    assert Pose(20, 0, 0).frontal == pytest.approx(0.61, abs=0.01)
    assert Pose(0, 0, 20).frontal > Pose(0, 20, 0).frontal


def blurred(image: UInt8Image, sigma: float) -> UInt8Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), dtype=np.uint8)


def test_sharpness_falls_with_blur(portrait: UInt8Image, face: Box) -> None:
    values = [sharpness(portrait, face), *(sharpness(blurred(portrait, s), face) for s in (0.8, 1.5, 3.0))]
    assert values == sorted(values, reverse=True)
    assert values[0] > 2 * values[-1]


def test_sharpness_hardly_depends_on_contrast_and_size(portrait: UInt8Image, face: Box) -> None:
    dull = (portrait // 3 + 80).astype(np.uint8)
    assert sharpness(dull, face) == pytest.approx(sharpness(portrait, face), rel=0.15)
    large = np.asarray(cv2.resize(portrait, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    assert sharpness(large, face.scaled(2)) == pytest.approx(sharpness(portrait, face), rel=0.15)


def test_sharpness_is_not_fooled_by_noise(portrait: UInt8Image, face: Box) -> None:
    bad = blurred(portrait, 4.0)
    noise = np.random.default_rng(0).normal(0, 4, portrait.shape)
    noisy = np.clip(bad + noise, 0, 255).astype(np.uint8)
    assert sharpness(noisy, face) < 0.75 * sharpness(portrait, face)


def test_flat_face_has_no_sharpness() -> None:
    assert sharpness(np.full((50, 50, 3), 90, np.uint8), Box(5, 5, 45, 45)) == 0


def eyes(opening: float) -> AnyArray:
    points = np.zeros((68, 2), np.float32)
    eye = np.array([(0.0, 0.0), (10, -opening), (20, -opening), (30, 0), (20, opening), (10, opening)])
    points[36:42] = eye + np.array([50, 80])
    points[42:48] = eye + np.array([110, 80])
    return points


def test_eyes_open() -> None:
    assert eyes_open68(eyes(4.5)) == pytest.approx(0.3)
    assert eyes_open68(eyes(0.0)) == 0
    winking = eyes(4.5)
    winking[42:48, 1] = 80
    assert eyes_open68(winking) == 0


def test_measures_of_a_face(portrait: UInt8Image, face: Box) -> None:
    quality = measure_quality(portrait, face)
    assert quality.size == 91
    assert 0 < quality.frontal <= 1
    assert quality.eyes_open is None
    assert eyes_open68(landmarks68(portrait, face)) > 0.15
