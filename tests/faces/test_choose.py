from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gfrnet.degradation import Recipe, degrade
from gfrnet.errors import NoFaceError
from gfrnet.faces import (
    FUSED,
    CropPlace,
    FacePortrait,
    Quality,
    Verdict,
    choose_guide,
    cut,
    fusion_weights,
    guide_fitness,
    guide_score,
    portray,
    view,
)
from gfrnet.faces.identity import SAME_PERSON, likeness, similarity
from gfrnet.types import Box, FloatArray, UInt8Image

GOOD = Quality(sharpness=0.45, frontal=0.9, size=250)
BLURRED = Quality(sharpness=0.15, frontal=0.9, size=40)
FRONTAL, TURNED, AWAY = np.array([[1, 0, 0], [0.8, 0.6, 0], [-0.6, 0.8, 0]], np.float32)
"""Views. The scalar product of two views is their resemblance."""


def person(
    number: int, offset: float = 0.0, quality: Quality = GOOD, view: FloatArray = FRONTAL
) -> FacePortrait:
    """Return a portrait. People lie 1.0 apart; photos of one person differ by ``offset``."""
    embedding = np.zeros(128, np.float32)
    embedding[number] = np.sqrt(0.5)
    embedding[100] = offset
    return FacePortrait(embedding, quality, view)


def test_a_face_takes_the_guide_of_its_own_person() -> None:
    choice = choose_guide(person(2, 0.3), [person(1), person(2), person(3)])
    assert choice.index == 1
    assert choice.verdict is Verdict.SAME
    assert choice.accepted
    assert choice.similarity > choice.needed


def test_many_candidates_are_not_compared_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr("gfrnet.faces.choose.similarity", lambda a, b: compared.append(a) or similarity(a, b))
    choice = choose_guide(person(2, 0.3), [person(number % 50) for number in range(200)])
    assert choice.person == (2, 52, 102, 152)
    assert len(compared) == 200 + 4


def test_a_face_takes_the_best_picture_of_its_person() -> None:
    blurred = person(2, 0.2, replace(GOOD, sharpness=0.2))
    small = person(2, 0.2, replace(GOOD, size=60))
    choice = choose_guide(person(2, 0.3), [person(1), blurred, small, person(2, 0.2)])
    assert choice.index == 3


def test_a_turned_face_takes_the_turned_guide_and_not_the_frontal_one() -> None:
    frontal, turned = person(2, 0.2), person(2, 0.2, replace(GOOD, frontal=0.3), TURNED)
    assert choose_guide(person(2, 0.3, view=TURNED), [frontal, turned]).index == 1
    assert choose_guide(person(2, 0.3, view=FRONTAL), [frontal, turned]).index == 0


def test_resemblance_does_not_make_up_for_a_bad_picture() -> None:
    turned = person(2, 0.2, replace(GOOD, sharpness=0.1), TURNED)
    assert choose_guide(person(2, 0.3, view=TURNED), [person(2, 0.2), turned]).index == 0


def test_the_better_picture_wins_if_no_guide_resembles_the_face() -> None:
    blurred = person(2, 0.2, replace(GOOD, sharpness=0.3))
    assert choose_guide(person(2, 0.3, view=AWAY), [blurred, person(2, 0.2)]).index == 1


@pytest.mark.parametrize(
    "less", [person(2, 0.4), person(2, 0.2, BLURRED), person(2, 0.2, view=TURNED), person(2, 0.2, view=AWAY)]
)
def test_whatever_a_guide_lacks_lowers_its_fitness(less: FacePortrait) -> None:
    face = person(2)
    assert 0 < guide_fitness(face, less) < guide_fitness(face, person(2, 0.2)) <= 1


def test_a_better_picture_of_a_stranger_does_not_win() -> None:
    poor = person(2, 0.0, Quality(sharpness=0.2, frontal=0.3, size=80))
    assert choose_guide(person(2, 0.4, BLURRED), [person(1), poor]).index == 1


def test_the_verdict_says_if_no_guide_shows_this_person() -> None:
    choice = choose_guide(person(5), [person(1), person(2)])
    assert choice.verdict is Verdict.OTHER
    assert not choice.accepted
    assert choice.similarity < choice.needed


def test_the_similarity_is_that_of_the_mean_of_the_photos_of_one_person() -> None:
    photos = [person(2, 0.1, BLURRED), person(2, 0.2, BLURRED), person(2, 0.5)]
    sharp = choose_guide(person(2), [person(1), *photos])
    assert (sharp.index, sharp.person, sharp.verdict) == (3, (1, 2, 3), Verdict.SAME)
    assert sharp.similarity == _to_mean(photos)
    unlike = [person(2, offset, GOOD) for offset in (0.55, 0.75, 0.78)]
    refused = choose_guide(person(2), unlike)
    assert refused.verdict is Verdict.OTHER
    assert refused.similarity == _to_mean(unlike) < refused.needed


def _to_mean(photos: list[FacePortrait]) -> float:
    return likeness(person(2).embedding, np.stack([photo.embedding for photo in photos]))


