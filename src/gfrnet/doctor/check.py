"""Hold what was looked at in an installation, what was found, and what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from gfrnet.printable import printable


class State(StrEnum):
    """Rate what was found."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Check:
    """Hold one thing that was looked at.

    Attributes:
        name: Name of the thing, such as ``OpenCV``.
        state: ``ok``; ``warning`` for what may disturb; ``fault`` for what keeps gfrnet from working.
        found: What was found, in words. Paths below the home folder begin with ``~``.
        remedy: What to do; empty where all is well.
    """

    name: str
    state: State
    found: str
    remedy: str = ""


def without_home(check: Check) -> Check:
    """Return a check in a form for strangers: the home folder is ``~``, and every letter can be printed."""
    return replace(check, found=_hidden(printable(check.found)), remedy=_hidden(printable(check.remedy)))


def _hidden(text: str) -> str:
    try:
        home = Path.home()
    except RuntimeError:
        return text
    for folder in {home, home.resolve()}:
        if folder != Path(folder.anchor):
            text = re.sub(rf"{re.escape(str(folder))}(?![\w.-])", "~", text)
    return text
