from __future__ import annotations

from math import ceil

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gfrnet.degradation import SETTINGS, Recipe, Setting, degrade, degrade_small, sample_recipe
from gfrnet.types import UInt8Image

RECIPES = st.builds(
    Recipe,
    blur=st.just(0.0) | st.floats(0, 20),
    scale=st.sampled_from([1.0, 1.6, 4.0, 8.0]) | st.floats(1, 32),
    noise=st.just(0.0) | st.floats(0, 100),
    jpeg=st.integers(0, 100),
    seed=st.integers(0, 2**63 - 1),
)


@st.composite
def photos(draw: st.DrawFn) -> UInt8Image:
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    return rng.integers(0, 256, (height, width, 3)).astype(np.uint8)


@given(recipe=RECIPES)
def test_every_recipe_comes_whole_out_of_json(recipe: Recipe) -> None:
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@given(seed=st.integers(0, 2**63), setting=st.sampled_from(SETTINGS), scale=st.none() | st.floats(1, 32))
def test_one_seed_draws_one_recipe(seed: int, setting: Setting, scale: float | None) -> None:
    first, second = (sample_recipe(np.random.default_rng(seed), setting, scale) for _ in range(2))
    assert first == second
    assert scale is None or first.scale == scale


@given(photo=photos(), recipe=RECIPES)
def test_a_recipe_replayed_gives_the_same_pixels_of_the_same_size(photo: UInt8Image, recipe: Recipe) -> None:
    before = photo.copy()
    degraded = degrade(photo, recipe)
    assert degraded.shape == photo.shape
    assert degraded.dtype == np.uint8
    replayed = Recipe.model_validate_json(recipe.model_dump_json())
    assert np.array_equal(degrade(photo, replayed), degraded)
    assert np.array_equal(photo, before)


@given(photo=photos(), recipe=RECIPES)
def test_the_small_photo_has_its_sides_divided_by_the_scale(photo: UInt8Image, recipe: Recipe) -> None:
    expected = [ceil(round(side / recipe.scale, 9)) for side in photo.shape[:2]]
    assert list(degrade_small(photo, recipe).shape) == [*expected, 3]


@given(photo=photos())
def test_no_degradation_leaves_the_photo(photo: UInt8Image) -> None:
    assert np.array_equal(degrade(photo, Recipe()), photo)
