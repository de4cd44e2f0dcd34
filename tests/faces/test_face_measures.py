from __future__ import annotations

import cv2
import numpy as np
import pytest

from gfrnet import faces
from gfrnet.types import Box, FloatArray, UInt8Image


@pytest.fixture(scope="module")
def sharp() -> UInt8Image:
    """Return (256, 256, 3) noise with about the spectrum of a sharp face."""
    noise = np.fft.rfft2(np.random.default_rng(0).normal(size=(256, 256)))
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256))
    frequency[0, 0] = 1
    grey = np.fft.irfft2(noise * frequency**-1.75)
    return np.repeat(np.clip(128 + 40 * grey / grey.std(), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize("side", [32, 64, 128])
def test_enlarging_a_photo_keeps_its_effective_resolution(sharp: UInt8Image, side: int) -> None:
    small = cv2.resize(sharp, (side, side), interpolation=cv2.INTER_AREA)
    enlarged = np.asarray(cv2.resize(small, (256, 256), interpolation=cv2.INTER_CUBIC), np.uint8)
    assert faces.effective_resolution(enlarged) == pytest.approx(side, rel=0.35)
    assert faces.effective_resolution(sharp) == 256


def test_a_flat_picture_has_no_resolution() -> None:
    assert faces.effective_resolution(np.full((256, 256, 3), 90, np.uint8)) < 32


@pytest.fixture
def lit(portrait: UInt8Image, face: Box) -> tuple[UInt8Image, FloatArray]:
    crop = faces.cut(portrait, faces.CropPlace.around(face))
    return np.asarray(crop.pixels, np.uint8), crop.place.points_to_crop(faces.landmarks68(portrait, face))


def test_light_from_a_side(lit: tuple[UInt8Image, FloatArray]) -> None:
    pixels, points = lit
    ramp = np.linspace(0.3, 1, 256)[None, :, None]
    plain, right = faces.light(pixels, points), faces.light((pixels * ramp).astype(np.uint8), points)
    left = faces.light((pixels * ramp[:, ::-1]).astype(np.uint8), points)
    assert left.side < plain.side < right.side
    assert right.side > 0.05
    dark = faces.light(pixels // 2, points)
    assert dark.brightness == pytest.approx(plain.brightness / 2, rel=0.02)
    assert dark.contrast == pytest.approx(plain.contrast / 2, rel=0.05)


def test_grey_and_toned_pictures(lit: tuple[UInt8Image, FloatArray]) -> None:
    pixels, _ = lit
    grey = pixels.mean(axis=2, keepdims=True)
    assert not faces.is_grey(pixels)
    assert faces.is_grey(np.repeat(grey, 3, axis=2).astype(np.uint8))
    assert faces.is_grey((grey * [1.0, 0.85, 0.65]).astype(np.uint8))


def test_a_drawing_is_flat(lit: tuple[UInt8Image, FloatArray]) -> None:
    pixels, points = lit
    assert faces.flatness(pixels, points) < 0.05
    drawn = (pixels // 64 * 64).astype(np.uint8)
    assert faces.flatness(np.asarray(cv2.medianBlur(drawn, 9), np.uint8), points) > 0.5


def test_a_covered_face(lit: tuple[UInt8Image, FloatArray]) -> None:
    pixels, points = lit
    real = np.ones((256, 256), np.bool_)
    plain = faces.occlusion(pixels, points, real)
    masked = pixels.copy()
    cv2.fillPoly(masked, [np.vstack([points[2:15], points[29:30]]).astype(np.int32)], (120, 160, 200))
    assert plain < 0.15
    assert faces.occlusion(masked, points, real) > 0.35
    real[:, :128] = False
    assert faces.occlusion(pixels, points, real) > plain + 0.25
    assert faces.occlusion(pixels, np.full((68, 2), 900, np.float32), real) == 1
