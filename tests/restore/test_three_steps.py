"""Test begin, run and finish one by one, as films and albums take them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from fakes import BLANK, FACE, FakeNetwork
from gfrnet import images
from gfrnet.degradation import Recipe, degrade
from gfrnet.errors import ConfigError, NoFaceError
from gfrnet.images import Photo
from gfrnet.restore import FaceDone, Place, RestoreOptions, Restorer
from gfrnet.types import Box, UInt8Image


def test_the_three_steps_give_the_result_of_restore(restorer: Restorer, portrait: UInt8Image) -> None:
    whole = restorer.restore(portrait, portrait, scale=1.5)
    begun = restorer.begin(portrait, portrait, RestoreOptions(scale=1.5))
    stepwise = restorer.finish(begun, restorer.run(begun.faces))
    np.testing.assert_array_equal(stepwise.photo.pixels, whole.photo.pixels)


@pytest.mark.parametrize("fuses", [False, True])
def test_faces_of_several_frames_go_through_the_network_together(portrait: UInt8Image, fuses: bool) -> None:
    network = FakeNetwork(fuses=fuses)
    restorer = Restorer(network)
    guides = restorer.guides([portrait, cv2.convertScaleAbs(portrait, alpha=0.8, beta=20)])
    frames = [cv2.convertScaleAbs(portrait, alpha=0.5 + 0.1 * step, beta=20) for step in range(3)]
    alone = [restorer.restore(frame, guides, places=[FACE, FACE]) for frame in frames]
    network.calls.clear()
    begun = [restorer.begin(frame, guides, places=[FACE, FACE]) for frame in frames]
    results = restorer.run(face for frame in begun for face in frame.faces)
    together = [restorer.finish(frame, results) for frame in begun]
    assert len(network.calls) == 1
    assert next(results, "all are taken") == "all are taken"
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.photo.pixels, other.photo.pixels)


def test_the_network_runs_when_results_are_asked_for(portrait: UInt8Image) -> None:
    network = FakeNetwork()
    restorer = Restorer(network)
    begun = restorer.begin(portrait, portrait, places=[FACE])
    results = restorer.run(begun.faces)
    assert not network.calls
    restorer.finish(begun, results)
    assert len(network.calls) == 1


def test_a_refused_face_is_not_sent_through_the_network(
    restorer: Restorer, fake: FakeNetwork, portrait: UInt8Image, stranger: UInt8Image
) -> None:
    begun = restorer.begin(portrait, stranger, places=[FACE])
    assert [run.result for run in restorer.run(begun.faces)] == [None]
    assert not fake.calls


def test_too_few_results_are_refused(restorer: Restorer, portrait: UInt8Image) -> None:
    begun = restorer.begin(portrait, portrait, places=[FACE, FACE])
    heard: list[FaceDone] = []
    with pytest.raises(ValueError, match="2 faces, got 1"):
        restorer.finish(begun, list(restorer.run(begun.faces[:1])), on_event=heard.append)
    assert len(heard) == 1


def test_the_caller_decides_who_guides_a_face(portrait: UInt8Image, stranger: UInt8Image) -> None:
    restorer = Restorer(FakeNetwork(fuses=True))
    hers, his = restorer.guides(portrait), restorer.guides([stranger, stranger[:, ::-1].copy()])
    (refused,) = restorer.restore(portrait, his, places=[FACE]).faces
    (given,) = restorer.restore(portrait, hers, places=[Place(FACE, guides=his)]).faces
    assert refused.status == "skipped"
    assert given.status == "restored"
    assert len(given.guides) == 2
    assert given.similarity < given.needed


def test_a_photo_does_not_guide_itself_at_a_place_either(
    restorer: Restorer, portrait: UInt8Image, tmp_path: Path
) -> None:
    photo = images.write(Photo(portrait), tmp_path / "photo.png")
    mirrored = portrait[:, ::-1].copy()
    guides = restorer.guides([photo, mirrored])
    (face,) = restorer.restore(photo, mirrored, places=[Place(FACE, guides=guides)]).faces
    assert [guide.index for guide in face.guides] == [1]
    with pytest.raises(NoFaceError, match="very photo"):
        restorer.restore(photo, mirrored, places=[Place(FACE, guides=restorer.guides(photo))])


def test_guides_of_a_place_must_be_prepared(portrait: UInt8Image) -> None:
    with pytest.raises(ConfigError, match="GuideSet"):
        Place(FACE, guides=[portrait])  # type: ignore[arg-type]


@pytest.mark.parametrize("turn", [30, 90, 180, 270])
def test_a_turned_face_is_restored_upright(portrait: UInt8Image, turn: float) -> None:
    network = FakeNetwork()
    center = (portrait.shape[1] / 2 - 0.5, portrait.shape[0] / 2 - 0.5)
    matrix = cv2.getRotationMatrix2D(center, -turn, 1)
    turned = cv2.warpAffine(portrait, matrix, portrait.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    x, y = matrix @ (FACE.center[0] - 0.5, FACE.center[1] - 0.5, 1) + 0.5
    box = Box(x - FACE.width / 2, y - FACE.height / 2, x + FACE.width / 2, y + FACE.height / 2)
    restorer = Restorer(network)
    restorer.restore(portrait, portrait, places=[FACE])
    result = restorer.restore(turned, portrait, places=[Place(box, turn)])
    upright, again = (degraded[0] for degraded, _ in network.calls)
    assert np.abs(upright - again)[40:-40, 40:-40].mean() < 0.03
    assert result.faces[0].status == "restored"
    change = cv2.absdiff(result.photo.rgb8, turned)
    assert change[round(y) - 20 : round(y) + 20, round(x) - 20 : round(x) + 20].mean() > 5
    far = np.hypot(*(np.indices(change.shape[:2]) - np.array([y, x])[:, None, None])) > 100
    assert change[far].max() == 0


def test_places_of_a_cropped_photo_are_refused(restorer: Restorer, portrait: UInt8Image) -> None:
    with pytest.raises(ConfigError, match="cropped"):
        restorer.begin(portrait, portrait, cropped=True, places=[FACE])
    with pytest.raises(ConfigError, match="Box"):
        Place((1, 2, 3, 4))  # type: ignore[arg-type]


def test_eight_threads_with_one_restorer_give_the_same_bits_as_one_thread(
    portrait: UInt8Image, stranger: UInt8Image
) -> None:
    """Send twenty photos with faces at different places through the detector and the real network."""
    restorer = Restorer.load(threads=1)
    photos = []
    for step in range(20):
        place = np.array([[0.5, 0, 12.0 * (step % 5)], [0, 0.5, 20.0 * (step // 5)]])
        photo = cv2.warpAffine(portrait, place, (320, 340), borderMode=cv2.BORDER_REPLICATE)
        photos.append(degrade(photo, Recipe(scale=1.5, noise=2, jpeg=60, seed=step)))
    serial = [restorer.restore(photo, [portrait, stranger]) for photo in photos]
    fresh = Restorer.load(threads=1)
    with ThreadPoolExecutor(8) as pool:
        threaded = list(pool.map(lambda photo: fresh.restore(photo, [portrait, stranger]), photos))
    assert len({result.faces[0].box for result in serial}) == len(photos)
    for one, other in zip(serial, threaded, strict=True):
        assert [face.box for face in one.faces] == [face.box for face in other.faces]
        np.testing.assert_array_equal(one.photo.pixels, other.photo.pixels)


def test_a_cropped_photo_is_taken_whole_without_detection(restorer: Restorer) -> None:
    begun = restorer.begin(BLANK, BLANK, cropped=True)
    assert begun.faces[0].crop.place.side == 200


def test_photos_finished_in_another_order_are_refused(restorer: Restorer, portrait: UInt8Image) -> None:
    """Swap two accepted faces, of which nothing but the object tells whose result is whose."""
    begun = [restorer.begin(portrait, portrait, places=[FACE]) for _ in range(2)]
    results = restorer.run(face for photo in begun for face in photo.faces)
    with pytest.raises(ValueError, match="in the order in which their faces were given to run"):
        restorer.finish(begun[1], results)


def test_what_is_printed_of_begun_photos_and_guides_shows_no_face(
    restorer: Restorer, portrait: UInt8Image
) -> None:
    begun = restorer.begin(portrait, portrait, places=[FACE])
    for value in (begun, begun.guides, begun.guides.guides[0], *restorer.run(begun.faces)):
        assert "array(" not in repr(value)
    assert repr(begun.guides) == "<GuideSet of 1 face>"


def test_results_of_other_faces_are_refused(
    restorer: Restorer, portrait: UInt8Image, stranger: UInt8Image
) -> None:
    begun = restorer.begin(portrait, portrait, places=[FACE])
    refused = restorer.begin(portrait, stranger, places=[FACE])
    results = list(restorer.run([*begun.faces, *refused.faces]))
    with pytest.raises(ValueError, match="1 faces, got 2 results"):
        restorer.finish(begun, results)
    for photo, others in ((begun, results[1:]), (refused, results[:1])):
        with pytest.raises(ValueError, match="of another face than the next face of the photo"):
            restorer.finish(photo, others)
