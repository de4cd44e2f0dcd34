"""Read files and parts of files where they lie: on this disk, or behind a URL."""

from __future__ import annotations

import os
import time
from math import inf
from pathlib import Path
from typing import Any

from gfrnet.errors import DataError, MissingExtraError
from gfrnet.files import MOST_BYTES, check_regular

PAUSES = (1.0, 5.0, 25.0)
"""Seconds before a failed read is tried again: networks have hiccups, and a training runs for days."""


def local_path(source: str) -> Path | None:
    """Return the path of a local file or folder; None for what lies elsewhere."""
    from fsspec.implementations.local import LocalFileSystem

    files, path = _storage(source)
    return Path(path) if isinstance(files, LocalFileSystem) else None


def fetch(url: str, start: int = 0, stop: int | None = None) -> bytes:
    """Read bytes of a file; try again where the network fails.

    Args:
        url: Path or URL of the file.
        start: First byte.
        stop: The byte after the last; None for the end of the file.

    Raises:
        DataError: The file is missing, too short, or cannot be read.
        MissingExtraError: The package for such URLs is not installed.
    """
    _check_local(url, MOST_BYTES if stop is None else inf)
    files, path = _storage(url)
    for pause in (*PAUSES, None):
        try:
            data: bytes = files.cat_file(path, start=start or None, end=stop)
            break
        except FileNotFoundError as error:
            raise DataError(f"{url} does not exist. Check the address, or pack the data set.") from error
        # Every kind of storage has exceptions of its own.
        except Exception as error:
            if pause is None:
                raise DataError(
                    f"{url} cannot be read ({error}). Check the address and the network."
                ) from error
            time.sleep(pause)
    if stop is None or len(data) == stop - start:
        return data
    if len(data) < stop:
        raise DataError(f"{url} is shorter than its index says. Copy or pack it again.")
    # A server that knows no ranges answers with the whole file.
    return data[start:stop]


def _check_local(url: str, most_bytes: float) -> None:
    """Refuse a pipe, a device or a giant file on this disk.

    Raises:
        DataError: It is one.
    """
    local = local_path(url)
    try:
        if local is not None and os.path.exists(local):
            check_regular(local, most_bytes)
    except OSError as error:
        raise DataError(f"{url} cannot be read ({error.strerror}). Copy or pack it again.") from error


def _storage(source: str) -> tuple[Any, str]:
    """Return the fsspec file system of a path or URL, and the path in it.

    Raises:
        DataError: No storage has such URLs.
        MissingExtraError: The package for such URLs is not installed.
    """
    import fsspec
    from fsspec.implementations.local import LocalFileSystem

    # fsspec reads :: in a folder's name as a chain of URLs.
    if os.path.exists(source):
        return LocalFileSystem(), source
    try:
        files, path = fsspec.url_to_fs(source)
    except ImportError as error:
        raise MissingExtraError(f"{source} cannot be opened: {error}") from error
    except ValueError as error:
        raise DataError(
            f"{source} cannot be opened ({error}). Give a folder, or a URL such as https://HOST/FOLDER."
        ) from error
    return files, path
