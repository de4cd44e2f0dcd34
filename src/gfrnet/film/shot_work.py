"""Restore single shots of a film, in this process or in others, and keep each at once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

from gfrnet.errors import GfrnetError
from gfrnet.film.cast_file import clock
from gfrnet.film.changing import restored_shot
from gfrnet.film.deciding import TrackPlan, decide
from gfrnet.film.folder import WorkFolder
from gfrnet.film.gauging import TrackMeasures
from gfrnet.film.media import FilmSink, FilmSource, Frame
from gfrnet.film.options import FilmOptions
from gfrnet.film.outcome import ShotRecord, TrackRecord
from gfrnet.film.records import FilmScan, Shot, Track
from gfrnet.restore import GuideSet, Restorer

CODING_THREADS = 2
"""Threads that code a video. They are fixed, because the bits of x264 depend on their number."""

SHORT = 100
"""Frames up to which shots are put together to one piece of work, which is read in one go.

Beginning to read costs up to a group of pictures, 250 frames of x264.
"""


class StoppedInsideError(Exception):
    """Tell that work was stopped inside a shot. Nothing of the shot is kept."""


@dataclass(frozen=True)
class ShotTask:
    """Hold one shot to restore.

    Attributes:
        number: Number of the shot.
        shot: The frames that are written.
        key: Hash of all that the result depends on.
        again: Whether it is restored again by itself.
        stays: Whether it stays as it is, whatever its settings were, because others are restored again.
    """

    number: int
    shot: Shot
    key: str
    again: bool = False
    stays: bool = False

    def finished(self, folder: WorkFolder) -> ShotRecord | None:
        """Return the record of the shot where it is finished and whole."""
        if self.again and not folder.is_redone(self.number, self.key):
            return None
        return folder.shot(self.number, None if self.stays else self.key)

    def shot_frames(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """Yield the frames of the shot from an iterator that begins with them, and take no more."""
        return islice(frames, len(self.shot))


Piece = tuple[ShotTask, ...]
"""Shots that are read in one go, one after the other. Finished ones are read again, but not restored."""


def pieces(tasks: Sequence[ShotTask]) -> list[Piece]:
    """Put short shots together that follow each other.

    Every shot of the film must be given, so that the pieces are always the same. In a broken film it may
    matter where reading begins.
    """
    found: list[list[ShotTask]] = []
    for task in tasks:
        if found and sum(len(each.shot) for each in found[-1]) + len(task.shot) <= SHORT:
            found[-1].append(task)
        else:
            found.append([task])
    return [tuple(each) for each in found]


@dataclass(frozen=True, eq=False)
class Studio:
    """Hold all that restoring a shot needs; it can be sent to other processes.

    Attributes:
        source: The film.
        scan: What was found in it.
        guides: Guides by the numbers of people.
        options: How to restore.
        folder: Where finished shots are kept.
        model: Name or path of the model.
        threads: Threads of the network; None for all cores.
    """

    source: FilmSource
    scan: FilmScan = field(repr=False)
    guides: Mapping[int, GuideSet] = field(repr=False)
    options: FilmOptions
    folder: WorkFolder
    model: str
    threads: int | None = None

    @cached_property
    def restorer(self) -> Restorer:
        """Return the restorer, with the model loaded once."""
        return Restorer.load(self.model, threads=self.threads)

    def make(
        self, piece: Piece, on_frame: Callable[[], None], stopped: Callable[[], bool]
    ) -> Iterator[ShotRecord]:
        """Restore the shots of a piece, and keep each.

        Args:
            piece: The shots.
            on_frame: Called after each frame of a shot that is made.
            stopped: Called before each frame.

        Yields:
            What became of each shot that was not finished before.

        Raises:
            StoppedInsideError: It was stopped. Finished shots are kept.
            GfrnetError: The film cannot be read, or the disk is full.
        """
        frames = self.source.frames(piece[0].shot.start, piece[-1].shot.stop)
        for task in piece:
            if task.finished(self.folder) is not None:
                for _ in task.shot_frames(frames):
                    if stopped():
                        raise StoppedInsideError
                continue
            yield self._made(task, _watched(task.shot_frames(frames), stopped), on_frame)

    def _made(self, task: ShotTask, frames: Iterator[Frame], on_frame: Callable[[], None]) -> ShotRecord:
        begun = time.monotonic()
        try:
            tracks = self._restored(task, frames, on_frame)
            failed = False
        except (GfrnetError, OSError, MemoryError, StoppedInsideError):
            raise
        except Exception as error:
            # A long film goes on: this shot alone stays as it was, and is tried again the next time.
            reason = f"A fault in gfrnet, {type(error).__name__}: {error}"
            deque(frames, 0)  # the next shot is read from where this one ends
            again = self.source.frames(task.shot.start, task.shot.stop)
            self._write(task, again, unheard_frame)
            tracks, failed = tuple(_failed(track, self.scan, reason) for track in self._tracks(task)), True
        changed = any(track.status == "restored" for track in tracks)
        record = ShotRecord(
            shot=task.number,
            start=task.shot.start,
            stop=task.shot.stop,
            time=clock(self.source.index.seconds(task.shot.start)),
            status="failed" if failed else "restored" if changed else "unchanged",
            tracks=tracks,
            seconds=round(time.monotonic() - begun, 3),
        )
        self.folder.keep_shot(record, task.key, task.again)
        return record

    def _tracks(self, task: ShotTask) -> list[Track]:
        """Return the tracks that show in the written part of a shot."""
        found = self.scan.tracks_of(self.scan.shots[task.number])
        return [each for each in found if each.first < task.shot.stop and each.last >= task.shot.start]

    def _restored(
        self, task: ShotTask, frames: Iterator[Frame], on_frame: Callable[[], None]
    ) -> tuple[TrackRecord, ...]:
        """Decide on the tracks of a shot, restore them, and write the shot."""
        plans = [self.plan(track, task.number) for track in self._tracks(task)]
        measured: dict[int, TrackMeasures] = {}

        def measure(measures: TrackMeasures) -> None:
            measured[measures.track] = measures

        self._write(task, self.changed(frames, plans, task.number, measure), on_frame)
        return tuple(track_record(plan, measured.get(plan.track.number)) for plan in plans)

    def changed(
        self,
        frames: Iterator[Frame],
        plans: Sequence[TrackPlan],
        shot: int,
        measure: Callable[[TrackMeasures], None],
    ) -> Iterator[Frame]:
        """Yield frames of a shot with their faces restored; people may have a steadiness of their own."""
        by_steadiness: dict[float, list[TrackPlan]] = {}
        for plan in plans:
            if plan.status == "restored":
                wishes = self.options.wishes(plan.person.name, shot)
                by_steadiness.setdefault(float(wishes.stable or 0.0), []).append(plan)
        for stable, group in sorted(by_steadiness.items()):
            frames = restored_shot(frames, group, self.restorer, stable=stable, on_measures=measure)
        return frames

    def plan(self, track: Track, shot: int) -> TrackPlan:
        """Decide what is to become of a track."""
        person = self.scan.person_of(track)
        wishes = self.options.wishes(person.name, shot)
        if wishes.leave:
            return TrackPlan(track, person, "skipped", "It stays as it is, because this was asked for.")
        options = replace(self.options.restore, strength=wishes.strength, fidelity=wishes.fidelity)
        return decide(
            track, person, self.guides.get(person.number), self.source.frames, self.restorer, options
        )

    def _write(self, task: ShotTask, frames: Iterator[Frame], on_frame: Callable[[], None]) -> None:
        options = self.options
        segment = self.folder.segment(task.number)
        with FilmSink(
            segment, like=self.source, codec=options.codec, crf=options.crf, threads=CODING_THREADS
        ) as sink:
            for frame in frames:
                sink.write(frame)
                on_frame()


def unheard_frame() -> None:
    """Ignore that a frame is finished."""


def _watched(frames: Iterator[Frame], stopped: Callable[[], bool]) -> Iterator[Frame]:
    for frame in frames:
        if stopped():
            raise StoppedInsideError
        yield frame


def track_record(plan: TrackPlan, measures: TrackMeasures | None) -> TrackRecord:
    """Return what became of a track.

    Args:
        plan: What was decided.
        measures: What was measured; None for a track that stays as it was.
    """
    track = plan.track
    done = plan.status == "restored"
    record = TrackRecord(
        track=track.number,
        person=plan.person.title,
        status=plan.status,
        reason=plan.reason,
        advice=plan.advice,
        start=track.first,
        stop=track.last + 1,
        width=round(track.quality.size, 1),
        guides=tuple(guide.name for guide in plan.guides) if done else (),
        strength=_rounded(plan.strength) if done else None,
        similarity=_rounded(plan.similarity),
        needed=_rounded(plan.needed),
    )
    if not done or measures is None:
        return record
    after = measures.similarity_after
    return record.model_copy(
        update={
            "frames": measures.frames,
            "similarity_after": _rounded(after),
            "spread": None if after is None else _rounded(measures.similarity_spread),
            "flicker_before": _rounded(measures.flicker_before),
            "flicker_after": _rounded(measures.flicker_after),
        }
    )


def _failed(track: Track, scan: FilmScan, reason: str) -> TrackRecord:
    return TrackRecord(
        track=track.number,
        person=scan.person_of(track).title,
        status="failed",
        reason=reason,
        start=track.first,
        stop=track.last + 1,
        width=round(track.quality.size, 1),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