@pytest.mark.parametrize("offset", np.linspace(0.1, 1.0, 10))
@pytest.mark.parametrize("quality", [GOOD, BLURRED])
def test_the_verdict_agrees_with_similarity_and_needed_similarity(offset: float, quality: Quality) -> None:
    photos = [person(2, offset), person(2, offset + 0.2), person(2, offset - 0.1)]
    choice = choose_guide(person(2, 0.0, quality), photos)
    assert (choice.similarity >= choice.needed) == choice.accepted
    assert (choice.similarity >= SAME_PERSON) == (choice.verdict is Verdict.SAME)


def test_one_chance_likeness_of_a_stranger_does_not_count() -> None:
    def away(distance: float) -> FacePortrait:
        embedding = np.zeros(128, np.float32)
        embedding[0] = distance
        return FacePortrait(embedding, GOOD, FRONTAL)

    alone = choose_guide(away(0), [away(0.55)])
    among_others = choose_guide(away(0), [away(0.55), away(0.75), away(0.78)])
    assert alone.accepted
    assert not among_others.accepted


def test_a_very_similar_photo_does_not_lose_to_a_crowd_that_looks_like_it() -> None:
    """Imitate old prints, which look alike: photo and crowd pass for one person, the others for another."""

    def at(*place: float) -> FacePortrait:
        embedding = np.zeros(128, np.float32)
        embedding[: len(place)] = place
        return FacePortrait(embedding, GOOD, FRONTAL)

    crowd = [at(-0.55, -0.2 - step / 100) for step in range(5)]
    others = [at(0.5, step / 100) for step in range(3)]
    choice = choose_guide(at(0, 0), [*crowd, *others, at(-0.2, 0)])
    assert choice.index == 8
    assert choice.person == (0, 1, 2, 3, 4, 8)


def test_a_blurred_photo_is_unsure_of_a_guide_that_a_sharp_one_refuses() -> None:
    guide = person(2, 0.72)
    assert choose_guide(person(2), [guide]).verdict is Verdict.OTHER
    unsure = choose_guide(person(2, 0.0, BLURRED), [guide])
    assert unsure.verdict is Verdict.UNSURE
    assert unsure.accepted


def test_no_candidates_are_an_error() -> None:
    with pytest.raises(NoFaceError, match="Give a picture"):
        choose_guide(person(1), [])


@pytest.mark.parametrize(
    "worse",
    [
        replace(GOOD, sharpness=0.2),
        replace(GOOD, frontal=0.5),
        replace(GOOD, size=100),
        replace(GOOD, eyes_open=0.1),
    ],
)
def test_every_fault_lowers_the_score(worse: Quality) -> None:
    assert 0 < guide_score(worse) < guide_score(GOOD) <= 1


def test_open_eyes_score_as_unknown_ones() -> None:
    assert guide_score(replace(GOOD, eyes_open=0.3)) == guide_score(GOOD)


def test_fusion_weighs_by_fitness_and_leaves_out_small_weights() -> None:
    weights = fusion_weights({4: 0.4, 7: 0.8, 9: 0.2})
    assert list(weights) == [7, 4]
    assert weights[7] == pytest.approx(8 / 9)
    assert sum(weights.values()) == pytest.approx(1)
    alike = dict.fromkeys(range(FUSED + 2), 0.01)
    assert fusion_weights(alike) == pytest.approx(dict.fromkeys(range(FUSED), 1 / FUSED))
    assert fusion_weights(alike, 1) == {0: 1.0}


def test_all_photos_of_the_person_are_fused_but_only_one_of_a_stranger() -> None:
    photos = [person(1), person(2, 0.2), person(2, 0.2), person(3)]
    assert choose_guide(person(2, 0.3), photos).weights == pytest.approx({1: 0.5, 2: 0.5})
    assert choose_guide(person(2, 0.3), photos, 1).weights == {1: 1.0}
    assert len(choose_guide(person(5), photos).weights) == 1


def test_faces_and_guides_without_detail_do_not_crash() -> None:
    flat = person(2, 0.2, replace(GOOD, sharpness=0.0), np.zeros(3, np.float32))
    assert choose_guide(flat, [flat, flat]).weights == pytest.approx({0: 0.5, 1: 0.5})


def test_views_correlate_whatever_the_contrast_but_not_across_poses(portrait: UInt8Image, face: Box) -> None:
    crop = cut(portrait, CropPlace.around(face)).pixels
    seen, mirrored = view(crop), view(np.ascontiguousarray(crop[:, ::-1]))
    assert seen.shape == (1936,)
    assert seen @ seen == pytest.approx(1, abs=1e-5)
    assert seen.sum() == pytest.approx(0, abs=1e-3)
    dim = (crop * 0.5 + 60).astype(np.uint8)
    assert seen @ view(dim) > 0.99
    bad = degrade(crop, Recipe(scale=8, blur=2, jpeg=20, noise=5, seed=1))
    shifted = np.roll(crop, 16, axis=1)
    assert seen @ view(bad) > 0.8 > seen @ view(shifted) > seen @ mirrored - 1
    assert (view(np.full_like(crop, 7)) == 0).all()


def test_a_portrait_has_the_size_of_the_crop_unless_another_is_given(portrait: UInt8Image, face: Box) -> None:
    crop = cut(portrait, CropPlace.around(face)).pixels
    assert portray(crop).quality.size == pytest.approx(256 / 1.3)
    small = portray(crop, size=91.0)
    assert small.quality.size == 91
    assert small.embedding.shape == (128,)
