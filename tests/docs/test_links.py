"""Check that every relative link of README and docs leads to a file, and its anchor to a heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from blocks import PAGES, ROOT

_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_NAMED = re.compile(r"(?<![\w./-])docs/[\w./-]+\.(?:md|jpg|png|json)(?:#[\w-]+)?")


def _anchors(page: Path) -> set[str]:
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    return {_slug(heading) for heading in _HEADING.findall(text)}


def _slug(heading: str) -> str:
    plain = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")


def _broken(target: str, folder: Path) -> bool:
    path, _, anchor = target.partition("#")
    file = folder / path if path else None
    if file is not None and not file.exists():
        return True
    return bool(anchor and file is not None and file.suffix == ".md" and anchor not in _anchors(file))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    targets = [target for target in _LINK.findall(text) if not target.startswith(("http", "mailto"))]
    inside = [target for target in targets if target.startswith("#")]
    assert [target for target in inside if target[1:] not in _anchors(page)] == []
    assert [target for target in targets if target not in inside and _broken(target, page.parent)] == []


def test_docs_that_sources_name_exist() -> None:
    folders = ("src", "configs", "benchmarks", "scripts")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.suffix != ".pyc"]
    texts = [file for file in files if file.suffix in (".py", ".yaml", ".txt", ".html")]
    named = {(file.name, name) for file in texts for name in _NAMED.findall(file.read_text(encoding="utf-8"))}
    assert {(file, name) for file, name in named if _broken(name, ROOT)} == set()


def test_every_page_of_the_docs_can_be_reached() -> None:
    listed = {
        (page.parent / f"{name}.md").resolve()
        for page in PAGES
        for block in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        for name in block.split()
        if not name.startswith(":")
    }
    docs = {page.resolve() for page in PAGES if page.is_relative_to(ROOT / "docs")}
    assert docs - listed == {(ROOT / "docs" / "index.md").resolve()}
