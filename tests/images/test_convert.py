from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageOps

from gfrnet.images.convert import from_signed, oriented, to_eight_bit, to_signed, to_uint8
from gfrnet.types import AnyArray

Make = Callable[..., AnyArray]


def test_every_8_bit_value_survives_the_way_there_and_back() -> None:
    values = np.arange(256, dtype=np.uint8)
    signed = to_signed(values)
    assert signed.dtype == np.float32
    assert (signed[0], signed[-1]) == (-1, 1)
    assert (to_uint8(signed) == values).all()


def test_every_16_bit_value_survives_the_way_there_and_back() -> None:
    values = np.arange(65536, dtype=np.uint16)
    signed = to_signed(values)
    assert (signed[0], signed[-1]) == (-1, 1)
    assert (np.rint(from_signed(signed, np.uint16)) == values).all()


def test_what_lies_outside_is_clipped_and_the_middle_rounded() -> None:
    assert to_uint8(np.float32([-1.5, -1, 0.001, 1, 3])).tolist() == [0, 0, 128, 255, 255]


def test_8_and_16_bit_mean_the_same() -> None:
    values = np.arange(256, dtype=np.uint8)
    assert np.allclose(to_signed(values), to_signed(values.astype(np.uint16) * 257))
    assert (to_eight_bit(values.astype(np.uint16) * 257) == values).all()


def test_to_eight_bit_rounds_to_the_nearest() -> None:
    values = np.arange(65536, dtype=np.uint16)
    assert (to_eight_bit(values) == np.rint(values / 257)).all()


def test_other_dtypes_are_refused() -> None:
    with pytest.raises(ValueError, match="uint8 or uint16"):
        to_signed(np.zeros((2, 2, 3), np.float32))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_oriented_does_as_pillow(orientation: int, noise: Make) -> None:
    samples = noise(5, 7, 3)
    image = Image.fromarray(samples)
    image.getexif()[0x0112] = orientation
    assert (oriented(samples, orientation) == np.asarray(ImageOps.exif_transpose(image))).all()
