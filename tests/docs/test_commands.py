"""Check that every command in README and docs runs, or says why not and parses."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from blocks import PAGES, ROOT, Block, blocks

from gfrnet.cli import app

SHELL, PYTHON = blocks("sh"), blocks("python")
_JOINED = re.compile(r"\\\n\s*")
_INLINE = re.compile(r"(?<!`)`(gfrnet [^`\n]+)`(?!`)")
_COMMENT = re.compile(r" +#[^\n]*")
RUN = {_COMMENT.sub("", block.text): block for block in reversed(SHELL) if not block.why_not}
"""Blocks to run by what they do: once each, though several pages show them."""


def _run(words: list[str], place: Path, programs: Path) -> None:
    # Other tests reach what these commands do; counting lines once more would only slow them down.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment |= {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "ORT_DISABLE_TELEMETRY": "1",
    }
    done = subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("block", RUN.values(), ids=str)
def test_shell_block_runs(block: Block, workplace: Path, programs: Path) -> None:
    _run(["bash", "-euo", "pipefail", "-c", block.text], workplace, programs)


@pytest.mark.parametrize("block", [block for block in PYTHON if not block.why_not], ids=str)
def test_python_block_runs(block: Block, workplace: Path, programs: Path) -> None:
    _run([sys.executable, "-c", block.text], workplace, programs)


@pytest.mark.parametrize("block", [block for block in SHELL if block.why_not], ids=str)
def test_commands_of_a_block_that_is_not_run_parse(block: Block) -> None:
    for words in _commands(block.text):
        _parse(words)


@pytest.mark.parametrize("block", [block for block in PYTHON if block.why_not], ids=str)
def test_imports_of_a_python_block_that_is_not_run_exist(block: Block) -> None:
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module or "")
            assert [name.name for name in node.names if not hasattr(module, name.name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_inside_a_sentence_name_real_options(page: Path) -> None:
    for text in _INLINE.findall(page.read_text(encoding="utf-8")):
        words = shlex.split(text)[1:]
        command = _find(words)
        known = {"--help", "--debug", "--version", "--install-completion", "--show-completion"} | {
            name for item in command.params for name in item.opts
        }
        given = {word.strip("[]").split("=")[0] for word in words if re.match(r"\[?--?[a-z]", word)}
        assert given <= known, text


def test_a_wrong_option_is_found() -> None:
    for line in ("gfrnet restore a.jpg -g b.jpg --no-such", "gfrnet restore a.jpg -g b.jpg --scale many"):
        with pytest.raises(AssertionError):
            _parse(shlex.split(line))
    with pytest.raises(AssertionError):
        _parse(shlex.split("python benchmarks/guides.py --no-such 1"))


def _commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every line that names our program or a script of the repository."""
    for line in _JOINED.sub(" ", text).splitlines():
        words = shlex.split(line, comments=True)
        programs = [
            k for k, word in enumerate(words) if word == "gfrnet" and words[k - 1 : k] in ([], ["-m"])
        ]
        if programs:
            yield words[programs[-1] :]
        elif words and words[0].startswith("python"):
            yield words


def _parse(words: list[str]) -> None:
    """Refuse a command line whose command, options or values our programs do not know."""
    if words[0] == "gfrnet":
        _parse_command(words[1:])
        return
    script = ROOT / words[1]
    assert script.is_file(), words[1]
    source = script.read_text(encoding="utf-8") + (ROOT / "benchmarks/equal_samples.py").read_text("utf-8")
    missing = [word for word in words[2:] if word.startswith("--") and f'"{word}"' not in source]
    assert not missing, f"{words[1]} has no option {missing}"


def _find(words: list[str]) -> Any:
    command: Any = typer.main.get_command(app)
    for word in words:
        if word not in getattr(command, "commands", {}):
            break
        command = command.commands[word]
    return command


def _parse_command(words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    try:
        command.make_context("gfrnet", list(words))
    except Exception as error:
        raise AssertionError(f"{shlex.join(words)}: {error}") from error
