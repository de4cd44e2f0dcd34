"""Restore many photos, one after the other: a bad one is recorded, and the others go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

import numpy as np

from gfrnet import images
from gfrnet.batch.plan import Task, check_distinct, inputs_of
from gfrnet.batch.records import PhotoRecord, failed_record, restored_record
from gfrnet.batch.sheet import face_sheet
from gfrnet.errors import ConfigError, GfrnetError
from gfrnet.restore import (
    Event,
    GuideSet,
    GuideSkipped,
    RestoredPhoto,
    RestoreOptions,
    Restorer,
    have_guides,
)
from gfrnet.restore.options import as_options
from gfrnet.work import Noted, Stopped, never, unheard

BatchEvent: TypeAlias = Event | Noted
"""An event of restoring, or a note about a photo. Every guide that cannot be used is reported once."""

Listener: TypeAlias = Callable[[BatchEvent], None]

Prepare: TypeAlias = Callable[[Task], Task]
"""Function that completes a task, for example with the places of its faces and their guides."""

_ANY_SHEET = images.Photo(np.zeros((1, 1, 3), np.uint8))
"""Stands for the compare sheet before it is drawn."""


PREPARED = 16
"""Number of guide sets that stay prepared, where photos have different ones; 200 guides take 40 MB."""


class Existing(Enum):
    """Name what happens to results that exist already."""

    REFUSE = "record a failure"
    REPLACE = "replace the result"
    KEEP = "keep the result, and go on with the others"


@dataclass(frozen=True)
class Saving:
    """Say how results are written.

    Attributes:
        existing: What happens to results that exist already.
        quality: Quality of JPEG, WebP and AVIF, 1..100.

    Raises:
        ConfigError: A value is of another type or out of its range.
    """

    existing: Existing = Existing.REFUSE
    quality: int = 95

    def __post_init__(self) -> None:
        if not isinstance(self.existing, Existing):
            raise ConfigError(
                f"existing must be one of {', '.join(map(str, Existing))}, got {self.existing!r}."
            )
        images.check_quality(self.quality)


def _complete(task: Task) -> Task:
    return task


def run(
    restorer: Restorer,
    tasks: Sequence[Task],
    options: RestoreOptions | None = None,
    *,
    saving: Saving | None = None,
    earlier: Sequence[PhotoRecord] = (),
    prepare: Prepare = _complete,
    on_event: Listener = unheard,
    stopped: Stopped = never,
) -> Iterator[PhotoRecord]:
    """Restore the photos of tasks, and write the results.

    A photo that cannot be restored is recorded as failed, and the others go on. Whatever else goes wrong in
    one of several photos is recorded likewise; of a single photo it is raised.

    Args:
        restorer: Restores, with its model loaded.
        tasks: What to restore, and where to; of `plan`, or made by hand.
        options: How to restore every photo; None for the defaults.
        saving: How to write results; None for the defaults.
        earlier: Records of an earlier run, for results that are kept.
        prepare: Completes each task just before its photo is read, and keeps photo, output and sheet. So the
            guides of thousands of photos need not be in memory at once. What it raises is recorded as what
            restoring raises.
        on_event: Hears events as they happen.
        stopped: Asked before every photo. If true, the iteration ends; `not_reached` gives the records of
            the photos that are left.

    Yields:
        One record a photo, in the order of ``tasks``, as soon as its files are written.

    Raises:
        ConfigError: ``tasks`` are no tasks, or ``options`` are no options.
        PlanError: Two files would have the same name.
        Exception: The only photo failed by a fault in the program, or ``on_event`` raised this.
    """
    tasks = _checked(tasks)
    job = _Job(
        restorer,
        tasks,
        as_options(options),
        saving or Saving(),
        _by_files(earlier),
        prepare,
        on_event,
    )
    if job.saving.existing is Existing.KEEP:
        _clear_parts(tasks)
    for task in tasks:
        if stopped():
            return
        yield job.attempt(task)


def _clear_parts(tasks: Sequence[Task]) -> None:
    """Delete what an earlier, killed run left half-written beside the results."""
    written = (path for task in tasks for path in (task.output, task.sheet) if path is not None)
    for folder in {path.parent for path in written}:
        images.clear_parts(folder)


def _checked(tasks: object) -> tuple[Task, ...]:
    given = tuple(tasks) if isinstance(tasks, Iterable) else (tasks,)
    for task in given:
        if not isinstance(task, Task):
            raise ConfigError(f"tasks must be a series of gfrnet.batch.Task, got {type(task).__name__}.")
    check_distinct(given)
    return given


def not_reached(
    tasks: Sequence[Task], saving: Saving | None = None, earlier: Sequence[PhotoRecord] = ()
) -> Iterator[PhotoRecord]:
    """Return the records of photos that a stopped run did not reach.

    Args:
        tasks: What was not reached.
        saving: As `run` takes it; with `Existing.KEEP` results that exist count as kept.
        earlier: As `run` takes it.
    """
    known = _by_files(earlier)
    keep = saving is not None and saving.existing is Existing.KEEP
    for task in tasks:
        if keep and os.path.exists(task.output):
            yield _kept(task, known)
        else:
            yield PhotoRecord(photo=str(task.photo), status="not reached")


_Files: TypeAlias = tuple[str, str | None]
"""Photo and output, as records name them."""


def _by_files(records: Sequence[PhotoRecord]) -> dict[_Files, PhotoRecord]:
    return {(record.photo, record.output): record for record in records}


def _kept(task: Task, earlier: dict[_Files, PhotoRecord]) -> PhotoRecord:
    """Return the record of a result that exists, as an earlier run had it, if that is known."""
    kept = PhotoRecord(photo=str(task.photo), status="kept", output=str(task.output))
    known = earlier.get((kept.photo, kept.output))
    return known.model_copy(update={"status": "kept"}) if known else kept


@dataclass
class _Job:
    """Restore one photo after the other, and remember what the photos have in common."""

    restorer: Restorer
    tasks: Sequence[Task]
    options: RestoreOptions
    saving: Saving
    earlier: dict[_Files, PhotoRecord]
    prepare: Prepare
    on_event: Listener
    guides_reported: set[str] = field(default_factory=set)
    prepared: dict[tuple[Path, ...], GuideSet] = field(default_factory=dict)
    listeners_error: Exception | None = None

    def __post_init__(self) -> None:
        self.inputs = inputs_of(self.tasks)

    def attempt(self, task: Task) -> PhotoRecord:
        """Restore a photo, or record why it cannot be restored."""
        start = perf_counter()
        if self._keeps(task):
            return _kept(task, self.earlier)
        result = None
        try:
            result = self._restore(self._completed(task))
            self._write(task, result)
        except Exception as error:
            # One photo alone shows its fault; a batch goes on. A fault of the listener is none of a photo.
            alone = len(self.tasks) == 1 and not isinstance(error, GfrnetError)
            if alone or error is self.listeners_error:
                raise
            # Another process may have written the result meanwhile.
            if self._keeps(task):
                return _kept(task, self.earlier)
            return failed_record(str(task.photo), error, perf_counter() - start, result)
        return restored_record(str(task.photo), str(task.output), perf_counter() - start, result)

    def _completed(self, task: Task) -> Task:
        ready = self.prepare(task)
        if ready is not task:
            images.check_place(task.output, inputs_of([ready]))
        return ready

    def _keeps(self, task: Task) -> bool:
        return self.saving.existing is Existing.KEEP and os.path.exists(task.output)

    def _restore(self, task: Task) -> RestoredPhoto:
        photo = images.read(task.photo, self.options.max_megabytes)
        images.check_output(photo, task.output, self.inputs)
        if task.sheet is not None:
            images.check_output(_ANY_SHEET, task.sheet, self.inputs)
        self._check_free(task)
        self._note(photo, task.output)
        needed = task.guides or (self.restorer.takes_guide and not have_guides(task.places))
        guides = self._prepared(task.guides).without_file(task.photo) if needed else None
        return self.restorer.restore(
            photo, guides or (), self.options, places=task.places, on_event=self._hear
        )

    def _note(self, photo: images.Photo, output: Path) -> None:
        """Tell what of a photo is lost: in reading it, and in the format of its result."""
        if photo.first_of_several:
            self._tell(Noted(f"{photo.path} holds several pictures; only the first is restored."))
        for remark in (*photo.remarks, *images.losses(photo, output)):
            self._tell(Noted(f"{photo.path}: {remark}"))

    def _prepared(self, guides: GuideSet | tuple[Path, ...]) -> GuideSet:
        """Prepare guides once for all photos that have the same ones."""
        if isinstance(guides, GuideSet):
            return guides
        if guides not in self.prepared:
            self.prepared[guides] = self.restorer.guides(guides, self.options)
            while len(self.prepared) > PREPARED:
                del self.prepared[next(iter(self.prepared))]
        return self.prepared[guides]

    def _check_free(self, task: Task) -> None:
        images.check_free(task.output, self._replaces)
        if task.sheet is not None:
            images.check_free(task.sheet, self._replaces_sheet(task.sheet))

    @property
    def _replaces(self) -> bool:
        return self.saving.existing is Existing.REPLACE

    def _replaces_sheet(self, sheet: Path) -> bool:
        """Return whether a sheet may be replaced: a killed run may have left one without its result."""
        return self._replaces or (self.saving.existing is Existing.KEEP and images.is_sheet(sheet))

    def _write(self, task: Task, result: RestoredPhoto) -> None:
        """Write the sheet first: where a result exists, a resumed batch misses nothing of the photo."""
        result.check()
        if task.sheet is not None:
            drawn, replaces = images.as_sheet(face_sheet(result.faces)), self._replaces_sheet(task.sheet)
            images.write(drawn, task.sheet, inputs=self.inputs, replace=replaces)
        images.write(
            result.photo,
            task.output,
            inputs=self.inputs,
            quality=self.saving.quality,
            replace=self._replaces,
        )

    def _hear(self, event: Event) -> None:
        if isinstance(event, GuideSkipped):
            if event.name in self.guides_reported:
                return
            self.guides_reported.add(event.name)
        self._tell(event)

    def _tell(self, event: BatchEvent) -> None:
        try:
            self.on_event(event)
        except Exception as error:
            self.listeners_error = error
            raise
