from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gfrnet.faces.crop import CropPlace, cut, paste
from gfrnet.types import AnyArray, FloatArray

SCALES = st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0])


@st.composite
def photos(draw: st.DrawFn) -> AnyArray:
    """Draw noise of any small size and of each dtype that crops know."""
    height, width = draw(st.integers(1, 70)), draw(st.integers(1, 70))
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.float32]))
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    if dtype is np.float32:
        return rng.uniform(0, 255, (height, width, 3)).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max + 1, (height, width, 3)).astype(dtype)


@st.composite
def places(draw: st.DrawFn) -> CropPlace:
    """Draw a place of any size and turn, in the photo, across its edge or far outside."""
    whole = st.integers(-60, 130).map(float)
    center = draw(st.tuples(*[whole | st.floats(-60, 130)] * 2))
    side = draw(st.integers(2, 200).map(float) | st.floats(2, 200))
    angle = draw(st.sampled_from([0.0, 90.0, 180.0]) | st.floats(-180, 180))
    return CropPlace(center, side, angle, draw(st.sampled_from([8, 33, 64])))


def points(seed: int, size: int) -> FloatArray:
    return np.random.default_rng(seed).uniform(0, size, (20, 2)).astype(np.float32)


@given(photo=photos(), place=places())
def test_an_unchanged_crop_changes_no_pixel(photo: AnyArray, place: CropPlace) -> None:
    crop = cut(photo, place)
    assert crop.pixels.dtype == photo.dtype
    assert np.array_equal(paste(photo, crop, crop.pixels), photo)


@st.composite
def places_inside(draw: st.DrawFn, photo_side: int) -> CropPlace:
    """Draw a place that lies whole inside a square photo, however it is turned."""
    side = draw(st.integers(2, 50).map(float) | st.floats(2, 50))
    size = draw(st.sampled_from([8, 33, 64]))
    half = 0.71 * side * (size + 2) / size
    center = draw(st.tuples(*[st.floats(half + 1, photo_side - half - 1)] * 2))
    return CropPlace(center, side, draw(st.floats(-180, 180)), size)


@given(place=places_inside(100), dtype=st.sampled_from([np.uint8, np.uint16]), seed=st.integers(0, 9))
def test_a_change_stays_inside_the_crop(place: CropPlace, dtype: type, seed: int) -> None:
    rng = np.random.default_rng(seed)
    photo = rng.integers(0, 256, (100, 100, 3)).astype(dtype)
    crop = cut(photo, place)
    pasted = paste(photo, crop, rng.uniform(0, 255, crop.pixels.shape).astype(np.float32))
    rows, columns = np.mgrid[:100, :100]
    seen = place.points_to_crop(np.stack((columns, rows), axis=-1).reshape(-1, 2).astype(np.float32))
    outside = ((seen < -0.501) | (seen > place.size - 0.499)).any(axis=1).reshape(100, 100)
    assert np.array_equal(pasted[outside], photo[outside])


@given(place=places(), seed=st.integers(0, 9))
def test_points_come_back_where_they_were(place: CropPlace, seed: int) -> None:
    inside = points(seed, place.size)
    back = place.points_to_crop(place.points_to_photo(inside))
    # Photo coordinates of up to some hundreds have a float32 step of 3e-5, enlarged by size / side.
    np.testing.assert_allclose(back, inside, atol=1e-4 * max(1, place.size / place.side))


@given(place=places(), seed=st.integers(0, 9), factor=SCALES)
def test_points_grow_with_the_photo(place: CropPlace, seed: int, factor: float) -> None:
    inside = points(seed, place.size)
    # Edge coordinates grow by the factor; those of pixel centres lie half a pixel off.
    expected = (place.points_to_photo(inside) + 0.5) * factor - 0.5
    np.testing.assert_allclose(place.scaled(factor).points_to_photo(inside), expected, atol=1e-3)


@given(
    place=places(), colour=st.tuples(*[st.integers(0, 255)] * 3), size=st.tuples(*[st.integers(1, 70)] * 2)
)
def test_a_crop_of_one_colour_has_that_colour(
    place: CropPlace, colour: tuple[int, int, int], size: tuple[int, int]
) -> None:
    photo = np.full((*size, 3), colour, np.uint8)
    assert (cut(photo, place).pixels == np.array(colour, np.uint8)).all()
