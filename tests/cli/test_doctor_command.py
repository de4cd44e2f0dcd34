"""Run ``gfrnet doctor`` as a user calls it, in installations that are really broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gfrnet
from gfrnet.cli import main
from gfrnet.doctor import Check, State

BROKEN = "import sys; sys.modules[{!r}] = None; from gfrnet.__main__ import main; sys.exit(main())"
"""Start the program where a module cannot be imported."""


def run(words: list[str], home: Path, *places: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (*places, Path(gfrnet.__file__).parents[1])))
    # Coverage would count a copy of the package as further lines, and write its files into the folder.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment |= {"PYTHONPATH": path, "HOME": str(home), "USERPROFILE": str(home)}
    command = [sys.executable, *words]
    return subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)


def test_a_healthy_installation(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert not [line for line in lines if line.startswith("fault")]
    assert last.startswith(f"{sum(not line.startswith(' ') for line in lines)} checks: no faults")


def test_warnings_do_not_fail(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    warned = [Check("cores", State.WARNING, "few", "Buy more."), Check("space", State.OK, "much")]
    monkeypatch.setattr("gfrnet.doctor.examine", lambda _: iter(warned))
    assert main(["doctor"]) == 0
    assert "Buy more." in capsys.readouterr().out


def test_a_second_opencv_fails(tmp_path: Path) -> None:
    folder = tmp_path / "site" / "opencv_python-4.12.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: opencv-python\nVersion: 4.12.0\n")
    done = run(["-m", "gfrnet", "doctor"], tmp_path, tmp_path / "site")
    assert done.returncode == 1
    (fault,) = [line for line in done.stdout.splitlines() if line.startswith("fault")]
    assert fault.split(maxsplit=1)[1].startswith("OpenCV: opencv-python-headless ")
    assert "opencv-python 4.12.0" in fault
    assert done.stderr == ""


def test_a_damaged_model_below_the_home_folder_fails_without_naming_it(tmp_path: Path) -> None:
    home = tmp_path / "anna.secret"
    package = shutil.copytree(Path(gfrnet.__file__).parent, home / "lib" / "gfrnet")
    with (package / "weights" / "gfrnet-slim.onnx").open("ab") as file:
        file.write(b"damage")
    done = run(["-m", "gfrnet", "doctor"], home, package.parent)
    assert done.returncode == 1
    assert "~/lib/gfrnet/weights/gfrnet-slim.onnx is damaged" in done.stdout
    assert "anna" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "library"),
    [("cv2", "OpenCV"), ("onnxruntime", "ONNX Runtime"), ("dlib", "dlib"), ("PIL", "Pillow")],
)
def test_it_runs_where_a_library_is_broken_and_names_it(module: str, library: str, tmp_path: Path) -> None:
    done = run(["-c", BROKEN.format(module), "doctor"], tmp_path)
    assert done.returncode == 1
    assert f"fault    {library}: {module}" in done.stdout
    assert done.stderr == ""


def test_a_program_that_cannot_start_says_so_in_a_line(tmp_path: Path) -> None:
    done = run(["-c", BROKEN.format("numpy"), "doctor"], tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "gfrnet cannot start. import of numpy" in done.stderr


def test_a_command_that_meets_a_broken_library_leads_to_the_doctor(tmp_path: Path) -> None:
    done = run(["-c", BROKEN.format("cv2"), "demo"], tmp_path)
    assert done.returncode == 1
    assert "gfrnet doctor" in done.stderr
    assert done.stderr.count("\n") == 1
