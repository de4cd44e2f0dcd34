"""Test the systemd unit: systemd understands it, finds it safe, and it agrees with the program."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from containerfile import DEPLOY, stages

from gfrnet.cli import main

UNIT = (DEPLOY / "gfrnet.service").read_text(encoding="utf-8")
MOST_EXPOSED = 1.5
"""Worst mark of `systemd-analyze security`; 10 is worst. A service without any limits has 9.6."""


def analyzed(*words: object) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is missing here")
    done = ["systemd-analyze", *map(str, words)]
    return subprocess.run(done, capture_output=True, text=True, check=False)


def value(name: str) -> str:
    (found,) = re.findall(rf"^{name}=(.*)$", UNIT, flags=re.MULTILINE)
    return found


def test_systemd_understands_it(tmp_path: Path) -> None:
    # The program and its guide are not where an administrator puts them.
    text = UNIT.replace("/opt/gfrnet/bin/gfrnet", shutil.which("true") or "/bin/true")
    (tmp_path / "gfrnet.service").write_text(text, encoding="utf-8")
    done = analyzed("verify", "--man=no", tmp_path / "gfrnet.service")
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_finds_it_safe() -> None:
    done = analyzed("security", "--offline=true", "--no-pager", DEPLOY / "gfrnet.service")
    if "Unknown option" in done.stderr or "unrecognized option" in done.stderr:
        pytest.skip("this systemd cannot judge files")
    found = re.search(r"Overall exposure level for gfrnet.service: ([\d.]+)", done.stdout)
    assert found is not None, done.stdout + done.stderr
    assert float(found[1]) <= MOST_EXPOSED


def test_its_command_is_one_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--help"]) == 0
    known = set(re.findall(r"--[\w-]+", capsys.readouterr().out))
    words = [*value("ExecStart").split(), *stages(DEPLOY / "Containerfile")[-1].only("ENTRYPOINT").words]
    assert {word for word in words if word.startswith("--")} <= known


def test_it_waits_for_the_end() -> None:
    assert int(value("TimeoutStopSec")) > 33
    assert value("KillMode") == "mixed"
    assert value("OOMPolicy") == "continue"
