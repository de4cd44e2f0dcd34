"""Run the examples of the HTTP API with a server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from blocks import Block, blocks

pytest.importorskip("fastapi")

from gfrnet.serve import Settings
from gfrnet.serve.app import make_app
from served import Served, serving, until_ready

WITH_SERVER = "a test runs it with a server"
EXAMPLES = [block for kind in ("sh", "python") for block in blocks(kind) if block.why_not == WITH_SERVER]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(Settings(data=tmp_path_factory.mktemp("served") / "data", port=0)) as served:
        until_ready(served.client)
        yield served


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_example_runs(block: Block, server: Served, workplace: Path, programs: Path) -> None:
    text = block.text.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
    words = (
        [sys.executable, "-c", text]
        if block.language == "python"
        else ["bash", "-euo", "pipefail", "-c", text]
    )
    environment = os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "no_proxy": "127.0.0.1",
    }
    done = subprocess.run(words, cwd=workplace, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (workplace / "new.jpg").read_bytes().startswith(b"\xff\xd8")


def test_there_are_examples() -> None:
    assert {block.language for block in EXAMPLES} == {"sh", "python"}


def test_the_reference_names_every_picture_and_kind() -> None:
    from typing import get_args

    from gfrnet.serve.desk import FacePicture, PhotoPicture
    from gfrnet.serve.worker import KINDS

    text = (Path(__file__).parents[2] / "docs/reference/http.md").read_text(encoding="utf-8")
    for name in (*get_args(FacePicture), *get_args(PhotoPicture), *KINDS):
        assert f"`{name}`" in text, name


def test_the_reference_names_only_routes_that_exist(tmp_path: Path) -> None:
    import re

    text = (Path(__file__).parents[2] / "docs/reference/http.md").read_text(encoding="utf-8")
    app = make_app(Settings(data=tmp_path))
    known = {path.removeprefix("/api/v1") for path in app.openapi()["paths"]}
    for path in re.findall(r"`(?:GET|POST|PUT|DELETE) (?:/api/v1)?(/[^`?]*)", text):
        assert path in known or path == "/openapi.json", path
    app.state.service.database.close()
