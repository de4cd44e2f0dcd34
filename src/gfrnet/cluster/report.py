"""Keep the report of a job in a folder: one file a shard, and files of unfinished work beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from gfrnet import images
from gfrnet.cluster.plan import Places
from gfrnet.cluster.rows import Row, Summary, add_up, lines_of, rows_of
from gfrnet.cluster.shard import Shard
from gfrnet.cluster.storage import Folder, UnreadableError
from gfrnet.errors import Advice, DataError, PlanError, WriteError
from gfrnet.version import __version__

_JOB = re.compile(r"job(-\d+-of-\d+)?\.json")
_MOST_JOB = 2**20


class Job(BaseModel):
    """Hold what a folder of a report belongs to.

    Attributes:
        gfrnet: Version of the program.
        model: Name or path of the model.
        source: Folder of the photos.
        output: Folder of the results.
        guides: Folders of the guides.
        shard: Number of the shard.
        shards: Number of all shards.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    gfrnet: str
    model: str
    source: str
    output: str
    guides: tuple[str, ...] = ()
    shard: int = 1
    shards: int = 1


@dataclass(frozen=True)
class ReportFolder:
    """Keep the report of one shard. Nobody else writes its files.

    Attributes:
        folder: The folder, which all shards share.
        shard: The shard.
    """

    folder: Folder
    shard: Shard = field(default_factory=Shard)

    @property
    def lines(self) -> str:
        """Return the name of the finished report."""
        return f"report{self.shard.label}.jsonl"

    @property
    def parts(self) -> str:
        """Return the folder of unfinished reports."""
        return f"parts{self.shard.label}"

    @property
    def _job(self) -> str:
        return f"job{self.shard.label}.json"

    def is_begun(self, places: Places, resume: bool) -> bool:
        """Return whether an earlier run began the report of this shard.

        Raises:
            WriteError: It did, and ``resume`` is false.
            PlanError: It is the report of other folders, or of another number of shards.
            DataError: A file of it is damaged.
        """
        jobs = _jobs(self.folder)
        self._check(jobs, places, resume)
        return self._job in jobs

    def begin(self, places: Places, model: str) -> None:
        """Note what the folder belongs to.

        Raises:
            WriteError: It cannot be written.
        """
        job = Job(
            gfrnet=__version__,
            model=model,
            source=places.source,
            output=places.output,
            guides=places.guides,
            shard=self.shard.index,
            shards=self.shard.count,
        )
        self.folder.write(self._job, job.model_dump_json(indent=2).encode() + b"\n")

    def _check(self, jobs: dict[str, Job], places: Places, resume: bool) -> None:
        other = next(iter(jobs.values()), None)
        if other is not None and other.shards != self.shard.count:
            raise PlanError(
                f"{self.folder} holds the report of a job of {other.shards} shards, not {self.shard.count}. "
                "Give the same number, or choose another folder.",
                "report",
            )
        if other is not None and (other.source, other.output) != (places.source, places.output):
            raise PlanError(
                f"{self.folder} holds the report of another job, from {other.source} to {other.output}. "
                "Choose another folder.",
                "report",
            )
        if self._job in jobs and not resume:
            raise WriteError(
                f"{self.folder} holds a report of this job already. Go on with it, or choose other folders "
                "for the report and the results.",
                advice=(Advice.RESUME, Advice.CHOOSE_ANOTHER_FOLDER),
            )

    def known(self) -> dict[str, Row]:
        """Return the rows of earlier runs, by name.

        Raises:
            DataError: A file of them is damaged.
        """
        names = [self.lines] if self.lines in self.folder.names("") else []
        names += [f"{self.parts}/{name}" for name in self.folder.names(self.parts) if name.endswith(".jsonl")]
        return {row.name: row for row in _rows(self.folder, names)}

    def finish(self, rows: Sequence[Row], summary: Summary) -> None:
        """Write the report and its sums, and then delete the unfinished ones.

        Raises:
            WriteError: It cannot be written.
        """
        self.folder.write(self.lines, lines_of(rows))
        text = summary.model_dump_json(indent=2) + "\n"
        self.folder.write(f"summary{self.shard.label}.json", text.encode())
        self.folder.clear(self.parts)


def _jobs(folder: Folder) -> dict[str, Job]:
    names = [name for name in folder.names("") if _JOB.fullmatch(name)]
    try:
        return {
            name: Job.model_validate_json(data)
            for name, data in zip(names, folder.read_all(names), strict=True)
        }
    except ValidationError as error:
        raise DataError(
            f"{folder} holds a report that this version cannot read. Choose another folder."
        ) from error


def _rows(folder: Folder, names: Sequence[str]) -> Iterable[Row]:
    for name, data in zip(names, folder.read_all(names), strict=True):
        try:
            yield from rows_of(data)
        except ValueError as error:
            raise DataError(
                f"{folder.path(name)} is damaged, or of another version. Choose another folder."
            ) from error


def join_reports(url: str) -> Summary:
    """Add up the finished reports of all shards.

    Args:
        url: Folder of the report.

    Returns:
        The sums; each photo counts once. They tell which shards have no report yet.

    Raises:
        DataError: There is no report, or one is damaged.
    """
    folder = Folder(url)
    try:
        jobs = _jobs(folder)
        names = set(folder.names(""))
    except UnreadableError as error:
        raise DataError(str(error)) from error
    if not jobs:
        raise DataError(f"{url} holds no report of a job. Give the folder of the report.")
    first = next(iter(jobs.values()))
    shards = [Shard(number, first.shards) for number in range(1, first.shards + 1)]
    finished = [shard for shard in shards if ReportFolder(folder, shard).lines in names]
    files = [ReportFolder(folder, shard).lines for shard in finished]
    summary = Summary(
        gfrnet=first.gfrnet,
        model=first.model,
        source=first.source,
        output=first.output,
        report=url,
        files=tuple(files),
        shards=first.shards,
        missing=tuple(shard.index for shard in shards if shard not in finished),
    )
    return _summed(folder, files, summary)


def _summed(folder: Folder, files: Sequence[str], summary: Summary) -> Summary:
    seen, twice = set[str](), 0
    # One shard at a time is in memory.
    for name in files:
        fresh = list[Row]()
        for row in _rows(folder, [name]):
            if row.name in seen:
                twice += 1
            else:
                seen.add(row.name)
                fresh.append(row)
        summary = add_up(summary, fresh)
    return summary.model_copy(update={"twice": twice})


def clear_parts(output: Folder, names: Iterable[str]) -> None:
    """Delete what killed processes left half-written on this disk, in the folders of results."""
    root = output.local
    if root is not None:
        for folder in {Path(root, name).parent for name in names}:
            images.clear_parts(folder)
