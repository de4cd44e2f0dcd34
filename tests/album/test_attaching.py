"""Tests of attaching bad faces to people: embeddings are drawn, and one trace is taken of a real face."""

import numpy as np
import pytest

from gfrnet import faces
from gfrnet.album import attaching
from gfrnet.album.attaching import Attachments, BadFaces, KnownPeople, Verdict, attach, is_bad, trace
from gfrnet.degradation import Recipe, degrade
from gfrnet.runtime import open_runtime
from gfrnet.types import UInt8Image

PEOPLE = 30


def around(centers: np.ndarray, distance: float, rng: np.random.Generator) -> np.ndarray:
    """Points at about a distance from each centre."""
    return (centers + rng.normal(0, distance / 128**0.5, centers.shape)).astype(np.float32)


@pytest.fixture
def centers() -> np.ndarray:
    """One embedding per person, seen from the centre of all; strangers are 0.85 apart."""
    return np.random.default_rng(1).normal(0, 0.85 / 256**0.5, (PEOPLE + 10, 128)).astype(np.float32)


@pytest.fixture
def known(centers: np.ndarray) -> KnownPeople:
    person = np.repeat(np.arange(PEOPLE), 4)
    good = attaching._centres()[0] + centers[person]
    return KnownPeople(around(good, 0.3, np.random.default_rng(2)), person)


def seen(centers: np.ndarray, photo: np.ndarray | None = None, distance: float = 0.3) -> BadFaces:
    both = attaching._centres()[2] + np.repeat(centers[:, None], 2, axis=1)
    traces = around(both, distance, np.random.default_rng(3))
    where = np.arange(len(centers)) if photo is None else photo
    return BadFaces(traces, np.full(len(centers), attaching.CURVE[1][0], np.float32), where)


def test_faces_that_are_clear_get_their_people_and_strangers_nobody(
    centers: np.ndarray, known: KnownPeople
) -> None:
    found = attach(seen(centers), known)
    assert found.people[:PEOPLE, 0].tolist() == list(range(PEOPLE))
    assert set(found.verdicts[:PEOPLE]) == {Verdict.ACCEPTED}
    assert set(found.verdicts[PEOPLE:]) == {Verdict.NOBODY}


def test_probabilities_fall_along_the_ranks_and_sum_to_one_at_most(
    centers: np.ndarray, known: KnownPeople
) -> None:
    found = attach(seen(centers, distance=0.7), known)
    assert (np.diff(found.probabilities, axis=1) <= 0).all()
    assert (found.probabilities.sum(axis=1) <= 1 + 1e-5).all()
    assert all(len(set(row[row >= 0])) == (row >= 0).sum() for row in found.people)


def test_a_face_between_two_people_is_unsure_and_lists_both(centers: np.ndarray, known: KnownPeople) -> None:
    found = attach(seen(centers[:2].mean(axis=0, keepdims=True), distance=0.05), known)
    assert found.verdicts == (Verdict.UNSURE,)
    assert set(found.people[0, :2]) == {0, 1}


def test_a_forbidden_pair_is_never_proposed(centers: np.ndarray, known: KnownPeople) -> None:
    pairs = np.array([(3, 3), (7, 7), (9, 2)])
    found = attach(seen(centers), known, pairs)
    assert 3 not in found.people[3]
    assert 7 not in found.people[7]
    assert 2 not in found.people[9]
    assert found.people[9, 0] == 9
    assert found.people[4, 0] == 4


def test_nobody_is_left_where_everyone_is_forbidden(centers: np.ndarray, known: KnownPeople) -> None:
    found = attach(seen(centers[:1]), known, np.stack([np.zeros(PEOPLE, int), np.arange(PEOPLE)], axis=1))
    assert found.verdicts == (Verdict.NOBODY,)
    assert (found.people == -1).all()
    assert (found.probabilities == 0).all()


def test_a_person_goes_to_the_nearer_of_two_faces_of_a_photo(centers: np.ndarray, known: KnownPeople) -> None:
    near, between = centers[0], 0.6 * centers[0] + 0.4 * centers[1]
    both = np.stack([near, between])
    alone = attach(seen(both, distance=0.02), known)
    together = attach(seen(both, np.zeros(2, int), distance=0.02), known)
    assert alone.people[:, 0].tolist() == [0, 0]
    assert together.people[:, 0].tolist() == [0, 1]


