"""What a person says becomes decisions: names, merges, splits, refusals, answers."""

from collections.abc import Callable
from pathlib import Path

import pytest

from albums import Invented, fill
from gfrnet.album import Acts, Album, AlbumFace, AsGuide, taken_back
from gfrnet.errors import PlanError

PEOPLE = [Invented((n % 4,)) for n in range(20)] + [Invented((9,)), Invented((0, 1))]


@pytest.fixture
def album(tmp_path: Path) -> Album:
    fill(tmp_path, PEOPLE)
    return Album(tmp_path)


def spot(photo: int, place: int = 1) -> str:
    """A face as a person names it."""
    return f"/photos/{photo:06}.jpg:{place}"


def at(album: Album, photo: int, place: int = 1) -> AlbumFace:
    return album.face(spot(photo, place))


def whose(album: Album, photo: int) -> str:
    return at(album, photo).person


def parted(album: Album) -> set[frozenset[int]]:
    """The faces by person, whatever the people are called."""
    return {frozenset(face.id for face in album.faces(person.label)) for person in album.people()}


def act(album: Album, *said: Callable[[Acts], str]) -> list[str]:
    acts = Acts(album)
    sentences = [each(acts) for each in said]
    acts.decide()
    return sentences


def test_a_group_gets_a_name_and_then_another(album: Album) -> None:
    group, other = whose(album, 0), whose(album, 1)
    assert act(album, lambda acts: acts.name(group, " Anna ")) == [f"{group} is Anna now: 6 faces."]
    assert {whose(album, photo) for photo in (0, 4, 8)} == {"Anna"}
    act(album, lambda acts: acts.name("Anna", "Anne"))
    assert whose(album, 4) == "Anne"
    assert act(album, lambda acts: acts.name("Anne", "Anne")) == ["Anne has this name already."]
    act(album, lambda acts: acts.name(other, "Anne Marie"))
    with pytest.raises(PlanError, match="is the name of another person"):
        Acts(album).name("Anne Marie", "Anne")


def test_one_name_in_two_spellings_is_one(album: Album) -> None:
    act(album, lambda acts: acts.name(whose(album, 0), "Rene\u0301"))
    assert whose(album, 0) == "Ren\u00e9"
    assert Acts(album).person("Rene\u0301").faces == 6


def test_a_face_alone_gets_a_name(album: Album) -> None:
    assert act(album, lambda acts: acts.name(spot(20), "Zoe")) == [f"{spot(20)} shows Zoe."]
    assert album.person("Zoe").faces == 1
    act(album, lambda acts: acts.name(spot(21, 2), "Zoe"))
    assert at(album, 21, 2).person == "Zoe"


def test_a_name_like_another_is_pointed_out(album: Album) -> None:
    first, second = whose(album, 0), whose(album, 1)
    said = act(album, lambda acts: acts.name(first, "Anna"), lambda acts: acts.name(second, "Ana"))
    assert said[1].endswith("Somebody else is called Anna: merge the two if they are one.")


def test_names_of_one_step_can_be_used_in_it_and_are_taken_back_together(album: Album) -> None:
    before = parted(album)
    groups = [whose(album, photo) for photo in range(4)]
    act(
        album,
        lambda acts: acts.name(groups[0], "Anna"),
        lambda acts: acts.merge(groups[2], groups[3]),
        lambda acts: acts.merge("Anna", groups[2]),
        lambda acts: acts.born(groups[0], 1934),
        lambda acts: acts.no_face(spot(20)),
    )
    assert (album.person("Anna").faces, album.person("Anna").born) == (16, 1934)
    said = [taken_back(album, decision) for decision in album.undo()]
    first, third, fourth = (whose(album, photo) for photo in (0, 2, 3))
    pair = " and ".join(sorted((third, fourth)))
    assert said == [
        f"6 faces are not Anna any more, but {first}.",
        f"{pair} are two people again.",
        f"10 faces are not Anna any more, but {pair}.",
        "It is no longer said that Anna was born in 1934.",
        "1 face is taken for a face again.",
    ]
    assert parted(album) == before


def test_two_people_with_names_become_one_even_if_they_were_held_apart(album: Album) -> None:
    one, other = whose(album, 0), whose(album, 1)
    act(album, lambda acts: acts.answer(one, other, same=False))
    act(album, lambda acts: acts.name(one, "Anna"), lambda acts: acts.name(other, "Nan"))
    assert act(album, lambda acts: acts.merge("Anna", "Nan")) == ["Anna and Nan are one person now: Anna."]
    assert [person.faces for person in album.people() if person.name] == [12]
    with pytest.raises(PlanError, match="Nobody is called Nan"):
        Acts(album).person("Nan")


