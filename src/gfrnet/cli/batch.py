"""Many photos, one after the other: a bad one is reported, and the others go on."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import perf_counter

import numpy as np
from rich.progress import Progress

from gfrnet import images
from gfrnet.cli.console import complain, progress_console, remark, say
from gfrnet.cli.interrupt import stoppable
from gfrnet.cli.outputs import Task, check_free
from gfrnet.cli.pictures import face_sheet
from gfrnet.cli.report import PhotoRecord, face_records, guide_records
from gfrnet.errors import GfrnetError
from gfrnet.faces import Verdict
from gfrnet.restore import Event, FaceOutcome, GuideSkipped, RestoredPhoto, Restorer
from gfrnet.types import Box

NAMED = 3
"""Guides of a face whose names are printed, the fittest; of the others the number. The report names all."""

_ANY_SHEET = images.Photo(np.zeros((1, 1, 3), np.uint8))
"""Stands for the compare sheet before it is drawn."""


@dataclass(frozen=True)
class Wishes:
    """How to restore and to save, the same for every photo (see `Restorer.restore`, `RestoredPhoto.save`)."""

    guides: tuple[Path, ...]
    scale: float
    strength: float | None
    fidelity: float | None
    boxes: tuple[Box, ...] | None
    cropped: bool
    force: bool
    thorough: bool
    quality: int


@dataclass
class Batch:
    """Restores photos and keeps a record of each.

    Attributes:
        restorer: With its model loaded.
        wishes: How to restore.
        tasks: What to restore, and where to.
        overwrite: Replace results that exist.
        resume: Keep results that exist and go on.
        records: What became of the photos so far.
        earlier: Records of an earlier run, which are gone on with.
        interrupted: Ctrl-C was pressed.
    """

    restorer: Restorer
    wishes: Wishes
    tasks: Sequence[Task]
    overwrite: bool
    resume: bool
    earlier: Sequence[PhotoRecord] = ()
    records: list[PhotoRecord] = field(default_factory=list)
    interrupted: bool = False
    _guides_reported: set[str] = field(default_factory=set)

    def run(self, on_record: Callable[[], None] = lambda: None) -> None:
        """Restore them all, or until Ctrl-C; ``on_record`` is called after each."""
        try:
            with stoppable() as stopped:
                for task in _with_progress(self.tasks):
                    self.records.append(self._attempt(task))
                    _complain_of_faces(self.records[-1])
                    _remark_on_sheet(task)
                    on_record()
                    self.interrupted = stopped()
                    if self.interrupted:
                        break
        except KeyboardInterrupt:
            self.interrupted = True
        for task in self.tasks[len(self.records) :]:
            self.records.append(self._unreached(task))

    def all_records(self) -> tuple[PhotoRecord, ...]:
        """Those of the earlier run whose photos are not in this one, and then those of this one."""
        here = {record.photo for record in self.records}
        return (*(record for record in self.earlier if record.photo not in here), *self.records)

    def count(self, status: str) -> int:
        """How many photos ended like this."""
        return sum(record.status == status for record in self.records)

    def complete(self) -> bool:
        """Nothing failed: no photo, and no face of any photo (of a kept one as far as it is known)."""
        failed = (face.status == "failed" for record in self.records for face in record.faces)
        return not (self.count("failed") or any(failed))

    def summary(self) -> str:
        """The figures of the batch in a line."""
        parts = [f"{self.count(status)} {status}" for status in ("restored", "kept", "failed", "not reached")]
        return f"{len(self.tasks)} photos: " + ", ".join(part for part in parts if not part.startswith("0 "))

    def _attempt(self, task: Task) -> PhotoRecord:
        start = perf_counter()
        if self.resume and task.output.exists():
            kept = self._kept(task)
            say(f"{task.output} is kept.{_what_is_missing(kept)}")
            return kept
        try:
            result, problem = self._restore(task)
        except GfrnetError as error:
            return self._failure(task, str(error), start)
        except Exception as error:
            # One photo alone shows its fault (and with --debug the traceback); a batch goes on.
            if len(self.tasks) == 1:
                raise
            return self._failure(task, f"A fault in gfrnet, {type(error).__name__}: {error}", start)
        return PhotoRecord(
            photo=str(task.photo),
            status="failed" if problem else "restored",
            reason=problem,
            output=None if problem else str(task.output),
            seconds=round(perf_counter() - start, 3),
            faces=face_records(result),
            guides_skipped=guide_records(result),
        )

    def _kept(self, task: Task) -> PhotoRecord:
        """As the earlier run had it, if that is known."""
        kept = PhotoRecord(photo=str(task.photo), status="kept", output=str(task.output))
        earlier = self._earlier_by_files.get((kept.photo, kept.output))
        return earlier.model_copy(update={"status": "kept"}) if earlier else kept

    @cached_property
    def _earlier_by_files(self) -> dict[tuple[str, str | None], PhotoRecord]:
        return {(record.photo, record.output): record for record in self.earlier}

    def _unreached(self, task: Task) -> PhotoRecord:
        if self.resume and task.output.exists():
            return self._kept(task)
        return PhotoRecord(photo=str(task.photo), status="not reached")

    def _failure(self, task: Task, reason: str, start: float) -> PhotoRecord:
        complain(_about(task.photo, reason))
        seconds = round(perf_counter() - start, 3)
        return PhotoRecord(photo=str(task.photo), status="failed", reason=reason, seconds=seconds)

    def _restore(self, task: Task) -> tuple[RestoredPhoto, str]:
        """The result, and why it was not written (empty if it was)."""
        photo = images.read(task.photo)
        images.check_output(photo, task.output, self.inputs)
        if task.sheet is not None:
            images.check_output(_ANY_SHEET, task.sheet, self.inputs)
        self._check_free(task)
        _remark_on_several(photo)
        result = self.restorer.restore(
            photo,
            self._guides_of(task),
            scale=self.wishes.scale,
            strength=self.wishes.strength,
            fidelity=self.wishes.fidelity,
            places=self.wishes.boxes,
            cropped=self.wishes.cropped,
            force=self.wishes.force,
            thorough=self.wishes.thorough,
            on_event=self._hear,
        )
        try:
            self._write(task, result)
        except GfrnetError as error:
            complain(_about(task.photo, str(error)))
            return result, str(error)
        _announce(task, result, advised=self.wishes.strength is None)
        return result, ""

    def _guides_of(self, task: Task) -> Sequence[Path]:
        """All but the photo itself, of which in a folder of photos and guides nobody needs to be told."""
        itself = task.photo.resolve()
        return [guide for guide in self.wishes.guides if guide.resolve() != itself] or self.wishes.guides

    def _check_free(self, task: Task) -> None:
        for path in (task.output, task.sheet):
            if path is not None:
                check_free(path, self.overwrite or (self.resume and path is task.sheet))

    def _write(self, task: Task, result: RestoredPhoto) -> None:
        """The sheet first: whoever finds a result, on resuming, knows that all of it is there."""
        result.check()
        if task.sheet is not None:
            images.write(images.Photo(face_sheet(result.faces)), task.sheet, inputs=self.inputs)
        images.write(result.photo, task.output, inputs=self.inputs, quality=self.wishes.quality)

    @cached_property
    def inputs(self) -> images.Inputs:
        """Every file that goes in; none of them is ever overwritten."""
        return images.Inputs([*(task.photo for task in self.tasks), *self.wishes.guides])

    def _hear(self, event: Event) -> None:
        if isinstance(event, GuideSkipped) and event.name not in self._guides_reported:
            self._guides_reported.add(event.name)
            remark(f"Guide left out. {event.reason}")


def _with_progress(tasks: Sequence[Task]) -> Iterable[Task]:
    console = progress_console()
    if len(tasks) == 1 or not console.is_terminal:
        yield from tasks
        return
    # A piped stdout must stay a pipe: only a terminal shares its lines with the progress bar.
    with Progress(console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        yield from progress.track(tasks, description="Restoring")


def _about(photo: Path, reason: str) -> str:
    return reason if str(photo) in reason else f"{photo}: {reason}"


def _announce(task: Task, result: RestoredPhoto, advised: bool) -> None:
    restored, total = result.count("restored"), len(result.faces)
    say(f"{task.output}: {restored} of {total} {'face' if total == 1 else 'faces'} restored")
    for face in result.faces:
        say(f"  face at {face.box.left:.0f},{face.box.top:.0f}: {_fate(face, advised)}")
    if task.sheet is not None:
        say(f"{task.sheet}: before, guide, after")


def _complain_of_faces(record: PhotoRecord) -> None:
    """Of those that failed beside restored ones; the reason of a photo that failed has them all."""
    for face in record.faces:
        if face.status == "failed" and record.status != "failed":
            complain(f"{record.photo}, face at {face.box[0]:.0f},{face.box[1]:.0f}: {face.reason}")


def _what_is_missing(kept: PhotoRecord) -> str:
    missing = sum(face.status != "restored" for face in kept.faces)
    if not missing:
        return ""
    verb = "was" if missing == 1 else "were"
    return f" {missing} of its {len(kept.faces)} faces {verb} not restored; --overwrite tries again."


def _remark_on_sheet(task: Task) -> None:
    if task.sheet is not None and not os.path.exists(task.sheet):
        remark(f"{task.sheet} is not written: nothing of {task.photo} was restored this time.")


def _remark_on_several(photo: images.Photo) -> None:
    if photo.first_of_several:
        remark(f"{photo.path} holds several pictures; only the first is restored.")


def _fate(face: FaceOutcome, advised: bool) -> str:
    if not face.result:
        return f"{face.status}. {face.reason}"
    doubt = "" if face.verdict is Verdict.SAME else f" ({face.verdict})"
    guides = "guide" if len(face.guides) == 1 else "guides"
    named, others = face.guides[:NAMED], len(face.guides[NAMED:])
    names = ", ".join(guide.name for guide in named) + (f" and {others} more" if others else "")
    why = ": it would lose by more (--strength 1 applies all)" if advised else ""
    part = "" if face.result.strength == 1 else f", strength {face.result.strength:.2f}{why}"
    return (
        f"{guides} {names}, similarity {face.similarity:.2f} before{doubt}, "
        f"{face.result.similarity:.2f} after{part}"
    )
