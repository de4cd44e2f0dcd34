"""Test the logic of restoring with a network of three lines; `test_restore_with_model` runs the real one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from fakes import BLANK, FACE, FakeNetwork, change
from gfrnet import images
from gfrnet.errors import (
    FaceError,
    ModelError,
    NoFaceError,
    WriteError,
)
from gfrnet.images import Photo
from gfrnet.restore import Event, FaceDone, Restorer
from gfrnet.restore.fuse import fused
from gfrnet.runtime import Restoration
from gfrnet.types import Box, FloatImage, UInt8Image


def test_the_face_changes_and_nothing_else(restorer: Restorer, portrait: UInt8Image) -> None:
    result = restorer.restore(portrait, [portrait])
    difference = change(result.photo.rgb8, portrait)
    assert difference[100:150, 200:250].mean() > 5
    difference[60:185, 160:285] = 0
    assert difference.max() == 0
    (face,) = result.faces
    assert (face.status, face.reason, face.guide, face.guide_name) == ("restored", "", 0, "guide 1")
    assert face.similarity > 0.95
    assert face.result is not None
    assert 0 <= face.result.similarity <= 1
    assert face.result.strength == 1


def test_fidelity_chooses_between_the_likely_and_the_textured(portrait: UInt8Image) -> None:
    restorer = Restorer(FakeNetwork(texture=2))
    results = [
        restorer.restore(portrait, [portrait], fidelity=fidelity, places=[FACE]).photo.rgb8
        for fidelity in (0.0, 0.5, 1.0, None)
    ]
    textured, between, likely, unasked = (float(change(result, portrait).mean()) for result in results)
    assert textured > between > likely
    assert unasked == between


def test_the_texture_comes_from_the_first_guide() -> None:
    rng = np.random.default_rng(0)
    restored, texture = rng.uniform(-0.4, 0.4, (2, 2, 256, 256, 3)).astype(np.float32)
    flow = np.zeros((2, 256, 256, 2), np.float32)
    found = fused(Restoration(restored, restored, flow, restored + texture), (0.75, 0.25))
    assert found.textured is not None
    np.testing.assert_allclose(found.textured - found.restored, texture[0], atol=1e-6)
    np.testing.assert_allclose(found.restored, 0.75 * restored[0] + 0.25 * restored[1], atol=1e-6)


def test_a_model_without_texture_says_so(restorer: Restorer, portrait: UInt8Image) -> None:
    with pytest.raises(ModelError, match="no texture"):
        restorer.restore(portrait, [portrait], fidelity=0.5, places=[FACE])


def test_strength_scales_the_change(restorer: Restorer, portrait: UInt8Image) -> None:
    changes = [
        change(
            restorer.restore(portrait, [portrait], strength=strength, places=[FACE]).photo.rgb8, portrait
        ).mean()
        for strength in (0.0, 0.5, 1.0)
    ]
    assert changes[0] == 0
    assert changes[1] == pytest.approx(changes[2] / 2, rel=0.1)


def test_light_is_locked_to_the_photo(portrait: UInt8Image) -> None:
    dark = Restorer(FakeNetwork(light=-0.2)).restore(portrait, [portrait], places=[FACE]).photo.rgb8
    inside = (slice(90, 160), slice(185, 260))
    assert abs(dark[inside].mean() - portrait[inside].mean()) < 2


def test_a_grey_photo_stays_grey_and_gets_a_grey_guide(
    restorer: Restorer, fake: FakeNetwork, portrait: UInt8Image
) -> None:
    grey = np.repeat(cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    result = restorer.restore(grey, [portrait], places=[FACE])
    assert result.photo.grey
    assert (np.ptp(result.photo.pixels, axis=2) == 0).all()
    assert np.ptp(fake.calls[0][1], axis=3).max() < 1e-6


def test_sixteen_bits_stay_sixteen_and_fine_steps_survive(restorer: Restorer, portrait: UInt8Image) -> None:
    deep = portrait.astype(np.uint16) * 257 + 3
    photo = Photo(deep, alpha=np.full(deep.shape[:2], 40000, np.uint16), icc=b"profile")
    result = restorer.restore(photo, [portrait], strength=0.5, places=[FACE]).photo
    assert result.pixels.dtype == np.uint16
    assert (result.pixels[300:] == deep[300:]).all()
    assert len(np.unique(result.pixels[100:150, 200:250] % 257)) > 100
    assert result.icc == b"profile"
    assert result.alpha is not None


@pytest.mark.parametrize("scale", [1.5, 2])
def test_scale_enlarges_photo_and_face(restorer: Restorer, portrait: UInt8Image, scale: float) -> None:
    result = restorer.restore(portrait, [portrait], scale=scale, places=[FACE])
    assert (result.photo.height, result.photo.width) == (512 * scale, 512 * scale)
    plain = Photo(portrait).enlarged(scale).rgb8
    difference = change(result.photo.rgb8, plain)
    assert (
        difference[round(100 * scale) : round(150 * scale), round(200 * scale) : round(250 * scale)].mean()
        > 5
    )
    assert difference[round(185 * scale) :].max() == 0
    assert result.faces[0].box == FACE


@pytest.mark.parametrize("size", [100, 256, 300])
def test_a_crop_changes_up_to_its_border(restorer: Restorer, crop: UInt8Image, size: int) -> None:
    square = cv2.resize(crop, (size, size), interpolation=cv2.INTER_CUBIC)
    result = restorer.restore(square, [crop], cropped=True)
    assert result.photo.pixels.shape == square.shape
    difference = change(result.photo.rgb8, square)
    assert difference[0].mean() > 3
    assert difference[:, -1].mean() > 3
    assert result.faces[0].similarity > 0.8


def test_given_boxes_replace_the_detector(restorer: Restorer, portrait: UInt8Image) -> None:
    box = Box(180, 80, 270, 170)
    result = restorer.restore(portrait, [portrait], places=[box])
    assert result.faces[0].box == box
    assert result.faces[0].status == "restored"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_face_that_is_given_twice_is_changed_once(
    restorer: Restorer, portrait: UInt8Image, dtype: type
) -> None:
    photo = portrait.astype(dtype) * (257 if dtype is np.uint16 else 1)
    once, twice = (restorer.restore(photo, [portrait], places=[FACE] * times) for times in (1, 2))
    assert twice.count("restored") == 2
    assert (twice.photo.pixels == once.photo.pixels).all()


def test_overlapping_faces_change_no_pixel_more_than_one_face_alone_would(
    restorer: Restorer, portrait: UInt8Image
) -> None:
    boxes = [FACE, Box(FACE.left + 54, FACE.top, FACE.right + 54, FACE.bottom)]
    photo = cv2.convertScaleAbs(portrait, alpha=0.5, beta=64)
    left, right, both = (
        change(restorer.restore(photo, [portrait], places=given, force=True).photo.rgb8, photo)
        for given in (boxes[:1], boxes[1:], boxes)
    )
    largest = np.maximum(left, right).astype(int)
    assert (left > 5)[right > 5].any()
    # At the seam, two fine checkered patterns do not match exactly. Their sum would be 17 levels off.
    assert (both <= largest + 4).all()
    assert both.mean() > 0.8 * largest.mean()


def test_finished_faces_are_reported_before_the_network_runs_on_the_next_eight(portrait: UInt8Image) -> None:
    seen: list[str] = []

    class Told(FakeNetwork):
        def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
            seen.append(f"{len(degraded)} inputs")
            return super().run(degraded, guide, texture)

    def hear(event: Event) -> None:
        if isinstance(event, FaceDone):
            seen.append(event.outcome.status)

    boxes = [Box(FACE.left + i, FACE.top, FACE.right + i, FACE.bottom) for i in range(10)]
    bright = cv2.convertScaleAbs(portrait, alpha=0.8, beta=20)
    result = Restorer(Told()).restore(portrait, [portrait, bright], places=boxes, fuse=2, on_event=hear)
    assert seen == ["16 inputs", *["restored"] * 8, "4 inputs", *["restored"] * 2]
    assert [face.box for face in result.faces] == boxes


def test_a_photo_without_a_face_is_refused(restorer: Restorer, portrait: UInt8Image) -> None:
    with pytest.raises(NoFaceError, match="No face found in the photo"):
        restorer.restore(BLANK, [portrait])


def test_a_face_fails_if_the_network_gives_no_finite_values(portrait: UInt8Image) -> None:
    class Broken(FakeNetwork):
        def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
            return replace(super().run(degraded, guide, texture), restored=degraded * np.nan)

    result = Restorer(Broken()).restore(portrait, [portrait], places=[FACE])
    assert result.faces[0].status == "failed"
    assert (result.photo.pixels == portrait).all()
    with pytest.raises(FaceError, match="no colours"):
        result.check()


def test_the_input_arrays_stay_untouched(restorer: Restorer, portrait: UInt8Image) -> None:
    photo, guide = portrait.copy(), portrait.copy()
    restorer.restore(photo, [guide], places=[FACE])
    assert (photo == portrait).all()
    assert (guide == portrait).all()


def test_save_overwrites_no_input(restorer: Restorer, portrait: UInt8Image, tmp_path: Path) -> None:
    path = images.write(Photo(portrait), tmp_path / "a.png")
    before = path.read_bytes()
    result = restorer.restore(path, [portrait], places=[FACE])
    with pytest.raises(WriteError, match="input"):
        result.save(path)
    assert path.read_bytes() == before
    assert result.save(tmp_path / "b.png").is_file()


def test_results_can_be_compared_and_printed(restorer: Restorer, portrait: UInt8Image) -> None:
    one, other = (restorer.restore(portrait, [portrait], places=[FACE]) for _ in range(2))
    (face,) = one.faces
    assert face in one.faces
    assert face not in other.faces
    assert face.result != other.faces[0].result
    assert one == one
    assert one != other
    assert "array" not in repr(one)
    assert "dtype" not in repr(FaceDone("photo", face))


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (900, 2)])
def test_tiny_photos_have_no_face(restorer: Restorer, portrait: UInt8Image, size: tuple[int, int]) -> None:
    with pytest.raises(NoFaceError):
        restorer.restore(np.zeros((*size, 3), np.uint8), [portrait])


def test_a_photo_of_one_pixel_with_a_box_does_not_crash(restorer: Restorer, portrait: UInt8Image) -> None:
    result = restorer.restore(np.zeros((1, 1, 3), np.uint8), [portrait], places=[Box(0, 0, 1, 1)], force=True)
    assert result.photo.pixels.shape == (1, 1, 3)
