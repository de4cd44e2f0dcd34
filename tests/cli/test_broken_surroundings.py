"""Test the command line where stdout takes nothing, or the current folder is gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gfrnet import images
from gfrnet.doctor import State
from gfrnet.doctor.machine import check_space


def gfrnet(*words: str | Path, stdout: int | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gfrnet", *map(str, words)]
    where = subprocess.PIPE if stdout is None else stdout
    return subprocess.run(command, stdout=where, stderr=subprocess.PIPE, text=True, timeout=120)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("words", [("--json",), ()])
def test_output_that_cannot_be_written_is_one_sentence(
    words: tuple[str, ...], crops: list[Path], tiny_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    given = ["restore", crops[0], "-g", crops[1], "--cropped", "-o", out, "--model", tiny_model, *words]
    with open("/dev/full", "w") as full:
        done = gfrnet(*given, stdout=full.fileno())
        failed = gfrnet("restore", "no.png", "-g", crops[1], *words, stdout=full.fileno())
    assert done.returncode == failed.returncode == 1
    sentence = "Error: What gfrnet prints cannot be written (No space left on device)."
    assert done.stderr.splitlines()[-1].startswith(sentence)
    assert "fault" not in done.stderr
    assert "Traceback" not in done.stderr + failed.stderr
    assert images.read(out).width == 128


IN_NO_FOLDER = """\
import os, sys, tempfile
from gfrnet.cli import main
folder = tempfile.mkdtemp()
os.chdir(folder)
os.rmdir(folder)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no current folder")
def test_a_deleted_current_folder_is_named(crops: list[Path]) -> None:
    words = ["restore", "a.png", "-g", str(crops[1]), "--json"]
    done = subprocess.run([sys.executable, "-c", IN_NO_FOLDER, *words], capture_output=True, text=True)
    assert done.returncode == 1
    message = json.loads(done.stdout)["error"]
    assert message.startswith("The current folder does not exist any more. Change to another folder")
    assert done.stderr == f"Error: {message}\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no current folder")
def test_the_doctor_names_a_deleted_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    here, temporary = check_space()
    assert (here.state, here.found) == (State.FAULT, "The current folder does not exist any more.")
    assert temporary.name == "space for temporary files"
