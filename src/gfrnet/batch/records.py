"""Hold what became of every photo, face and guide, as a report stores it in JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
)

from gfrnet.errors import Advice, GfrnetError
from gfrnet.faces import Verdict
from gfrnet.printable import printable
from gfrnet.restore import FaceOutcome, RestoredPhoto

VERSION: Literal[1] = 1
"""Version of the report's schema. It grows when a reader of the old one would stumble."""

Answer: TypeAlias = Literal["yes", "unsure", "no"]

ANSWERS: dict[Verdict, Answer] = {
    Verdict.SAME: "yes",
    Verdict.UNSURE: "unsure",
    Verdict.OTHER: "no",
    Verdict.ELSEWHERE: "no",
}
"""The verdict on a guide, in one word."""


def _named(value: object) -> object:
    return Advice.__members__.get(value, value) if isinstance(value, str) else value


AdviceName: TypeAlias = Annotated[
    Advice,
    BeforeValidator(_named),
    PlainSerializer(lambda advice: advice.name, return_type=str),
    WithJsonSchema({"type": "string", "enum": list(Advice.__members__)}),
]
"""A remedy; JSON holds its name, such as ``GIVE_BOX``, because the words may change."""


class Record(BaseModel):
    """Hold a part of a report. Its texts can be printed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _printable(cls, value: object) -> object:
        # An advice is a str as well, and stays what it is.
        return printable(value) if type(value) is str else value


class FaceRecord(Record):
    """Hold what became of a face.

    Attributes:
        status: ``restored``; ``skipped`` where no guide shows this person; or ``failed``.
        reason: Why it was not restored; empty for a restored face.
        advice: Remedies for that, the best first, by name, such as ``GIVE_BOX``.
        box: Left, top, width, height in pixels of the photo, as ``--box`` takes them.
        guide: The guide that counts most or came closest. It is empty where the model sees no guide, and none
            was given. Then nothing is compared, and ``similarity`` is 1.
        guides: All guides that were fused, the one that counts most first.
        similarity: Similarity of face and guide before restoring, 0..1. Several guides that show this
            person are compared together.
        needed: The similarity that the same person needs, 0..1.
        same_person: Whether the guide shows this person; unsure where the photo is too blurred to tell.
        probability: Probability that the guide shows this person, 0..1. A right guide and a stranger count as
            equally likely beforehand. It is null without a guide, and in reports of earlier versions.
        certainty: The probability in words; empty without it.
        remark: What to do about a restored face that is doubtful; empty where nothing is amiss. The guide may
            be doubtful or show glasses, or the face may resemble it clearly less than before.
        similarity_after: Similarity of the restored face and the guide, 0..1; null where it was not restored.
        strength: Share of the change that was applied, 0..1; null where it was not restored.
        person: The person of the face in an album; empty elsewhere.
        confirmed: Whether somebody decided in the album that the face shows this person.
    """

    status: Literal["restored", "skipped", "failed"]
    reason: str
    box: tuple[float, float, float, float]
    guide: str
    similarity: float
    needed: float
    same_person: Answer
    similarity_after: float | None
    guides: tuple[str, ...] = ()
    strength: float | None = None
    advice: tuple[AdviceName, ...] = ()
    probability: float | None = None
    certainty: str = ""
    remark: str = ""
    person: str = ""
    confirmed: bool = False

    @property
    def verdict(self) -> Verdict:
        """Return whether the guide shows this person, in the words of `faces`."""
        return next(verdict for verdict, answer in ANSWERS.items() if answer == self.same_person)


class GuideRecord(Record):
    """Hold why a guide could not be used.

    Attributes:
        guide: Its name.
        reason: Why not.
        advice: Remedies, the best first.
    """

    guide: str
    reason: str
    advice: tuple[AdviceName, ...] = ()


class PhotoRecord(Record):
    """Hold what became of a photo.

    Attributes:
        photo: Its path. Bytes of a name that are no UTF-8 are written out, as everywhere in the report.
        status: ``restored`` if at least one face was, or ``failed``. ``kept`` for a result that existed
            already; the rest is then as the earlier report had it. ``not reached`` where the run was stopped
            before.
        reason: Why there is no result; empty if there is one.
        advice: Remedies for that, the best first.
        output: Path of the result, if there is one.
        seconds: Time that the photo took.
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
    advice: tuple[AdviceName, ...] = ()


class Report(Record):
    """Hold all of a run.

    Attributes:
        version: Version of this schema.
        gfrnet: Version of the program.
        model: Name or path of the model.
        photos: One record a photo, in the order they were given. A resumed run puts records of earlier runs
            first whose photos it did not get.
    """

    version: Literal[1] = VERSION
    gfrnet: str
    model: str
    photos: tuple[PhotoRecord, ...]


def complete(records: Iterable[PhotoRecord]) -> bool:
    """Return whether nothing failed: no photo, and no face of any photo.

    Faces of a kept photo count as far as an earlier report knows them. Skipped faces are no failure.
    """
    return not any(
        record.status == "failed" or any(face.status == "failed" for face in record.faces)
        for record in records
    )


def face_records(result: RestoredPhoto) -> tuple[FaceRecord, ...]:
    """Return the faces of a result as records."""
    return tuple(face_record(face) for face in result.faces)


def face_record(face: FaceOutcome) -> FaceRecord:
    """Return a face as a record."""
    return FaceRecord(
        status=face.status,
        reason=face.reason,
        advice=face.advice,
        box=(face.box.left, face.box.top, face.box.width, face.box.height),
        guide=face.guide_name,
        similarity=face.similarity,
        needed=face.needed,
        same_person=ANSWERS[face.verdict],
        probability=face.probability if face.guides else None,
        certainty=face.certainty if face.guides else "",
        remark=face.remark,
        similarity_after=face.result.similarity if face.result else None,
        guides=tuple(printable(guide.name) for guide in face.guides),
        strength=face.result.strength if face.result else None,
    )


def guide_records(result: RestoredPhoto) -> tuple[GuideRecord, ...]:
    """Return the guides that could not be used as records."""
    return tuple(
        GuideRecord(guide=skipped.name, reason=skipped.reason, advice=skipped.advice)
        for skipped in result.guides_skipped
    )


def restored_record(photo: str, output: str, seconds: float, result: RestoredPhoto) -> PhotoRecord:
    """Return the record of a photo whose result is written."""
    return PhotoRecord(
        photo=photo,
        status="restored",
        output=output,
        seconds=round(seconds, 3),
        faces=face_records(result),
        guides_skipped=guide_records(result),
    )


def failed_record(
    photo: str, error: Exception, seconds: float, result: RestoredPhoto | None = None
) -> PhotoRecord:
    """Return the record of a photo that has no result.

    Args:
        photo: Its path.
        error: Why.
        seconds: Time that it took.
        result: The result that could not be written, if there is one.
    """
    foreseen = isinstance(error, GfrnetError)
    return PhotoRecord(
        photo=photo,
        status="failed",
        reason=str(error) if foreseen else f"A fault in gfrnet, {type(error).__name__}: {error}",
        advice=error.advice if isinstance(error, GfrnetError) else (),
        seconds=round(seconds, 3),
        faces=face_records(result) if result else (),
        guides_skipped=guide_records(result) if result else (),
    )
