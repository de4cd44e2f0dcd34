"""Explain which optional part of the package a command lacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gfrnet.errors import INSTALL_EXTRA, MissingExtraError


@contextmanager
def require(extra: str) -> Iterator[None]:
    """Import inside this block what an extra brings; a missing package says how to install it.

    Raises:
        MissingExtraError: A package outside gfrnet is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "gfrnet":
            raise
        raise MissingExtraError(
            f"This command needs {error.name}, which is not installed. {INSTALL_EXTRA.format(extra)}"
        ) from error
