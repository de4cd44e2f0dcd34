"""Write out what no encoding can hold, so that every text can be printed and stored."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return the text of a path or message for people and for JSON.

    Python holds the bytes of a name that is no UTF-8 as lone surrogates. Nothing can print or store those.
    Here they are written out, as in ``caf\xe9.png``.
    """
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "backslashreplace")
    return raw.decode("utf-8", "backslashreplace")
