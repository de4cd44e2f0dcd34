from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.cli import main
from gfrnet.data import read_manifest
from people import write_people


def test_check_reports_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_people(tmp_path / "set")
    assert main(["data", "check", str(tmp_path / "set")]) == 0
    assert capsys.readouterr().out == "Nothing is wrong.\n"
    (tmp_path / "set" / "crops" / "p1" / "0.png").write_text("nothing")
    assert main(["data", "check", str(tmp_path / "set")]) == 1
    printed = capsys.readouterr()
    assert "p1/0.jpg: its crop is of no use" in printed.out
    assert "Findings: 1." in printed.err


def test_pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_people(tmp_path / "set")
    command = ["data", "pack", str(tmp_path / "set"), "-o", str(tmp_path / "shards")]
    assert main(command) == 0
    assert capsys.readouterr().out.startswith("Shards: 1. ")
    assert main([*command, "--shard-mb", "1"]) == 0
    assert main(["data", "pack", str(tmp_path), "-o", str(tmp_path / "shards")]) == 1
    assert "Build the data set first" in capsys.readouterr().err


def test_synthetic_replaces_nothing_but_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new, built, photos = (tmp_path / name for name in ("new", "built", "photos"))
    write_people(built)
    images.write(images.Photo(np.zeros((9, 9, 3), np.uint8)), photos / "ann.jpg")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for folder in (built, photos):
        assert main(["data", "synthetic", "-o", str(folder), "--people", "2", "--photos", "2"]) == 1
        assert "Choose a new folder" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    new.mkdir()
    for people in ("2", "3"):
        assert main(["data", "synthetic", "-o", str(new), "--people", people, "--photos", "2"]) == 0
    assert len(read_manifest(new)) == 6
