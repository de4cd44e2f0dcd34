"""Test that the shell completes commands and models, and that its files change only on request."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(home: Path, *words: str, **variables: str) -> str:
    environment = {**os.environ, "HOME": str(home), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    command = [sys.executable, "-m", "gfrnet", *words]
    done = subprocess.run(command, env=environment | variables, capture_output=True, text=True, check=True)
    return done.stdout


def complete(home: Path, line: str) -> list[str]:
    words = line.split(" ")
    variables = {"_GFRNET_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    return run(home, **variables).split()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("gfrnet re", ["restore", "reproduce"]),
        ("gfrnet data pa", ["pack"]),
        ("gfrnet restore --stre", ["--strength"]),
        ("gfrnet restore --model gfrnet-slim-", ["gfrnet-slim-int8"]),
        ("gfrnet bench --model gfrnet", ["gfrnet-slim", "gfrnet-slim-int8"]),
        ("gfrnet evaluate gfrnet-slim-", ["gfrnet-slim-int8"]),
        ("gfrnet demo --model my.on", []),
    ],
)
def test_what_is_completed(line: str, found: list[str], tmp_path: Path) -> None:
    assert complete(tmp_path, line) == found
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_files_of_the_shell_change_only_on_request(shell: str, tmp_path: Path) -> None:
    assert "_GFRNET_COMPLETE" in run(tmp_path, "--show-completion", shell)
    assert list(tmp_path.iterdir()) == []
    run(tmp_path, "--install-completion", shell)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    assert any("_GFRNET_COMPLETE" in path.read_text() for path in written)
