"""Check what the machine offers: the system, cores, free space, and who hears of the program's runs."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gfrnet.doctor.check import Check, State
from gfrnet.version import __version__

LITTLE, TOO_LITTLE = 1e9, 50e6
"""Free bytes below which a folder is worth a warning, and below which it is a fault.

A result of 100 megapixels has up to 300 MB, and a photo of a phone about 5 MB.
"""


def check_system() -> Iterator[Check]:
    """Name the program and the system, for people who read a report of a fault."""
    yield Check("gfrnet", State.OK, f"{__version__}, on {platform.platform()}")


def check_cores() -> Iterator[Check]:
    """Count the cores that the machine has, that the process may use, and that its container grants."""
    cores = os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    granted = granted_cores()
    found = f"{cores} in the machine, {allowed} for this process"
    if granted is None or granted >= allowed:
        yield Check("cores", State.OK, found)
        return
    usable = max(1, round(granted))
    remedy = (
        f"More threads than granted cores disturb each other. Start it on fewer: taskset -c 0-{usable - 1} "
        "gfrnet ..."
    )
    yield Check("cores", State.WARNING, f"{found}, time for {granted:.1f} granted by the container", remedy)


def granted_cores(root: Path = Path("/")) -> float | None:
    """Return the number of cores whose time the control groups of Linux grant; None without a limit.

    Args:
        root: Root of the file system.
    """
    quotas = []
    for folder in _control_groups(root):
        quota = _quota(folder)
        if quota is not None:
            quotas.append(quota)
    return min(quotas, default=None)


def check_telemetry() -> Iterator[Check]:
    """Check that ONNX Runtime reports nothing to its maker."""
    value = os.environ.get("ORT_DISABLE_TELEMETRY", "")
    if value not in ("", "0"):
        yield Check("telemetry", State.OK, "ONNX Runtime reports nothing to its maker")
        return
    found = f"ORT_DISABLE_TELEMETRY is {value or 'empty'}, so ONNX Runtime may report its use to its maker"
    yield Check("telemetry", State.WARNING, found, "Remove the variable, or set it to 1.")


def check_space() -> Iterator[Check]:
    """Check the free space of the current folder and of the folder for temporary files."""
    try:
        yield _space_of("space here", Path.cwd())
    except FileNotFoundError:
        found = "The current folder does not exist any more."
        yield Check("space here", State.FAULT, found, "Change to another folder.")
    yield _space_of("space for temporary files", Path(tempfile.gettempdir()))


def _space_of(name: str, folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    found = f"{free / 1e9:.1f} GB free"
    if free < TOO_LITTLE:
        return Check(name, State.FAULT, found, "Delete what is not needed, or work in another folder.")
    if not os.access(folder, os.W_OK):
        return Check(name, State.WARNING, f"{found}, read-only", "Name results that go to another folder.")
    if free < LITTLE:
        return Check(name, State.WARNING, found, "Delete what is not needed.")
    return Check(name, State.OK, found)


def _control_groups(root: Path) -> Iterator[Path]:
    """Yield the folders of this process's groups and of the groups around them, in both versions."""
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, place = line.split(":", 2)
        # Version 2 has one tree and names no controllers; version 1 has a tree for each.
        if controllers and "cpu" not in controllers.split(","):
            continue
        for mount in {controllers, "cpu"} if controllers else {""}:
            top = root / "sys/fs/cgroup" / mount
            inner = top / place.strip("/")
            yield from (folder for folder in (inner, *inner.parents) if folder.is_relative_to(top))


def _quota(folder: Path) -> float | None:
    """Return the cores that one group grants: from ``cpu.max``, or in version 1 from two files."""
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text("utf-8").split()
        else:
            quota, period = (
                (folder / f"cpu.cfs_{name}_us").read_text("utf-8").strip() for name in ("quota", "period")
            )
        return None if quota in ("max", "-1") else int(quota) / int(period)
    except (OSError, ValueError):
        return None
