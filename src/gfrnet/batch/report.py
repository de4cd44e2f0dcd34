"""Keep the report of a batch on the disk while it grows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from gfrnet import images
from gfrnet.batch.records import PhotoRecord, Report
from gfrnet.batch.run import Existing
from gfrnet.errors import Advice, PlanError, WriteError
from gfrnet.files import as_path, read_bytes
from gfrnet.version import __version__

_PAUSE = 9
"""Time without writing after each writing, in times of that writing: it takes a tenth of all at most."""


@dataclass
class ReportFile:
    """Keep a report on the disk that is whole at any time, so that a killed batch can be resumed.

    Attributes:
        path: The file.
        model: Name or path of the model.
        inputs: Files that are never overwritten.
        earlier: Records of an earlier run, which this one resumes.
        replace: Whether to replace a file that exists. If false, the first writing refuses one that another
            process has made meanwhile.
    """

    path: Path
    model: str
    inputs: images.Inputs
    earlier: Sequence[PhotoRecord] = ()
    replace: bool = True
    _records: list[PhotoRecord] = field(default_factory=list)
    _due: float = 0.0

    def records(self) -> tuple[PhotoRecord, ...]:
        """Return earlier records whose photos are not in this run, and then the records of this run."""
        here = {record.photo for record in self._records}
        return (*(record for record in self.earlier if record.photo not in here), *self._records)

    def add(self, record: PhotoRecord) -> None:
        """Add a record, and write the file now and then.

        Writing takes at most a tenth of the time. A file that cannot be written yet is no reason to stop;
        `write` reports it in the end.
        """
        self._records.append(record)
        start = perf_counter()
        if start < self._due:
            return
        with suppress(WriteError):
            self.write()
        end = perf_counter()
        self._due = end + _PAUSE * (end - start)

    def write(self, rest: Sequence[PhotoRecord] = ()) -> None:
        """Write all records.

        Args:
            rest: More records, to be added before.

        Raises:
            WriteError: The file cannot be written, for example because the disk is full. Another process
                has made it meanwhile.
        """
        self._records += rest
        report = Report(gfrnet=__version__, model=self.model, photos=self.records())
        text = report.model_dump_json(indent=2) + "\n"
        images.write_text(text, self.path, inputs=self.inputs, replace=self.replace)
        self.replace = True


def open_report(path: Path, model: str, inputs: images.Inputs, existing: Existing) -> ReportFile:
    """Open a report before the work, so that nothing is in vain.

    Args:
        path: The file.
        model: Name or path of the model.
        inputs: Files that are never overwritten.
        existing: What to do with a report that exists.

    Raises:
        ConfigError: ``path`` is neither text nor a path.
        PlanError: The name does not end in ``.json``.
        WriteError: The file exists, and ``existing`` refuses it. It is no report, is an input, or cannot be
            written.
    """
    path = as_path(path)
    if path.suffix.lower() != ".json":
        raise PlanError(
            f"{path} does not end in .json. Choose another name, for example report.json.",
            "report",
            advice=(Advice.CHOOSE_ANOTHER_NAME,),
        )
    images.check_place(path, inputs)
    images.check_free(path, existing is not Existing.REFUSE)
    if existing is Existing.KEEP:
        images.clear_parts(path.parent)
    earlier = _earlier_records(path) if existing is Existing.KEEP else ()
    goes_on = existing is Existing.KEEP and os.path.exists(path)
    return ReportFile(path, model, inputs, earlier, goes_on or existing is Existing.REPLACE)


def _earlier_records(path: Path) -> tuple[PhotoRecord, ...]:
    if not os.path.exists(path):
        return ()
    earlier = read_report(path)
    if earlier is None:
        raise WriteError(
            f"{path} is no report that this version can go on with. Choose another name, or replace it and "
            "all results.",
            advice=(Advice.OVERWRITE, Advice.CHOOSE_ANOTHER_NAME),
        )
    return earlier.photos


def read_report(path: Path) -> Report | None:
    """Read a report; None where there is none, or none of this version."""
    try:
        return Report.model_validate_json(read_bytes(as_path(path)))
    # What pydantic refuses is a ValueError.
    except (OSError, ValueError):
        return None
