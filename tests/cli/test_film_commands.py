"""Test ``gfrnet film`` as people use it: scan, cast, preview, restore, copy, and what they get wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from filmjobs import draw, frames_hash, write_film, write_portrait
from gfrnet import images
from gfrnet.cli import main
from gfrnet.film import FilmReport
from gfrnet.types import UInt8Image


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, portrait: UInt8Image) -> Path:
    """A folder with a film and a portrait."""
    place = tmp_path_factory.mktemp("film")
    write_film(place / "old.mkv", draw(portrait))
    write_portrait(place / "ada.png", portrait)
    write_portrait(place / "grey.png", np.full_like(portrait, 128))
    return place


def told(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    # The frame around wrong use may stand between any two words.
    return " ".join(f"{out} {err}".replace("│", " ").split())


def test_a_film_is_scanned_cast_and_restored_from_what_a_person_wrote(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film, new, cast = folder / "old.mkv", tmp_path / "new.mkv", tmp_path / "cast"
    before = film.read_bytes()
    assert main(["film", "scan", str(film)]) == 0
    assert "1 person" in told(capsys)
    assert main(["film", "cast", str(film), "-o", str(cast)]) == 0
    assert (cast / "sheet-1.jpg").is_file()
    notes = yaml.safe_load((cast / "cast.yaml").read_text(encoding="utf-8"))
    notes["people"][0]["name"] = "Ada"
    (cast / "cast.yaml").write_text(yaml.safe_dump(notes), encoding="utf-8")

    guide = ["-g", f"Ada={folder / 'ada.png'}"]
    picture = tmp_path / "look.png"
    assert main(["film", "preview", str(film), "-o", str(picture), *guide, "--at", "0.1s"]) == 0
    assert images.read(picture).pixels.shape[1] > 256
    told(capsys)

    report, side = tmp_path / "report.json", tmp_path / "side.mkv"
    command = ["film", "restore", str(film), "-o", str(new), *guide, "--cast", str(cast)]
    assert main([*command, "--report", str(report), "--compare", str(side), "--codec", "ffv1"]) == 0
    text = told(capsys)
    assert "Ada: 2 tracks of 2 restored" in text
    found = FilmReport.model_validate_json(report.read_text(encoding="utf-8"))
    assert found.status == "finished"
    assert {track.person for shot in found.shots for track in shot.tracks} == {"Ada"}
    assert side.is_file()
    assert film.read_bytes() == before

    assert main([*command, "--codec", "ffv1"]) == 1
    assert "exists" in told(capsys)
    again = frames_hash(new)
    assert main([*command, "--codec", "ffv1", "--shots", "0", "--set", "Ada:leave", "--json"]) == 0
    redone = FilmReport.model_validate_json(capsys.readouterr().out)
    assert redone.shots[0].status == "unchanged"
    assert frames_hash(new) != again

    small = tmp_path / "small.mp4"
    assert main(["film", "copy", str(new), "-o", str(small)]) == 0
    assert small.stat().st_size < new.stat().st_size


def test_a_cast_of_an_earlier_scan_holds_that_scan(folder: Path, tmp_path: Path) -> None:
    film, first, second = str(folder / "old.mkv"), tmp_path / "first", tmp_path / "second"
    assert main(["film", "cast", film, "-o", str(first)]) == 0
    assert main(["film", "cast", film, "-o", str(second), "--cast", str(first)]) == 0
    assert (second / "scan.npz").read_bytes() == (first / "scan.npz").read_bytes()
    assert main(["film", "scan", film, "--cast", str(second)]) == 0


def test_names_by_portraits_stay_and_are_not_by_hand(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film, first, second = str(folder / "old.mkv"), tmp_path / "first", tmp_path / "second"
    assert main(["film", "cast", film, "-o", str(first), "-g", f"Ada={folder / 'ada.png'}"]) == 0
    told(capsys)
    assert main(["film", "cast", film, "-o", str(second), "--scan", str(first / "scan.npz")]) == 0
    assert "Ada" in told(capsys)
    assert (second / "cast.yaml").read_bytes() == (first / "cast.yaml").read_bytes()
    assert main(["film", "scan", film, "--cast", str(second), "--json"]) == 0
    (ada,) = json.loads(capsys.readouterr().out)["people"]
    assert (ada["name"], ada["by_hand"]) == ("Ada", False)


def test_a_moment_is_drawn_by_restore_too(folder: Path, tmp_path: Path) -> None:
    film, guide = str(folder / "old.mkv"), ["-g", f"ada={folder / 'ada.png'}"]
    one, other = tmp_path / "one.png", tmp_path / "other.png"
    assert main(["film", "restore", film, "-o", str(one), *guide, "--preview", "0.1"]) == 0
    assert main(["film", "preview", film, "-o", str(other), *guide, "--at", "0.1"]) == 0
    assert np.array_equal(images.read(one).pixels, images.read(other).pixels)
    assert main(["film", "preview", film, "-o", str(one), *guide, "--at", "0.2"]) == 0
    assert not np.array_equal(images.read(one).pixels, images.read(other).pixels)
    assert {path.name for path in tmp_path.iterdir()} == {"one.png", "other.png"}
    before = (folder / "grey.png").read_bytes()
    assert main(["film", "preview", film, "-o", str(folder / "grey.png"), *guide, "--at", "0.2"]) == 1
    assert (folder / "grey.png").read_bytes() == before


def test_a_film_that_breaks_off_is_told_and_restored_as_far_as_it_goes(
    folder: Path, tmp_path: Path, portrait: UInt8Image, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = write_film(tmp_path / "whole.mkv", draw(portrait)[:9] * 5).read_bytes()
    half, out = tmp_path / "half.mkv", tmp_path / "out.mkv"
    half.write_bytes(whole[: len(whole) // 5])
    command = ["film", "restore", str(half), "-o", str(out), "-g", f"ada={folder / 'ada.png'}"]
    assert main([*command, "--json"]) == 0
    out_text, err = capsys.readouterr()
    assert "plays 1.8 seconds, but its pictures end after" in " ".join(err.split())
    report = FilmReport.model_validate_json(out_text)
    assert report.status == "finished"
    assert 0 < report.frames < 20
    assert report.people[0].restored > 0


def test_a_portrait_that_cannot_be_used_is_told_once(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portraits = tmp_path / "ada"
    portraits.mkdir()
    for name in ("ada.png", "grey.png"):
        (portraits / name).write_bytes((folder / name).read_bytes())
    out = tmp_path / "out.mkv"
    command = ["film", "restore", str(folder / "old.mkv"), "-o", str(out), "-g", f"ada={portraits}"]
    assert main([*command, "--to", "0.2"]) == 0
    assert told(capsys).count("No face found in") == 1


def test_a_part_of_a_film_is_restored(folder: Path, tmp_path: Path) -> None:
    out, report = tmp_path / "part.mkv", tmp_path / "part.json"
    command = ["film", "restore", str(folder / "old.mkv"), "-o", str(out), "-g", f"ada={folder / 'ada.png'}"]
    assert main([*command, "--to", "0.2", "--tidy", "--report", str(report)]) == 0
    assert 0 < json.loads(report.read_text(encoding="utf-8"))["frames"] < 22
    assert not out.with_name("part.mkv.gfrnet").exists()


WRONG = {
    "no film": (["scan", "{folder}/none.mkv"], "does not exist"),
    "no scan": (["scan", "{film}", "--scan", "{folder}/none.npz"], "none.npz does not exist"),
    "no cast": (["scan", "{film}", "--cast", "{folder}"], "cast.yaml does not exist"),
    "a photo": (["scan", "{folder}/ada.png"], "is a picture, not a film"),
    "no portrait": (["restore", "{film}", "-o", "{out}"], "at least one portrait with a name"),
    "no name": (["restore", "{film}", "-o", "{out}", "-g", "{folder}/ada.png"], "does not say whom"),
    "a missing portrait": (["restore", "{film}", "-o", "{out}", "-g", "ada={folder}/no.png"], "no.png"),
    "the film itself": (["restore", "{film}", "-o", "{film}", "-g", "ada={folder}/ada.png"], "old.mkv"),
    "an odd time": (
        ["restore", "{film}", "-o", "{out}", "-g", "a={folder}/ada.png", "--from", "x"],
        "no time",
    ),
    "a late time": (
        ["restore", "{film}", "-o", "{out}", "-g", "a={folder}/ada.png", "--from", "9h"],
        "earlier",
    ),
    "a wrong ending": (["restore", "{film}", "-o", "{out}.txt", "-g", "a={folder}/ada.png"], "txt"),
    "a wrong ending to compare": (
        ["restore", "{film}", "-o", "{out}", "-g", "a={folder}/ada.png", "--compare", "{out}.txt"],
        "out.mkv.txt has an ending that is not written",
    ),
    "a copy of a wrong ending": (["copy", "{film}", "-o", "{out}.webm"], "out.mkv.webm has an ending"),
    "an unknown person": (
        ["restore", "{film}", "-o", "{out}", "-g", "a={folder}/ada.png", "--set", "eve:leave"],
        "Nobody is called eve",
    ),
    "a wish": (["restore", "{film}", "-o", "{out}", "-g", "a={folder}/ada.png", "--set", "a:b=1"], "WHO:KEY"),
    "shots": (["restore", "{film}", "-o", "{out}", "-g", "a={folder}/ada.png", "--shots", "3-1"], "3,7-9"),
    "two names": (
        ["restore", "{film}", "-o", "{out}", "-g", "a={folder}/ada.png", "--compare", "{out}"],
        "names of their own",
    ),
    "a preview without ending": (
        ["preview", "{film}", "-o", "{out}", "-g", "a={folder}/ada.png", "--at", "0"],
        "no format that gfrnet writes",
    ),
    "no face": (["preview", "{film}", "-o", "{out}.png", "-g", "a={folder}/grey.png", "--at", "0"], "face"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_is_told_and_writes_nothing(
    case: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, message = WRONG[case]
    names = {"folder": folder, "film": folder / "old.mkv", "out": tmp_path / "out.mkv"}
    before = (folder / "old.mkv").read_bytes()
    assert main(["film", *(word.format(**names) for word in words)]) in (1, 2)
    assert message in told(capsys)
    assert list(tmp_path.iterdir()) == []
    assert (folder / "old.mkv").read_bytes() == before
