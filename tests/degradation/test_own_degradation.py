"""Test the degradations that compared methods learn from."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from gfrnet.degradation import OwnDegradation, Recipe, degrade
from gfrnet.types import UInt8Image


def photo() -> UInt8Image:
    return np.random.default_rng(0).integers(60, 190, (64, 64, 3), dtype=np.uint8)


def test_by_default_nothing_is_degraded() -> None:
    recipe = OwnDegradation().sample(np.random.default_rng(0))
    assert recipe == Recipe(seed=recipe.seed)
    np.testing.assert_array_equal(degrade(photo(), recipe), photo())


def test_every_value_of_a_set_is_drawn_and_no_other() -> None:
    own = OwnDegradation.model_validate({"noise": {"first": 0, "last": 3}, "scale": [2, 4], "jpeg": [10, 40]})
    rng = np.random.default_rng(0)
    drawn = [own.sample(rng) for _ in range(200)]
    assert {recipe.noise for recipe in drawn} == {0, 1, 2, 3}
    assert {recipe.scale for recipe in drawn} == {2, 4}
    assert {recipe.jpeg for recipe in drawn} == {10, 40}
    assert {recipe.blur for recipe in drawn} == {0}


def test_steps_of_a_span_meet_its_end() -> None:
    own = OwnDegradation.model_validate({"blur": {"first": 0, "last": 3, "step": 0.1}})
    rng = np.random.default_rng(0)
    drawn = {own.sample(rng).blur for _ in range(2000)}
    assert sorted(drawn) == [round(0.1 * index, 1) for index in range(31)]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"noise": {"first": 5, "last": 1}}, "last must not be below first"),
        ({"scale": [0.5]}, "greater than or equal to 1"),
        ({"jpeg": [10.5]}, "integer"),
        ({"noise": []}, "at least 1"),
        ({"sharpen": [1]}, "Extra inputs"),
    ],
)
def test_impossible_sets_are_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        OwnDegradation.model_validate(values)


def test_grey_noise_is_the_same_in_all_colours() -> None:
    flat = np.full((32, 32, 3), 128, np.uint8)
    grey = degrade(flat, Recipe(noise=20, grey_noise=True, seed=3)).astype(int)
    colour = degrade(flat, Recipe(noise=20, seed=3)).astype(int)
    assert (grey[..., 0] == grey[..., 1]).all()
    assert (grey[..., 0] == grey[..., 2]).all()
    assert abs(grey.std() - 20) < 1.5
    assert (colour[..., 0] != colour[..., 1]).mean() > 0.9


def test_a_turn_is_clockwise_about_the_centre() -> None:
    mark = np.full((65, 65, 3), 20, np.uint8)
    mark[10, 32] = 250  # above the centre
    turned = degrade(mark, Recipe(turn=90))
    assert np.unravel_index(turned[..., 0].argmax(), (65, 65)) == (32, 54)  # right of it


def test_a_zoom_below_1_shows_more_of_the_border() -> None:
    mark = np.full((65, 65, 3), 20, np.uint8)
    mark[32, 12:14] = 250
    smaller = degrade(mark, Recipe(zoom=0.5))
    assert smaller[32, 22, 0] > 100
    assert (smaller[32, :15] == 20).all()


def test_a_camera_shake_keeps_the_light_and_depends_on_the_seed() -> None:
    flat = np.full((64, 64, 3), 90, np.uint8)
    np.testing.assert_allclose(degrade(flat, Recipe(motion=21, seed=1)), flat, atol=1)
    one, same, other = (degrade(photo(), Recipe(motion=21, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).mean() > 0.5
    assert one.std() < 0.8 * photo().std()
