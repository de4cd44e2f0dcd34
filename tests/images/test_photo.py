from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from gfrnet.images import Photo
from gfrnet.types import AnyArray

Make = Callable[..., AnyArray]


def test_size_and_8_bit_view(noise: Make) -> None:
    photo = Photo(noise(4, 6, 3, dtype=np.uint16))
    assert (photo.height, photo.width) == (4, 6)
    assert photo.rgb8.dtype == np.uint8
    assert (photo.rgb8 == np.rint(photo.pixels / 257)).all()


def test_with_pixels_keeps_everything_else(noise: Make) -> None:
    photo = Photo(noise(4, 6, 3), noise(4, 6), grey=True, exif=b"e", icc=b"i", format="TIFF")
    changed = photo.with_pixels(255 - photo.pixels)
    assert (changed.pixels == 255 - photo.pixels).all()
    assert changed.alpha is photo.alpha
    assert (changed.grey, changed.exif, changed.icc, changed.format) == (True, b"e", b"i", "TIFF")


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 4), (0, 6, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="H, W, 3"):
        Photo(np.zeros(shape, np.uint8))


def test_pixels_that_do_not_fit_are_refused(noise: Make) -> None:
    photo = Photo(noise(4, 6, 3), noise(4, 6))
    with pytest.raises(ValueError, match="alpha must be"):
        photo.with_pixels(noise(5, 6, 3))
    with pytest.raises(ValueError, match="uint16"):
        photo.with_pixels(noise(4, 6, 3, dtype=np.uint16))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("factor", [1.5, 2, 2.7, 4])
def test_enlarged_places_every_edge_exactly(factor: float, dtype: type) -> None:
    scale = np.iinfo(dtype).max // 255
    ramp = np.rint(np.linspace(20, 200, 91) * scale).astype(dtype)
    big = Photo(np.tile(ramp[None, :, None], (9, 1, 3))).enlarged(factor)
    assert big.pixels.dtype == dtype
    assert (big.height, big.width) == (round(9 * factor), round(91 * factor))
    positions = (np.arange(big.width) + 0.5) / factor - 0.5
    inner = (positions > 4) & (positions < 86)
    expected = 20 + 2 * positions[inner]
    assert np.abs(big.pixels[4, inner, 0] / scale - expected).max() < 1


def test_enlarged_keeps_more_detail_than_bilinear() -> None:
    y, x = np.mgrid[:160, :160]
    fine = np.rint(127 + 90 * np.sin(x / 5) * np.cos(y / 6)).astype(np.uint8)
    fine = np.repeat(fine[..., None], 3, axis=2)
    small = cv2.resize(fine, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    ours = Photo(small).enlarged(2).pixels.astype(float)
    bilinear = cv2.resize(small, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR).astype(float)
    assert np.square(ours - fine).mean() < 0.7 * np.square(bilinear - fine).mean()


def test_enlarged_by_one_is_the_same_photo_and_below_one_refused(noise: Make) -> None:
    photo = Photo(noise(4, 6, 3))
    assert photo.enlarged(1) is photo
    with pytest.raises(ValueError, match="1 or more"):
        photo.enlarged(0.5)


def test_enlarged_alpha_lets_no_hidden_colour_through() -> None:
    pixels = np.full((12, 12, 3), 200, np.uint8)
    alpha = np.full((12, 12), 255, np.uint8)
    pixels[:, 6:], alpha[:, 6:] = 0, 0
    big = Photo(pixels, alpha).enlarged(3)
    assert big.alpha is not None
    assert big.alpha.shape == (36, 36)
    visible = big.alpha > 8
    assert np.abs(big.pixels[visible].astype(int) - 200).max() <= 2


def test_enlarged_opaque_photo_is_like_one_without_alpha(smooth: Make) -> None:
    pixels = smooth()
    opaque = Photo(pixels, np.full(pixels.shape[:2], 255, np.uint8)).enlarged(2)
    assert (opaque.pixels == Photo(pixels).enlarged(2).pixels).all()
    assert opaque.alpha is not None
    assert opaque.alpha.min() == 255
