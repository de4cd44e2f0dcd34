from __future__ import annotations

import time

import cv2
import numpy as np
import pytest

from gfrnet.faces.crop import CropPlace, cut, face_box, paste, soft_mask, uncovered
from gfrnet.types import AnyArray, Box

DTYPES = (np.uint8, np.uint16)


def noise(height: int, width: int, dtype: type = np.uint8) -> AnyArray:
    values = np.random.default_rng(height * 10_000 + width).integers(
        0, np.iinfo(dtype).max, (height, width, 3)
    )
    return values.astype(dtype)


def smooth(height: int, width: int) -> AnyArray:
    rows, columns = np.mgrid[:height, :width]
    channels = [128 + 90 * np.sin(rows / 17 + k) * np.cos(columns / 23 - k) for k in range(3)]
    return np.stack(channels, axis=-1).astype(np.uint8)


PLACES = [
    CropPlace((150.0, 140.0), 256.0),
    CropPlace((150.5, 139.5), 255.0),
    CropPlace((151.37, 138.81), 201.7),
    CropPlace((151.37, 138.81), 77.3, angle=25.0),
    CropPlace((20.2, 290.9), 180.1, angle=-40.0),
    CropPlace((0.0, 0.0), 90.0),
    CropPlace((299.0, 10.0), 601.3, angle=7.0),
    CropPlace((150.0, 150.0), 2000.0),
    CropPlace((-900.0, 1200.0), 100.0),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize("place", PLACES)
def test_untouched_crop_changes_no_pixel(place: CropPlace, scale: int, dtype: type) -> None:
    photo = noise(281 * scale, 303 * scale, dtype)
    crop = cut(photo, place.scaled(scale))
    assert np.array_equal(paste(photo, crop, crop.pixels), photo)


@pytest.mark.parametrize("dtype", DTYPES)
def test_plain_cut_copies_pixels_and_pastes_them_exactly(dtype: type) -> None:
    photo = noise(300, 320, dtype)
    crop = cut(photo, CropPlace((138.0, 150.0), 256.0))
    assert np.array_equal(crop.pixels, photo[22:278, 10:266])
    changed = noise(256, 256, dtype)
    pasted = paste(photo, crop, changed)
    inside = soft_mask(crop.place, 300, 320) == 1
    assert np.array_equal(pasted[22:278, 10:266][inside], changed[inside])


def centroid(change: AnyArray) -> AnyArray:
    rows, columns = np.mgrid[: change.shape[0], : change.shape[1]]
    return np.array([(change * columns).sum(), (change * rows).sum()]) / change.sum()


@pytest.mark.parametrize("angle", [0.0, 25.0])
@pytest.mark.parametrize("ratio", [0.3, 0.5, 1.0, 1.7, 3.0])
def test_change_lands_without_any_shift(ratio: float, angle: float) -> None:
    photo = np.full((900, 1000, 3), 100, np.float32)
    crop = cut(photo, CropPlace((503.3, 452.8), 256 * ratio, angle))
    rows, columns = np.mgrid[:256, :256]
    u, v = 141.3, 110.6
    blob = 80 * np.exp(-((columns - u) ** 2 + (rows - v) ** 2) / (2 * 8.0**2))
    change = paste(photo, crop, crop.pixels + blob[..., None].astype(np.float32))[..., 0] - 100
    # Computed from the definition in edge coordinates, not with the matrices under test.
    turn = np.exp(1j * np.radians(angle))
    expected = (
        complex(503.3, 452.8) + turn * complex(u + 0.5 - 128, v + 0.5 - 128) * ratio - complex(0.5, 0.5)
    )
    assert np.abs(centroid(change) - (expected.real, expected.imag)).max() < 0.05
    assert change.sum() == pytest.approx(blob.sum() * ratio**2, rel=0.01)


@pytest.mark.parametrize("angle", [0.0, 25.0])
@pytest.mark.parametrize("ratio", [0.3, 1.0, 3.0])
def test_cut_shows_the_photo_without_any_shift(ratio: float, angle: float) -> None:
    place = CropPlace((503.3, 452.8), 256 * ratio, angle)
    target = np.array([[141.3, 110.6]], np.float32)
    x, y = place.points_to_photo(target)[0]
    rows, columns = np.mgrid[:900, :1000]
    photo = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * (6.0 * ratio) ** 2)).astype(np.float32)
    found = centroid(cut(np.repeat(photo[..., None], 3, axis=2), place).pixels[..., 0])
    assert np.abs(found - target[0]).max() < 0.05


@pytest.mark.parametrize("ratio", [1.0, 1.7, 3.0])
def test_pasted_change_is_cut_again(ratio: float) -> None:
    photo = cv2.resize(smooth(300, 320), None, fx=ratio, fy=ratio)
    crop = cut(photo, CropPlace((160.3 * ratio, 151.9 * ratio), 200 * ratio, angle=10.0))
    rows, columns = np.mgrid[:256, :256]
    change = 30 * np.sin(rows / 9) * np.cos(columns / 7)
    again = cut(paste(photo, crop, crop.pixels + change[..., None].astype(np.float32)), crop.place)
    inside = soft_mask(crop.place, *photo.shape[:2]) == 1
    error = again.pixels.astype(float) - crop.pixels - change[..., None]
    assert np.sqrt((error[inside] ** 2).mean()) < 1.0
    assert np.abs(error[inside]).max() < 4.0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("place", PLACES)
