"""Test what becomes of odd names: empty ones, ones that end like folders, ones that forge lines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gfrnet.cli import main

Run = Callable[..., int]
FORGED = "no\nError: forged\u2028\u202e\x1b[31m.jpg"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Short names stay on one line of a message."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "words",
    [
        ("restore", "", "-g", "good.png"),
        ("restore", "a.png", "-g", ""),
        ("restore", "a.png", "--guide="),
        ("restore", "a.png", "-g", "good.png", "-o", ""),
        ("restore", "a.png", "-g", "good.png", "--compare", ""),
        ("restore", "a.png", "-g", "good.png", "--report="),
        ("degrade", "", "-o", "x.png"),
        ("demo", "-o", ""),
        ("data", "build", "", "-o", "x"),
        ("data", "check", ""),
    ],
)
def test_an_empty_name_is_wrong_use(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "The name is empty. Give a name." in capsys.readouterr().err
    assert main([*words, "--json"]) == 2
    assert "The name is empty" in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize("slash", ["/", os.sep])
def test_a_slash_at_the_end_of_a_file_is_wrong_use(
    slash: str, folder: Path, photo: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for option, name in (("-o", "e8.png"), ("--report", "g.json"), ("--compare", "s.png")):
        before = set(folder.iterdir())
        assert run(photo, option, name + slash) == 2
        assert f"{name}{slash}" in capsys.readouterr().err
        assert set(folder.iterdir()) == before
    for command in (["degrade", str(photo)], ["export", "gfrnet-slim"], ["curves", "run"]):
        assert main([*command, "-o", "x.png" + slash]) == 2


def test_a_slash_at_the_end_of_the_output_means_a_folder(folder: Path, photo: Path, run: Run) -> None:
    assert run(photo, "-o", "new/") == 0
    assert (folder / "new" / "bad.png").exists()
    (folder / "e8.png").mkdir()
    assert run(photo, "-o", "e8.png/") == 0
    assert (folder / "e8.png" / "bad.png").exists()


@pytest.mark.usefixtures("folder")
def test_a_folder_as_sheet_gets_a_clear_word(
    photo: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(photo, "--compare", ".") == 1
    assert ". is a folder. Give the name of a file." in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "words",
    [
        ("restore", FORGED, "-g", "bad.png"),
        ("restore", "bad.png", "-g", FORGED),
        ("restore", "bad.png", "-g", "bad.png", "--model", FORGED),
        ("degrade", "bad.png", FORGED, "-o", "x.png"),
        ("degrade", FORGED, "-o", "x.png"),
        (FORGED,),
    ],
)
def test_a_name_forges_no_line(words: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    Path("bad.png").touch()
    assert main(words) != 0
    out, err = capfd.readouterr()
    said = out + err
    assert "forged" in said
    assert not any(line.lstrip("│ ").startswith("Error: forged") for line in said.splitlines())
    assert not {"\u2028", "\u202e", "\x1b"} & set(said)


def test_names_in_a_document_are_exact(
    folder: Path, photo: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = photo.rename(folder / "two\nlines\u202e.png")
    assert run(odd.name, "--json") == 0
    said = capsys.readouterr()
    (found,) = json.loads(said.out)["photos"]
    assert (found["photo"], Path(found["output"])) == (odd.name, Path("two\nlines\u202e_restored.png"))
    assert r"two\nlines\u202e_restored.png: 1 of 1 face restored" in said.err
