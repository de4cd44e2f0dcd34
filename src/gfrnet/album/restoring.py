"""Restore the bad faces of an album, each with good photos of its own person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from gfrnet import batch, images, work
from gfrnet.album.cutting import GuideCutter, unchanged
from gfrnet.album.face_sheets import FaceSheets
from gfrnet.album.guides import GuideFinder
from gfrnet.album.index import Index
from gfrnet.album.model import AlbumFace
from gfrnet.album.outputs import check_apart, check_result, mark_results
from gfrnet.album.queries import faces_with_ids
from gfrnet.album.restore_plan import RestorePlan
from gfrnet.batch import BatchEvent, Existing, PhotoRecord, Saving, Task
from gfrnet.errors import DataError
from gfrnet.restore import FaceDone, FaceOutcome, Place, RestoreOptions, Restorer
from gfrnet.work import Noted, Stopped

_TRIED = 5
"""Number of photos that are restored to estimate the time of all."""


@dataclass(frozen=True, eq=False)
class FaceRestored:
    """Report what became of a face of an album, before its photo is written.

    Attributes:
        face: The face.
        outcome: What became of it.
    """

    face: AlbumFace
    outcome: FaceOutcome


RestoreEvent: TypeAlias = BatchEvent | FaceRestored
"""An event of restoring an album."""

Listener: TypeAlias = Callable[[RestoreEvent], None]


@dataclass(frozen=True)
class How:
    """Say how an album is restored.

    Attributes:
        restorer: Restores, with its model loaded; None loads the default model.
        options: How to restore every photo. The faces are never searched for, so ``cropped`` and
            ``thorough`` do not count.
        saving: How to write results.
        sheets: Folder of pages that show each person's faces before and after; None for no pages.
        earlier: Records of an earlier run, for results that are kept.
    """

    restorer: Restorer | None = None
    options: RestoreOptions = field(default_factory=RestoreOptions)
    saving: Saving = field(default_factory=Saving)
    sheets: Path | None = None
    earlier: Sequence[PhotoRecord] = ()


def restore_planned(
    index: Index,
    plan: RestorePlan,
    how: How,
    *,
    on_event: Listener = work.unheard,
    stopped: Stopped = work.never,
) -> Iterator[PhotoRecord]:
    """Restore the photos of a plan, and write the results.

    A photo that cannot be restored is recorded as failed, and the others go on. A photo that is gone or
    changed since it was scanned is such a one.

    Args:
        index: The index of the album.
        plan: What to restore.
        how: How to restore.
        on_event: Hears events as they happen.
        stopped: Asked before every photo; if true, the iteration ends.

    Yields:
        One record a photo, in the order of ``plan.tasks``, as soon as its files are written.

    Raises:
        PlanError: The folder of results or of sheets holds photos or belongs to the album.
        WriteError: One of them cannot be written to.
    """
    sheets, own = None, index.path.parent
    if plan.tasks:
        check_apart(plan.output, own, "output")
        if how.sheets is not None:
            check_apart(how.sheets, own, "sheets")
        mark_results(plan.output)
        if how.sheets is not None:
            mark_results(how.sheets)
            sheets = FaceSheets(how.sheets, plan.inputs, plan.faces)
    job = _Job(index, plan, how.options, sheets, on_event)
    if how.saving.existing is Existing.KEEP:
        for folder in (plan.output, how.sheets):
            if folder is not None:
                images.clear_parts(folder)
    found = batch.run(
        how.restorer or Restorer.load(),
        plan.tasks,
        how.options,
        saving=how.saving,
        earlier=how.earlier,
        prepare=job.prepare,
        on_event=job.hear,
        stopped=stopped,
    )
    yield from map(job.recorded, found)


def estimate_seconds(index: Index, plan: RestorePlan, how: How) -> float | None:
    """Estimate how long the photos of a plan take, by restoring a few of them into a temporary folder.

    Args:
        index: The index of the album.
        plan: What to restore.
        how: How to restore. Results that exist already cost no time where they are kept.

    Returns:
        Seconds; None where none of the few can be restored.
    """
    tasks = list(plan.tasks)
    if how.saving.existing is Existing.KEEP:
        tasks = [task for task in tasks if not task.output.exists()]
    if not tasks:
        return 0.0
    some = [tasks[n * len(tasks) // min(_TRIED, len(tasks))] for n in range(min(_TRIED, len(tasks)))]
    job = _Job(index, plan, how.options, None, work.unheard)
    with TemporaryDirectory() as folder:
        tried = [
            replace(task, output=Path(folder) / f"{number}{task.output.suffix}")
            for number, task in enumerate(some)
        ]
        restorer = how.restorer or Restorer.load()
        found = batch.run(restorer, tried, how.options, prepare=job.prepare, on_event=job.hear)
        seconds = [record.seconds for record in found if record.status == "restored"]
    return sum(seconds) / len(seconds) * len(tasks) if seconds else None


@dataclass
class _Job:
    """Give every photo its faces and their guides when its turn has come."""

    index: Index
    plan: RestorePlan
    options: RestoreOptions
    sheets: FaceSheets | None
    on_event: Listener
    faces: tuple[AlbumFace, ...] = ()

    def __post_init__(self) -> None:
        self.finder = GuideFinder(self.index)
        self.cutter = GuideCutter(self.index, self.options.max_megabytes)

    def prepare(self, task: Task) -> Task:
        """Return a task with the places of its faces and their guides.

        Raises:
            DataError: The photo or all guides are gone or changed, or the album changed meanwhile.
            WriteError: A link leads from the result to a photo of the album, or to some other file.
        """
        self.faces = ()
        images.check_place(task.output, self.plan.inputs)
        check_result(task.output)
        found = faces_with_ids(self.index, self.plan.faces[task.photo])
        faces = [face for face in found if self.plan.which.wants(face)]
        if not faces:
            raise DataError(
                f"{task.photo} has no longer a face to restore, because it was scanned again or somebody "
                "decided otherwise. Restore the album once more."
            )
        _check_unchanged(self.index, faces[0], task.photo)
        places = dict(self._places(task.photo, faces))
        self.faces = tuple(places)
        return replace(task, places=tuple(places.values()))

    def _places(self, photo: Path, faces: Sequence[AlbumFace]) -> Iterator[tuple[AlbumFace, Place]]:
        """Yield the faces that have guides, with their places.

        Raises:
            DataError: None has.
        """
        missing: list[DataError] = []
        for face in faces:
            try:
                guides = self.cutter.guide_set(self.finder.ranked(face), self.options.fuse)
            except DataError as error:
                missing.append(DataError(f"{photo}, {face.person}: {error}"))
            else:
                yield face, Place(face.box, face.turn, guides)
        if len(missing) == len(faces):
            raise missing[0]
        for one in missing:
            self.on_event(Noted(str(one)))

    def hear(self, event: BatchEvent) -> None:
        """Pass an event on, and tell whose face it is about."""
        self.on_event(event)
        if isinstance(event, FaceDone):
            face = next((face for face in self.faces if face.box == event.outcome.box), None)
            if face is not None:
                if self.sheets is not None:
                    self.sheets.add(face, event.outcome)
                self.on_event(FaceRestored(face, event.outcome))

    def recorded(self, record: PhotoRecord) -> PhotoRecord:
        """Return a record with the people of its faces; draw its sheets."""
        if record.status == "kept":
            return record
        if self.sheets is not None:
            for remark in self.sheets.draw(keep=record.status == "restored"):
                self.on_event(Noted(remark))
        named = [
            found.model_copy(update={"person": face.person, "confirmed": face.by == "person"})
            for found, face in zip(record.faces, self.faces, strict=False)
        ]
        return record.model_copy(update={"faces": tuple(named)})


def _check_unchanged(index: Index, face: AlbumFace, photo: Path) -> None:
    """Check that a photo is the one that was scanned.

    Raises:
        DataError: It is gone or changed.
    """
    row = index.row(
        "SELECT content FROM photos JOIN faces ON photos.id = faces.photo WHERE faces.id = ?", (face.id,)
    )
    if row is None or unchanged([photo], row["content"]) is None:
        raise DataError(f"{photo} is gone or changed since it was scanned. Scan the album again.")
