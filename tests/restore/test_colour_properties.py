from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gfrnet.restore.colour import as_grey, lock_colour
from gfrnet.types import AnyArray, BoolArray, FloatImage

SIZE = 24
SIGNED = arrays.arrays(np.float32, (SIZE, SIZE, 3), elements=st.floats(-1, 1, width=32))
MASKS = arrays.arrays(np.bool_, (SIZE, SIZE))
PIXELS = st.sampled_from([np.uint8, np.uint16]).flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=1, max_dims=2).map(lambda s: (*s, 3)))
)


@given(face=SIGNED, real=MASKS)
def test_an_unchanged_face_keeps_its_colours(face: FloatImage, real: BoolArray) -> None:
    assert np.array_equal(lock_colour(face, face, real), face)


@given(restored=SIGNED, degraded=SIGNED, real=MASKS)
def test_locked_colours_are_colours(restored: FloatImage, degraded: FloatImage, real: BoolArray) -> None:
    locked = lock_colour(restored, degraded, real)
    assert locked.shape == restored.shape
    assert locked.dtype == np.float32
    assert np.abs(locked).max() <= 1


@given(restored=SIGNED, degraded=SIGNED, shift=st.tuples(*[st.floats(-0.3, 0.3)] * 3))
def test_a_tint_of_the_whole_result_is_taken_back(
    restored: FloatImage, degraded: FloatImage, shift: tuple[float, float, float]
) -> None:
    real = np.ones((SIZE, SIZE), bool)
    plain, target = restored * np.float32(0.1), degraded * np.float32(0.1)
    tinted = plain + np.array(shift, np.float32)
    expected = lock_colour(plain, target, real)
    np.testing.assert_allclose(lock_colour(tinted, target, real), expected, atol=1e-5)


@given(pixels=PIXELS)
def test_grey_stays_grey(pixels: AnyArray) -> None:
    grey = as_grey(pixels)
    assert grey.dtype == pixels.dtype
    assert grey.shape == pixels.shape
    assert (grey == grey[..., :1]).all()
    assert (grey.min(axis=-1) >= pixels.min(axis=-1)).all()
    assert (grey.max(axis=-1) <= pixels.max(axis=-1)).all()
    assert np.array_equal(as_grey(grey), grey)
