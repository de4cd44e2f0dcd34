"""The logic of restoring, with networks of three lines; `test_restore_with_model` runs the real one."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from gfrnet import images
from gfrnet.degradation import Recipe, degrade
from gfrnet.errors import (
    ConfigError,
    FaceError,
    ImageTooLargeError,
    ModelError,
    NoFaceError,
    WriteError,
    WrongPersonError,
)
from gfrnet.images import Photo
from gfrnet.restore import Event, FaceDone, FacesFound, GuideSkipped, Restorer
from gfrnet.restore.fuse import fused
from gfrnet.runtime import Restoration
from gfrnet.types import Box, FloatImage, UInt8Image

FACE = Box(176.5, 77, 266.5, 167)
BLANK = np.full((200, 200, 3), 128, np.uint8)


class Fake:
    """Adds a checkered pattern to what it gets, and remembers it."""

    def __init__(self, light: float = 0.0, texture: float = 0.0, fuses: bool = False) -> None:
        self.fuses = fuses
        self.light, self.texture = np.float32(light), texture
        self.calls: list[tuple[FloatImage, FloatImage]] = []

    def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
        self.calls.append((degraded, guide))
        rows, columns = np.indices((256, 256)) // 4
        pattern = np.where((rows + columns) % 2, 0.2, -0.2).astype(np.float32)[None, ..., None]
        restored = np.clip(degraded + pattern * (1, 0.5, 1) + self.light, -1, 1).astype(np.float32)
        shows = texture and self.texture
        textured = degraded + (restored - degraded) * np.float32(self.texture) if shows else None
        warped = guide[:: len(guide) // len(degraded)]
        return Restoration(restored, warped, np.zeros((len(warped), 256, 256, 2), np.float32), textured)


@pytest.fixture(scope="module")
def module_fake() -> Fake:
    return Fake()


@pytest.fixture(scope="module")
def restorer(module_fake: Fake) -> Restorer:
    """One for all tests: it remembers its guides, and must not remember anything else."""
    return Restorer(module_fake)


@pytest.fixture
def fake(module_fake: Fake) -> Fake:
    module_fake.calls.clear()
    return module_fake


@pytest.fixture(scope="module")
def crop(portrait: UInt8Image) -> UInt8Image:
    """(117, 117, 3) the portrait's face as a crop of the protocol."""
    return portrait[64:181, 163:280].copy()


def change(result: UInt8Image, photo: UInt8Image) -> UInt8Image:
    return cv2.absdiff(result, photo)


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
    restorer = Restorer(Fake(texture=2))
    results = [
        restorer.restore(portrait, [portrait], fidelity=fidelity, boxes=[FACE]).photo.rgb8
        for fidelity in (0.0, 0.5, 1.0, None)
    ]
    textured, between, likely, unasked = (float(change(result, portrait).mean()) for result in results)
    assert textured > between > likely
    assert unasked == between


def test_the_texture_is_that_of_the_first_guide() -> None:
    rng = np.random.default_rng(0)
    restored, texture = rng.uniform(-0.4, 0.4, (2, 2, 256, 256, 3)).astype(np.float32)
    flow = np.zeros((2, 256, 256, 2), np.float32)
    found = fused(Restoration(restored, restored, flow, restored + texture), (0.75, 0.25))
    assert found.textured is not None
    np.testing.assert_allclose(found.textured - found.restored, texture[0], atol=1e-6)
    np.testing.assert_allclose(found.restored, 0.75 * restored[0] + 0.25 * restored[1], atol=1e-6)


def test_a_model_without_texture_says_so(restorer: Restorer, portrait: UInt8Image) -> None:
    with pytest.raises(ModelError, match="--fidelity 1"):
        restorer.restore(portrait, [portrait], fidelity=0.5, boxes=[FACE])


def test_strength_scales_the_change(restorer: Restorer, portrait: UInt8Image) -> None:
    changes = [
        change(
            restorer.restore(portrait, [portrait], strength=strength, boxes=[FACE]).photo.rgb8, portrait
        ).mean()
        for strength in (0.0, 0.5, 1.0)
    ]
    assert changes[0] == 0
    assert changes[1] == pytest.approx(changes[2] / 2, rel=0.1)


