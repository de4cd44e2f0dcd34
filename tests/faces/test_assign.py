from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from gfrnet.faces import FacePortrait, Quality, same_people, share_out
from gfrnet.faces.assign import best_pairs
from gfrnet.faces.identity import GROUP_DISTANCE

SHARP = Quality(sharpness=0.45, frontal=0.9, size=250)
BLURRED = Quality(sharpness=0.15, frontal=0.9, size=40)


def at(*place: float, quality: Quality = SHARP) -> FacePortrait:
    embedding = np.zeros(128, np.float32)
    embedding[: len(place)] = place
    return FacePortrait(embedding, quality, np.ones(1, np.float32))


def shared(faces: list[FacePortrait], guides: list[FacePortrait]) -> list[list[int]]:
    alike = same_people(np.stack([guide.embedding for guide in guides]), GROUP_DISTANCE)
    return [np.flatnonzero(row).tolist() for row in share_out(faces, guides, alike)]


@pytest.mark.parametrize("shape", [(1, 1), (2, 4), (4, 2), (4, 4), (3, 1)])
def test_pairs_have_the_largest_sum_of_all_ways(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(shape[0] * 10 + shape[1])
    for _ in range(20):
        gains = rng.normal(0, 1, shape)
        padded = np.hstack([np.maximum(gains, 0), np.zeros((shape[0], shape[0]))])
        ways = permutations(range(padded.shape[1]), shape[0])
        best = max(padded[range(shape[0]), way].sum() for way in ways)
        pairs = best_pairs(gains)
        assert len(set(pairs.values())) == len(pairs)
        assert all(gains[pair] > 0 for pair in pairs.items())
        assert sum(gains[pair] for pair in pairs.items()) == pytest.approx(best)


def test_a_person_goes_to_the_face_that_resembles_them_most() -> None:
    assert shared([at(0.5), at(-0.3)], [at(0)]) == [[], [0]]


def test_one_assignment_serves_all_faces() -> None:
    """Both faces are nearest to the first guide, and only together it is seen who takes the second."""
    blurred = [at(0.2, quality=BLURRED), at(0.25, quality=BLURRED)]
    assert shared(blurred, [at(0.3), at(-0.35)]) == [[1], [0]]


def test_guides_that_look_alike_are_parted_if_they_show_different_faces() -> None:
    guides = [at(0.25), at(-0.25)]
    assert same_people(np.stack([guide.embedding for guide in guides]), GROUP_DISTANCE).all()
    assert shared([at(0.3, 0.35), at(-0.3, -0.35)], guides) == [[0], [1]]


def test_a_pair_of_lookalikes_is_parted_only_if_a_face_would_go_without() -> None:
    """The first guide is a little nearer to the first face, which gets no group while both are one."""
    guides = [at(0.04), at(-0.2)]
    assert same_people(np.stack([guide.embedding for guide in guides]), GROUP_DISTANCE).all()
    faces = [at(0.24, 0.35), at(-0.24, -0.35)]
    assert shared(faces, guides) == [[0], [1]]
    assert shared([faces[1], at(2)], guides) == [[0, 1], []]
    assert shared([*faces, at(2)], [*guides, at(2)]) == [[0], [1], [2]]


def test_all_photos_of_a_person_stay_together() -> None:
    guides = [at(0, 0.1), at(0, -0.1), at(1), at(1.1)]
    assert shared([at(0, 0, 0.3), at(1, 0, 0.3)], guides) == [[0, 1], [2, 3]]


def test_a_mirror_image_takes_the_guides_of_its_person_too() -> None:
    guides = [at(0)]
    assert shared([at(0, 0.3), at(0.2, 0.3)], guides) == [[0], [0]]
    assert shared([at(0, 0.3), at(0.45, 0.3)], guides) == [[0], []]


def test_a_face_with_guides_of_its_own_takes_none_of_its_twin() -> None:
    assert shared([at(0, 0.1), at(0.3, 0.1)], [at(-0.2), at(0.5)]) == [[0], [1]]
