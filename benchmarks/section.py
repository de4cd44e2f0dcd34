"""Write the figures of one measure into its own section of a page, and leave the others alone."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path


def machine() -> str:
    """Return a sentence about the machine."""
    return f"Measured on {os.cpu_count()} cores of {platform.machine()}, while other work ran."


def write_section(page: Path, title: str, lines: Sequence[str], command: str) -> None:
    """Put a section into a page, in place of an earlier one of this title.

    Args:
        page: Page in Markdown; a new one is begun if there is none.
        title: Title of the section.
        lines: Its lines.
        command: Command that measures it.
    """
    text = page.read_text(encoding="utf-8") if page.exists() else "# Films\n"
    body = "\n".join([f"## {title}", "", f"`{command}` writes this section.", "", *lines, ""])
    old = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if old.search(text):
        text = old.sub(lambda _: body + "\n", text, count=1)
    else:
        text = text.rstrip("\n") + "\n\n" + body
    page.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
