from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from gfrnet.metrics import psnr, ssim
from gfrnet.types import BoolArray, UInt8Image

Measure: TypeAlias = Callable[[UInt8Image, UInt8Image, BoolArray], float]


def pictures(height: int = 48, width: int = 61) -> tuple[UInt8Image, UInt8Image]:
    rng = np.random.default_rng(3)
    truth = cv2.GaussianBlur(rng.integers(0, 256, (height, width, 3)).astype(np.uint8), (0, 0), 1)
    result = np.clip(truth + rng.normal(0, 12, truth.shape), 0, 255).astype(np.uint8)
    return result, np.asarray(truth, dtype=np.uint8)


def whole(image: UInt8Image) -> BoolArray:
    return np.ones(image.shape[:2], dtype=np.bool_)


def some(image: UInt8Image) -> BoolArray:
    mask = whole(image)
    mask[:, :17] = False
    mask[-9:] = False
    return mask


def test_psnr_is_that_of_scikit_image() -> None:
    result, truth = pictures()
    expected = peak_signal_noise_ratio(truth, result, data_range=255)  # type: ignore[no-untyped-call]
    assert psnr(result, truth, whole(truth)) == pytest.approx(expected, abs=1e-9)


def test_masked_psnr_is_that_of_the_rectangle() -> None:
    result, truth = pictures()
    expected = psnr(result[:-9, 17:], truth[:-9, 17:], whole(truth[:-9, 17:]))
    assert psnr(result, truth, some(truth)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("mask_of", [whole, some])
def test_ssim_is_the_mean_of_scikit_images_map(mask_of: Callable[[UInt8Image], BoolArray]) -> None:
    result, truth = pictures()
    _, reference = structural_similarity(  # type: ignore[no-untyped-call]
        result,
        truth,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        channel_axis=2,
        full=True,
    )
    mask = mask_of(truth)
    assert ssim(result, truth, mask) == pytest.approx(reference[mask].mean(), abs=1e-9)


def test_the_same_picture_is_perfect() -> None:
    _, truth = pictures()
    assert psnr(truth, truth, whole(truth)) == float("inf")
    assert ssim(truth, truth, whole(truth)) == pytest.approx(1)


def test_one_grey_level_everywhere_is_48_decibels() -> None:
    truth = np.full((5, 5, 3), 100, np.uint8)
    assert psnr(truth + np.uint8(1), truth, whole(truth)) == pytest.approx(20 * np.log10(255))
    assert psnr(truth, truth + np.uint8(1), whole(truth)) == pytest.approx(20 * np.log10(255))


@pytest.mark.parametrize("measure", [psnr, ssim])
def test_padding_out_of_reach_of_the_window_does_not_count(measure: Measure) -> None:
    result, truth = pictures()
    changed = result.copy()
    changed[:, :12] = 0
    mask = some(truth)
    assert measure(changed, truth, mask) == measure(result, truth, mask)


@pytest.mark.parametrize("measure", [psnr, ssim])
def test_what_does_not_fit_is_refused(measure: Measure) -> None:
    result, truth = pictures()
    with pytest.raises(ValueError, match="uint8"):
        measure(result.astype(np.float32), truth, whole(truth))
    with pytest.raises(ValueError, match="one size"):
        measure(result[1:], truth, whole(truth))
    with pytest.raises(ValueError, match="nothing to measure"):
        measure(result, truth, ~whole(truth))
