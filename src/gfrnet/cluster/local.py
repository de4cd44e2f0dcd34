"""Do the units of a job in plain processes of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from gfrnet import work
from gfrnet.cluster.rows import Row
from gfrnet.cluster.work_order import Unit, WorkOrder
from gfrnet.cluster.worker import DEATHS, Worker
from gfrnet.errors import WorkerDiedError
from gfrnet.work import Stopped

MOST_DEATHS = DEATHS + 2
"""Number of deaths in a row, without any unit done, after which it is not the photos that kill."""

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
        try:
            for unit, rows in work.run(_restore, tasks, crew, stopped=stopped, prepare=prepare):
                del left[unit.label]
                deaths = 0
                yield rows
        except WorkerDiedError:
            deaths += 1
            # A photo that kills is given up after some deaths; more come of something else.
            if deaths > MOST_DEATHS * len(units[0].items):
                raise


def _prepare(order: WorkOrder, guides: bytes) -> None:
    global _worker
    _worker = Worker(order, guides)


def _restore(unit: Unit) -> tuple[Row, ...]:
    if _worker is None:
        raise RuntimeError("The process is not prepared.")
    return _worker.restore(unit)
