"""Test that the set-up script installs anew when what it installed from has changed."""

import os
import runpy
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "run.py"


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_an_environment_is_as_new_as_what_it_is_made_from(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "scripts" / "run.py"
    copy.parent.mkdir()
    copy.write_bytes(SCRIPT.read_bytes())
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    installed: list[Any] = []
    monkeypatch.setattr("subprocess.run", lambda command, **_: installed.append(command))
    monkeypatch.setattr("venv.create", lambda place, **_: place.mkdir(exist_ok=True))
    environment = runpy.run_path(str(copy))["environment"]
    for _ in range(2):
        environment(".venv", ".")
    assert len(installed) == 1
    later = (tmp_path / ".venv" / "installed").stat().st_mtime + 10
    os.utime(tmp_path / changed, (later, later))
    environment(".venv", ".")
    assert len(installed) == 2
