"""Questions whether two groups show one person."""

import numpy as np
from drawn_people import drawn, rows_of

from gfrnet.album.bonds import Bonds
from gfrnet.album.grouping import FaceRows, group_faces
from gfrnet.album.questions import questions


def torn() -> tuple[FaceRows, Bonds, np.ndarray]:
    """Faces of 6 people, of whom the first two are torn into groups: 8 and 4 faces, and 1 and 3."""
    embeddings, person = drawn(people=6, photos=12)
    rows = np.concatenate([np.arange(12), np.arange(12, 16), np.arange(24, 72)])
    halves = (np.arange(8), np.arange(8, 12)), (np.arange(12, 13), np.arange(13, 16))
    return rows_of(embeddings[rows]), Bonds(apart=halves), person[rows]


def test_the_question_with_the_most_to_gain_comes_first() -> None:
    faces, apart, person = torn()
    groups = group_faces(faces, apart)
    asked = questions(faces, groups)
    pairs = [{int(person[groups.labels == label][0]) for label in (q.left, q.right)} for q in asked]
    assert pairs[:2] == [{0}, {1}]
    assert [q.gain for q in asked] == sorted((q.gain for q in asked), reverse=True)
    assert asked[0].probability > 0.5
    assert all(q.left < q.right for q in asked)


def test_what_is_decided_or_impossible_is_not_asked() -> None:
    faces, apart, _ = torn()
    groups = group_faces(faces, apart)
    first = questions(faces, groups)[0]
    asked = questions(faces, groups, apart)
    assert (first.left, first.right) not in [(q.left, q.right) for q in asked]
    photos = np.arange(len(faces.photos))
    photos[8] = photos[0]
    shared = FaceRows(faces.embeddings, photos, faces.sharpness, faces.size, faces.score)
    asked = questions(shared, groups)
    assert (first.left, first.right) not in [(q.left, q.right) for q in asked]


def test_no_more_questions_than_wanted() -> None:
    faces, apart, _ = torn()
    assert len(questions(faces, group_faces(faces, apart), most=1)) == 1


def test_nothing_to_ask() -> None:
    faces = rows_of(drawn(people=1, photos=1)[0])
    assert questions(faces, group_faces(faces)) == ()
    none = rows_of(np.empty((0, 128), np.float32))
    assert questions(none, group_faces(none)) == ()