def test_no_pixel_outside_the_crop_changes(place: CropPlace, dtype: type) -> None:
    photo = noise(281, 303, dtype)
    crop = cut(photo, place)
    white = np.full((256, 256, 3), np.iinfo(dtype).max, np.float32)
    touched = (paste(photo, crop, white) != photo).any(axis=2)
    rows, columns = np.mgrid[:281, :303]
    points = np.stack([columns, rows], axis=-1).reshape(-1, 2)
    distance = np.abs(place.points_to_crop(points) - 127.5).max(axis=1).reshape(281, 303)
    assert not touched[distance > 128].any()


def test_mask_has_no_seam_inside_the_photo() -> None:
    mask = soft_mask(CropPlace((150.0, 150.0), 200.0), 300, 300)
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert border.max() == 0
    assert mask[40:-40, 40:-40].min() == 1
    assert np.abs(np.diff(mask, axis=0)).max() < 0.06


def test_mask_keeps_sides_where_the_photo_ends() -> None:
    mask = soft_mask(CropPlace((50.0, 150.0), 200.0), 300, 300)
    assert mask[128, 0] == 1
    assert mask[128, -1] == 0
    assert mask[0].max() == mask[-1].max() == 0
    whole_photo = soft_mask(CropPlace((128.0, 128.0), 256.0), 256, 256)
    assert whole_photo.min() == 1


@pytest.mark.parametrize(
    "other", [CropPlace((190.3, 160.0), 150.0, angle=20.0), CropPlace((120.0, 140.0), 60.0)]
)
@pytest.mark.parametrize("first", [False, True])
def test_overlapping_changes_sum_to_the_larger_one(other: CropPlace, first: bool) -> None:
    places = [CropPlace((140.0, 150.0), 200.0), other][:: -1 if first else 1]
    photo = np.full((300, 320, 3), 100, np.float32)
    crops = [cut(photo, place) for place in places]
    full = [crop.pixels + np.float32(50) for crop in crops]
    alone = [paste(photo, crop, changed) for crop, changed in zip(crops, full, strict=True)]
    share = uncovered(places[1], places[:1], 300, 320)[..., None]
    both = paste(alone[0], crops[1], crops[1].pixels + share * np.float32(50))
    assert np.abs(both - np.maximum(*alone)).max() < 1.5


def test_a_crop_that_was_pasted_before_adds_no_change() -> None:
    place = CropPlace((151.37, 138.81), 77.3, angle=25.0)
    assert uncovered(place, [place], 300, 320).max() < 1e-3
    assert not place.may_overlap(CropPlace((10.0, 10.0), 80.0))


def test_a_wider_feather_shrinks_the_mask() -> None:
    place = CropPlace((150.0, 150.0), 200.0)
    assert (
        soft_mask(place, 300, 300, feather=0.05).mean() > soft_mask(place, 300, 300, feather=0.2).mean() + 0.1
    )


@pytest.mark.parametrize("angle", [0.0, 25.0, -130.0])
def test_points_travel_both_ways(angle: float) -> None:
    place = CropPlace((33.3, 60.1), 120.5, angle)
    points = np.random.default_rng(1).uniform(-20, 300, (20, 2)).astype(np.float32)
    assert np.allclose(place.points_to_photo(place.points_to_crop(points)), points, atol=1e-3)
    assert np.allclose(place.points_to_crop(np.array([[32.8, 59.6]], np.float32)), 127.5, atol=1e-4)


def test_the_real_part_is_where_the_crop_shows_the_photo() -> None:
    assert cut(noise(300, 300), CropPlace((150.0, 150.0), 256.0)).real.all()
    left = cut(noise(300, 300), CropPlace((108.0, 150.0), 256.0)).real
    assert not left[:, :20].any()
    assert left[:, 20:].all()
    assert not cut(noise(50, 50), CropPlace((-200.0, 25.0), 100.0)).real.any()


def test_padding_replicates_and_blurs_outwards() -> None:
    photo = noise(300, 300)
    pixels = cut(photo, CropPlace((28.0, 150.0), 256.0)).pixels.astype(float)
    roughness = np.abs(np.diff(pixels, axis=0)).mean(axis=(0, 2))
    assert roughness[60] < roughness[85] < roughness[97] < roughness[110]
    assert np.abs(pixels[:, 99] - photo[22:278, 0]).mean() < 15


def test_crop_around_a_box_holds_that_box() -> None:
    place = CropPlace.around(Box(100.0, 120.0, 180.0, 190.0))
    assert place.side == pytest.approx(104.0)
    corners = np.array([[100.0, 115.0], [180.0, 195.0]], np.float32) - 0.5
    box = face_box()
    expected = np.array([[box.left, box.top], [box.right, box.bottom]]) - 0.5
    assert np.allclose(place.points_to_crop(corners), expected, atol=1e-3)


@pytest.mark.parametrize("side", [600, 1500, 2600])
def test_large_faces_do_not_alias(side: int) -> None:
    stripes = np.zeros((side, side, 3), np.uint8)
    stripes[:, ::2] = 255
    pixels = cut(stripes, CropPlace((side / 2, side / 2), float(side))).pixels.astype(float)
    assert np.abs(pixels[8:-8, 8:-8] - 127.5).max() < 12


def test_cut_and_paste_are_fast() -> None:
    photo = noise(1000, 1000)
    place = CropPlace.around(Box(250.0, 250.0, 750.0, 750.0))

    def once() -> float:
        start = time.perf_counter()
        crop = cut(photo, place)
        paste(photo, crop, 255 - crop.pixels.astype(np.float32))
        return time.perf_counter() - start

    # The best of several, and a wide margin: the machine may be busy with something else.
    assert min(once() for _ in range(8)) < 0.1
