"""Read the words of the page. Each language has its file beside this one, such as ``texts.en.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

DEFAULT = "en"
"""Language of browsers that want none of those that exist."""


def spoken(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the texts of all languages in a folder, by the name of the language."""
    files = sorted(folder.glob("texts.*.yaml"))
    return {path.name.split(".")[1]: yaml.safe_load(path.read_text("utf-8")) for path in files}


def best_language(accepted: str, languages: Mapping[str, object]) -> str:
    """Return the language of a browser's header ``Accept-Language`` that exists and is wanted most."""
    wanted: list[tuple[float, str]] = []
    for part in accepted[:500].split(","):
        name, _, weight = part.partition(";q=")
        try:
            wanted.append((-float(weight or 1), name.strip().lower().split("-")[0]))
        except ValueError:
            continue
    wanted.sort(key=lambda each: each[0])
    return next((name for _, name in wanted if name in languages), DEFAULT)
