"""Hold what became of every photo of a job, one line of JSON each, and the sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from gfrnet.batch import FaceRecord, PhotoRecord
from gfrnet.batch.records import Record

VERSION: Literal[1] = 1
"""Version of the lines. It grows when a reader of the old ones would stumble."""


class Row(PhotoRecord):
    """Hold what became of a photo, and how to tell whether that still holds.

    Attributes:
        name: Path of the photo inside the folder of photos.
        content: Hash of the photo's file, BLAKE2b of 16 bytes in hexadecimal digits; empty where it could
            not be read.
        stamp: Hash by which the storage knows the file; empty where it knows none.
        settings: Hash of the model, the options and the guides.
        written: Hash of the result's file, likewise BLAKE2b; empty without a result.
    """

    name: str
    content: str = ""
    stamp: str = ""
    settings: str = ""
    written: str = ""


class Summary(Record):
    """Hold the sums of a report.

    Attributes:
        version: Version of the lines.
        gfrnet: Version of the program.
        model: Name or path of the model.
        source: Folder of the photos.
        output: Folder of the results.
        report: Folder of the report.
        files: Names of the reports that are summed, one a shard, in the folder of the report.
        shards: Number of all shards.
        missing: Numbers of shards without a report.
        photos: Number of photos, each counted once.
        restored: Photos with a new result.
        kept: Photos whose result an earlier run wrote.
        failed: Photos without a result.
        not_reached: Photos that an interrupted run did not reach.
        faces: Number of faces.
        faces_restored: Number of restored faces.
        twice: Number of photos that are in two reports; 0 unless folders were mixed.
        failures: The first failed photos, at most 100, without their faces.
    """

    version: Literal[1] = VERSION
    gfrnet: str
    model: str
    source: str
    output: str
    report: str
    files: tuple[str, ...] = ()
    shards: int = 1
    missing: tuple[int, ...] = ()
    photos: int = 0
    restored: int = 0
    kept: int = 0
    failed: int = 0
    not_reached: int = 0
    faces: int = 0
    faces_restored: int = 0
    twice: int = 0
    failures: tuple[PhotoRecord, ...] = ()

    @property
    def complete(self) -> bool:
        """Return whether every photo has its result."""
        return not (self.failed or self.not_reached or self.missing or self.twice)


MOST_FAILURES = 100
"""Number of failed photos that a summary lists; the lines of the report hold all."""


def lines_of(rows: Iterable[Row]) -> bytes:
    """Return rows as lines of JSON."""
    return b"".join(row.model_dump_json().encode() + b"\n" for row in rows)


def rows_of(data: bytes) -> list[Row]:
    """Return the rows of lines.

    Raises:
        ValueError: A line is no row.
    """
    return [Row.model_validate_json(line) for line in data.splitlines() if line]


def add_up(summary: Summary, rows: Sequence[Row]) -> Summary:
    """Return a summary with the sums of rows added."""
    faces: list[FaceRecord] = [face for row in rows for face in row.faces]
    failures = [
        PhotoRecord(photo=row.photo, status="failed", reason=row.reason, advice=row.advice)
        for row in rows
        if row.status == "failed"
    ]
    counted = {
        "photos": len(rows),
        "restored": sum(row.status == "restored" for row in rows),
        "kept": sum(row.status == "kept" for row in rows),
        "failed": len(failures),
        "not_reached": sum(row.status == "not reached" for row in rows),
        "faces": len(faces),
        "faces_restored": sum(face.status == "restored" for face in faces),
    }
    added = {name: getattr(summary, name) + number for name, number in counted.items()}
    listed = (*summary.failures, *failures)[:MOST_FAILURES]
    return summary.model_copy(update={**added, "failures": listed})
