#!/usr/bin/env python3
"""Make a virtual environment, install into it, and run one of five tasks.

    python3 scripts/run.py demo       the main job with the embedded model
    python3 scripts/run.py test       the tests, in two processes; or pytest with your arguments
    python3 scripts/run.py coverage   the tests, and a report of the lines that they reach
    python3 scripts/run.py check      lint, types, the import contract and the prose
    python3 scripts/run.py docs       the documentation as a site, into build/docs

Needs Python 3.11 or newer (with its venv module) and a package index, nothing else.
"""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT, CONSTRAINTS = ROOT / "pyproject.toml", ROOT / "constraints.txt"

PROSE = ("scripts", "src/gfrnet")
"""Folders whose docstrings and comments are checked."""

CHECKS = (
    ("ruff", "check", "--no-cache"),
    ("ruff", "format", "--check"),
    ("mypy",),
    ("lint-imports",),
    ("python", "scripts/prose.py", *PROSE),
)
"""Commands that ``check`` runs; each is a program of the environment and its arguments."""

TESTS = ("python", "-m", "pytest")

PARALLEL = ("-n", "2", "--dist", "worksteal")
"""Options that run the tests in two processes. The one that is done first takes tests of the other."""

SITE = ("python", "-m", "sphinx", "-W", "-n", "--keep-going", "-q", "-b", "html", "docs", "build/docs")


def environment(folder: str, what: str) -> Path:
    """Return the folder of programs of an environment in which gfrnet is installed as ``what`` says."""
    place = ROOT / folder
    programs = place / ("Scripts" if sys.platform == "win32" else "bin")
    stamp = place / "installed"
    changed = max(path.stat().st_mtime for path in (PROJECT, CONSTRAINTS))
    if not stamp.exists() or stamp.stat().st_mtime < changed:
        # Cleared, because an interrupted run leaves no usable environment.
        venv.create(place, with_pip=True, clear=not stamp.exists())
        pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--constraint", str(CONSTRAINTS), "--editable", what], cwd=ROOT, check=True)
        stamp.touch()
    return programs


def main(arguments: list) -> int:
    """Set up the environment of a task, run its commands and return the first exit code that is not 0."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file runs before anything checks the version
        print(f"gfrnet needs Python 3.11 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    task, *rest = arguments or [""]
    tasks = {
        "demo": [("gfrnet", "demo", *rest)],
        "test": [(*TESTS, *(rest or PARALLEL))],
        "coverage": [(*TESTS, *PARALLEL, "--cov", "--cov-report=term", *rest)],
        "check": CHECKS,
        "docs": [(*SITE, *rest)],
    }
    if task not in tasks:
        print(__doc__, file=sys.stderr)
        return 2
    programs = environment(".venv", ".") if task == "demo" else environment(".venv-dev", ".[dev]")
    codes = [
        subprocess.run([str(programs / name), *options], cwd=ROOT, check=False).returncode
        for name, *options in tasks[task]
    ]
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
