"""Test that toned photos stay toned, and that colours stay colours."""

from __future__ import annotations

import numpy as np
import pytest

from gfrnet.degradation import Recipe, degrade
from gfrnet.images import from_signed, to_signed
from gfrnet.restore import Restorer, as_grey
from gfrnet.restore.tone import GREY, KNOTS, Tone, _least_squares, find_tone
from gfrnet.types import FloatArray, UInt8Image

BAD = Recipe(scale=3, noise=2, jpeg=60, seed=1)

TINTS = {"grey": (0, 0, 0), "faint": (3, 0, -5), "sepia": (28, 4, -35), "blue": (-30, -6, 40)}
"""Red, green and blue of each tint in the shadows; the highlights have a third of it."""


def toned(picture: UInt8Image, tint: tuple[int, int, int], noise: int = 2) -> UInt8Image:
    """Print a picture in one colour, and scan it with noise of up to some levels."""
    luma = 40 + 0.72 * as_grey(picture).astype(np.float32)  # no print is quite black or white
    coloured = luma + np.array(tint) * (1 - luma / 255 * 2 / 3)
    scanned = coloured + np.random.default_rng(0).integers(-noise, noise + 1, picture.shape)
    return np.clip(np.rint(scanned), 0, 255).astype(np.uint8)


def off_tint(result: UInt8Image, source: UInt8Image) -> FloatArray:
    """Return how far each pixel's colour is from the tint of a toned picture, 0..255."""
    tone = find_tone(to_signed(source), np.ones(source.shape[:2], bool), source)
    assert tone is not None
    tinted = from_signed(tone.applied(as_grey(to_signed(result))), np.uint8).astype(np.int16)
    return np.abs(tinted - result).max(axis=2)


@pytest.mark.parametrize("tint", TINTS)
@pytest.mark.parametrize("recipe", [Recipe(), BAD], ids=["sharp", "bad"])
def test_a_toned_photo_stays_toned(portrait: UInt8Image, tint: str, recipe: Recipe) -> None:
    photo = degrade(toned(portrait, TINTS[tint]), recipe)
    result = Restorer.load().restore(photo, [portrait], strength=1.0)
    assert [face.status for face in result.faces] == ["restored"]
    face = result.faces[0].box
    inside = np.s_[round(face.top) : round(face.bottom), round(face.left) : round(face.right)]
    clean = toned(portrait, TINTS[tint], noise=0)
    before, after = (np.percentile(off_tint(x[inside], clean), 99) for x in (photo, result.photo.rgb8))
    assert after <= before + 1
    assert np.abs(result.photo.rgb8[inside].astype(int) - photo[inside]).mean() > 0.5


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(jpeg=40), BAD])
def test_a_photo_in_colours_has_no_tone(portrait: UInt8Image, recipe: Recipe) -> None:
    photo = degrade(portrait, recipe)
    assert find_tone(to_signed(photo), np.ones(photo.shape[:2], bool), photo) is None


def test_padding_does_not_count(portrait: UInt8Image) -> None:
    photo = toned(portrait, TINTS["sepia"])
    real = np.ones(photo.shape[:2], bool)
    real[:, 200:] = False
    photo[:, 200:] = (0, 255, 0)
    assert find_tone(to_signed(photo), real, photo) is not None
    assert find_tone(to_signed(photo), np.ones_like(real), photo) is None


def test_a_tone_that_lacks_brightnesses_takes_the_nearest(portrait: UInt8Image) -> None:
    bright = (toned(portrait, TINTS["sepia"]) // 4 + 180).astype(np.uint8)
    tone = find_tone(to_signed(bright), np.ones(bright.shape[:2], bool), bright)
    assert tone is not None
    np.testing.assert_allclose(tone.offsets[0], tone.offsets[4], atol=0.02)


def test_one_colour_everywhere_is_a_tone() -> None:
    plain = np.full((64, 64, 3), (200, 180, 150), np.uint8)
    tone = find_tone(to_signed(plain), np.ones((64, 64), bool), plain)
    assert tone is not None
    np.testing.assert_allclose(from_signed(tone.applied(as_grey(to_signed(plain))), np.uint8), plain, atol=1)


def test_no_tint_changes_no_bit(portrait: UInt8Image) -> None:
    grey = as_grey(to_signed(portrait))
    np.testing.assert_array_equal(GREY.applied(grey), grey)
    assert Tone(np.zeros((KNOTS, 3), np.float32)).applied(grey).dtype == np.float32


def test_the_tint_is_the_least_squares_one() -> None:
    rng = np.random.default_rng(3)
    terms, values = rng.random((500, 5)), rng.random((500, 3))
    wanted = np.linalg.lstsq(terms, values, rcond=None)[0]
    np.testing.assert_allclose(_least_squares(terms, values), wanted, atol=1e-9)
