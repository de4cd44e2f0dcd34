"""Find the fenced blocks of README and docs, and what each says about being run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!-- not run: (.+?) -->\s*$")


@dataclass(frozen=True)
class Block:
    """Hold one fenced block.

    Attributes:
        page: The page it stands in, from the root of the repository.
        line: Its first line in that page.
        language: The word after the fence.
        text: What it holds.
        why_not: Why it is not run; empty where it is run.
    """

    page: str
    line: int
    language: str
    text: str
    why_not: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(language: str) -> list[Block]:
    """Return all blocks of a language, page by page."""
    return [block for page in PAGES for block in _of_page(page) if block.language == language]


def _of_page(page: Path) -> list[Block]:
    text, found = page.read_text(encoding="utf-8"), []
    for match in _FENCE.finditer(text):
        mark = _MARK.search(text[: match.start()])
        line = text.count("\n", 0, match.start()) + 2
        name = page.relative_to(ROOT).as_posix()
        found.append(Block(name, line, match[2], match[3], mark[1] if mark else ""))
    return found
