"""Test that a person appears once among the faces of a photo, and what is said of doubtful guides."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fakes import FACE, FakeNetwork
from gfrnet.errors import Advice, WrongPersonError
from gfrnet.faces import Verdict
from gfrnet.restore import Restorer
from gfrnet.restore.face import CutFace
from gfrnet.types import Box, FloatArray, UInt8Image

TWO = [FACE, Box(688.5, 77, 778.5, 167)]


def moved(steps: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let faces in turn lie so far from where they lie, along an axis of their own."""
    from gfrnet.restore import face as room

    cut, count = room.cut_face, iter(range(100))

    def cut_and_moved(*given: object) -> CutFace:
        found = cut(*given)  # type: ignore[arg-type]
        number = next(count)
        step: FloatArray = np.zeros(128, np.float32)
        step[100 + number] = steps[number]
        found.portrait.embedding[:] += step
        return found

    monkeypatch.setattr("gfrnet.restore.restorer.cut_face", cut_and_moved)


def test_a_person_guides_one_face_of_a_photo(
    restorer: Restorer, portrait: UInt8Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = np.concatenate([portrait, portrait], axis=1)
    moved([0.2, 0.5], monkeypatch)
    first, second = restorer.restore(pair, portrait, places=TWO).faces
    assert (first.status, second.status) == ("restored", "skipped")
    assert second.verdict is Verdict.ELSEWHERE
    assert second.similarity >= second.needed
    assert "shows another face of this photo more surely" in second.reason
    assert second.advice == (Advice.CHOOSE_ANOTHER_GUIDE, Advice.GIVE_BOX)


def test_force_and_one_face_take_the_guide_nevertheless(
    restorer: Restorer, portrait: UInt8Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = np.concatenate([portrait, portrait], axis=1)
    moved([0.2, 0.5, 0.5], monkeypatch)
    assert restorer.restore(pair, portrait, places=TWO, force=True).count("restored") == 2
    assert restorer.restore(pair, portrait, places=TWO[1:]).count("restored") == 1


def test_a_mirror_image_is_restored_too(restorer: Restorer, portrait: UInt8Image) -> None:
    pair = np.concatenate([portrait, portrait[:, ::-1]], axis=1)
    mirrored = Box(1024 - FACE.right, FACE.top, 1024 - FACE.left, FACE.bottom)
    assert restorer.restore(pair, portrait, places=[FACE, mirrored]).count("restored") == 2


def test_a_skipped_face_is_forced_only_where_it_is_alone(
    restorer: Restorer, portrait: UInt8Image, stranger: UInt8Image
) -> None:
    group = np.concatenate([cv2.resize(stranger, (512, 512)), portrait], axis=1)
    (skipped,) = (face for face in restorer.restore(group, portrait).faces if face.status == "skipped")
    assert skipped.advice == (Advice.CHOOSE_ANOTHER_GUIDE,)
    assert "insist" not in skipped.reason
    pair = np.concatenate([portrait, portrait], axis=1)
    with pytest.raises(WrongPersonError) as caught:
        restorer.restore(pair, stranger, places=TWO).check()
    assert Advice.FORCE not in caught.value.advice


def test_a_doubtful_guide_gets_a_remark(portrait: UInt8Image, monkeypatch: pytest.MonkeyPatch) -> None:
    restorer = Restorer(FakeNetwork())
    moved([0.1, 0.62], monkeypatch)
    sure, doubtful = (restorer.restore(portrait, portrait, places=[FACE]).faces[0] for _ in range(2))
    assert (sure.status, doubtful.status) == ("restored", "restored")
    assert sure.probability > 0.95 > 0.8 > doubtful.probability
    assert sure.certainty == "almost certainly the same person"
    assert doubtful.certainty == "perhaps the same person"
    assert sure.remark == ""
    assert "doubtful that guide 1 shows this person. Compare the two." in doubtful.remark
