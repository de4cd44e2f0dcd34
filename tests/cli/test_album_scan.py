"""Scan folders of real pictures from the command line, with all that may lie in them."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.album import Album, ScanSummary
from gfrnet.cli import documents, main
from gfrnet.cli.album import _parts
from gfrnet.lock import locked
from gfrnet.types import UInt8Image


@pytest.fixture
def photos(tmp_path: Path, portrait: UInt8Image, stranger: UInt8Image) -> Path:
    """Return a folder with two people on three photos, and two files that are none."""
    folder = tmp_path / "photos"
    images.write(images.Photo(portrait), folder / "one.jpg")
    images.write(images.Photo(np.ascontiguousarray(portrait[:, ::-1])), folder / "deep" / "two.png")
    images.write(images.Photo(stranger), folder / "deep" / "guest.jpg")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "notes.txt").write_text("no photo")
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a folder with nothing but a file that no scan can read, which is quick."""
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "empty.jpg").write_bytes(b"")
    return tmp_path / "bare"


def scan(*words: str | Path) -> int:
    return main(["album", "scan", *map(str, words), "--workers", "1"])


def test_a_scan_tells_what_it_found_and_then_only_what_is_new(
    photos: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in photos.rglob("*") if path.is_file()}
    with monkeypatch.context() as patched:
        patched.setattr("gfrnet.cli.album.stoppable", lambda: nullcontext(lambda: True))
        assert scan(photos, "--json") == 130
    printed = capsys.readouterr()
    assert documents.AlbumScanned.model_validate_json(printed.out).stopped
    assert "the same command goes on" in printed.err
    assert scan(photos) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{photos}/empty.jpg is empty. Copy or download it again.",
        "4 photos: 3 new or changed, 1 cannot be read.",
        "3 faces, 0 people with names, 1 groups without. See: gfrnet album people",
    ]
    (photos / "one.jpg").rename(photos / "renamed.jpg")
    monkeypatch.chdir(photos / "deep")
    assert scan("--json") == 0
    found = documents.AlbumScanned.model_validate_json(capsys.readouterr().out)
    assert (found.listed, found.looked, found.moved, found.gone) == (4, 0, 1, 0)
    assert [failure.path for failure in found.failures] == [str(photos / "empty.jpg")]
    assert found.folders == (str(photos),)
    (photos / "renamed.jpg").rename(photos / "one.jpg")
    assert {path: path.read_bytes() for path in before} == before
    assert main(["album", "people", "G1"]) == 0
    assert capsys.readouterr().out.startswith("G1: 2 faces\n")


def test_several_folders_need_a_name_for_their_album(
    bare: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "more").mkdir()
    assert scan(bare, tmp_path / "more") == 2
    assert "Several folders have one album" in capsys.readouterr().err
    assert scan(bare, "--album", bare) == 2
    assert not (bare / ".gfrnet-album").exists()
    assert scan(bare, tmp_path / "more", "--album", tmp_path / "album") == 0
    assert not (bare / ".gfrnet-album").exists()
    assert scan("--album", tmp_path / "album") == 0
    assert "1 photos: 1 cannot be read." in capsys.readouterr().out


def test_the_counts_of_a_scan_in_words() -> None:
    found = ScanSummary(88, 5, 11, 3, 1, (), stopped=False)
    assert _parts(found, 2) == "5 new or changed, 11 moved, 3 copies, 1 gone, 2 cannot be read"
    assert _parts(replace(found, looked=0, gone=0, copies=1), 0) == "11 moved, 1 copy"


def test_lost_decisions_are_told_once(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scan(bare) == 0
    (bare / ".gfrnet-album" / "decisions.jsonl").write_text("torn\n")
    capsys.readouterr()
    for words in (["scan", str(bare)], ["people", "--album", str(bare)]):
        assert main(["album", *words]) == 0
        assert " ".join(capsys.readouterr().err.split()).count("cannot be read. A newer gfrnet") == 1


def test_an_empty_folder_and_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert scan(tmp_path / "empty") == 0
    printed = capsys.readouterr()
    assert printed.out == "0 photos: nothing new.\n"
    assert "no pictures" in printed.err
    assert scan(tmp_path / "missing") == 1
    assert "is no folder" in capsys.readouterr().err


def test_two_scans_at_once(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Album.open(bare) as album, locked(album.folder / "scan.lock", wait=False):
        assert scan(bare, "--json") == 1
    failure = documents.Failure.model_validate_json(capsys.readouterr().out)
    assert "Another scan works on this album" in failure.error
    assert failure.advice == ()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_photos_that_may_not_be_written_beside(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare.chmod(0o555)
    try:
        assert scan(bare) == 1
        assert "Option: --album FOLDER." in capsys.readouterr().err
    finally:
        bare.chmod(0o755)


def test_an_album_that_cannot_be_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "photos").mkdir()
    assert scan(tmp_path / "photos", "--album", tmp_path / "file" / "album") == 1
    assert "Option: --album FOLDER." in capsys.readouterr().err
