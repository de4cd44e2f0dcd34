"""Say on how many processes or machines a job runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from gfrnet.errors import ConfigError

Engine: TypeAlias = Literal["local", "ray"]
"""Name of what starts the processes: plain processes here, or Ray, here or on many machines."""

_MOST = 10_000


@dataclass(frozen=True)
class Crew:
    """Say who does the work.

    Attributes:
        engine: ``local`` for processes of this machine, ``ray`` for Ray Data.
        workers: Number of processes; None for as many as the cores allow.
        threads: Threads of each; None for 1, or for all cores where there is one process.
        address: Cluster of Ray to join, as ``HOST:PORT`` or ``auto``; None starts Ray on this machine alone,
            reachable only from it.

    Raises:
        ConfigError: A value is out of its range, or an address is given without Ray.
    """

    engine: Engine = "local"
    workers: int | None = None
    threads: int | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        if self.engine not in get_args(Engine):
            raise ConfigError(f"engine must be local or ray, got {self.engine!r}.")
        for name in ("workers", "threads"):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= _MOST:
                raise ConfigError(f"{name} must be a number between 1 and {_MOST}, got {value!r}.")
        if self.address is not None and self.engine != "ray":
            raise ConfigError("Only Ray has an address. Leave it out, or choose the engine ray.")

    def resolved(self, cores: int | None = None) -> tuple[int, int]:
        """Return the number of processes, and of threads of each.

        Args:
            cores: Number of cores of all machines; None for those of this one.
        """
        cores = cores or own_cores()
        workers = self.workers or max(1, cores // (self.threads or 1))
        alone = workers == 1 and self.engine == "local"
        return workers, self.threads or (cores if alone else 1)


def own_cores() -> int:
    """Return the number of cores that this process may use. Slurm and containers give only some."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
