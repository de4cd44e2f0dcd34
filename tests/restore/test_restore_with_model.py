"""Test restoring with the embedded model, end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.degradation import Recipe, degrade
from gfrnet.faces import CropPlace, Verdict, cut
from gfrnet.metrics import psnr
from gfrnet.restore import Restorer
from gfrnet.types import UInt8Image

RECIPE = Recipe(blur=1, scale=4, noise=3, jpeg=40, seed=1)


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    return Restorer.load()


def test_the_face_comes_closer_to_the_truth(restorer: Restorer, portrait: UInt8Image) -> None:
    """Use the mirrored portrait as guide, so that the network sees other pixels at every place."""
    degraded = degrade(portrait, RECIPE)
    result = restorer.restore(degraded, [np.ascontiguousarray(portrait[:, ::-1])])
    (face,) = result.faces
    assert face.status == "restored"
    truth = cut(portrait, CropPlace.around(face.box))
    before, after = (cut(photo, truth.place).pixels for photo in (degraded, result.photo.rgb8))
    assert psnr(after, truth.pixels, truth.real) > psnr(before, truth.pixels, truth.real)
    assert face.result is not None
    assert np.isfinite(face.result.flow).all()


def test_a_sharp_face_keeps_most_of_its_detail(restorer: Restorer, portrait: UInt8Image) -> None:
    guide = np.ascontiguousarray(portrait[:, ::-1])
    advised, whole, bad = (
        restorer.restore(photo, guide, strength=strength)
        for photo, strength in ((portrait, None), (portrait, 1), (degrade(portrait, RECIPE), None))
    )
    strengths = [face.result.strength for (face,) in (advised.faces, whole.faces, bad.faces) if face.result]
    assert strengths[0] < 0.5
    assert strengths[1:] == [1, 1]
    place = CropPlace.around(advised.faces[0].box)
    truth, *found = (cut(photo, place).pixels for photo in (portrait, advised.photo.rgb8, whole.photo.rgb8))
    real = np.ones(truth.shape[:2], bool)
    assert psnr(found[0], truth, real) > psnr(found[1], truth, real) + 6


def test_the_guide_matters(restorer: Restorer, portrait: UInt8Image, stranger: UInt8Image) -> None:
    degraded = degrade(portrait, RECIPE)
    own = restorer.restore(degraded, [portrait]).photo.rgb8
    foreign = restorer.restore(degraded, [stranger], force=True).photo.rgb8
    assert np.abs(own.astype(int) - foreign).max() > 4


def test_a_stranger_who_passes_because_of_blur_is_refused_after_restoring(
    restorer: Restorer, portrait: UInt8Image, stranger: UInt8Image
) -> None:
    degraded = degrade(portrait, RECIPE)
    result = restorer.restore(degraded, [stranger])
    (face,) = result.faces
    assert (face.status, face.verdict) == ("skipped", Verdict.OTHER)
    assert face.reason.startswith("Restored with the closest guide")
    assert f"similarity {face.similarity:.2f}, {face.needed:.2f} is needed" in face.reason
    assert face.similarity < face.needed
    assert (result.photo.rgb8 == degraded).all()
    assert restorer.restore(degraded, [stranger], force=True).faces[0].status == "restored"
    own = np.ascontiguousarray(portrait[:, ::-1])
    assert [face.guide for face in restorer.restore(degraded, [stranger, own]).faces] == [1]


@pytest.mark.shared_data
def test_two_faces_of_an_album_get_their_own_guides(restorer: Restorer, shared: Path) -> None:
    """Mirror the photo as the man's guide, because the album has no second photo of him."""
    couple = images.read(shared / "album" / "couple.jpg").rgb8
    his = np.ascontiguousarray(couple[:, couple.shape[1] // 2 :][:, ::-1])
    guides = [shared / "album" / "img13.jpg", his, shared / "album" / "img6.jpg"]
    result = restorer.restore(degrade(couple, Recipe(scale=2, jpeg=40)), guides)
    assert [(face.status, face.guide) for face in result.faces] == [("restored", 2), ("restored", 1)]


@pytest.mark.shared_data
def test_a_stranger_from_the_studio_is_refused(restorer: Restorer, shared: Path) -> None:
    people = sorted((shared / "london" / "val").iterdir())
    photo = images.read(people[0] / "neutral.jpg").rgb8
    degraded = degrade(photo, Recipe(scale=4, jpeg=40))
    for person, status in ((people[1], "skipped"), (people[0], "restored")):
        result = restorer.restore(degraded, [person / "smiling.jpg"])
        assert [face.status for face in result.faces] == [status]