def test_light_is_locked_to_the_photo(portrait: UInt8Image) -> None:
    dark = Restorer(Fake(light=-0.2)).restore(portrait, [portrait], boxes=[FACE]).photo.rgb8
    inside = (slice(90, 160), slice(185, 260))
    assert abs(dark[inside].mean() - portrait[inside].mean()) < 2


def test_a_grey_photo_stays_grey_and_gets_a_grey_guide(
    restorer: Restorer, fake: Fake, portrait: UInt8Image
) -> None:
    grey = np.repeat(cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    result = restorer.restore(grey, [portrait], boxes=[FACE])
    assert result.photo.grey
    assert (np.ptp(result.photo.pixels, axis=2) == 0).all()
    assert np.ptp(fake.calls[0][1], axis=3).max() < 1e-6


def test_sixteen_bits_stay_sixteen_and_fine_steps_survive(restorer: Restorer, portrait: UInt8Image) -> None:
    deep = portrait.astype(np.uint16) * 257 + 3
    photo = Photo(deep, alpha=np.full(deep.shape[:2], 40000, np.uint16), icc=b"profile")
    result = restorer.restore(photo, [portrait], strength=0.5, boxes=[FACE]).photo
    assert result.pixels.dtype == np.uint16
    assert (result.pixels[300:] == deep[300:]).all()
    assert len(np.unique(result.pixels[100:150, 200:250] % 257)) > 100
    assert result.icc == b"profile"
    assert result.alpha is not None


@pytest.mark.parametrize("scale", [1.5, 2])
def test_scale_enlarges_photo_and_face(restorer: Restorer, portrait: UInt8Image, scale: float) -> None:
    result = restorer.restore(portrait, [portrait], scale=scale, boxes=[FACE])
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


def test_boxes_stand_in_for_the_detector(restorer: Restorer, portrait: UInt8Image) -> None:
    box = Box(180, 80, 270, 170)
    result = restorer.restore(portrait, [portrait], boxes=[box])
    assert result.faces[0].box == box
    assert result.faces[0].status == "restored"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_face_that_is_given_twice_is_changed_once(
    restorer: Restorer, portrait: UInt8Image, dtype: type
) -> None:
    photo = portrait.astype(dtype) * (257 if dtype is np.uint16 else 1)
    once, twice = (restorer.restore(photo, [portrait], boxes=[FACE] * times) for times in (1, 2))
    assert twice.count("restored") == 2
    assert (twice.photo.pixels == once.photo.pixels).all()


def test_overlapping_faces_change_no_place_more_than_one_of_them_would(
    restorer: Restorer, portrait: UInt8Image
) -> None:
    boxes = [FACE, Box(FACE.left + 54, FACE.top, FACE.right + 54, FACE.bottom)]
    photo = cv2.convertScaleAbs(portrait, alpha=0.5, beta=64)
    left, right, both = (
        change(restorer.restore(photo, [portrait], boxes=given, force=True).photo.rgb8, photo)
        for given in (boxes[:1], boxes[1:], boxes)
    )
    largest = np.maximum(left, right).astype(int)
    assert (left > 5)[right > 5].any()
    # The seam of two fine checkered patterns is not quite theirs; their sum would be 17 levels off.
    assert (both <= largest + 4).all()
    assert both.mean() > 0.8 * largest.mean()


def test_several_faces_go_each_with_its_own_guide(
    restorer: Restorer, fake: Fake, portrait: UInt8Image, stranger: UInt8Image
) -> None:
    group = np.concatenate([cv2.resize(stranger, (512, 512)), portrait], axis=1)
    result = restorer.restore(group, [portrait, stranger])
    assert [face.guide for face in result.faces] == [1, 0]
    assert result.count("restored") == 2
    assert [len(degraded) for degraded, _ in fake.calls] == [1, 1]


def test_each_face_is_told_before_the_network_runs_for_the_next(
    portrait: UInt8Image,
) -> None:
    seen: list[str] = []

    class Told(Fake):
        def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
            seen.append(f"{len(degraded)} inputs")
            return super().run(degraded, guide, texture)

    def hear(event: Event) -> None:
        if isinstance(event, FaceDone):
            seen.append(event.outcome.status)

    boxes = [Box(FACE.left + i, FACE.top, FACE.right + i, FACE.bottom) for i in range(3)]
    bright = cv2.convertScaleAbs(portrait, alpha=0.8, beta=20)
    result = Restorer(Told()).restore(portrait, [portrait, bright], boxes=boxes, fuse=2, on_event=hear)
    assert seen == ["2 inputs", "restored"] * 3
    assert [face.box for face in result.faces] == boxes


@pytest.mark.parametrize("mirrored", [False, True])
def test_of_several_guides_a_bad_photo_takes_the_one_in_its_pose(
    restorer: Restorer, fake: Fake, portrait: UInt8Image, mirrored: bool
) -> None:
    guides = [portrait, np.ascontiguousarray(portrait[:, ::-1])]
    bad = degrade(guides[mirrored], Recipe(scale=4, blur=1, noise=3, jpeg=30, seed=1))
    box = Box(512 - FACE.right, FACE.top, 512 - FACE.left, FACE.bottom) if mirrored else FACE
    (face,) = restorer.restore(bad, guides, boxes=[box]).faces
    assert (face.guide, face.guide_name) == (int(mirrored), f"guide {mirrored + 1}")


def test_guides_of_one_person_are_fused_face_by_face(portrait: UInt8Image, stranger: UInt8Image) -> None:
    network = Fake()
    group = np.concatenate([cv2.resize(stranger, (512, 512)), portrait], axis=1)
    bright = cv2.convertScaleAbs(portrait, alpha=0.8, beta=20)
    result = Restorer(network).restore(group, [portrait, stranger, bright])
    left_face, right_face = result.faces
    assert [guide.index for guide in left_face.guides] == [1]
    assert {guide.index for guide in right_face.guides} == {0, 2}
    assert sum(guide.weight for guide in right_face.guides) == pytest.approx(1)
    assert [len(guide) for _, guide in network.calls] == [1, 2]
    alone = Restorer(network).restore(group, [portrait, stranger, bright], fuse=1)
    assert [len(face.guides) for face in alone.faces] == [1, 1]
    assert alone.faces[1].guide == right_face.guide


def test_a_network_that_fuses_is_given_all_guides_of_a_face_at_once(portrait: UInt8Image) -> None:
    flat = cv2.convertScaleAbs(portrait, alpha=0.2, beta=150)
    turned = np.ascontiguousarray(portrait[:, ::-1])
    plain, fusing = Fake(), Fake(fuses=True)
    for network in (plain, fusing):
        (face,) = Restorer(network).restore(portrait, [turned, portrait, flat], boxes=[FACE]).faces
        assert face.guide == 1
    (degraded, guides), (averaged, results) = fusing.calls[0], plain.calls[0]
    assert len(degraded) == 1
    assert len(guides) == 3
    assert len(averaged) == len(results) < 3
    np.testing.assert_array_equal(guides[0], results[0])


def test_a_stranger_among_the_guides_leaves_one_face_as_it_is(
    restorer: Restorer, portrait: UInt8Image, stranger: UInt8Image
) -> None:
    group = np.concatenate([cv2.resize(stranger, (512, 512)), portrait], axis=1)
    result = restorer.restore(group, [portrait])
    assert [face.status for face in result.faces] == ["skipped", "restored"]
    assert change(result.photo.rgb8, group)[:, :512].max() == 0
    result.check()


def test_a_wrong_guide_is_refused_with_the_similarity(
    restorer: Restorer, fake: Fake, portrait: UInt8Image, stranger: UInt8Image, tmp_path: Path
) -> None:
    result = restorer.restore(portrait, [stranger], boxes=[FACE])
    (face,) = result.faces
    assert face.status == "skipped"
    assert f"similarity {face.similarity:.2f}" in face.reason
    assert "--force" in face.reason
    assert face.similarity < face.needed
    assert not fake.calls
    with pytest.raises(WrongPersonError, match=r"not restored.*another person") as caught:
        result.save(tmp_path / "out.png")
    assert caught.value.similarity == face.similarity
    assert not (tmp_path / "out.png").exists()


def test_force_takes_the_wrong_guide(restorer: Restorer, portrait: UInt8Image, stranger: UInt8Image) -> None:
    result = restorer.restore(portrait, [stranger], force=True, boxes=[FACE])
    assert result.faces[0].status == "restored"
    assert result.faces[0].similarity < result.faces[0].needed


def test_a_wrong_crop_is_refused_too(restorer: Restorer, crop: UInt8Image, stranger: UInt8Image) -> None:
    result = restorer.restore(crop, [stranger], cropped=True)
    assert result.faces[0].status == "skipped"


def test_no_face_in_the_photo(restorer: Restorer, portrait: UInt8Image) -> None:
    with pytest.raises(NoFaceError, match="No face found in the photo"):
        restorer.restore(BLANK, [portrait])


def test_no_face_in_the_only_guide(restorer: Restorer, portrait: UInt8Image, tmp_path: Path) -> None:
    path = images.write(Photo(BLANK), tmp_path / "wall.png")
    with pytest.raises(NoFaceError, match=r"found in .*wall\.png\. Choose a guide"):
        restorer.restore(portrait, [path], boxes=[FACE])


def test_a_bad_guide_among_good_ones_is_told_and_left_out(
    restorer: Restorer, portrait: UInt8Image, tmp_path: Path
) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    events: list[Event] = []
    result = restorer.restore(portrait, [BLANK, text, portrait], on_event=events.append, boxes=[FACE])
    assert [skipped.index for skipped in result.guides_skipped] == [0, 1]
    assert result.faces[0].guide == 2
    kinds = [type(event) for event in events]
    assert kinds == [FacesFound, GuideSkipped, GuideSkipped, FaceDone]


@pytest.mark.parametrize("others", [0, 1])
def test_a_bad_guide_keeps_no_photo_in_memory(portrait: UInt8Image, tmp_path: Path, others: int) -> None:
    wall = images.write(Photo(BLANK), tmp_path / "wall.png")
    restorer = Restorer(Fake())
    messages = []
    for _ in range(2):
        photo = Photo(portrait.copy())
        watched = [weakref.ref(photo), weakref.ref(photo.pixels)]
        try:
            restorer.restore(photo, [wall, *[portrait] * others], boxes=[FACE])
        except NoFaceError as error:
            messages.append(str(error))
        del photo
        gc.collect()
        assert [ref() for ref in watched] == [None, None]
    assert len(messages) == (0 if others else 2)
    assert len(set(messages)) <= 1


def test_a_single_guide_needs_no_list(restorer: Restorer, portrait: UInt8Image, tmp_path: Path) -> None:
    path = images.write(Photo(portrait), tmp_path / "good.png")
    for guide in (str(path), path, Photo(portrait), portrait):
        assert restorer.restore(portrait, guide, boxes=[FACE]).faces[0].status == "restored"


def test_several_guides_of_another_person_are_refused_with_their_median(
    restorer: Restorer, portrait: UInt8Image, stranger: UInt8Image
) -> None:
    (face,) = restorer.restore(portrait, [stranger, stranger[:, ::-1]], boxes=[FACE]).faces
    assert face.status == "skipped"
    assert f"similarity {face.similarity:.2f} (the median of 2 pictures of that person)" in face.reason
    assert face.similarity < face.needed


def test_all_guides_bad(restorer: Restorer, portrait: UInt8Image) -> None:
    with pytest.raises(NoFaceError, match=r"None of the 2 guides.* in guide 1\..* in guide 2\."):
        restorer.restore(portrait, [BLANK, BLANK + 1], boxes=[FACE])


def test_a_network_that_gives_no_numbers_fails_the_face(portrait: UInt8Image) -> None:
    class Broken(Fake):
        def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
            return replace(super().run(degraded, guide, texture), restored=degraded * np.nan)

    result = Restorer(Broken()).restore(portrait, [portrait], boxes=[FACE])
    assert result.faces[0].status == "failed"
    assert (result.photo.pixels == portrait).all()
    with pytest.raises(FaceError, match="no colours"):
        result.check()


def test_guides_are_prepared_once(
    restorer: Restorer, portrait: UInt8Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    restorer.restore(portrait, [portrait], boxes=[FACE])

    def refuse(*_: object) -> None:
        raise AssertionError("the guide was looked at again")

    monkeypatch.setattr("gfrnet.restore.guides._found", refuse)
    restorer.restore(portrait, [portrait.copy()], boxes=[FACE])


def test_the_input_arrays_stay_untouched(restorer: Restorer, portrait: UInt8Image) -> None:
    photo, guide = portrait.copy(), portrait.copy()
    restorer.restore(photo, [guide], boxes=[FACE])
    assert (photo == portrait).all()
    assert (guide == portrait).all()


def test_save_keeps_inputs(restorer: Restorer, portrait: UInt8Image, tmp_path: Path) -> None:
    path = images.write(Photo(portrait), tmp_path / "a.png")
    before = path.read_bytes()
    result = restorer.restore(path, [portrait], boxes=[FACE])
    with pytest.raises(WriteError, match="input"):
        result.save(path)
    assert path.read_bytes() == before
    assert result.save(tmp_path / "b.png").is_file()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"strength": 1.5}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"fidelity": -0.1}, "fidelity"),
        ({"scale": 0.5}, "scale"),
        ({"scale": "2"}, "scale"),
        ({"strength": "all"}, "strength"),
        ({"fidelity": "1"}, "fidelity"),
        ({"fuse": 0}, "fuse"),
        ({"fuse": 1.5}, "fuse"),
        ({"boxes": [(176, 77, 276, 177)]}, r"boxes .*gfrnet\.types\.Box\(left, top, right, bottom\)"),
        ({"boxes": FACE}, "boxes must be a list"),
        ({"boxes": np.zeros((2, 4))}, "boxes must be a list"),
        ({"boxes": []}, "boxes"),
        ({"boxes": [FACE], "cropped": True}, "cropped"),
    ],
)
def test_impossible_wishes(
    restorer: Restorer, portrait: UInt8Image, options: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ConfigError, match=complaint):
        restorer.restore(portrait, [portrait], **options)  # type: ignore[arg-type]


