from pathlib import Path

import pytest

from gfrnet.cli import main
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
