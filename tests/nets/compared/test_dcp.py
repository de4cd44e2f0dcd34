"""Test DCP as a whole: what it finds in a blurred portrait, and how it ends otherwise."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.signal import correlate

from gfrnet.errors import ConfigError, ImageError, TimeLimitError
from gfrnet.nets.compared.dcp import DCPOptions, deblur
from gfrnet.nets.compared.dcp.kernel import point
from gfrnet.types import FloatArray, UInt8Image
from gfrnet.work import Advanced

QUICK = DCPOptions(kernel_size=9, iterations=1)
"""Two scales, and so three steps with the last one."""


def motion(size: int, length: float, degrees: float) -> FloatArray:
    """Make the kernel of a straight motion: (size, size), of sum 1."""
    kernel, middle = np.zeros((size, size)), size // 2
    angle = np.deg2rad(degrees)
    for place in np.linspace(-length / 2, length / 2, 200):
        x, y = middle + place * np.cos(angle), middle + place * np.sin(angle)
        left, top = int(x), int(y)
        for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
            kernel[row, column] += max(1 - abs(y - row), 0) * max(1 - abs(x - column), 0)
    return (kernel / kernel.sum()).astype(np.float32)


def likeness(one: FloatArray, other: FloatArray) -> float:
    """Return the largest normalised cross-correlation, 0..1."""
    return float(correlate(one, other).max() / np.sqrt(np.square(one).sum() * np.square(other).sum()))


def psnr(one: UInt8Image, other: UInt8Image) -> float:
    inside = slice(8, -8)
    error = one[inside, inside].astype(float) - other[inside, inside]
    return float(10 * np.log10(255**2 / np.square(error).mean()))


def best_psnr(picture: UInt8Image, truth: UInt8Image) -> float:
    """Return the PSNR at the best shift, since a shifted kernel and a picture shifted back blur alike."""
    steps = np.arange(-1, 1.01, 0.25)
    matrices = (np.array(((1, 0, x), (0, 1, y)), np.float32) for x in steps for y in steps)
    size = picture.shape[1::-1]
    return max(psnr(cv2.warpAffine(picture, each, size, flags=cv2.INTER_CUBIC), truth) for each in matrices)


@pytest.fixture(scope="module")
def face(portrait: UInt8Image) -> UInt8Image:
    return cv2.resize(portrait[20:230, 110:320], (208, 208), interpolation=cv2.INTER_AREA)


def blurred(face: UInt8Image, kernel: FloatArray) -> UInt8Image:
    values = cv2.filter2D(face.astype(np.float32), -1, kernel[::-1, ::-1])
    return np.rint(values).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def small(face: UInt8Image) -> UInt8Image:
    return cv2.resize(face, (64, 48), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("degrees", [60, 30])
def test_a_motion_is_found_and_undone(face: UInt8Image, degrees: float) -> None:
    """Measured: likeness 0.87 and 0.88, gain 3.0 and 2.6 dB. A single point has 0.39 and 0.45, and 0 dB."""
    kernel = motion(13, 9 if degrees == 60 else 7, degrees)
    inside = slice(16, -16)
    photo, truth = blurred(face, kernel)[inside, inside], face[inside, inside]
    found = deblur(photo, DCPOptions(kernel_size=13))
    assert found is not None
    assert found.kernel.min() >= 0
    assert found.kernel.sum() == pytest.approx(1, abs=1e-5)
    assert likeness(found.kernel, kernel) > 0.8 > 0.5 > likeness(point(13), kernel)
    assert best_psnr(found.picture, truth) > psnr(photo, truth) + 2


def test_the_result_is_always_the_same(small: UInt8Image) -> None:
    before = small.copy()
    one, other = deblur(small, QUICK), deblur(small, QUICK)
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one.picture, other.picture)
    np.testing.assert_array_equal(one.kernel, other.kernel)
    np.testing.assert_array_equal(small, before)
    assert one.picture.shape == small.shape
    assert one.picture.dtype == np.uint8


def test_progress_counts_every_round_and_the_last_step(small: UInt8Image) -> None:
    events: list[Advanced] = []
    deblur(small, DCPOptions(kernel_size=9, iterations=2), events.append)
    assert events == [Advanced("steps", done, 5) for done in range(1, 6)]


def test_it_ends_when_it_is_stopped(small: UInt8Image) -> None:
    events: list[Advanced] = []
    assert deblur(small, QUICK, events.append, stopped=lambda: True) is None
    assert len(events) == 1


def test_the_time_limit_says_how_far_it_came(small: UInt8Image) -> None:
    with pytest.raises(TimeLimitError, match=r"given 1e-06 s.* only 1 of 3 steps.*Allow more time"):
        deblur(small, DCPOptions(kernel_size=9, iterations=1, time_limit=1e-6))
    assert deblur(small, DCPOptions(kernel_size=9, iterations=1, time_limit=600)) is not None


def test_pictures_that_do_not_fit_are_refused(small: UInt8Image) -> None:
    with pytest.raises(ImageError, match=r"64 x 48 is too small for a kernel of 17 .* 51 pixels or more"):
        deblur(small, DCPOptions(kernel_size=17))
    for wrong in (small[..., 0], small[..., :2], small.astype(np.float32)):
        with pytest.raises(ValueError, match=r"\(H, W, 3\) RGB uint8"):
            deblur(wrong)


def test_a_picture_of_one_colour_comes_back(small: UInt8Image) -> None:
    found = deblur(np.full_like(small, 77), QUICK)
    assert found is not None
    assert (found.picture == 77).all()
    np.testing.assert_array_equal(found.kernel, point(9))


def test_noise_alone_gives_a_whole_picture() -> None:
    """Nothing may divide by zero where there are no edges."""
    noise = np.random.default_rng(0).integers(127, 129, (48, 48, 3), dtype=np.uint8)
    found = deblur(noise, QUICK)
    assert found is not None
    assert np.abs(found.picture.astype(int) - 128).max() < 10
    assert found.kernel.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kernel_size", 1),
        ("kernel_size", 24),
        ("kernel_size", 203),
        ("kernel_size", 25.0),
        ("kernel_size", True),
        ("dark_weight", 0),
        ("gradient_weight", float("nan")),
        ("kernel_weight", "2"),
        ("iterations", 0),
        ("time_limit", 0),
        ("time_limit", float("inf")),
        ("time_limit", True),
    ],
)
def test_wrong_options_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{name} must be"):
        DCPOptions(**{name: value})  # type: ignore[arg-type]
