"""Restore many photos: plan the files, run the tasks, record what became of each.

>>> from pathlib import Path
>>> from gfrnet import Restorer
>>> from gfrnet.batch import plan, run
>>> tasks = plan([Path("album")], [Path("good.jpg")], Path("restored"))  # doctest: +SKIP
>>> for record in run(Restorer.load(), tasks):  # doctest: +SKIP
...     print(record.photo, record.status)

The package prints nothing and knows no signal: a program draws the records and events, or sends them.
"""

from gfrnet.batch.plan import Task, check_distinct, find_guides, find_photos, inputs_of, name_outputs, plan
from gfrnet.batch.records import (
    FaceRecord,
    GuideRecord,
    PhotoRecord,
    Report,
    complete,
    face_record,
    face_records,
    guide_records,
)
from gfrnet.batch.report import ReportFile, open_report, read_report
from gfrnet.batch.run import BatchEvent, Existing, Prepare, Saving, not_reached, run
from gfrnet.batch.sheet import face_row, face_sheet

__all__ = [
    "BatchEvent",
    "Existing",
    "FaceRecord",
    "GuideRecord",
    "PhotoRecord",
    "Prepare",
    "Report",
    "ReportFile",
    "Saving",
    "Task",
    "check_distinct",
    "complete",
    "face_record",
    "face_records",
    "face_row",
    "face_sheet",
    "find_guides",
    "find_photos",
    "guide_records",
    "inputs_of",
    "name_outputs",
    "not_reached",
    "open_report",
    "plan",
    "read_report",
    "run",
]
