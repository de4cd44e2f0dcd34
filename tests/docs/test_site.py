"""Check that the documentation site builds without a warning, is complete, and opens offline."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from blocks import PAGES, ROOT

from gfrnet.cli import documents

pytest.importorskip("sphinx", reason="needs the docs extra")

_LOADED = re.compile(
    r"""<(?:script|img|link rel="stylesheet")[^>]*?(?:src|href)=["']((?:https?:)?//[^"']+)"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    options = ["-W", "-n", "--keep-going", "-q", "-b", "html", "-d", str(out / "doctrees")]
    words = [sys.executable, "-m", "sphinx", *options, str(ROOT / "docs"), str(out / "html")]
    # Counting the lines of imports once more would only slow the build down.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out / "html"


def test_every_page_is_there(site: Path) -> None:
    docs = [page.relative_to(ROOT / "docs") for page in PAGES if page.is_relative_to(ROOT / "docs")]
    assert [page for page in docs if not (site / page.with_suffix(".html")).is_file()] == []


def test_nothing_is_loaded_from_another_place(site: Path) -> None:
    loaded = {name for page in site.rglob("*.html") for name in _LOADED.findall(page.read_text("utf-8"))}
    assert loaded == set()
    styles = "".join(style.read_text("utf-8") for style in site.rglob("*.css"))
    assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^)\"']+", styles) == []


def test_commands_are_those_of_the_program(site: Path) -> None:
    text = (site / "reference" / "commands.html").read_text("utf-8")
    for name in ("restore", "data build", "train", "evaluate"):
        assert f"gfrnet {name}" in text
    for option in ("--guide", "--fidelity", "--self-guide"):
        assert option in text
    assert "0 to 1" in text  # of --strength
    assert "gfrnet-slim-int8" in text  # the default of --model


def test_fields_of_the_report_are_those_of_the_records(site: Path) -> None:
    text = (site / "reference" / "report.html").read_text("utf-8")
    for field in ("similarity_after", "guides_skipped", "same_person"):
        assert field in text


def test_fields_of_documents_are_those_that_commands_print(site: Path) -> None:
    text = (site / "reference" / "json.html").read_text("utf-8")
    for name in documents.__all__:
        assert name == "Document" or f"<h2>{name}<" in text
    for field in ("remedy", "megabytes", "dropped"):
        assert field in text


def test_python_api_comes_from_docstrings(site: Path) -> None:
    text = (site / "reference" / "python.html").read_text("utf-8")
    for name in ("gfrnet.restore.Restorer.restore", "gfrnet.images.read", "gfrnet.errors.NoFaceError"):
        assert f'id="{name}"' in text


def test_types_are_told_in_plain_words(site: Path) -> None:
    pages = "".join(page.read_text("utf-8") for page in (site / "reference").glob("*.html"))
    text = re.sub(r"alias of ndarray\S+ \S+ \S+", "", re.sub(r"<[^>]+>", "", pages))
    for machinery in ("FieldInfo", "Annotated[", "dtype[", "frozenset[", "ForwardRef", "model_config"):
        assert machinery not in text


def test_intervals_in_tables_are_not_broken(site: Path) -> None:
    text = (site / "results" / "table1.html").read_text("utf-8")
    assert "[-0.10,\N{NO-BREAK SPACE}-0.02]" in text
    assert "(-\N{WORD JOINER}W2)" in text
