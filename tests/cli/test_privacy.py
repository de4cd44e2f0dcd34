"""Test that no command opens a socket, or writes anything but its outputs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from offline import known_machine

HERE = Path(__file__).parent
SRC = HERE.parents[1] / "src"

pytestmark = pytest.mark.skipif(not known_machine(), reason="The filter is Linux's")

HIDDEN = ("XDG_", "COVERAGE_")
"""Beginnings of the names of variables that lead a program to further folders."""

SUPPRESSING = ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "GITHUB_ACTIONS", "TF_BUILD")
"""Variables with which ONNX Runtime reports nothing anyway."""

NARROW = ["network.warpnet_width=4", "network.recnet_width=4", "samples=4", "flow_samples=0", "batch_size=2"]
FEW = [*NARROW, "workers=0", "data=drawn", "output=run", "accelerator=cpu", "precision=fp32"]

COMMANDS: list[tuple[str, set[str]]] = [
    ("models", set()),
    ("doctor", set()),
    ("demo -o demo", {"demo"}),
    ("degrade demo/3-guide.png --scale 4 -o bad.png", {"bad.png"}),
    ("restore bad.png -g demo/3-guide.png -o r.png --compare s.png", {"r.png", "s.png"}),
    ("restore bad.png -g demo/3-guide.png -o again.png --report r.json", {"again.png", "r.json"}),
    ("restore missing.png -g demo/3-guide.png -o never.png", set()),
    ("degrade demo/3-guide.png --scale 4 -o few/bad.png", {"few"}),
    ("cluster restore few -g demo/3-guide.png -o bulk --report told --workers 2", {"bulk", "told"}),
    ("cluster report told", set()),
    ("bench --runs 1", set()),
    ("data synthetic -o drawn --people 3 --photos 2", {"drawn"}),
    ("data check drawn", set()),
    ("data report drawn", set()),
    ("data pack drawn -o shards", {"shards"}),
    ("data build drawn/crops -o built", {"built"}),
    ("train missing.yaml", set()),
    ("train slim.yaml " + " ".join(f"--set {change}" for change in FEW), {"run"}),
    ("curves run", set()),
    ("restore bad.png -g demo/3-guide.png -o t.png --model run", {"t.png"}),
    ("export run -o mine.onnx", {"mine.onnx"}),
    ("evaluate bicubic mine.onnx --data drawn --scale 4 -o results", {"results"}),
    ("figures comparison bicubic mine.onnx --data drawn --scale 4 --rows 1 -o figure.png", {"figure.png"}),
]
"""Commands in the order in which each finds what it needs, and what each writes into the folder."""


def run(words: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder, with an empty home and an empty folder for temporary files."""
    for name in ("home", "tmp", "work"):
        (place / name).mkdir(exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if name not in SUPPRESSING}
    environment |= {"HOME": str(place / "home"), "TMPDIR": str(place / "tmp"), "PYTHONPATH": str(SRC)}
    environment = {name: value for name, value in environment.items() if not name.startswith(HIDDEN)}
    command = [sys.executable, *words]
    where = place / "work"
    return subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, check=False)


def left(place: Path) -> list[Path]:
    """Return the files and folders in the home and in the folder for temporary files."""
    return [path for name in ("home", "tmp") for path in (place / name).rglob("*")]


def test_no_command_opens_a_socket_or_writes_anything_but_its_outputs(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    work = tmp_path / "work"
    work.mkdir()
    (work / "slim.yaml").write_bytes((HERE.parents[1] / "configs" / "slim.yaml").read_bytes())
    for command, outputs in COMMANDS:
        before = set(os.listdir(work))
        done = run([str(HERE / "offline.py"), *command.split()], tmp_path)
        assert done.returncode == ("missing" in command), f"{command}: {done.returncode}\n{done.stderr}"
        assert set(os.listdir(work)) - before == outputs, command
        assert left(tmp_path) == [], command


def test_a_program_that_opens_a_socket_is_killed(tmp_path: Path) -> None:
    """Without this the test above would pass where the filter does nothing."""
    code = "import offline, socket; offline.forbid_network(); socket.socket(); print('alive')"
    done = run(["-c", f"import sys; sys.path.append({str(HERE)!r}); {code}"], tmp_path)
    assert done.returncode == -signal.SIGSYS


@pytest.mark.parametrize(
    "first", ["import gfrnet", "import gfrnet.runtime", "from gfrnet.faces import embed"]
)
def test_telemetry_is_off_whatever_is_imported_first(first: str, tmp_path: Path) -> None:
    code = f"{first}\nimport onnxruntime, gfrnet\ngfrnet.Restorer.load()"
    done = run(["-c", code], tmp_path)
    assert done.returncode == 0, done.stderr
    assert left(tmp_path) == []


def test_onnx_runtime_by_itself_would_leave_traces(tmp_path: Path) -> None:
    """Show that the tests above can fail; older versions of ONNX Runtime leave nothing."""
    onnxruntime = pytest.importorskip("onnxruntime")
    if tuple(map(int, onnxruntime.__version__.split(".")[:2])) < (1, 32):
        pytest.skip("This version reports nothing on Linux")
    assert run(["-c", "import onnxruntime"], tmp_path).returncode == 0
    assert left(tmp_path) != []


def test_a_program_that_imported_onnx_runtime_first_sends_no_more_events(tmp_path: Path) -> None:
    code = (
        "import onnxruntime\n"
        "calls = []\n"
        "onnxruntime.disable_telemetry_events = lambda: calls.append(1)\n"
        "import gfrnet\n"
        "assert calls == [1], calls"
    )
    done = run(["-c", code], tmp_path)
    assert done.returncode == 0, done.stderr
