"""Grouping of faces by person, on embeddings drawn from the model that weighs them."""

import numpy as np
import pytest
from drawn_people import drawn, rows_of
from hypothesis import given, settings
from hypothesis import strategies as st

from gfrnet.album.bonds import Bonds
from gfrnet.album.grouping import GOOD_SHARPNESS, GOOD_SIZE, FaceRows, Groups, group_faces
from gfrnet.errors import DataError


def same(labels: np.ndarray, other: np.ndarray) -> bool:
    """Whether two labellings are the same groups."""
    return bool(((labels[:, None] == labels) == (other[:, None] == other)).all())


def held(groups: Groups, bonds: Bonds) -> bool:
    """Whether no pair that is held apart shares a group."""
    return not any(
        np.intersect1d(groups.labels[left], groups.labels[right]).size
        for left, right in bonds.apart
        if not np.intersect1d(left, right).size
    )


def test_people_are_found() -> None:
    embeddings, person = drawn(people=12, photos=6)
    groups = group_faces(rows_of(embeddings))
    assert same(groups.labels, person)
    assert groups.count == 12
    assert groups.labels[0] == 0, "groups are numbered in order of the first faces"


def test_a_person_of_one_photo_is_a_group() -> None:
    embeddings, person = drawn(people=5, photos=1)
    assert same(group_faces(rows_of(embeddings)).labels, person)


@pytest.mark.parametrize("count", [0, 1])
def test_no_face_and_one_face(count: int) -> None:
    embeddings, _ = drawn(people=1, photos=1)
    groups = group_faces(rows_of(embeddings[:count]))
    assert groups.labels.tolist() == [0] * count
    assert groups.count == count


def test_two_faces_of_a_photo_are_two_people() -> None:
    embeddings, _ = drawn(people=1, photos=4)
    faces = rows_of(embeddings, photos=np.array([0, 0, 1, 1]))
    labels = group_faces(faces).labels
    assert labels[0] != labels[1]
    assert labels[2] != labels[3]
    assert group_faces(faces).count == 2


def test_a_decision_joins_two_faces_of_a_photo() -> None:
    embeddings, _ = drawn(people=1, photos=3)
    faces = rows_of(embeddings, photos=np.array([0, 0, 0]))
    labels = group_faces(faces, Bonds(together=(np.array([0, 1]),))).labels
    assert labels[0] == labels[1] != labels[2]


def test_a_rejected_person_is_never_taken() -> None:
    embeddings, _ = drawn(people=1, photos=8)
    bonds = Bonds(apart=((np.array([0]), np.arange(1, 8)),))
    labels = group_faces(rows_of(embeddings), bonds).labels
    assert labels[0] not in labels[1:]
    assert len(set(labels[1:])) == 1


def test_apart_wins_over_together_and_the_first_of_two_that_clash() -> None:
    embeddings, _ = drawn(people=3, photos=1)
    bonds = Bonds(
        together=(np.array([0, 1]), np.array([1, 2]), np.array([0, 1])),
        apart=((np.array([0]), np.array([2])),),
    )
    groups = group_faces(rows_of(embeddings), bonds)
    assert groups.refused == (1,)
    assert groups.labels.tolist() == [0, 0, 1]


def test_bad_faces_form_no_group_and_change_none() -> None:
    embeddings, person = drawn(people=4, photos=4)
    faces = rows_of(embeddings)
    faces.sharpness[[0, 5]] = GOOD_SHARPNESS / 2
    faces.size[9] = GOOD_SIZE / 2
    groups = group_faces(faces)
    bad = [0, 5, 9]
    assert groups.labels[bad].tolist() == [-1] * 3
    assert not groups.good[bad].any()
    kept = np.setdiff1d(np.arange(16), bad)
    assert same(groups.labels[kept], person[kept])


def test_a_bad_face_joins_where_a_decision_says_so_and_pulls_nobody_along() -> None:
    embeddings, person = drawn(people=2, photos=4)
    faces = rows_of(embeddings)
    faces.sharpness[0] = 0
    labels = group_faces(faces, Bonds(together=(np.array([0, 4]),))).labels
    assert labels[0] == labels[4]
    assert same(labels[1:], person[1:])


def test_the_order_of_the_faces_does_not_matter() -> None:
    embeddings, _ = drawn(people=30, photos=5, alike=3)
    order = np.random.default_rng(3).permutation(len(embeddings))
    labels = group_faces(rows_of(embeddings)).labels
    moved = group_faces(rows_of(embeddings[order], photos=order)).labels
    assert same(labels[order], moved)
    assert labels.max() + 1 != 30, "the case is hard enough to be decided by a hair"


@pytest.mark.parametrize("name", ["embeddings", "sharpness"])
def test_values_that_are_no_number_are_refused(name: str) -> None:
    embeddings, _ = drawn(people=2, photos=2)
    faces = rows_of(embeddings)
    values = {key: getattr(faces, key).copy() for key in vars(faces)}
    values[name][3] = np.nan
    with pytest.raises(DataError, match=f"{name} of face 3"):
        FaceRows(**values)


def test_arrays_that_do_not_fit_are_refused() -> None:
    embeddings, _ = drawn(people=2, photos=2)
    with pytest.raises(DataError, match="must have the shape"):
        rows_of(embeddings, photos=np.arange(3))


def test_a_decision_about_an_unknown_face_is_refused() -> None:
    embeddings, _ = drawn(people=2, photos=2)
    with pytest.raises(DataError, match="none of the 4 faces"):
        group_faces(rows_of(embeddings), Bonds(together=(np.array([0, 4]),)))


faces_lists = st.lists(st.integers(0, 19), min_size=0, max_size=5).map(lambda rows: np.array(rows, int))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 99),
    photos=st.lists(st.integers(0, 12), min_size=20, max_size=20),
    together=st.lists(faces_lists, max_size=5),
    apart=st.lists(st.tuples(faces_lists, faces_lists), max_size=5),
)
def test_no_decision_is_ever_broken(
    seed: int, photos: list[int], together: list[np.ndarray], apart: list[tuple[np.ndarray, np.ndarray]]
) -> None:
    embeddings, _ = drawn(people=4, photos=5, seed=seed, alike=3)
    bonds = Bonds(tuple(together), tuple(apart))
    faces = rows_of(embeddings, photos=np.array(photos))
    groups = group_faces(faces, bonds)
    assert held(groups, bonds)
    for number, rows in enumerate(together):
        whole = len(set(groups.labels[rows])) <= 1
        assert whole != (number in groups.refused)
    assert (group_faces(faces, bonds).labels == groups.labels).all()
    joined = {(a, b) for rows in together for a in rows for b in rows}
    for a in range(20):
        for b in range(a):
            if photos[a] == photos[b] and groups.labels[a] == groups.labels[b]:
                assert joined, "only a decision joins two faces of one photo"
