from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import gfrnet
from gfrnet.cli import app, main
from gfrnet.cli.documents import Failure
from gfrnet.cli.extras import require
from gfrnet.errors import MissingExtraError


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"gfrnet {gfrnet.__version__}\n"


def test_wrong_use_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restore"]) == 2
    assert main(["no-such-command"]) == 2
    assert "Usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["restore"], "A face that no guide shows stays as it is, and is reported. A folder stands for"),
        (["data", "build"], "when it is run again. The 68-point landmark model is for non-commercial use."),
    ],
)
def test_help_breaks_lines_at_the_terminal_only(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert main([*words, "--help"]) == 0
    assert sentence in capsys.readouterr().out


def test_models_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    assert "gfrnet-slim\n" in out
    assert "gfrnet-slim-int8 (default)\n" in out
    assert "licence" in out


@pytest.fixture
def guide(tmp_path: Path) -> str:
    """A guide that exists; nothing reads it."""
    path = tmp_path / "b.jpg"
    path.touch()
    return str(path)


def test_an_unknown_model_is_one_line(guide: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restore", "a.jpg", "-g", guide, "--model", "nothing"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("Error: There is no model `nothing`")
    assert err.count("\n") == 1


def test_a_broken_network_of_torch_is_one_line(
    guide: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "tiny").mkdir(parents=True)
    for name in ("runs/tiny", "my.safetensors", "c-04.pt"):
        if "." in name:
            Path(name).write_bytes(b"weights")
        assert main(["restore", "a.jpg", "-g", guide, "--model", name]) == 1
        err = capsys.readouterr().err
        assert err.startswith("Error: ")
        assert name in err
        assert err.count("\n") == 1


def test_a_fault_shows_no_traceback_unless_asked(
    guide: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("gfrnet.weights.find", fail)
    arguments = ["restore", "a.jpg", "-g", guide]
    assert main(arguments) == 1
    assert "A fault in gfrnet, ZeroDivisionError: by zero" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        main(["--debug", *arguments])


def test_a_missing_extra_says_how_to_install_it() -> None:
    with (
        pytest.raises(MissingExtraError) as raised,
        require("train"),
    ):
        import no_such_package  # type: ignore[import-not-found]  # noqa: F401
    python, *rest = shlex.split(str(raised.value).split(": ", 1)[1])
    assert python == sys.executable
    assert rest == ["-m", "pip", "install", "-e", ".[train]", "-c", "constraints.txt"]


def test_a_module_missing_from_gfrnet_is_a_fault() -> None:
    with pytest.raises(ModuleNotFoundError), require("train"):
        import gfrnet.no_such_room  # type: ignore[import-not-found]  # noqa: F401


def test_importing_gfrnet_is_fast_and_light() -> None:
    """Processor time, so that a busy machine does not fail the test."""
    code = (
        "import time; start = time.process_time(); import gfrnet, sys; print(time.process_time() - start, "
        "*(name for name in ('torch', 'cv2', 'numpy') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, *heavy = done.stdout.split()
    assert float(seconds) < 0.3
    assert not heavy


def test_public_names_are_there_on_demand() -> None:
    for name in gfrnet.__all__:
        assert getattr(gfrnet, name) is not None
    assert {"FaceOutcome", "FaceResult", "GuideUsed", "RestoredPhoto"}.issubset(gfrnet.__all__)
    assert {"Event", "FaceDone", "FacesFound", "GuideSkipped"}.issubset(gfrnet.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        gfrnet.nothing  # noqa: B018


def test_restoring_never_loads_torch() -> None:
    code = "import gfrnet.batch, sys; gfrnet.Restorer, gfrnet.read; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_python_m_is_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gfrnet", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("gfrnet ")


INTERRUPTED_IMPORT = """
import runpy, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == MODULE:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
runpy.run_module("gfrnet", run_name="__main__")
"""


@pytest.mark.parametrize("module", ["typer", "gfrnet.cli.models", "gfrnet.batch"])
def test_an_interrupt_while_importing_ends_silently(module: str, guide: str) -> None:
    """The module is one that the command line needs, so that Ctrl-C comes just then."""
    code = INTERRUPTED_IMPORT.replace("MODULE", repr(module))
    command = [sys.executable, "-c", code, "restore", guide, "-g", guide]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    done = subprocess.run([*command, "--json"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "")
    assert Failure.model_validate_json(done.stdout).error.startswith("Interrupted")


SIGNALLED_IMPORT = INTERRUPTED_IMPORT.replace("raise KeyboardInterrupt", "swallowed(os.getpid())").replace(
    "import runpy, sys",
    """import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
def swallowed(process):
    try:
        os.kill(process, signal.SIGINT)
    except BaseException:
        raise ImportError("swallowed")
""",
)


@pytest.mark.skipif(os.name == "nt", reason="SIGINT")
def test_a_package_cannot_swallow_an_interrupt() -> None:
    code = SIGNALLED_IMPORT.replace("MODULE", repr("typer"))
    done = subprocess.run([sys.executable, "-c", code, "models", "--json"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "")
    assert Failure.model_validate_json(done.stdout).error.startswith("Interrupted")


@pytest.mark.parametrize(
    "words",
    [
        ("data", "build", "LONG", "-o", "x"),
        ("data", "check", "LONG"),
        ("data", "synthetic", "-o", "LONG", "--people", "2", "--photos", "2"),
        ("evaluate", "bicubic", "--data", "LONG", "-o", "x"),
        ("figures", "real", "bicubic", "-o", "x.png", "--photos", "LONG"),
    ],
)
def test_a_name_that_is_too_long_is_no_fault(
    words: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([word.replace("LONG", "x" * 300) for word in words]) == 1
    message = capsys.readouterr().err
    assert "too long. Choose a shorter name." in message
    assert "fault" not in message


def test_every_number_has_bounds() -> None:
    """A number without them ends as a fault deep inside, where a model of pydantic or C refuses it."""
    groups = [app, *(group.typer_instance for group in app.registered_groups)]
    functions = [command.callback for group in groups if group for command in group.registered_commands]
    hints = [hint for function in functions for hint in get_type_hints(function, include_extras=True).items()]
    numbers = {int, float, list[int], list[float]}
    found = [
        (name, about)
        for name, hint in hints
        for about in getattr(hint, "__metadata__", ())
        if numbers & {hint.__origin__, *get_args(hint.__origin__)}
    ]
    assert len(found) > 20
    assert [name for name, about in found if None in (about.min, about.max)] == []
