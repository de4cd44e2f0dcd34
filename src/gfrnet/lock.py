"""Hold a file, so that two processes do not do the same work."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_PAUSE = 0.02
"""Seconds between two tries to get a file that another process holds."""


@contextmanager
def locked(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold a file until the end; the system gives it free when the process dies.

    Args:
        path: The file, which is made where it is missing.
        wait: Whether to wait for another process that holds it.

    Raises:
        BlockingIOError: Another process holds it, and ``wait`` is false.
        OSError: The file cannot be made.
    """
    with path.open("ab") as file:
        while not lock(file):
            if not wait:
                raise BlockingIOError(f"{path} is held by another process")
            time.sleep(_PAUSE)
        yield


def lock(file: BinaryIO) -> bool:
    """Lock an open file until it is closed by whatever end.

    Returns:
        Whether it is locked now, or lies on a disk that knows no locks. Else another process holds it.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            # The byte lies behind all content: Windows lets nobody read what is locked.
            file.seek(2**40)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True
