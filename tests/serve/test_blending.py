"""Test that stored outputs of the network blend to what a run gives, and that pages may blend pictures."""

from pathlib import Path

import numpy as np
import pytest

from fakes import FakeNetwork
from gfrnet import Photo
from gfrnet.restore import RestoreOptions
from gfrnet.serve import blending
from gfrnet.serve.desk import face_folder
from gfrnet.serve.keeping import KeepingRestorer
from gfrnet.types import UInt8Image
from served import degraded


def toned(pixels: UInt8Image) -> UInt8Image:
    grey = pixels.mean(axis=2, keepdims=True)
    return np.clip(grey * (1.0, 0.85, 0.7), 0, 255).astype(np.uint8)


def kept(folder: Path, photo: Photo, guide: UInt8Image) -> KeepingRestorer:
    restorer = KeepingRestorer(FakeNetwork(texture=2.0))
    restorer.on_result = lambda index, face, result: blending.store(
        face_folder(folder, 0, index), face, result
    )
    restorer.restore(photo, guide, strength=1, fidelity=1)
    return restorer


@pytest.mark.parametrize(
    ("tint", "strength", "fidelity"),
    [("colour", 0.3, 0.6), ("colour", None, None), ("sepia", 1.0, 0.2), ("16 bit", 0.8, 0.4)],
)
def test_a_blend_is_what_a_run_gives(
    tmp_path: Path, portrait: UInt8Image, tint: str, strength: float | None, fidelity: float | None
) -> None:
    pixels = degraded(portrait)
    pixels = (
        toned(pixels) if tint == "sepia" else pixels.astype(np.uint16) * 257 if tint == "16 bit" else pixels
    )
    photo = Photo(pixels)
    restorer = kept(tmp_path, photo, portrait)
    faces = blending.stored_faces(tmp_path, 0)
    options = RestoreOptions(strength=strength, fidelity=fidelity)
    got = blending.blended(restorer, photo, faces, [options] * len(faces)).pixels
    expected = restorer.restore(photo, portrait, options).photo.pixels
    level = 257 if tint == "16 bit" else 1
    assert np.abs(got.astype(int) - expected).max() <= level
    assert np.abs(got.astype(int) - photo.pixels).max() > 4 * level


@pytest.mark.parametrize(("strength", "fidelity"), [(0.8, 0.1)])
def test_pictures_blend_linearly_to_what_a_run_gives(
    tmp_path: Path, portrait: UInt8Image, strength: float, fidelity: float
) -> None:
    photo = Photo(degraded(portrait))
    restorer = kept(tmp_path, photo, portrait)
    faces = blending.stored_faces(tmp_path, 0)
    layers = dict(blending.layers(restorer, photo, faces, RestoreOptions()))
    before, restored, textured = (
        layers[name].pixels.astype(float) for name in ("before", "restored", "textured")
    )
    mixed = before + strength * (fidelity * restored + (1 - fidelity) * textured - before)
    run = restorer.restore(photo, portrait, strength=strength, fidelity=fidelity).photo.pixels
    assert np.abs(mixed - run).max() <= 2
    assert np.abs(restored - textured).max() > 8


def test_pictures_for_screens_show_photo_and_regions(tmp_path: Path, portrait: UInt8Image) -> None:
    photo = Photo(np.pad(degraded(portrait), ((0, 0), (0, 2080), (0, 0))))
    restorer = kept(tmp_path, photo, portrait)
    blending.write_layers(restorer, photo, tmp_path, 0, RestoreOptions())
    names = {path.relative_to(tmp_path / "0").as_posix() for path in tmp_path.rglob("*.jpg")}
    assert {"view-before.jpg", "view-restored.jpg", "view-textured.jpg"} <= names
    assert {f"faces/0/region-{name}.jpg" for name in ("before", "restored", "textured")} <= names


@pytest.mark.parametrize("angle", [0, 45])
def test_a_region_holds_the_crop_and_stays_in_the_photo(angle: float) -> None:
    place = blending.CropPlace((50.0, 20.0), 60.0, angle)
    left, top, right, bottom = blending.region(place, 100, 200)
    assert (left, top) == ((20, 0) if angle == 0 else (8, 0))
    assert (right, bottom) == ((80, 50) if angle == 0 else (92, 62))
    far = blending.region(blending.CropPlace((-500.0, 900.0), 10.0), 100, 200)
    assert far == (0, 99, 1, 100)