def test_numbers_of_numpy_are_numbers(restorer: Restorer, portrait: UInt8Image) -> None:
    result = restorer.restore(portrait, [portrait], scale=np.float32(1), fuse=np.int64(1), boxes=[FACE])  # type: ignore[arg-type]
    assert result.count("restored") == 1


def test_an_image_of_pillow_is_told_how_to_come(restorer: Restorer, portrait: UInt8Image) -> None:
    image = Image.fromarray(portrait)
    with pytest.raises(ConfigError, match=r"^photo must be .*np\.asarray\(image"):
        restorer.restore(image, [portrait])  # type: ignore[arg-type]
    for guides in (image, [portrait, image]):
        with pytest.raises(ConfigError, match=r"^guides must be .*np\.asarray\(image"):
            restorer.restore(portrait, guides)  # type: ignore[arg-type]


def test_results_can_be_compared_and_printed(restorer: Restorer, portrait: UInt8Image) -> None:
    one, other = (restorer.restore(portrait, [portrait], boxes=[FACE]) for _ in range(2))
    (face,) = one.faces
    assert face in one.faces
    assert face not in other.faces
    assert face.result != other.faces[0].result
    assert one == one
    assert one != other
    assert "array" not in repr(one)
    assert "dtype" not in repr(FaceDone("photo", face))


def test_no_guide_at_all(restorer: Restorer, portrait: UInt8Image) -> None:
    with pytest.raises(ConfigError, match="at least one good photo"):
        restorer.restore(portrait, [])


def test_a_result_that_would_be_too_large(restorer: Restorer) -> None:
    with pytest.raises(ImageTooLargeError, match="--scale"):
        restorer.restore(np.zeros((1000, 2000, 3), np.uint8), [BLANK], scale=16)


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (900, 2)])
def test_tiny_photos_have_no_face(restorer: Restorer, portrait: UInt8Image, size: tuple[int, int]) -> None:
    with pytest.raises(NoFaceError):
        restorer.restore(np.zeros((*size, 3), np.uint8), [portrait])


def test_a_pixel_with_a_box_is_no_crash(restorer: Restorer, portrait: UInt8Image) -> None:
    result = restorer.restore(np.zeros((1, 1, 3), np.uint8), [portrait], boxes=[Box(0, 0, 1, 1)], force=True)
    assert result.photo.pixels.shape == (1, 1, 3)
