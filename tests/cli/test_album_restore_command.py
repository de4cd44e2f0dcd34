"""``gfrnet album restore`` and ``gfrnet album guides`` at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gfrnet.album import Album
from gfrnet.cli import main
from gfrnet.restore import content_hash
from gfrnet.types import UInt8Image
from restorable import make_album, pictures


@pytest.fixture
def album(tmp_path: Path, portrait: UInt8Image, stranger: UInt8Image) -> Album:
    return make_album(tmp_path, pictures(portrait, stranger))


def run(album: Album, *words: str | Path) -> int:
    return main(["album", *map(str, words), "--album", str(album.folder)])


def label(album: Album, name: str) -> str:
    return next(face.label for face in album.faces("Ada") if face.photo.name == name)


def test_a_dry_run_counts_and_writes_nothing(
    album: Album, tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("restore", "-o", tmp_path / "out", "--dry-run", "--model", tiny_model)
    assert run(album, *words) == 0
    shown = capsys.readouterr().out
    assert "Ada: 2 to restore\nGuest: 0 to restore, 2 without a guide\n" in shown
    assert "2 faces on 2 photos can be restored, which takes about" in shown
    assert "3 are good enough for --worse-than 0.3." in shown
    assert run(album, *words, "--json", "--person", "Guest", "--worse-than", "0") == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["photos"], plan["no_guide"], plan["seconds"]) == (0, 2, 0)
    assert plan["people"] == [{"person": "Guest", "restorable": 0, "no_guide": 2, "unsure": 0}]
    assert not (tmp_path / "out").exists()


def test_restored_photos_are_told_one_by_one_and_kept_when_resumed(
    album: Album, tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = (
        "restore",
        "-o",
        out,
        "--model",
        tiny_model,
        "--report",
        out / "r.json",
        "--sheets",
        out / "sheets",
    )
    assert run(album, *words) == 0
    shown = capsys.readouterr()
    assert f"{out / '1974' / 'bad.png'}: 1 of 1 face restored" in shown.out
    assert "(Ada): guides " in shown.out
    assert (out / "sheets" / "Ada 1.jpg").is_file()
    assert run(album, *words) == 1, "results are there"
    assert run(album, *words, "--resume", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert [photo["status"] for photo in report["photos"]] == ["kept", "kept"]
    assert report["photos"][0]["faces"][0]["person"] == "Ada"


def test_wrong_use_is_told(album: Album, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(album, "restore", "-o", album.roots[0]) == 2
    assert "-o" in capsys.readouterr().err
    assert run(album, "restore", "-o", tmp_path / "out", "--overwrite", "--resume") == 2
    assert run(album, "restore", "-o", tmp_path / "out", "--worse-than", "2") == 2
    assert run(album, "restore", "-o", tmp_path / "out", "--person", "Bob") in (1, 2)
    assert "Nobody is called Bob" in capsys.readouterr().err
    assert main(["album", "guides", "Ada", "--album", str(tmp_path / "none")]) == 1
    assert "There is no album" in capsys.readouterr().err


def test_guides_are_pinned_banned_and_freed(
    album: Album, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left, right = label(album, "left.png"), label(album, "right.png")
    sheet = tmp_path / "guides.png"
    assert run(album, "guides", "Ada", "--pin", left, "--ban", right, "--sheet", sheet) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{left}  pinned         sharpness ")
    assert lines[2].startswith(f"{right}  banned")
    assert sheet.is_file()
    assert run(album, "guides", "Ada", "--free", left, "--free", right, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [guide["guide"] for guide in found["guides"]] == ["", "", ""]
    assert {guide["label"] for guide in found["guides"]} >= {left, right}
    photo, before = album.roots[0] / "1974/bad.png", content_hash(album.roots[0] / "1974/bad.png")
    assert run(album, "guides", "Ada", "--sheet", photo) == 2
    assert "is no sheet" in capsys.readouterr().err
    assert content_hash(photo) == before
    assert run(album, "guides", "Ada", "--sheet", sheet) == 0


def test_a_face_of_somebody_else_is_not_pinned(album: Album, capsys: pytest.CaptureFixture[str]) -> None:
    left = label(album, "left.png")
    assert run(album, "guides", "Guest", "--pin", left) == 2
    assert "shows Ada, not Guest" in capsys.readouterr().err
    assert run(album, "guides", "Ada", "--pin", left, "--ban", left) == 2
    assert run(album, "guides", "Ada", "--pin", "0000-1") == 2
    assert "no face 0000-1" in capsys.readouterr().err
    assert {face.guide for face in album.faces()} == {""}


def test_without_a_good_face_the_remedy_is_told(album: Album, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(album, "guides", "Guest") == 0
    assert "Add a good photo, or pin one with --pin FACE" in capsys.readouterr().err