def test_split_faces_are_another_person_for_ever(album: Album) -> None:
    group = whose(album, 0)
    said = act(album, lambda acts: acts.split([spot(0), spot(4)]))
    assert said == [f"2 faces show somebody else than {group}."]
    assert whose(album, 0) == whose(album, 4) != whose(album, 8)
    act(album, lambda acts: acts.name(whose(album, 8), "Anna"))
    assert whose(album, 0) == whose(album, 4) != "Anna"
    every = [f"{face.photo}:1" for face in album.faces("Anna")]
    with pytest.raises(PlanError, match="These are all faces of Anna"):
        Acts(album).split(every)


def test_a_face_is_not_a_person_named_or_not(album: Album) -> None:
    group = whose(album, 0)
    act(album, lambda acts: acts.deny(spot(0), group))
    assert whose(album, 0) != whose(album, 4)
    act(album, lambda acts: acts.name(whose(album, 1), "Bert"))
    act(album, lambda acts: acts.deny(spot(1), "Bert"))
    assert whose(album, 1) != whose(album, 5) == "Bert"
    act(album, lambda acts: acts.confirm(spot(1), "Bert"))
    assert at(album, 1).by == "person"
    with pytest.raises(PlanError, match="is the only face of"):
        Acts(album).deny(spot(20), whose(album, 20))


def test_who_left_a_group_has_a_number_that_is_told(album: Album) -> None:
    group, other = whose(album, 0), whose(album, 1)
    acts = Acts(album)
    acts.split([spot(0), spot(4)])
    (moved,) = acts.decide()
    assert (moved.faces, moved.left, moved.now, moved.named) == (2, group, whose(album, 0), False)
    acts.deny(spot(8), group)
    acts.name(spot(8), "Eve")
    assert [(moved.now, moved.named) for moved in acts.decide()] == [("Eve", True)]
    acts.merge(group, other)
    assert [(moved.faces, moved.now) for moved in acts.decide()] == [(9, whose(album, 1))]
    assert acts.decide() == ()


def test_each_step_is_taken_back_in_words(album: Album) -> None:
    act(
        album,
        lambda acts: acts.name(whose(album, 0), "Ida"),
        lambda acts: acts.name(whose(album, 1), "Marta"),
    )
    ida = at(album, 4)
    steps = {
        "Ida and Marta are two people again.": lambda acts: acts.merge("Ida", "Marta"),
        "1 face may show Ida again.": lambda acts: acts.deny(spot(0), "Ida"),
        "1 face is Ida again, like 5 others.": lambda acts: acts.split([spot(0)]),
        "It is no longer said that 1 face shows Ida.": lambda acts: acts.confirm(spot(0), "Ida"),
    }
    for sentence, say in steps.items():
        act(album, say)
        assert [taken_back(album, decision) for decision in album.undo()] == [sentence]
    act(album, lambda acts: acts.name("Marta", "Martha"))
    assert [taken_back(album, decision) for decision in album.undo()] == ["Martha is called Marta again."]
    album.decide(AsGuide(use="pinned", faces=album.keys([ida])))
    said = [taken_back(album, decision) for decision in album.undo()]
    assert said == ["1 face of Ida is not pinned as guide any more."]


def test_a_face_joins_a_group_without_a_name(album: Album) -> None:
    group = whose(album, 0)
    act(album, lambda acts: acts.confirm(spot(20), group))
    assert whose(album, 20) == whose(album, 0)


@pytest.mark.parametrize(
    ("say", "message"),
    [
        (lambda acts: acts.name("G99", "Anna"), "There is no group G99\\."),
        (lambda acts: acts.name("berta", "Anna"), "Nobody is called berta. Did you mean Bertha?"),
        (lambda acts: acts.merge("Bertha", "Nobody Known"), "List the people"),
        (lambda acts: acts.merge("Bertha", "Bertha"), "one person already"),
        (lambda acts: acts.name("Bertha", "G5"), "number of a group"),
        (lambda acts: acts.name("Bertha", "Eve\nEve"), "no line ends"),
        (lambda acts: acts.born("Bertha", 34), "no year of birth"),
        (lambda acts: acts.born("G2", 1934), "Give a name first"),
        (lambda acts: acts.no_face("Bertha"), "Bertha is a person. Name a face"),
        (lambda acts: acts.no_face("abcdef0123-7"), "There is no face abcdef0123-7"),
        (lambda acts: acts.no_face("/photos/000021.jpg"), "shows several faces"),
        (lambda acts: acts.no_face("/photos/000021.jpg:3"), "There is no face"),
    ],
)
def test_what_fits_nothing_is_refused_and_nothing_is_decided(
    say: Callable[[Acts], str], message: str, album: Album
) -> None:
    first, second = sorted({whose(album, photo) for photo in range(4)})[:2]
    assert second == "G2"
    act(album, lambda acts: acts.name(first, "Bertha"))
    before = (album.folder / "decisions.jsonl").read_bytes()
    with pytest.raises(PlanError, match=message.replace("?", r"\?")):
        say(Acts(album))
    assert (album.folder / "decisions.jsonl").read_bytes() == before
