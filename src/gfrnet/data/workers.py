"""How the processes of a pool start, and end."""

from __future__ import annotations

import os
import signal
from multiprocessing import parent_process
from threading import Thread

import cv2


def start_worker() -> None:
    """One thread a process, Ctrl-C left to the parent, and no process outlives a parent that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
