"""Run files through readers in processes of their own, and watch their end, time and memory."""

from __future__ import annotations

import os
import traceback
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, process_time

import numpy as np

from fuzz.mutate import mutated
from fuzz.targets import Target, targets
from gfrnet.errors import GfrnetError

SLOW = 5.0
"""Seconds of CPU that no file may take; other programs on the machine do not count."""

HUNG = 30.0
"""Seconds after which a process is stopped."""

MEMORY = 1e9
"""Bytes that no file may take beside what it holds."""


@dataclass(frozen=True)
class Outcome:
    """Hold what became of one file.

    Attributes:
        number: Its number.
        kind: Its kind.
        end: "read", "refused", or what is wrong: "crashed", "slow", "memory", "untyped error".
        detail: Message of an error, or the figure.
    """

    number: int
    kind: str
    end: str
    detail: str = ""

    @property
    def good(self) -> bool:
        """Return whether the file was read or refused as it should be."""
        return self.end in ("read", "refused")


def run(files: Iterable[int], seed: int, workers: int) -> Iterator[Outcome]:
    """Feed files to readers; yield what became of each, in any order.

    Args:
        files: Numbers of the files.
        seed: Seed of all files.
        workers: Number of processes.
    """
    waiting, hands = iter(files), [_Worker(seed) for _ in range(workers)]
    try:
        busy = [hand for hand in hands if hand.give(next(waiting, None))]
        while busy:
            ready = wait([hand.pipe for hand in busy], timeout=1)
            for hand in busy:
                outcome = hand.take(hand.pipe in ready)
                if outcome is not None:
                    yield outcome
                    hand.give(next(waiting, None))
            busy = [hand for hand in busy if hand.number is not None]
    finally:
        for hand in hands:
            hand.stop()


class _Worker:
    """Keep a process that reads one file at a time; a new one takes the place of one that died."""

    def __init__(self, seed: int) -> None:
        self.seed, self.number, self.since = seed, None, 0.0
        self._start()

    number: int | None

    def _start(self) -> None:
        self.pipe, theirs = get_context("spawn").Pipe()
        self.process: BaseProcess = get_context("spawn").Process(
            target=_serve, args=(theirs, self.seed), daemon=True
        )
        self.process.start()
        theirs.close()
        # A process takes seconds to start, which are no file's.
        self.pipe.recv()

    def give(self, number: int | None) -> bool:
        self.number, self.since = number, monotonic()
        if number is not None:
            self.pipe.send(number)
        return number is not None

    def take(self, ready: bool) -> Outcome | None:
        """Return what became of the file, or None while it is being read."""
        assert self.number is not None
        if ready:
            try:
                found: Outcome = self.pipe.recv()
                return found
            except EOFError:
                self.process.join()
                outcome = Outcome(self.number, "?", "crashed", f"exit code {self.process.exitcode}")
        elif monotonic() - self.since > HUNG:
            outcome = Outcome(self.number, "?", "slow", f"stopped after {HUNG:.0f} s")
        else:
            return None
        self.stop()
        self._start()
        return outcome

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _serve(pipe: Connection, seed: int) -> None:
    """Read the files whose numbers come through the pipe."""
    # Libraries print about damage that they survive.
    warnings.simplefilter("ignore")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    with TemporaryDirectory(prefix="fuzz-") as folder:
        kinds = targets(Path(folder))
        pipe.send(None)
        while True:
            pipe.send(attempt(kinds, pipe.recv(), seed))


def attempt(kinds: tuple[Target, ...], number: int, seed: int) -> Outcome:
    """Damage a file, read it, and return what became of it."""
    target, data = damaged(kinds, number, seed)
    whole = target.place.read_bytes() if target.place.exists() else None
    target.place.write_bytes(data)
    before, start = _reset_peak(), process_time()
    end, detail, held = "read", "", 0
    try:
        held = target.read(target.place)
    except GfrnetError as error:
        end, detail = "refused", str(error)
    except Exception as error:
        end = "untyped error"
        detail = f"{type(error).__name__}: {error}\n{traceback.format_exc(limit=-4)}"
    seconds, memory = process_time() - start, _peak() - before - held
    if whole is not None:
        target.place.write_bytes(whole)
    if end in ("read", "refused") and seconds > SLOW:
        end, detail = "slow", f"{seconds:.1f} s"
    if end in ("read", "refused") and memory > MEMORY:
        end, detail = "memory", f"{memory / 1e6:.0f} MB"
    return Outcome(number, target.name, end, detail)


def damaged(kinds: tuple[Target, ...], number: int, seed: int) -> tuple[Target, bytes]:
    """Return the kind and the bytes of the file of a number."""
    rng = np.random.default_rng([seed, number])
    target = kinds[rng.choice(len(kinds), p=[kind.share for kind in kinds])]
    start = target.seeds[rng.integers(len(target.seeds))]
    return target, mutated(start, target.seeds, int(rng.integers(2**32)))


def _reset_peak() -> float:
    """Forget the largest memory so far where the system can; return the memory of now, bytes."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return _peak()
    return _status("VmRSS")


def _peak() -> float:
    return _status("VmHWM")


def _status(name: str) -> float:
    """Return a figure of this process, bytes; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next(float(line.split()[1]) * 1024 for line in lines if line.startswith(name))
