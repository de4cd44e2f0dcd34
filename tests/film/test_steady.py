"""Neighbouring crops are fused along their motion; what only one of them shows becomes no ghost."""

import cv2
import numpy as np
import pytest

from gfrnet.film.steady import calmed, fused, light, link, lock_light
from gfrnet.restore.colour import lock_colour
from gfrnet.types import FloatImage


@pytest.fixture
def texture() -> FloatImage:
    """(256, 256, 3) smooth detail, about -0.6..0.6."""
    rng = np.random.default_rng(3)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (300, 300, 3)).astype(np.float32), (0, 0), 5)
    return np.asarray(noise[20:276, 20:276] / np.abs(noise).max() * 0.6, np.float32)


def moved(picture: FloatImage, right: float, down: float) -> FloatImage:
    way = np.array([[1, 0, right], [0, 1, down]], np.float32)
    return np.asarray(cv2.warpAffine(picture, way, (256, 256), borderMode=cv2.BORDER_REPLICATE), np.float32)


def grainy(picture: FloatImage, seed: int) -> FloatImage:
    noise = np.random.default_rng(seed).normal(0, 0.08, picture.shape)
    return np.asarray(picture + noise, np.float32)


def test_fusing_takes_grain_away_and_follows_motion(texture: FloatImage) -> None:
    own = grainy(texture, 0)
    others = [grainy(moved(texture, 3 * step, -2 * step), 10 + step) for step in (-2, -1, 1, 2)]
    result = fused(own, [(other, link(calmed(own), calmed(other))[0]) for other in others])
    middle = np.s_[30:-30, 30:-30]
    before, after = (float(np.std((one - texture)[middle])) for one in (own, result))
    assert after < 0.6 * before


def test_what_only_a_neighbour_shows_leaves_no_ghost(texture: FloatImage) -> None:
    closed = texture.copy()
    cv2.ellipse(closed, (128, 110), (24, 12), 0, 0, 360, (-0.9, -0.9, -0.9), -1)
    way, _ = link(calmed(texture), calmed(closed))
    result = fused(texture, [(closed, way)])
    inside = np.s_[102:118, 112:144]
    plain = (texture + closed) / 2
    ghost, without = (float(np.abs(one - texture)[inside].mean()) for one in (plain, result))
    assert without < 0.15 * ghost


def test_the_light_of_a_neighbour_does_not_come_along(texture: FloatImage) -> None:
    darker = np.asarray(texture * 0.9 - 0.1, np.float32)
    result = fused(texture, [(darker, link(calmed(texture), calmed(darker))[0])])
    assert abs(float((result - texture).mean())) < 0.004
    assert float(np.abs(light(result - texture)).max()) < 0.02


def test_no_share_gives_the_very_crop(texture: FloatImage) -> None:
    way, _ = link(calmed(texture), calmed(texture))
    assert fused(texture, [(moved(texture, 9, 0), way)], 0.0) is texture
    assert fused(texture, []) is texture


@pytest.mark.parametrize("padding", [0, 60])
def test_the_quick_lock_is_that_of_photos(texture: FloatImage, padding: int) -> None:
    real = np.ones((256, 256), np.bool_)
    real[:, :padding] = False
    restored = np.asarray(moved(texture, 2, 1) * 0.8 + 0.15, np.float32)
    quick, exact = lock_light(restored, texture, real), lock_colour(restored, texture, real)
    assert float(np.abs(quick - exact)[:, padding:].max()) < 0.008
    assert float(np.abs(quick - restored).max()) > 0.1
