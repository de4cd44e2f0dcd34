"""Decisions are only appended to, survive torn lines, and the latest word counts."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from gfrnet.album.decisions import (
    DECISIONS,
    Apart,
    AsGuide,
    Born,
    Decision,
    Decisions,
    FaceKey,
    Named,
    NoFace,
    NotPerson,
    Renamed,
    Same,
    checked_name,
)
from gfrnet.album.resolve import Resolved, resolve


def key(number: int) -> FaceKey:
    return FaceKey(photo=f"{number:032x}", box=(0, 0, 10, 10))


def faces(*numbers: int) -> tuple[FaceKey, ...]:
    return tuple(map(key, numbers))


def taken(folder: Path, *decisions: Decision) -> Resolved:
    store = Decisions(folder)
    for decision in decisions:
        store.append([decision])
    return resolve(store.read()[0], lambda face: int(face.photo, 16))


def test_what_was_decided_is_read_again(tmp_path: Path) -> None:
    made: list[Decision] = [
        Named(person="Ånna 李", faces=faces(1, 2)),
        Same(faces=faces(3, 4)),
        Apart(faces=faces(3), others=faces(5)),
        NotPerson(person="Paul", faces=faces(1)),
        Renamed(person="Paul", to="Pál"),
        NoFace(faces=faces(9)),
        AsGuide(use="pinned", faces=faces(1)),
        Born(person="Ånna 李", year=1934),
    ]
    Decisions(tmp_path).append(made)
    read, unread = Decisions(tmp_path).read()
    assert [each.decision for each in read] == made
    assert unread == 0


def test_the_first_undo_takes_back_the_whole_last_step(tmp_path: Path) -> None:
    store = Decisions(tmp_path)
    store.append([Named(person="Anna", faces=faces(1))])
    store.append([Same(faces=faces(2, 3)), Apart(faces=faces(2), others=faces(4))])
    assert [each.decision.kind for each in store.undo()] == ["same", "apart"]
    assert [each.decision.kind for each in store.read()[0]] == ["named"]
    store.undo()
    assert store.undo() == ()
    assert store.path.read_text().count("\n") == 5  # nothing is ever deleted


@pytest.mark.parametrize("torn", [b'{"step": "00', b"\xff\xfe{", b"[1]\n", b'{"kind": "later"}\n', b"\n\n"])
def test_a_torn_or_foreign_line_costs_no_other(tmp_path: Path, torn: bytes) -> None:
    store = Decisions(tmp_path)
    store.append([Named(person="Anna", faces=faces(1))])
    with (tmp_path / DECISIONS).open("ab") as file:
        file.write(torn)
    store.append([Named(person="Paul", faces=faces(2))])
    read, unread = store.read()
    assert [each.decision.person for each in read] == ["Anna", "Paul"]
    assert unread == (1 if torn.strip() else 0)


def test_a_decision_on_thousands_of_faces_is_one_step(tmp_path: Path) -> None:
    store = Decisions(tmp_path)
    store.append([Same(faces=faces(*range(2500)))])
    found = resolve(store.read()[0], lambda face: int(face.photo, 16))
    assert set.union(*found.together) == set(range(2500))
    assert all(a & b for a, b in zip(found.together, found.together[1:], strict=False))
    assert len(store.undo()) > 1
    assert store.read()[0] == ()


def test_processes_append_at_once(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        list(pool.map(append_many, [tmp_path] * 2, [0, 100]))
    read, unread = Decisions(tmp_path).read()
    assert unread == 0
    assert {int(each.decision.faces[0].photo, 16) for each in read} == {*range(30), *range(100, 130)}


def append_many(folder: Path, start: int) -> None:
    for number in range(start, start + 30):
        Decisions(folder).append([NoFace(faces=faces(number))])


@pytest.mark.parametrize("name", ["", "  ", "G12", "a\nb", "\x1b[31m", "x" * 201, "\u202eanna"])
def test_names_that_nobody_has_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"[Nn]ame"):
        checked_name(name)


def test_the_latest_word_on_a_face_counts(tmp_path: Path) -> None:
    found = taken(
        tmp_path,
        Named(person="Anna", faces=faces(1, 2, 3)),
        NotPerson(person="Anna", faces=faces(2)),
        Named(person="Paul", faces=faces(3)),
        NotPerson(person="Paul", faces=faces(4)),
        Named(person="Paul", faces=faces(4)),
    )
    assert found.names == {1: "Anna", 3: "Paul", 4: "Paul"}
    assert found.not_person[2] == {"Anna"}
    assert not found.not_person[4]


def test_a_new_name_takes_everything_along(tmp_path: Path) -> None:
    found = taken(
        tmp_path,
        Named(person="Anna", faces=faces(1)),
        NotPerson(person="Anna", faces=faces(2)),
        Born(person="Anna", year=1934),
        Renamed(person="Anna", to="Anne"),
    )
    assert (found.names, found.not_person[2], found.born) == ({1: "Anne"}, {"Anne"}, {"Anne": 1934})


def test_faces_that_leave_a_group_stay_out(tmp_path: Path) -> None:
    found = taken(tmp_path, Same(faces=faces(1, 2, 3, 4)), Apart(faces=faces(1, 2), others=faces(3, 4)))
    assert sorted(map(sorted, found.together)) == [[1, 2], [3, 4]]
    assert found.apart == [({1, 2}, {3, 4})]
    found.same({1, 3})
    assert (found.together, found.apart) == ([{1, 2, 3, 4}], [])


def test_a_named_face_leaves_the_person_from_whom_it_is_parted(tmp_path: Path) -> None:
    found = taken(
        tmp_path, Named(person="Anna", faces=faces(1, 2, 3)), Apart(faces=faces(1), others=faces(2, 3))
    )
    assert found.names == {2: "Anna", 3: "Anna"}
    assert found.not_person[1] == {"Anna"}


def test_faces_that_are_not_there_wait(tmp_path: Path) -> None:
    store = Decisions(tmp_path)
    store.append([Named(person="Anna", faces=faces(1, 2))])
    found = resolve(store.read()[0], lambda face: None)
    assert (found.names, found.waiting) == ({}, 2)


def test_what_is_no_face_can_become_one_again(tmp_path: Path) -> None:
    found = taken(
        tmp_path,
        NoFace(faces=faces(1, 2)),
        Named(person="Anna", faces=faces(1)),
        AsGuide(use="banned", faces=faces(1)),
        AsGuide(use="free", faces=faces(1)),
    )
    assert (found.no_face, found.guides) == ({2}, {})
