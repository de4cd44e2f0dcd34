from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from gfrnet import images
from gfrnet.faces import (
    SAME_PERSON,
    CropPlace,
    cut,
    detect,
    distance,
    embed,
    embed_crop,
    needed_similarity,
    similarity,
)
from gfrnet.faces.identity import (
    CERTAINTY,
    SPREAD,
    SUREST,
    certainty,
    evidence,
    in_words,
    likeness,
    person_distance,
    same_people,
)
from gfrnet.types import Box, UInt8Image

SHARED = Path(os.environ.get("GFRNET_SHARED", Path(__file__).parents[3] / "shared"))


def at_distance(d: float) -> tuple[np.ndarray, np.ndarray]:
    step = np.zeros(128, np.float32)
    step[7] = d
    return np.zeros(128, np.float32), step


def test_embedding_of_photo_and_crop_agree(portrait: UInt8Image, face: Box) -> None:
    whole = embed(portrait, face)
    crop = embed_crop(cut(portrait, CropPlace.around(face)).pixels)
    assert whole.shape == (128,)
    assert whole.dtype == np.float32
    assert distance(whole, crop) < 0.25


def test_relit_mirror_image_is_the_same_person(portrait: UInt8Image, face: Box) -> None:
    mirrored = np.ascontiguousarray(portrait[:, ::-1])
    relit = cv2.convertScaleAbs(mirrored, alpha=0.7, beta=30)
    likeness = similarity(
        embed(portrait, face), embed(relit, Box(512 - face.right, 77, 512 - face.left, 168))
    )
    assert likeness > SAME_PERSON


def test_similarity_falls_with_distance_between_one_and_zero() -> None:
    values = [similarity(*at_distance(d)) for d in np.linspace(0, 2, 41)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.99
    assert values[-1] >= 0
    assert similarity(*at_distance(0.6)) == pytest.approx(0.5)


def test_people_are_told_apart_pair_by_pair() -> None:
    rng = np.random.default_rng(0)
    points = (rng.normal(0, 0.13, (5, 1, 128)) + rng.normal(0, 0.04, (5, 8, 128))).reshape(40, 128)
    embeddings = points.astype(np.float32)
    expected = [[similarity(a, b) >= SAME_PERSON for b in embeddings] for a in embeddings]
    assert 40 < np.sum(expected) < 1600
    np.testing.assert_array_equal(same_people(embeddings), expected)


def test_certainty_falls_with_similarity_and_is_even_where_the_fit_says() -> None:
    for sharpness, middle, _ in CERTAINTY:
        likely = [certainty(similarity(*at_distance(d)), sharpness) for d in np.linspace(0.01, 2, 41)]
        assert likely == sorted(likely, reverse=True)
        assert likely[0] == SUREST
        assert likely[-1] == pytest.approx(1 - SUREST)
        assert certainty(similarity(*at_distance(middle)), sharpness) == pytest.approx(0.5)
    assert in_words(SUREST) == "almost certainly the same person"
    assert in_words(0.5) == "perhaps the same person"
    assert in_words(0.0) == "very likely another person"


def test_a_person_of_several_photos_is_compared_by_their_mean() -> None:
    face, photo = at_distance(0.5)
    assert person_distance(face, photo[None]) == pytest.approx(0.5)
    assert likeness(face, photo[None]) == pytest.approx(similarity(face, photo))
    photos = np.stack([photo, -photo])
    assert person_distance(face, photos) == pytest.approx((SPREAD / 2) ** 0.5)


def test_evidence_is_above_zero_where_a_guide_is_similar_enough() -> None:
    for sharpness in (0.1, 0.2, 0.3, 0.5):
        for d in np.linspace(0.5, 0.9, 21):
            enough = similarity(*at_distance(d)) > needed_similarity(sharpness)
            assert (evidence(person_distance(*_one(d)), sharpness) > 0) == enough


def _one(d: float) -> tuple[np.ndarray, np.ndarray]:
    face, photo = at_distance(d)
    return face, photo[None]


def test_blurred_faces_need_less_similarity() -> None:
    needed = [needed_similarity(sharpness) for sharpness in np.linspace(0, 1, 21)]
    assert needed == sorted(needed)
    assert needed[0] < SAME_PERSON / 2
    assert needed[-1] == SAME_PERSON


@pytest.mark.shared_data
@pytest.mark.skipif(
    not (SHARED / "data/london/val").is_dir(), reason="the developers' photographs are missing"
)
def test_people_are_told_apart() -> None:
    folders = sorted((SHARED / "data/london/val").iterdir())[:2]
    pairs = [[_embedding(folder / name) for name in ("neutral.jpg", "smiling.jpg")] for folder in folders]
    assert all(similarity(*pair) > SAME_PERSON for pair in pairs)
    assert similarity(pairs[0][0], pairs[1][0]) < SAME_PERSON
    assert similarity(pairs[0][1], pairs[1][1]) < SAME_PERSON


def _embedding(path: Path) -> np.ndarray:
    image = images.read(path).rgb8
    return embed(image, detect(image)[0].box)
