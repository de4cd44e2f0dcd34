"""Escape what no encoding can hold, so that every text can be printed and stored."""

from __future__ import annotations


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
