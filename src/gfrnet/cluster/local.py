"""Do the units of a job in plain processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain

from gfrnet import work
from gfrnet.cluster.rows import Row
from gfrnet.cluster.work_order import Unit, WorkOrder
from gfrnet.cluster.worker import DEATHS, Worker
from gfrnet.errors import WorkerDiedError
from gfrnet.work import Stopped

MOST_DEATHS = DEATHS + 2
"""Number of deaths in a row, without any unit done, after which it is not the photos that kill."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Variables by which libraries of algebra know how many threads to take."""

_worker: Worker | None = None


def run(
    order: WorkOrder, guides: bytes, units: Sequence[Unit], workers: int, stopped: Stopped
) -> Iterator[tuple[Row, ...]]:
    """Yield the rows of each unit, as units are done.

    One worker works in this process. Of several, one that dies is replaced, and its unit is done again.

    Args:
        order: What every process knows.
        guides: The packed guides.
        units: What to do.
        workers: Number of processes.
        stopped: Asked before each unit.

    Raises:
        WorkerDiedError: Processes die again and again, whatever they do.
        GfrnetError: The report cannot be written.
    """
    if workers == 1:
        worker = Worker(order, guides) if units else None
        for unit in units:
            if worker is None or stopped():
                return
            yield worker.restore(unit)
        return
    yield from _restarted(order, guides, units, workers, stopped)


def _restarted(
    order: WorkOrder, guides: bytes, units: Sequence[Unit], workers: int, stopped: Stopped
) -> Iterator[tuple[Row, ...]]:
    left, deaths = {unit.label: unit for unit in units}, 0
    while left and not stopped():
        # No more processes than units are of use.
        crew = min(workers, len(left))
        prepare = partial(_prepare, order, guides)
        tasks = list(left.values())
        found = work.run(_restore, tasks, crew, stopped=stopped, prepare=prepare)
        try:
            # All processes start with the first unit.
            with _few_threads(order.threads or 1):
                first = next(found, None)
            for unit, rows in chain([first] if first else [], found):
                del left[unit.label]
                deaths = 0
                yield rows
        except WorkerDiedError:
            deaths += 1
            # A photo that kills is given up after some deaths; more come of something else.
            if deaths > MOST_DEATHS * len(units[0].items):
                raise


@contextmanager
def _few_threads(threads: int) -> Iterator[None]:
    """Give processes that start inside this block few threads of the libraries of algebra.

    By default each takes all cores, and its threads wait busily for one another. Ray does so for its own
    processes.
    """
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _prepare(order: WorkOrder, guides: bytes) -> None:
    global _worker
    _worker = Worker(order, guides)


def _restore(unit: Unit) -> tuple[Row, ...]:
    if _worker is None:
        raise RuntimeError("The process is not prepared.")
    return _worker.restore(unit)
