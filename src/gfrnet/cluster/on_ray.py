"""Do the units of a job with Ray Data, on this machine or on many."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from gfrnet.cluster.crew import Crew
from gfrnet.cluster.rows import Row, lines_of, rows_of
from gfrnet.cluster.work_order import Unit, WorkOrder
from gfrnet.cluster.worker import Worker
from gfrnet.errors import INSTALL_EXTRA, ConfigError, GfrnetError, MissingExtraError, WorkerDiedError
from gfrnet.work import Stopped

OBJECT_STORE = 128 * 2**20
"""Bytes of shared memory that Ray gets on this machine. Names and rows of 100 photos took 0.03 MB of it
(``benchmarks/cluster_scale.py``)."""

_ANSWER = 5.0
"""Seconds until a cluster must answer."""

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_enable_metrics_collection": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
"""Variables that Ray reads when it is imported: nothing is reported to anybody, and nothing is drawn."""


def run(
    order: WorkOrder, guides: bytes, units: Sequence[Unit], crew: Crew, stopped: Stopped
) -> Iterator[tuple[Row, ...]]:
    """Yield the rows of each unit, as units are done, on the processes of a cluster.

    A process that dies is replaced, and its unit is done again. Only names go to the processes, and only
    rows come back.

    Args:
        order: What every process knows.
        guides: The packed guides.
        units: What to do.
        crew: How many processes, and where.
        stopped: Asked after each unit.

    Raises:
        MissingExtraError: Ray is not installed.
        ConfigError: There is no cluster at the address, or it is too small.
        WorkerDiedError: The cluster is gone.
        GfrnetError: The report cannot be written.
    """
    if not units:
        return
    # A process that is replaced reads them again; Ray itself might have forgotten them by then.
    shared = f"{order.parts}/guides-{secrets.token_hex(8)}.npz"
    with _cluster(crew) as ray:
        order.report.write(shared, guides)
        try:
            for row in _dataset(ray, order, shared, units, crew).iter_rows():
                yield tuple(rows_of(row["rows"]))
                if stopped():
                    return
        except (ray.exceptions.RayError, RuntimeError) as error:
            raise _explained(error) from error
        finally:
            order.report.delete([shared])


def _dataset(ray: Any, order: WorkOrder, guides: str, units: Sequence[Unit], crew: Crew) -> Any:  # noqa: ANN401
    workers, threads = crew.resolved(int(ray.cluster_resources().get("CPU", 1)))
    workers = min(workers, len(units))
    order = replace(order, threads=threads)
    # One block a unit, so that a death costs one unit. Ray Data restarts actors without end.
    rows = ray.data.from_items([{"unit": unit.text()} for unit in units], override_num_blocks=len(units))
    return rows.map(
        _Actor,
        fn_constructor_args=(order, guides),
        num_cpus=threads,
        compute=ray.data.ActorPoolStrategy(size=workers),
    )


class _Actor:
    """Do units inside a process of Ray."""

    def __init__(self, order: WorkOrder, guides: str) -> None:
        import cv2

        cv2.setNumThreads(1)
        self._worker = Worker(order, order.report.read(guides))

    def __call__(self, row: dict[str, str]) -> dict[str, bytes]:
        """Return the rows of a unit as lines."""
        return {"rows": lines_of(self._worker.restore(Unit.of(row["unit"])))}


@contextmanager
def _cluster(crew: Crew) -> Iterator[Any]:
    """Join a cluster, or start one that only this machine can reach and that ends with this block."""
    ray = _imported()
    place = None
    # Ray takes SIGTERM for itself; the caller may have a use for it.
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    try:
        if crew.address is not None:
            _check_address(crew.address)
            with _refused(crew.address):
                ray.init(address=crew.address, **quiet)
        else:
            place = tempfile.mkdtemp(prefix="gfrnet-ray-", dir=_short_folder())
            workers, threads = crew.resolved()
            with _unreachable():
                ray.init(
                    address="local",
                    num_cpus=workers * threads,
                    num_gpus=0,
                    object_store_memory=OBJECT_STORE,
                    include_dashboard=False,
                    _node_ip_address="127.0.0.1",
                    _temp_dir=place,
                    **quiet,
                )
        with suppress(ValueError):  # no handler is set outside the main thread
            for number, handler in handlers.items():
                signal.signal(number, handler)
        _silence(ray)
        yield ray
    finally:
        ray.shutdown()
        if place is not None:
            shutil.rmtree(place, ignore_errors=True)


def _imported() -> Any:  # noqa: ANN401 - Ray is no part of the package
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"The engine ray needs {error.name}, which is not installed. {INSTALL_EXTRA.format('cluster')}"
        ) from error
    return ray


@contextmanager
def _unreachable() -> Iterator[None]:
    """Let Ray, inside this block, listen at the loopback address alone, as it does on macOS and Windows.

    On Linux it replaces that address by the one that others can reach, whatever it is told.
    """
    from ray._private import ray_constants

    name = "ENABLE_RAY_CLUSTER"
    before = getattr(ray_constants, name, None)
    setattr(ray_constants, name, False)
    try:
        yield
    finally:
        setattr(ray_constants, name, before)


def _short_folder() -> str | None:
    """Return a folder for sockets, whose paths have at most 107 bytes; None for the usual one."""
    return "/tmp" if len(tempfile.gettempdir()) > 30 and os.path.isdir("/tmp") else None


def _silence(ray: Any) -> None:  # noqa: ANN401
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _check_address(address: str) -> None:
    """Find out quickly whether anybody answers, which Ray finds out in minutes.

    Raises:
        ConfigError: The address has another form, or nobody answers.
    """
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or "/" in address or int(port) > 65535:
        raise ConfigError(f"{address!r} is no address of Ray. Give HOST:PORT or auto.")
    try:
        socket.create_connection((host, int(port)), timeout=_ANSWER).close()
    except OSError as error:
        raise ConfigError(
            f"No cluster of Ray answers at {address} ({error}). Check the address, and that Ray runs there."
        ) from error


@contextmanager
def _refused(address: str) -> Iterator[None]:
    try:
        yield
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"There is no cluster of Ray to join at {address} ({error}). Start one, or leave out the address."
        ) from error


def _explained(error: Exception) -> Exception:
    """Return what a worker raised, or that the cluster is gone."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, GfrnetError):
            return cause
        inner = getattr(cause, "cause", None)
        cause = inner if isinstance(inner, BaseException) else cause.__cause__
    return WorkerDiedError(
        f"The cluster of Ray ended: {error}. Do the same again; it goes on where it stopped."
    )
