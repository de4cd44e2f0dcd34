"""The report of ``gfrnet restore``: one outcome for every face of every photo, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from gfrnet import __version__, images
from gfrnet.cli.console import printable
from gfrnet.errors import WriteError
from gfrnet.faces import Verdict

if TYPE_CHECKING:
    from gfrnet.restore import FaceOutcome, RestoredPhoto

VERSION: Literal[1] = 1
"""Of the report's schema; it grows when a reader of the old one would stumble."""


_ANSWERS: dict[Verdict, Literal["yes", "unsure", "no"]] = {
    Verdict.SAME: "yes",
    Verdict.UNSURE: "unsure",
    Verdict.OTHER: "no",
}


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _printable(cls, value: object) -> object:
        return printable(value) if isinstance(value, str) else value


class FaceRecord(_Record):
    """What became of a face.

    Attributes:
        status: As in `restore.FaceOutcome`.
        reason: Why it was not restored, else empty.
        box: Left, top, width, height in pixels of the photo, as ``--box`` takes them.
        guide: The guide that counts most or came closest.
        guides: All that were fused, the one that counts most first.
        similarity: Of face and guide before, 0..1; where several guides show this person, their median.
        needed: The similarity that it takes to be one person, 0..1.
        same_person: Whether the guide shows this person; unsure where the photo is too blurred to tell.
        similarity_after: Likewise, of the restored face, 0..1; null where it was not restored.
        strength: How much of the change was applied, 0..1; null where it was not restored.
    """

    status: Literal["restored", "skipped", "failed"]
    reason: str
    box: tuple[float, float, float, float]
    guide: str
    similarity: float
    needed: float
    same_person: Literal["yes", "unsure", "no"]
    similarity_after: float | None
    guides: tuple[str, ...] = ()
    strength: float | None = None


class GuideRecord(_Record):
    """A guide that could not be used.

    Attributes:
        guide: Its name.
        reason: Why not.
    """

    guide: str
    reason: str


class PhotoRecord(_Record):
    """What became of a photo.

    Attributes:
        photo: Its path; bytes of a name that are no UTF-8 are written out, as everywhere in the report.
        status: ``restored`` if at least one face was; ``failed``; ``kept`` for a result that was there
            already (the rest is then as the report of the earlier run had it, if that was at hand);
            ``not reached`` when interrupted before.
        reason: Why there is no result, else empty.
        output: The result's path, if there is one.
        seconds: Time it took.
        faces: One record a face.
        guides_skipped: Guides that could not be used.
    """

    photo: str
    status: Literal["restored", "failed", "kept", "not reached"]
    reason: str = ""
    output: str | None = None
    seconds: float = 0.0
    faces: tuple[FaceRecord, ...] = ()
    guides_skipped: tuple[GuideRecord, ...] = ()


class Report(_Record):
    """All of a run.

    Attributes:
        version: Of this schema.
        gfrnet: Version of the program.
        model: Name or path of the model.
        photos: One record a photo, in the order they were given; with ``--resume`` those of earlier runs
            whose photos this run did not get come first.
    """

    version: Literal[1] = VERSION
    gfrnet: str
    model: str
    photos: tuple[PhotoRecord, ...]


@dataclass
class ReportFile:
    """A report that is on the disk while it grows, so that a killed batch can be gone on with.

    Attributes:
        path: The file; it is whole at any time.
        model: Name or path of the model.
        inputs: Files that are never overwritten.
        records: Tells the records so far.
    """

    path: Path
    model: str
    inputs: images.Inputs
    records: Callable[[], tuple[PhotoRecord, ...]]
    _due: float = 0.0

    def update(self) -> None:
        """Write it, but a large report now and then only: in all that takes a tenth of the time at most.

        What cannot be written yet is no reason to stop; `write` tells it in the end.
        """
        start = perf_counter()
        if start < self._due:
            return
        with suppress(WriteError):
            self.write()
        end = perf_counter()
        self._due = end + 9 * (end - start)

    def write(self) -> None:
        """Write it.

        Raises:
            WriteError: The disk is full, say.
        """
        report = Report(gfrnet=__version__, model=self.model, photos=self.records())
        images.write_text(report.model_dump_json(indent=2) + "\n", self.path, inputs=self.inputs)


def read_report(path: Path) -> Report | None:
    """A report that was written before; None where there is none, or none of this version."""
    try:
        return Report.model_validate_json(path.read_bytes())
    # What pydantic refuses is a ValueError.
    except (OSError, ValueError):
        return None


def face_records(result: RestoredPhoto) -> tuple[FaceRecord, ...]:
    """The faces of a result as records."""
    return tuple(_face_record(face) for face in result.faces)


def _face_record(face: FaceOutcome) -> FaceRecord:
    return FaceRecord(
        status=face.status,
        reason=face.reason,
        box=(face.box.left, face.box.top, face.box.width, face.box.height),
        guide=face.guide_name,
        similarity=face.similarity,
        needed=face.needed,
        same_person=_ANSWERS[face.verdict],
        similarity_after=face.result.similarity if face.result else None,
        guides=tuple(printable(guide.name) for guide in face.guides),
        strength=face.result.strength if face.result else None,
    )


def guide_records(result: RestoredPhoto) -> tuple[GuideRecord, ...]:
    """The guides that could not be used as records."""
    return tuple(GuideRecord(guide=skipped.name, reason=skipped.reason) for skipped in result.guides_skipped)
