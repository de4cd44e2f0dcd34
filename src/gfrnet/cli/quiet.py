"""Keep warnings of Pillow from the terminal, here and in the processes that share the work."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_READERS = (
    "Image",
    "TiffImagePlugin",
    "JpegImagePlugin",
    "PngImagePlugin",
    "IcoImagePlugin",
    "TgaImagePlugin",
)

_IN_WORKERS = ",".join(
    f"ignore::{kind}:PIL.{module}" for module in _READERS for kind in ("UserWarning", "RuntimeWarning")
)
"""Filters for other processes, which take no patterns but whole names of modules."""


@contextmanager
def without_pillow_warnings() -> Iterator[None]:
    """Ignore inside this block what Pillow finds odd in pictures, such as damaged metadata.

    It helps nobody at a terminal: the picture is read, or an error says why not.
    """
    before = os.environ.get("PYTHONWARNINGS")
    # What the user has set stands last, and so prevails.
    os.environ["PYTHONWARNINGS"] = f"{_IN_WORKERS},{before}" if before else _IN_WORKERS
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\b")
            yield
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before
