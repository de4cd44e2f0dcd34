"""Run work on several processes, report how it goes, and stop it on request.

Every job uses the same two parameters. It calls ``on_event`` with each event at once. It calls ``stopped``
between two pieces of work, to learn whether to begin another.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TypeAlias, TypeVar

from gfrnet.errors import Advice, WorkerDiedError

T = TypeVar("T")
R = TypeVar("R")

_PAUSE = 0.5
"""Seconds from one call of ``meanwhile`` to the next."""

Stopped: TypeAlias = Callable[[], bool]
"""Function that returns whether to stop. Jobs call it between two pieces of work, and finish begun ones."""


@dataclass(frozen=True)
class Advanced:
    """Report that a piece of work is finished.

    Attributes:
        what: Name of the pieces, a plural such as ``photos``.
        done: Number of finished pieces.
        total: Number of all pieces; None while it is unknown.
    """

    what: str
    done: int
    total: int | None = None


@dataclass(frozen=True)
class Noted:
    """Report something that a person should read, but that stops nothing.

    Attributes:
        text: One or more whole sentences.
    """

    text: str


def unheard(event: object) -> None:
    """Ignore an event. This is the listener of a job to which nobody listens."""


def never() -> bool:
    """Return False. This is the `Stopped` of a job that nobody can stop."""
    return False


def run(
    function: Callable[[T], R],
    tasks: Iterable[T],
    workers: int,
    *,
    ahead: int = 1,
    stopped: Stopped = never,
    prepare: Callable[[], None] | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Iterator[tuple[T, R]]:
    """Call a function with every task, in several processes, and yield each result when it is ready.

    Args:
        function: Function that can be pickled, so a function of a module.
        tasks: Arguments that can be pickled. They are taken from the iterable as processes become free.
        workers: Number of processes, 1 or more, with one thread each.
        ahead: Number of tasks that wait for a free process.
        stopped: Called before tasks begin. If true, begun tasks are finished, and no others begin.
        prepare: Function that can be pickled, called once in each process. What all tasks need is sent with
            it, once for each process. It raises nothing.
        meanwhile: Called here every half second while tasks run, for example to tell how far they are.

    Yields:
        Each task with its result, in the order in which tasks finish. Those that finish together keep their
        order in ``tasks``.

    Raises:
        WorkerDiedError: A process died, for example because memory ran out.
        Exception: Error that ``function`` raised.
    """
    # Processes are spawned, because the threads of OpenCV and ONNX Runtime do not survive a fork.
    with ProcessPoolExecutor(workers, get_context("spawn"), start_worker, (prepare,)) as pool:
        try:
            yield from _results(pool, function, iter(tasks), workers + ahead, stopped, meanwhile)
        except BrokenProcessPool as error:
            raise WorkerDiedError(
                "A process died, perhaps for lack of memory. Do the same again; it goes on where it stopped. "
                "One process alone needs the least memory.",
                advice=(Advice.ONE_WORKER,),
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _results(
    pool: ProcessPoolExecutor,
    function: Callable[[T], R],
    tasks: Iterator[T],
    most: int,
    stopped: Stopped,
    meanwhile: Callable[[], None] | None,
) -> Iterator[tuple[T, R]]:
    waiting: dict[Future[R], T] = {}
    while True:
        if not stopped():
            for task in islice(tasks, most - len(waiting)):
                waiting[pool.submit(function, task)] = task
        if not waiting:
            return
        pause = None if meanwhile is None else _PAUSE
        done = wait(waiting, pause, return_when=FIRST_COMPLETED).done
        if meanwhile is not None:
            meanwhile()
        for future in [future for future in waiting if future in done]:
            yield waiting.pop(future), future.result()


def start_worker(prepare: Callable[[], None] | None = None) -> None:
    """Prepare a process of a pool: use one thread, leave Ctrl-C to the parent, and end with the parent.

    Args:
        prepare: What else to do in the process before its first task.
    """
    import cv2  # here, so that events and errors need no OpenCV, which `doctor` may find broken

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    Thread(target=_end_with_parent, daemon=True).start()
    if prepare is not None:
        prepare()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
