#!/usr/bin/env python3
"""The two set-up commands: make a virtual environment, install into it, and run.

    python3 scripts/run.py demo     the main job with the embedded model
    python3 scripts/run.py test     the tests (further arguments go to pytest)
    python3 scripts/run.py check    lint, types and the import contract
    python3 scripts/run.py docs     the documentation as a site, into build/docs

Needs Python 3.11 or newer (with its venv module) and a package index, nothing else.
"""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT, CONSTRAINTS = ROOT / "pyproject.toml", ROOT / "constraints.txt"


def environment(folder: str, what: str) -> Path:
    """The folder of programs of a virtual environment in which gfrnet is installed as ``what`` says."""
    place = ROOT / folder
    programs = place / ("Scripts" if sys.platform == "win32" else "bin")
    stamp = place / "installed"
    changed = max(path.stat().st_mtime for path in (PROJECT, CONSTRAINTS))
    if not stamp.exists() or stamp.stat().st_mtime < changed:
        # clear: what an interrupted run left behind is no environment
        venv.create(place, with_pip=True, clear=not stamp.exists())
        pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--constraint", str(CONSTRAINTS), "--editable", what], cwd=ROOT, check=True)
        stamp.touch()
    return programs


def main(arguments: list) -> int:
    """Set up and run; gives the exit code of what was run."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file runs before anything checks the version
        print(f"gfrnet needs Python 3.11 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    task, *rest = arguments or [""]
    if task == "demo":
        commands = [[str(environment(".venv", ".") / "gfrnet"), "demo", *rest]]
    elif task == "test":
        commands = [[str(environment(".venv-dev", ".[dev]") / "python"), "-m", "pytest", *rest]]
    elif task == "check":
        programs = environment(".venv-dev", ".[dev]")
        checks = (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"], ["lint-imports"])
        commands = [[str(programs / name), *options] for name, *options in checks]
    elif task == "docs":
        sphinx = [str(environment(".venv-dev", ".[dev]") / "python"), "-m", "sphinx"]
        commands = [[*sphinx, "-W", "-n", "--keep-going", "-q", "-b", "html", "docs", "build/docs", *rest]]
    else:
        print(__doc__, file=sys.stderr)
        return 2
    codes = [subprocess.run(command, cwd=ROOT, check=False).returncode for command in commands]
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
