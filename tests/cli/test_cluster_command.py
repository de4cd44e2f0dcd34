"""Test ``gfrnet cluster``: its words, its documents, and what it says of wrong use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fsspec")

from gfrnet.cli import main
from gfrnet.cluster import Summary


@pytest.fixture
def words(photo: Path, guide: Path, tiny_model: Path, tmp_path: Path) -> list[str]:
    """A command that restores one photo."""
    folder = tmp_path / "in" / "sub"
    folder.mkdir(parents=True)
    photo.rename(folder / "a.png")
    one = ["--workers", "1", "--threads", "1", "--model", str(tiny_model)]
    places = ["-o", str(tmp_path / "out"), "--report", str(tmp_path / "report")]
    return ["cluster", "restore", str(tmp_path / "in"), "-g", str(guide), *places, *one]


def test_it_restores_resumes_and_adds_up(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--json"]) == 0
    found = Summary.model_validate_json(capsys.readouterr().out)
    assert (found.photos, found.restored, found.files) == (1, 1, ("report.jsonl",))
    assert (tmp_path / "out" / "sub" / "a.png").is_file()
    assert main([*words, "--resume"]) == 0
    assert "1 photos: 1 kept" in capsys.readouterr().out
    assert main(["cluster", "report", str(tmp_path / "report"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == 1


def test_a_failed_photo_is_told_and_the_exit_code_is_1(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in" / "bad.jpg").write_bytes(b"")
    assert main(words) == 1
    shown = capsys.readouterr()
    assert "2 photos: 1 restored, 1 failed" in shown.out
    assert f"{tmp_path}/in/bad.jpg" in shown.err


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (["--shard", "0/16"], 2, "Count shards from 1"),
        (["--shard", "17/16"], 2, "Shard 17 of 16 does not exist"),
        (["--engine", "dask"], 2, "must be local or ray"),
        (["--address", "10.0.0.1:6379"], 2, "Only Ray has an address"),
        (["--engine", "ray", "--address", "127.0.0.1:1"], 1, "No cluster of Ray answers at 127.0.0.1:1"),
        (["-o", "{folder}/in/out"], 2, "overlaps with"),
        (["-g", "{folder}/nowhere"], 2, "it does not exist. Check the address."),
        (["-o", "nowhere://bucket"], 2, "cannot be opened"),
    ],
)
def test_wrong_use_is_told(
    given: list[str],
    code: int,
    message: str,
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*words, *(word.format(folder=tmp_path) for word in given)]) == code
    told = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert message in told
    assert not list(tmp_path.rglob("out/*.png"))


def test_a_second_start_advises_to_resume(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert main(words) == 1
    assert "Option: --resume." in capsys.readouterr().err


def test_without_the_extra_it_says_how_to_install_it() -> None:
    code = (
        "import importlib.util\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'fsspec' else found(name, *rest)\n"
        "from gfrnet.cli import main\n"
        "raise SystemExit(main(['cluster', 'report', 'folder']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "needs the extra cluster" in done.stderr
    assert '".[cluster]"' in done.stderr
