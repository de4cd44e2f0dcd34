"""Restore the bad faces of an album in a worker, and keep pictures of each."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from gfrnet import batch
from gfrnet.album import FOLDER, Album, FaceRestored, How, RestoreEvent, RestorePlan, is_album
from gfrnet.batch import Existing, PhotoRecord, Saving
from gfrnet.errors import PlanError
from gfrnet.serve.desk import Desk, as_ltwh, face_folder
from gfrnet.serve.orders import AlbumRestoreOrder
from gfrnet.serve.problems import Problem
from gfrnet.serve.restoring import Cancelled, Outcome, counted, outcome_of, write_crops, write_report
from gfrnet.work import Noted

RESULTS = "album"
"""Name of the folder of results within that of a job."""


def restore_album(desk: Desk, order: AlbumRestoreOrder, folder: Path) -> Outcome:
    """Restore the bad faces of an album.

    Photos outside the roots of the server stay as they are, also if the album knows them.

    Args:
        desk: What the job needs.
        order: Which faces to restore, and how.
        folder: Folder of the album's photos.

    Raises:
        GfrnetError: The album cannot be read, or nobody has such a label.
        Cancelled: The job is to end.
    """
    with Album.open(folder) as album:
        plan = album.plan(desk.out / RESULTS, order.which.which())
        tasks = tuple(task for task in plan.tasks if _is_served(desk, task.photo))
        if not tasks:
            raise PlanError(
                "No face of this album can be restored. Name people, or give good photos of them."
            )
        desk.tell("progress", {"what": "photos", "done": 0, "total": len(tasks)})
        run = _Run(desk, folder, replace(plan, tasks=tasks))
        run.restore(album, order)
    return outcome_of(run.records) if run.is_there() else Outcome(counted(run.records), _gone())


def _gone() -> Problem:
    detail = (
        "The folder was taken away before all photos were restored. Put it back, and order the rest. "
        "What was finished is kept."
    )
    return Problem(type="urn:gfrnet:problem:folder-gone", title="Folder gone", status=409, detail=detail)


def _is_served(desk: Desk, photo: Path) -> bool:
    real = os.path.realpath(photo)
    return any(real.startswith(os.path.join(os.path.realpath(root), "")) for root in desk.roots)


class _Run:
    """Restore photo after photo, and tell what becomes of each.

    Args:
        desk: What the job needs.
        folder: Folder of the album's photos.
        plan: What to restore.
    """

    def __init__(self, desk: Desk, folder: Path, plan: RestorePlan) -> None:
        self._desk, self._folder, self._plan = desk, folder, plan
        self._told = {int(data["photo"]): data["record"] for data in desk.told("photo")}
        self.records: list[PhotoRecord] = []
        self._faces = 0

    def restore(self, album: Album, order: AlbumRestoreOrder) -> None:
        """Restore the photos that are left, and keep results that exist."""
        how = How(self._desk.restorer, order.options.options(self._desk.max_megabytes), Saving(Existing.KEEP))
        records = album.restore(self._plan, how=how, on_event=self._hear, stopped=self._is_to_end)
        for record in records:
            self._finish(record)
            self._faces = 0
        if len(self.records) < len(self._plan.tasks) and self.is_there():
            raise Cancelled

    def is_there(self) -> bool:
        """Return whether the album still lies where it did, or all that was to be restored is."""
        done = len(self.records) == len(self._plan.tasks)
        failed = any(record.status == "failed" for record in self.records)
        return is_album(self._folder / FOLDER) or (done and not failed)

    def _is_to_end(self) -> bool:
        return self._desk.stopped() or not is_album(self._folder / FOLDER)

    @property
    def _photo(self) -> int:
        return len(self.records)

    def _hear(self, event: RestoreEvent) -> None:
        match event:
            case FaceRestored(face=face, outcome=outcome):
                index, self._faces = self._faces, self._faces + 1
                write_crops(face_folder(self._desk.out, self._photo, index), outcome)
                record = batch.face_record(outcome).model_dump(mode="json") | {"person": face.person}
                told = {"photo": self._photo, "face": index, "label": face.label, "record": record}
                self._desk.tell("face", told | {"box": as_ltwh(face.box)})
            case Noted(text=text):
                self._desk.tell("note", {"photo": self._photo, "text": text})

    def _finish(self, record: PhotoRecord) -> None:
        index, task = self._photo, self._plan.tasks[self._photo]
        known = self._told.get(index)
        if known is not None:
            self.records.append(PhotoRecord.model_validate(known))
            return
        if record.output is not None:
            _shown(task.output, self._desk.out / str(index) / "after")
        name = os.path.relpath(task.photo, self._folder)
        output = None if record.output is None else os.path.relpath(task.output, self._plan.output)
        record = record.model_copy(update={"photo": name, "output": output})
        self.records.append(record)
        write_report(self._desk, self.records)
        self._desk.tell("photo", {"photo": index, "record": record.model_dump(mode="json")})
        done = {"what": "photos", "done": len(self.records), "total": len(self._plan.tasks)}
        self._desk.tell("progress", done)


def _shown(result: Path, folder: Path) -> None:
    """Let a result lie where all results of photos are looked for, too; it takes no more space."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / result.name
    if not place.exists():
        os.link(result, place)
