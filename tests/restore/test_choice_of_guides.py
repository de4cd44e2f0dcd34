"""Test which guides a face gets, and what happens to the others."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import cv2
import numpy as np
import pytest

from fakes import BLANK, FACE, FakeNetwork, change
from gfrnet import images
from gfrnet.degradation import Recipe, degrade
from gfrnet.errors import (
    Advice,
    ConfigError,
    NoFaceError,
    WrongPersonError,
)
from gfrnet.images import Photo
from gfrnet.restore import Event, FaceDone, FaceOutcome, FacesFound, GuideSkipped, RestoredPhoto, Restorer
from gfrnet.types import Box, UInt8Image


def from_the_left(result: RestoredPhoto) -> list[FaceOutcome]:
    return sorted(result.faces, key=lambda face: face.box.left)


def test_each_of_several_faces_gets_its_own_guide(
    restorer: Restorer, fake: FakeNetwork, portrait: UInt8Image, stranger: UInt8Image
) -> None:
    group = np.concatenate([cv2.resize(stranger, (512, 512)), portrait], axis=1)
    result = restorer.restore(group, [portrait, stranger])
    assert [face.guide for face in from_the_left(result)] == [1, 0]
    assert result.count("restored") == 2
    assert [len(degraded) for degraded, _ in fake.calls] == [2]


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_bad_photo_takes_the_guide_in_its_pose(
    restorer: Restorer, fake: FakeNetwork, portrait: UInt8Image, mirrored: bool
) -> None:
    guides = [portrait, np.ascontiguousarray(portrait[:, ::-1])]
    bad = degrade(guides[mirrored], Recipe(scale=4, blur=1, noise=3, jpeg=30, seed=1))
    box = Box(512 - FACE.right, FACE.top, 512 - FACE.left, FACE.bottom) if mirrored else FACE
    (face,) = restorer.restore(bad, guides, places=[box]).faces
    assert (face.guide, face.guide_name) == (int(mirrored), f"guide {mirrored + 1}")


def test_guides_of_one_person_are_fused_face_by_face(portrait: UInt8Image, stranger: UInt8Image) -> None:
    network = FakeNetwork()
    group = np.concatenate([cv2.resize(stranger, (512, 512)), portrait], axis=1)
    bright = cv2.convertScaleAbs(portrait, alpha=0.8, beta=20)
    result = Restorer(network).restore(group, [portrait, stranger, bright])
    left_face, right_face = from_the_left(result)
    assert [guide.index for guide in left_face.guides] == [1]
    assert {guide.index for guide in right_face.guides} == {0, 2}
    assert sum(guide.weight for guide in right_face.guides) == pytest.approx(1)
    assert [len(guide) for _, guide in network.calls] == [3]
    alone = Restorer(network).restore(group, [portrait, stranger, bright], fuse=1)
    assert [len(face.guides) for face in alone.faces] == [1, 1]
    assert from_the_left(alone)[1].guide == right_face.guide


def test_a_network_that_fuses_gets_all_guides_of_a_face_at_once(portrait: UInt8Image) -> None:
    flat = cv2.convertScaleAbs(portrait, alpha=0.1, beta=150)
    turned = np.ascontiguousarray(portrait[:, ::-1])
    plain, fusing = FakeNetwork(), FakeNetwork(fuses=True)
    for network in (plain, fusing):
        (face,) = Restorer(network).restore(portrait, [turned, portrait, flat], places=[FACE]).faces
        assert face.guide == 1
    (degraded, guides), (averaged, results) = fusing.calls[0], plain.calls[0]
    assert len(degraded) == 1
    assert len(guides) == 3
    assert len(averaged) == len(results) < 3
    np.testing.assert_array_equal(guides[0], results[0])


def test_a_face_without_a_guide_stays_as_it_is(
    restorer: Restorer, portrait: UInt8Image, stranger: UInt8Image
) -> None:
    group = np.concatenate([cv2.resize(stranger, (512, 512)), portrait], axis=1)
    result = restorer.restore(group, [portrait])
    assert [face.status for face in from_the_left(result)] == ["skipped", "restored"]
    assert change(result.photo.rgb8, group)[:, :512].max() == 0
    result.check()


def test_a_wrong_guide_is_refused_with_the_similarity(
    restorer: Restorer, fake: FakeNetwork, portrait: UInt8Image, stranger: UInt8Image, tmp_path: Path
) -> None:
    result = restorer.restore(portrait, [stranger], places=[FACE])
    (face,) = result.faces
    assert face.status == "skipped"
    assert f"similarity {face.similarity:.2f}" in face.reason
    assert Advice.FORCE in face.advice
    assert "--" not in face.reason
    assert face.similarity < face.needed
    assert not fake.calls
    with pytest.raises(WrongPersonError, match=r"not restored.*another person") as caught:
        result.save(tmp_path / "out.png")
    assert caught.value.similarity == face.similarity
    assert caught.value.advice == face.advice
    assert not (tmp_path / "out.png").exists()


def test_force_takes_the_wrong_guide(restorer: Restorer, portrait: UInt8Image, stranger: UInt8Image) -> None:
    result = restorer.restore(portrait, [stranger], force=True, places=[FACE])
    assert result.faces[0].status == "restored"
    assert result.faces[0].similarity < result.faces[0].needed


def test_a_wrong_crop_is_refused_too(restorer: Restorer, crop: UInt8Image, stranger: UInt8Image) -> None:
    result = restorer.restore(crop, [stranger], cropped=True)
    assert result.faces[0].status == "skipped"


def test_an_only_guide_without_a_face_is_an_error(
    restorer: Restorer, portrait: UInt8Image, tmp_path: Path
) -> None:
    path = images.write(Photo(BLANK), tmp_path / "wall.png")
    with pytest.raises(NoFaceError, match=r"found in .*wall\.png\. Choose a guide"):
        restorer.restore(portrait, [path], places=[FACE])


def test_a_bad_guide_among_good_ones_is_reported_and_left_out(
    restorer: Restorer, portrait: UInt8Image, tmp_path: Path
) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    events: list[Event] = []
    result = restorer.restore(portrait, [BLANK, text, portrait], on_event=events.append, places=[FACE])
    assert [skipped.index for skipped in result.guides_skipped] == [0, 1]
    assert result.faces[0].guide == 2
    kinds = [type(event) for event in events]
    assert kinds == [FacesFound, GuideSkipped, GuideSkipped, FaceDone]


@pytest.mark.parametrize("others", [0, 1])
def test_a_bad_guide_keeps_no_photo_in_memory(portrait: UInt8Image, tmp_path: Path, others: int) -> None:
    wall = images.write(Photo(BLANK), tmp_path / "wall.png")
    restorer = Restorer(FakeNetwork())
    messages = []
    for _ in range(2):
        photo = Photo(portrait.copy())
        watched = [weakref.ref(photo), weakref.ref(photo.pixels)]
        try:
            restorer.restore(photo, [wall, *[portrait] * others], places=[FACE])
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
        assert restorer.restore(portrait, guide, places=[FACE]).faces[0].status == "restored"


def test_several_guides_of_another_person_are_refused_with_their_mean(
    restorer: Restorer, portrait: UInt8Image, stranger: UInt8Image
) -> None:
    (face,) = restorer.restore(portrait, [stranger, stranger[:, ::-1]], places=[FACE]).faces
    assert face.status == "skipped"
    assert f"similarity {face.similarity:.2f} (to the mean of 2 pictures of that person)" in face.reason
    assert face.similarity < face.needed


def test_the_error_names_all_guides_if_none_can_be_used(restorer: Restorer, portrait: UInt8Image) -> None:
    with pytest.raises(NoFaceError, match=r"None of the 2 guides.* in guide 1\..* in guide 2\."):
        restorer.restore(portrait, [BLANK, BLANK + 1], places=[FACE])


def test_guides_are_prepared_once(
    restorer: Restorer, portrait: UInt8Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    restorer.restore(portrait, [portrait], places=[FACE])

    def refuse(*_: object) -> None:
        raise AssertionError("the guide was looked at again")

    monkeypatch.setattr("gfrnet.restore.guides._found", refuse)
    restorer.restore(portrait, [portrait.copy()], places=[FACE])


def test_an_empty_list_of_guides_is_refused(restorer: Restorer, portrait: UInt8Image) -> None:
    with pytest.raises(ConfigError, match="at least one good photo"):
        restorer.restore(portrait, [])
