from __future__ import annotations

from math import ceil
from time import thread_time

import cv2
import numpy as np
import pytest
from skimage.filters import gaussian

from gfrnet.degradation import SCALES, Recipe, degrade, degrade_small, resize_bicubic, sample_recipe
from gfrnet.types import UInt8Image


def picture(height: int = 64, width: int = 64) -> UInt8Image:
    rng = np.random.default_rng(0)
    smooth = cv2.GaussianBlur(rng.uniform(0, 255, (height, width, 3)), (0, 0), 2)
    return np.clip((smooth - 127) * 5 + 127, 0, 255).astype(np.uint8)


def flat(value: int, side: int = 128) -> UInt8Image:
    return np.full((side, side, 3), value, np.uint8)


def test_the_default_recipe_changes_nothing() -> None:
    image = picture()
    degraded = degrade(image, Recipe())
    np.testing.assert_array_equal(degraded, image)
    assert not np.shares_memory(degraded, image)


@pytest.mark.parametrize("sigma", [1.0, 1.7, 3.0])
def test_the_blur_is_a_gaussian_with_a_mirrored_edge(sigma: float) -> None:
    image = picture()
    expected = gaussian(  # type: ignore[no-untyped-call]
        image.astype(float), sigma, mode="reflect", channel_axis=2
    )
    assert np.abs(degrade(image, Recipe(blur=sigma)) - expected).max() < 0.6


@pytest.mark.parametrize("scale", [4, 8])
def test_scale_alone_is_the_protocols_bicubic(scale: int) -> None:
    image = picture()
    small = resize_bicubic(image, 64 // scale, 64 // scale)
    recipe = Recipe(blur=0, scale=scale, noise=0, jpeg=0)
    np.testing.assert_array_equal(degrade_small(image, recipe), small)
    np.testing.assert_array_equal(degrade(image, recipe), resize_bicubic(small, 64, 64))


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_keeps_the_size_and_the_place(scale: float) -> None:
    column = np.rint(np.linspace(20, 235, 250)).astype(np.uint8)
    ramp = np.ascontiguousarray(np.broadcast_to(column, (3, 40, 250)).transpose(1, 2, 0))
    recipe = Recipe(scale=scale)
    tenths = round(scale * 10)
    assert degrade_small(ramp, recipe).shape == (-(-400 // tenths), -(-2500 // tenths), 3)
    degraded = degrade(ramp, recipe)
    assert degraded.shape == ramp.shape
    inside = slice(ceil(4 * scale), -ceil(4 * scale))
    assert np.abs(degraded[20, inside].astype(int) - ramp[20, inside]).max() <= 2


@pytest.mark.parametrize("sigma", [1, 4, 7])
def test_the_noise_has_its_sigma_after_downsampling(sigma: int) -> None:
    noise = degrade_small(flat(128, 512), Recipe(scale=4, noise=sigma, seed=5)) - 128.0
    # Rounding to whole numbers adds a variance of 1/12.
    assert noise.std() == pytest.approx(np.sqrt(sigma**2 + 1 / 12), rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.1 * sigma)


def test_noise_is_clipped_and_does_not_wrap_around() -> None:
    assert degrade_small(flat(255), Recipe(noise=7)).min() > 200
    assert degrade_small(flat(0), Recipe(noise=7)).max() < 55


def test_jpeg_is_that_of_the_codec_in_the_right_channel_order() -> None:
    image = picture()
    file = np.asarray(cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 20])[1])
    expected = np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR))[..., ::-1]
    np.testing.assert_array_equal(degrade(image, Recipe(jpeg=20)), expected)


def test_a_lower_quality_is_further_from_the_photo() -> None:
    image = picture()
    errors = [np.square(degrade(image, Recipe(jpeg=q)) - image.astype(float)).mean() for q in (0, 40, 20, 10)]
    assert errors[0] == 0
    assert errors == sorted(errors)


def test_a_stored_recipe_replays_bit_exactly() -> None:
    image = picture()
    for seed in range(20):
        recipe = sample_recipe(np.random.default_rng(seed))
        replayed = Recipe.model_validate_json(recipe.model_dump_json())
        np.testing.assert_array_equal(degrade(image, recipe), degrade(image, replayed))


def test_another_seed_is_other_noise() -> None:
    image = flat(128)
    one, other = (degrade(image, Recipe(noise=3, seed=seed)) for seed in (1, 2))
    assert (one != other).mean() > 0.5


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 9), (53, 31)])
def test_odd_and_tiny_photos_keep_their_size(height: int, width: int) -> None:
    image = picture(height, width)
    recipe = Recipe(blur=3, scale=7.3, noise=7, jpeg=10)
    assert degrade_small(image, recipe).shape == (ceil(height / 7.3), ceil(width / 7.3), 3)
    assert degrade(image, recipe).shape == image.shape


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)]
)
def test_another_kind_of_array_is_refused(image: UInt8Image) -> None:
    with pytest.raises(ValueError, match="uint8 image to degrade"):
        degrade(image, Recipe())


def test_the_speed_is_far_from_a_disaster() -> None:
    image = picture(256, 256)
    rng = np.random.default_rng(0)
    recipes = [sample_recipe(rng) for _ in range(40)]
    degrade(image, recipes[0])
    start = thread_time()
    for recipe in recipes:
        degrade(image, recipe)
    assert (thread_time() - start) / len(recipes) < 0.1
