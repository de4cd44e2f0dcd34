"""Test that photo and guide meet in one colour space, and that the result returns to the photo's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fakes import FACE
from gfrnet.degradation import Recipe, degrade
from gfrnet.images import Photo, colour_space
from gfrnet.restore import RestoredPhoto, Restorer
from gfrnet.types import UInt8Image
from profiles import srgb_profile, wide_profile


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    return Restorer.load()


def restored(restorer: Restorer, photo: Photo, guide: Photo) -> RestoredPhoto:
    return restorer.restore(photo, guide, places=[FACE], strength=1.0)


def test_the_result_is_the_one_of_srgb_whatever_the_spaces(restorer: Restorer, portrait: UInt8Image) -> None:
    space = colour_space(wide_profile())
    assert space is not None
    degraded, guide = degrade(portrait, Recipe(scale=4, noise=2, jpeg=60, seed=1)), portrait[:, ::-1].copy()
    plain = restored(restorer, Photo(degraded), Photo(guide)).photo.rgb8.astype(int)
    wide = Photo(space.from_srgb(degraded), icc=wide_profile())
    wide_guide = Photo(space.from_srgb(guide), icc=wide_profile())
    for photo, good in ((wide, Photo(guide)), (wide, wide_guide)):
        result = restored(restorer, photo, good).photo
        assert result.icc == wide_profile()
        difference = np.abs(space.to_srgb(result.rgb8).astype(int) - plain)
        assert difference.mean() < 1.5
        assert np.percentile(difference, 99) <= 8


def test_without_conversion_colours_would_be_wrong(restorer: Restorer, portrait: UInt8Image) -> None:
    """Show that the test above can fail: the same pixels without their profile."""
    space = colour_space(wide_profile())
    assert space is not None
    degraded = degrade(portrait, Recipe(scale=4, noise=2, jpeg=60, seed=1))
    wide = Photo(space.from_srgb(degraded), icc=wide_profile())
    right = restored(restorer, wide, Photo(portrait)).photo.rgb8.astype(int)
    wrong = restored(restorer, replace(wide, icc=None), Photo(portrait)).photo.rgb8
    inside = np.s_[round(FACE.top) : round(FACE.bottom), round(FACE.left) : round(FACE.right)]
    assert np.percentile(np.abs(right - wrong)[inside], 99) > 5


def test_a_profile_of_srgb_changes_no_bit(restorer: Restorer, portrait: UInt8Image) -> None:
    photos = [Photo(portrait), Photo(portrait, icc=srgb_profile())]
    one, other = (restored(restorer, photo, Photo(portrait)).photo.pixels for photo in photos)
    np.testing.assert_array_equal(one, other)


def test_a_face_outside_stays_as_it_was(restorer: Restorer, portrait: UInt8Image) -> None:
    photo = Photo(portrait, icc=wide_profile())
    result = restorer.restore(photo, Photo(portrait), places=[FACE], strength=0.0)
    np.testing.assert_allclose(result.photo.rgb8.astype(int), portrait, atol=1)
