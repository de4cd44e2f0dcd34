from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from gfrnet.degradation import (
    BLURS,
    JPEG_QUALITIES,
    NOISE_LEVELS,
    SCALES,
    SETTINGS,
    Recipe,
    Setting,
    sample_recipe,
)
from gfrnet.errors import ConfigError


def draw(count: int, setting: Setting = "full", scale: float | None = None) -> list[Recipe]:
    rng = np.random.default_rng(1)
    return [sample_recipe(rng, setting, scale) for _ in range(count)]


def test_the_sets_are_those_of_section_3_2() -> None:
    np.testing.assert_array_equal(BLURS, [0, *np.round(np.arange(1, 3.05, 0.1), 1)])
    np.testing.assert_array_equal(SCALES, np.round(np.arange(1, 8.05, 0.1), 1))
    np.testing.assert_array_equal(NOISE_LEVELS, np.arange(8))
    np.testing.assert_array_equal(JPEG_QUALITIES, [0, *np.arange(10, 41)])


def test_full_recipes_reach_every_value_of_every_set_and_no_other() -> None:
    recipes = draw(1500)
    assert {r.blur for r in recipes} == set(BLURS)
    assert {r.scale for r in recipes} == set(SCALES)
    assert {r.noise for r in recipes} == set(NOISE_LEVELS)
    assert {r.jpeg for r in recipes} == set(JPEG_QUALITIES)
    assert len({r.seed for r in recipes}) == len(recipes)


@pytest.mark.parametrize(("setting", "stages"), [(setting, i) for i, setting in enumerate(SETTINGS)])
def test_a_setting_only_leaves_parts_out(setting: Setting, stages: int) -> None:
    for part, full in zip(draw(50, setting), draw(50), strict=True):
        left_out = {"scale": 1} if stages < 1 else {}
        left_out |= {"noise": 0} if stages < 2 else {}
        left_out |= {"jpeg": 0} if stages < 3 else {}
        assert part == full.model_copy(update=left_out)


@pytest.mark.parametrize("scale", [4, 8])
def test_a_fixed_scale_changes_nothing_else(scale: float) -> None:
    for fixed, full in zip(draw(50, scale=scale), draw(50), strict=True):
        assert fixed == full.model_copy(update={"scale": scale})


def test_an_unknown_setting_is_named_with_the_choices() -> None:
    with pytest.raises(ConfigError, match=r"'noise'.*blur, blur\+down, blur\+down\+noise, full"):
        sample_recipe(np.random.default_rng(0), "noise")  # type: ignore[arg-type]


def test_a_recipe_survives_json() -> None:
    for recipe in draw(50):
        assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    "values",
    [
        {"blur": -0.1},
        {"blur": float("nan")},
        {"scale": 0.5},
        {"scale": float("inf")},
        {"noise": -1},
        {"jpeg": 101},
        {"jpeg": 20.5},
        {"seed": -1},
        {"sigma": 3},
    ],
)
def test_a_value_out_of_bounds_is_named(values: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(values))):
        Recipe.model_validate(values)


def test_a_recipe_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Recipe().blur = 1.0
