from __future__ import annotations

from math import log10

import numpy as np
import pytest

from gfrnet.metrics import eyes_mask, mouth_mask, psnr
from gfrnet.types import BoolArray, FloatArray, UInt8Image
from people import face_points

EYES = [*range(17, 27), *range(36, 48)]
MOUTH = [*range(48, 68)]


def pictures() -> tuple[UInt8Image, UInt8Image]:
    rng = np.random.default_rng(4)
    result, truth = rng.integers(0, 256, (2, 256, 256, 3), dtype=np.uint8)
    return result, truth


def everywhere() -> BoolArray:
    return np.ones((256, 256), dtype=np.bool_)


def psnr_by_loop(
    result: UInt8Image, truth: UInt8Image, real: BoolArray, points: FloatArray, part: list[int]
) -> float:
    """Measure over pixels whose centre lies in the box of the part, grown by a tenth on each side."""
    xs, ys = [float(points[i, 0]) for i in part], [float(points[i, 1]) for i in part]
    wider, higher = (max(xs) - min(xs)) / 10, (max(ys) - min(ys)) / 10
    errors = []
    for y in range(256):
        for x in range(256):
            inside = min(xs) - wider <= x <= max(xs) + wider and min(ys) - higher <= y <= max(ys) + higher
            if inside and real[y, x]:
                errors += [(int(a) - int(b)) ** 2 for a, b in zip(result[y, x], truth[y, x], strict=True)]
    return 10 * log10(255**2 / (sum(errors) / len(errors)))


@pytest.mark.parametrize(("mask_of", "part"), [(eyes_mask, EYES), (mouth_mask, MOUTH)])
def test_psnr_of_a_region_is_that_of_a_plain_loop(mask_of: type, part: list[int]) -> None:
    result, truth = pictures()
    real = everywhere()
    real[:, :90] = False
    expected = psnr_by_loop(result, truth, real, face_points(), part)
    assert psnr(result, truth, mask_of(real, face_points())) == pytest.approx(expected, abs=1e-9)


def test_other_parts_of_the_face_do_not_count() -> None:
    eyes, mouth = eyes_mask(everywhere(), face_points()), mouth_mask(everywhere(), face_points())
    rows = [np.flatnonzero(mask.any(axis=1)) for mask in (eyes, mouth)]
    assert rows[0][-1] < 120 < 170 < rows[1][0]
    assert (eyes.mean(), mouth.mean()) == pytest.approx((0.1, 0.05), rel=0.5)


def test_outside_the_crop_nothing_is_left() -> None:
    for away in ((-400, 0), (400, 0), (0, -400), (0, 400)):
        assert not eyes_mask(everywhere(), face_points() + np.float32(away)).any()
    half = eyes_mask(everywhere(), face_points() - np.float32((127.5, 0)))
    assert half.sum() == pytest.approx(eyes_mask(everywhere(), face_points()).sum() / 2, rel=0.02)


def test_landmarks_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="68"):
        eyes_mask(everywhere(), face_points()[:5])
