"""Follow the walk-through of the album word by word: all its commands in one folder, in their order."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from blocks import ROOT, blocks

from gfrnet.album import WORSE_THAN

PAGE = "docs/guide/album.md"


def test_the_default_of_the_page_and_of_the_help_is_that_of_the_program() -> None:
    said = f"Without it the program takes {WORSE_THAN:g}."
    assert said in (ROOT / PAGE).read_text("utf-8")
    assert f"Without it: {WORSE_THAN:g}." in (ROOT / "src/gfrnet/cli/album_restore.py").read_text("utf-8")


def test_the_walk_through_works_and_prints_what_the_page_says(tmp_path: Path, programs: Path) -> None:
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    script = "".join(block.text for block in blocks("sh") if block.page == PAGE)
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "ORT_DISABLE_TELEMETRY": "1",
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed = done.stdout.splitlines()
    said = [line for block in blocks("text") if block.page == PAGE for line in block.text.splitlines()]
    assert len(said) > 10
    assert [line for line in said if line not in printed] == []
    assert sorted(path.name for path in (tmp_path / "restored").rglob("*.jpg")) == [
        "birthday.jpg",
        "wedding.jpg",
    ]
    assert {"people.jpg", "worn.jpg", "questions.jpg"} <= {
        path.name for path in (tmp_path / "sheets").iterdir()
    }
    assert (tmp_path / "family" / "scans" / "wedding.jpg.xmp").is_file()
