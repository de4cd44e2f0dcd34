"""Escape what no encoding can hold, so that every text can be printed and stored."""

from __future__ import annotations

import re
import unicodedata

_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters but for tab, other ends of lines, and signs that turn the direction of writing."""


def printable(text: str) -> str:
    r"""Return the text of a path or message in a form for people and for JSON.

    If a file name is not UTF-8, Python holds its bytes as lone surrogates. These cannot be printed or stored.
    They are escaped here, as in ``caf\xe9.png``.
    """
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "backslashreplace")
    return raw.decode("utf-8", "backslashreplace")


def without_controls(text: str) -> str:
    r"""Return one line for a terminal, which would obey the control characters in the name of a file.

    They are escaped, as in ``red\x1b[31m.png``, and so are ends of lines, as in ``two\nlines.png``. Else a
    name could forge lines of its own. Tabs stay.
    """
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


_NO_CHARACTERS = re.compile(r"[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What stands for no character; XML may not hold some of them."""

_LONGEST_NAME = 200
"""Most characters of a name of a person. The longest names of people on record have fewer."""


def as_name(text: str) -> str:
    """Return a text of a file as the name of a person: one line, without signs that cannot be seen.

    Ends of lines and tabs become blanks. Control characters and signs that turn the direction of writing are
    left out, and so is what is no character. Letters with accents are composed, as programs write them.
    """
    text = unicodedata.normalize("NFC", " ".join(text[: 4 * _LONGEST_NAME].split()))
    text = _NO_CHARACTERS.sub("", _CONTROLS.sub("", text))
    return " ".join(text.split())[:_LONGEST_NAME].strip()