def test_the_order_and_the_blocks_of_the_faces_do_not_matter(
    centers: np.ndarray, known: KnownPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(4)
    bad = seen(centers, rng.integers(0, 12, len(centers)), distance=0.6)
    pairs = np.array([(3, 3), (20, 20)])
    whole = attach(bad, known, pairs)
    order = rng.permutation(len(centers))
    shuffled = BadFaces(bad.traces[order], bad.sharpness[order], bad.photo[order])
    monkeypatch.setattr(attaching, "BLOCK", 3)
    moved = attach(shuffled, known, np.stack([np.argsort(order)[pairs[:, 0]], pairs[:, 1]], axis=1))
    assert_same(moved, whole, order)


def assert_same(moved: Attachments, whole: Attachments, order: np.ndarray) -> None:
    assert moved.verdicts == tuple(whole.verdicts[index] for index in order)
    assert np.array_equal(moved.people[:, 0], whole.people[order, 0])
    assert np.allclose(moved.probabilities, whole.probabilities[order], atol=1e-4)


def test_a_move_that_all_blurred_faces_share_does_not_matter(centers: np.ndarray, known: KnownPeople) -> None:
    blurred, sharper = (
        seen(centers).traces - attaching._centres()[2] + centre for centre in attaching._centres()[1:]
    )
    found = [
        attach(BadFaces(traces, np.full(len(traces), at, np.float32), np.arange(len(traces))), known)
        for traces, (at, _, _) in zip((blurred, sharper), attaching.CURVE, strict=True)
    ]
    assert np.array_equal(found[0].people[:PEOPLE, 0], found[1].people[:PEOPLE, 0])


def test_more_people_make_a_doubtful_face_less_certain(centers: np.ndarray, known: KnownPeople) -> None:
    bad = seen(centers[:5], distance=0.9)
    few = KnownPeople(known.embeddings[:20], known.person[:20])
    assert (attach(bad, known).probabilities[:, 0] <= attach(bad, few).probabilities[:, 0] + 1e-6).all()


def test_without_faces_or_people_there_is_nothing_to_attach(centers: np.ndarray, known: KnownPeople) -> None:
    nobody = KnownPeople(np.empty((0, 128), np.float32), np.empty(0, int))
    assert attach(seen(centers[:2]), nobody).verdicts == (Verdict.NOBODY,) * 2
    assert attach(seen(centers[:0]), known).verdicts == ()


def test_what_does_not_fit_is_refused(centers: np.ndarray, known: KnownPeople) -> None:
    bad = seen(centers)
    with pytest.raises(ValueError, match="traces"):
        attach(BadFaces(bad.traces[1:], bad.sharpness, bad.photo), known)
    with pytest.raises(ValueError, match="Person 1 has no photo"):
        attach(bad, KnownPeople(known.embeddings[:2], np.array([0, 2])))
    with pytest.raises(ValueError, match="forbidden"):
        attach(bad, known, np.array([(0, PEOPLE)]))


def test_a_degraded_face_is_bad_and_its_trace_is_nearer_to_its_person(
    portrait: UInt8Image, stranger: UInt8Image
) -> None:
    crops = [cropped(picture) for picture in (portrait, stranger)]
    bad = degrade(crops[0], Recipe(scale=6, noise=3))
    assert is_bad(faces.sharpness(bad, faces.face_box()))
    assert not is_bad(0.42)
    found = trace(bad, open_runtime("gfrnet-slim-int8", threads=1))
    own, other = (np.linalg.norm(found - faces.embed_crop(crop), axis=1) for crop in crops)
    assert found.shape == (2, 128)
    assert (own + 0.1 < other).all()


def cropped(picture: UInt8Image) -> UInt8Image:
    box = max((face.box for face in faces.detect(picture)), key=lambda box: box.width)
    return faces.cut(picture, faces.CropPlace.around(box)).pixels
