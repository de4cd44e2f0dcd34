"""Restore the shots of a film, in this process or in several, and tell how far they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

from gfrnet.film.outcome import ShotRecord
from gfrnet.film.shot_work import Piece, StoppedInsideError, Studio
from gfrnet.work import Advanced, Stopped, run

_TELL_EVERY = 0.3
"""Seconds from one report of the progress to the next."""


@dataclass
class Progress:
    """Tell how many frames are restored, not too often.

    Attributes:
        total: Frames of the result.
        done: Frames that are finished.
        on_event: Called with `Advanced`.
    """

    total: int
    done: int
    on_event: Callable[[object], None]
    _told: float = 0.0

    def add(self) -> None:
        """Count one more frame."""
        self.done += 1
        if time.monotonic() - self._told >= _TELL_EVERY:
            self.tell()

    def tell(self, done: int | None = None) -> None:
        """Tell how far it is.

        Args:
            done: Frames that are finished; None for those that were counted.
        """
        self.done = self.done if done is None else min(done, self.total)
        self._told = time.monotonic()
        self.on_event(Advanced("restored frames", self.done, self.total))


def restored_pieces(
    studio: Studio, todo: Sequence[Piece], workers: int, progress: Progress, stopped: Stopped
) -> Iterator[ShotRecord]:
    """Restore pieces of a film.

    Args:
        studio: All that it needs.
        todo: The pieces.
        workers: Processes; with 1 it is done in this process.
        progress: Told of every frame.
        stopped: Called before each frame. If true, finished shots stay, and nothing more is done.

    Yields:
        What became of each shot, in the order in which they finish.
    """
    found = (
        _alone(studio, todo, progress, stopped)
        if workers == 1
        else _together(studio, todo, workers, progress, stopped)
    )
    for record in found:
        progress.tell()
        yield record


def _alone(
    studio: Studio, todo: Sequence[Piece], progress: Progress, stopped: Stopped
) -> Iterator[ShotRecord]:
    try:
        for piece in todo:
            if stopped():
                return
            yield from studio.make(piece, progress.add, stopped)
    except StoppedInsideError:
        return


def _together(
    studio: Studio, todo: Sequence[Piece], workers: int, progress: Progress, stopped: Stopped
) -> Iterator[ShotRecord]:
    context = get_context("spawn")
    count, halt = context.Value("q", 0), context.Event()
    begun = progress.done

    def look() -> None:
        if stopped():
            halt.set()
        progress.tell(begun + int(count.value))

    one_thread = replace(studio.source, decoder=replace(studio.source.decoder, threads=1))
    sent = replace(studio, source=one_thread, threads=1)
    prepare = partial(_prepare, _Bench(sent, count, halt))
    for _, records in run(
        _work, todo, min(workers, len(todo)), stopped=stopped, prepare=prepare, meanwhile=look
    ):
        yield from records


@dataclass
class _Bench:
    """Hold what a process of the crew works with."""

    studio: Studio
    count: Any
    halt: Any

    def add(self) -> None:
        """Count a frame."""
        with self.count.get_lock():
            self.count.value += 1


_benches: list[_Bench] = []
"""What this process works with; a process of the crew has one."""


def _prepare(bench: _Bench) -> None:
    _benches[:] = [bench]


def _work(piece: Piece) -> tuple[ShotRecord, ...]:
    bench = _benches[0]
    made: list[ShotRecord] = []
    # Shots of the piece that were finished before a stop are kept.
    with suppress(StoppedInsideError):
        made.extend(bench.studio.make(piece, bench.add, bench.halt.is_set))
    return tuple(made)
