"""Restore the photos of an order in a worker, and keep what pages and programs want to see of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gfrnet import batch, images
from gfrnet.batch import BatchEvent, Existing, PhotoRecord, Report, Saving, Task
from gfrnet.images import Photo
from gfrnet.restore import (
    BegunFace,
    FaceDone,
    FaceOutcome,
    FacesFound,
    GuideSkipped,
    Place,
    RestoreOptions,
)
from gfrnet.runtime import Restoration
from gfrnet.serve import blending
from gfrnet.serve.desk import Desk, FacePicture, as_box, as_ltwh, face_folder
from gfrnet.serve.orders import FacePlace, Picture, RestoreOrder
from gfrnet.serve.problems import Problem
from gfrnet.types import UInt8Image
from gfrnet.version import __version__
from gfrnet.work import Noted

REPORT = "report.json"
"""Name of the report in the folder of a job's results."""


class Cancelled(BaseException):
    """End a job between two faces. It is no fault of a photo, so a batch does not record it as one."""


@dataclass(frozen=True)
class Outcome:
    """Hold how a job ended.

    Attributes:
        result: What came of it, in JSON.
        problem: Why nothing came of it; None where something did.
    """

    result: Mapping[str, Any] | None
    problem: Problem | None = None


def restore(desk: Desk, order: RestoreOrder) -> Outcome:
    """Restore the photos of an order that are not restored yet.

    Raises:
        GfrnetError: What all photos share is at fault.
        Cancelled: The job is to end.
    """
    run = _Run(desk, order)
    run.restore()
    return outcome_of(run.records)


class _Run:
    """Restore photo after photo, and tell what becomes of each.

    Args:
        desk: What the job needs.
        order: What to restore.
    """

    def __init__(self, desk: Desk, order: RestoreOrder) -> None:
        self._desk, self._order = desk, order
        self._options = order.options.options(desk.max_megabytes)
        told = {int(data["photo"]): data["record"] for data in desk.told("photo")}
        self.records = [PhotoRecord.model_validate(told[index]) for index in sorted(told)]
        self._left = [index for index in range(len(order.photos)) if index not in told]
        self._faces = 0

    @property
    def _photo(self) -> int:
        return self._left[0]

    def restore(self) -> None:
        """Restore the photos that are left."""
        self._desk.restorer.on_result = self._keep
        tasks = [self._task(index) for index in self._left]
        saving = Saving(Existing.REPLACE)
        self._start()
        for record in batch.run(
            self._desk.restorer, tasks, self._options, saving=saving, on_event=self._hear
        ):
            self._finish(record)
            self._left.pop(0)
            self._start()

    def _task(self, index: int) -> Task:
        """Name the files of a photo. Its folder and its name come from the server, not from the client."""
        photo, names = self._order.photos[index], self._desk.names
        path, folder = Path(names[photo.file]), self._desk.out / str(index)
        name = folder / "after" / blending.result_name(path)
        guides = tuple(dict.fromkeys(Path(names[guide.file]) for guide in self._order.guides))
        places = None if photo.places is None else tuple(map(self._place, photo.places))
        return Task(path, name, folder / "sheet.png", guides, places)

    def _place(self, place: FacePlace) -> Place:
        return as_place(self._desk, place, self._order.guides, self._options)

    def _start(self) -> None:
        if not self._left:
            return
        if self._desk.stopped():
            raise Cancelled
        self._desk.clear(self._photo)
        self._faces = 0
        self._desk.restorer.begun = None

    def _keep(self, index: int, face: BegunFace, result: Restoration) -> None:
        if self._desk.stopped():
            raise Cancelled
        blending.store(face_folder(self._desk.out, self._photo, index), face, result)

    def _hear(self, event: BatchEvent) -> None:
        match event:
            case FacesFound(boxes=boxes):
                self._tell("faces", boxes=[as_ltwh(box) for box in boxes])
            case FaceDone(outcome=outcome):
                self._done(outcome)
            case GuideSkipped(name=name, reason=reason, advice=advice):
                found = {"guide": name, "reason": reason, "advice": [each.name for each in advice]}
                self._desk.tell("guide", found)
            case Noted(text=text):
                self._tell("note", text=text)

    def _done(self, outcome: FaceOutcome) -> None:
        index, self._faces = self._faces, self._faces + 1
        folder = face_folder(self._desk.out, self._photo, index)
        write_crops(folder, outcome)
        if outcome.status != "restored":
            (folder / blending.NETWORK).unlink(missing_ok=True)
        record = batch.face_record(outcome).model_dump(mode="json")
        self._tell("face", face=index, record=record)

    def _finish(self, record: PhotoRecord) -> None:
        name = self._order.photos[self._photo].name
        output = None if record.output is None else Path(record.output).name
        record = record.model_copy(update={"photo": name, "output": output})
        self.records.append(record)
        write_report(self._desk, self.records)
        begun = self._desk.restorer.begun
        if record.status == "restored" and begun is not None:
            restorer, out = self._desk.restorer, self._desk.out
            blending.write_layers(restorer, begun.photo, out, self._photo, self._options)
        self._tell("photo", record=record.model_dump(mode="json"))

    def _tell(self, kind: str, **data: object) -> None:
        self._desk.tell(kind, {"photo": self._photo, **data})


def write_report(desk: Desk, records: Sequence[PhotoRecord]) -> None:
    """Write the report of the photos that are done."""
    report = Report(gfrnet=__version__, model=desk.model, photos=tuple(records))
    images.write_text(report.model_dump_json(indent=2) + "\n", desk.out / REPORT)


def as_place(desk: Desk, place: FacePlace, guides: tuple[Picture, ...], options: RestoreOptions) -> Place:
    """Return a place of the library for one that a client gives.

    Args:
        desk: What the job needs.
        place: The place.
        guides: The guides of the order, among which the place may name its own.
        options: How to prepare these guides.

    Raises:
        GfrnetError: None of its own guides can be used.
    """
    own = None
    if place.guides is not None:
        files = [desk.names[guides[index].file] for index in place.guides]
        own = desk.restorer.guides(files, options)
    return Place(as_box(place.box), place.turn, own)


def write_crops(folder: Path, outcome: FaceOutcome) -> None:
    """Write the crops of a face, so that a page can show them at once."""
    pictures: dict[FacePicture, UInt8Image | None] = {"before": outcome.degraded}
    if outcome.guides:
        pictures["guide"] = outcome.guide_crop
    if outcome.result is not None:
        pictures |= {"after": outcome.result.restored, "warped": outcome.result.warped}
    for name, pixels in pictures.items():
        if pixels is not None:
            images.write(Photo(pixels), folder / f"{name}.png")


def counted(records: Sequence[PhotoRecord]) -> dict[str, Any]:
    """Count what became of photos and of their faces."""
    counts = Counter(record.status for record in records)
    faces = Counter(face.status for record in records for face in record.faces)
    return {
        "photos": len(records),
        "restored": counts["restored"],
        "failed": counts["failed"],
        "faces": dict(faces),
    }


def outcome_of(records: Sequence[PhotoRecord]) -> Outcome:
    """Return how a job ended: well where at least one photo has a result."""
    result = counted(records)
    if result["restored"]:
        return Outcome(result)
    first = records[0]
    problem = Problem(
        type="urn:gfrnet:problem:nothing-restored",
        title="Nothing restored",
        status=422,
        detail=first.reason,
        advice=first.advice,
    )
    return Outcome(result, problem)
