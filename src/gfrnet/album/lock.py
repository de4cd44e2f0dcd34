"""Hold a file, so that two processes do not do the same work in one album."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
        while not _taken(file):
            if not wait:
                raise BlockingIOError(f"{path} is held by another process")
            time.sleep(_PAUSE)
        yield


def _taken(file: BinaryIO) -> bool:
    if sys.platform == "win32":
        import msvcrt

        with suppress(OSError):
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            return True
        return False
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Some network disks know no locks.
        return True
    return True
