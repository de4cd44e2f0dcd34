"""Show who is on the photos of an album, and take what a person says, from the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gfrnet.album import Album
from gfrnet.cli import documents, main
from gfrnet.images import is_sheet

Ask = Callable[..., str]


@pytest.fixture
def album(family_album: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go into the folder of the photos of an album of four people and one more face."""
    monkeypatch.chdir(family_album.parent)
    return family_album


@pytest.fixture
def ask(album: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run ``gfrnet album people``; gives what it prints."""

    def ask(*words: str | Path, code: int = 0) -> str:
        assert main(["album", "people", *map(str, words)]) == code
        printed = capsys.readouterr()
        return printed.out if code == 0 else re.sub(r"[\s│]+", " ", printed.err)

    return ask


def test_people_are_listed_the_largest_first(ask: Ask) -> None:
    sizes = "".join(f"G{number}  {faces} faces\n" for number, faces in enumerate((6, 6, 5, 5), 1))
    assert ask() == f"{sizes}And 1 of whom there is one face: --all lists them.\n"
    assert ask("--all").endswith("G5  1 face\n")


def test_names_merges_and_births_are_one_step(ask: Ask) -> None:
    before = ask("--all")
    said = ask(
        "--name", "G1=Anna Ö", "--merge", "G2", "Anna Ö", "--born", "Anna Ö=1934", "--merge", "G3", "G4"
    )
    assert said.splitlines() == [
        "G1 is Anna Ö now: 6 faces.",
        "G2 and Anna Ö are one person now: Anna Ö.",
        "G3 and G4 are one person now: 10 faces.",
        "Anna Ö was born in 1934.",
        "10 faces are G3 now.",
    ]
    assert ask().splitlines()[0] == "Anna Ö  born 1934, 12 faces"
    assert ask("--undo").count("Taken back: ") == 4
    assert [line.split("  ")[1] for line in ask("--all").splitlines()] == [
        line.split("  ")[1] for line in before.splitlines()
    ]
    assert ask("--undo") == "There is nothing to take back.\n"


def test_faces_of_a_person_are_listed_and_can_be_split_off(ask: Ask, album: Path) -> None:
    lines = ask("G1").splitlines()
    assert lines[0] == "G1: 6 faces"
    assert len(lines) == 7
    assert all("worn 0.05  resembles the others /photos/" in line for line in lines[1:])
    photos = [line.rpartition(" ")[2] for line in lines[1:]]
    ask("--split", f"{photos[0]}:1", f"{photos[1]}:1", "--name", f"{photos[0]}:1=Eve")
    assert ask("Eve").splitlines()[0] == "Eve: 2 faces"
    ask("--not", f"{photos[1]}:1", "Eve", "--not-a-face", f"{photos[2]}:1")
    assert ask("Eve").splitlines()[0] == "Eve: 1 face"
    assert "no face" in ask("--nobody")
    ask("--is", f"{photos[1]}:1", "Eve")
    assert ask("Eve").splitlines()[0] == "Eve: 2 faces"


def test_questions_are_asked_and_answered(
    ask: Ask, album_maker: Callable[[float], Path], tmp_path: Path
) -> None:
    assert ask("--questions", "1") == "There is nothing to ask.\n"
    unsure = ("--album", album_maker(2.5))
    said = ask(*unsure, "--questions", "4")
    asked = re.findall(r"  yes: gfrnet album people --album .+ --answer (\w+) (\w+) yes\n", said)
    assert re.search(r"\? (Perhaps|Probably|Probably not) \(\d+%\)\.\n  G\d+: ", said)
    assert len(asked) == 4
    assert ask(*unsure, "--answer", *asked[0], "no", "--answer", *asked[1], "yes").splitlines() == [
        f"{asked[0][0]} and {asked[0][1]} are two people.",
        f"{asked[1][0]} and {asked[1][1]} are one person now: 4 faces.",
        f"4 faces are {min(asked[1], key=lambda label: int(label[1:]))} now.",
    ]
    left = documents.AlbumPeople.model_validate_json(ask(*unsure, "--questions", "20", "--json")).questions
    assert asked[0] not in {(each.one, each.other) for each in left}
    assert all(face.photo != "" for each in left for face in each.faces)
    ask(*unsure, "--questions", "4", "--sheet", tmp_path / "sheets")
    assert is_sheet(tmp_path / "sheets" / "questions.jpg")


def test_documents(ask: Ask, album: Path) -> None:
    listed = documents.AlbumPeople.model_validate_json(ask("--json", "--questions", "3"))
    assert [person.label for person in listed.people or ()] == ["G1", "G2", "G3", "G4", "G5"]
    assert listed.faces == ()
    decided = documents.AlbumPeople.model_validate_json(ask("--name", "G1=Anna", "--json"))
    assert decided.done == ("G1 is Anna now: 6 faces.",)
    assert decided.people is None
    shown = documents.AlbumPeople.model_validate_json(ask("Anna", "--json"))
    assert {(face.person, face.by) for face in shown.faces} == {("Anna", "person")}
    assert shown.faces[0].taken == ("2001-01-01", "2001-12-31")
    undone = documents.AlbumPeople.model_validate_json(ask("--undo", "--json"))
    assert undone.taken_back == ("6 faces are not Anna any more, but G1.",)
    assert Path(json.loads(ask("--json"))["album"]) == album


def test_sheets_are_written_into_a_folder_of_their_own(ask: Ask, album: Path, tmp_path: Path) -> None:
    ask("--name", "G1=Ünal/Öz")
    said = ask("--sheet", tmp_path / "sheets", "--questions", "3")
    names = sorted(path.name for path in (tmp_path / "sheets").glob("*.jpg"))
    assert {"people.jpg", "worn.jpg", "person-0001-Ünal_Öz.jpg", "person-0002-G2.jpg"} <= set(names)
    assert said.startswith(f"{len(names)} pictures. Begin with ")
    assert all(map(is_sheet, (tmp_path / "sheets").glob("*.jpg")))
    ask("G2", "--sheet", tmp_path / "sheets")
    assert {path.name for path in (tmp_path / "sheets").glob("*.jpg")} == {"people.jpg", "person-0001-G2.jpg"}
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "holiday.jpg").write_bytes(b"photo")
    refused = ask("--sheet", tmp_path / "own", code=2)
    assert "Invalid value for --sheet: " in refused
    assert "holds pictures" in refused
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["holiday.jpg"]
    (tmp_path / "own" / "holiday.jpg").rename(tmp_path / "own" / "notes.txt")
    assert "holds other files" in ask("--sheet", tmp_path / "own", code=2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--name", "G1"], "'G1' is not of the form G12=Anna"),
        (["--name", "G77=Anna"], "There is no group G77."),
        (["Bertha"], "Nobody is called Bertha"),
        (["G99999999999999999999"], "There is no group G99999999999999999999"),
        (["G" + "9" * 5000], "There is no group G999"),
        (["\udcff"], r"Nobody is called \xff"),
        (["--is", "\udcff", "\udcfe"], "There is no face"),
        (["--merge", "G1"], "Words are missing: --merge A B"),
        (["--merge", "G1", "--undo"], "Words are missing: --merge A B"),
        (["--answer", "G1", "G2", "perhaps"], "'perhaps' is neither yes nor no"),
        (["--born", "G1=yesterday"], "'yesterday' is no year"),
        (["--name", "G1=Anna", "--undo"], "Give it alone"),
        (["--name", "G1=Anna", "--name", "G77=Otto"], "There is no group G77"),
    ],
)
def test_wrong_use_decides_nothing(words: list[str], message: str, ask: Ask, album: Path) -> None:
    assert message in ask(*words, code=2)
    assert not (album / "decisions.jsonl").exists()


def test_near_names_are_suggested(ask: Ask) -> None:
    ask("--name", "G1=Bertha")
    assert "Did you mean Bertha?" in ask("--merge", "bertha", "G2", code=2)


def test_an_album_must_be_there(tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    assert "There is no album in" in ask("--album", tmp_path / "empty", code=1)
    assert list((tmp_path / "empty").iterdir()) == []
    monkeypatch.chdir("/")
    assert "Command: gfrnet album scan DIR." in ask(code=1)


def test_the_album_is_found_by_its_photos(ask: Ask, album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert ask("--album", album) == ask("--album", album.parent)


def test_a_damaged_index_is_made_again_and_decisions_stay(
    ask: Ask, album: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask("--name", "G1=Anna")
    (album / "index.sqlite").write_bytes(b"no index" * 1000)
    assert main(["album", "people"]) == 0
    printed = capsys.readouterr()
    assert printed.out == "No photo of this album shows a face.\n"
    assert "was damaged" in printed.err
    assert "gfrnet album scan DIR" in printed.err
    assert list(album.glob("damaged-*.sqlite"))
    with Album(album) as opened:
        assert len(opened.undo()) == 1
