"""Write and read ``results.json``: the figures of an evaluation, and what they were measured with.

The file of a release is the one source of its figures: documents and the catalogue are filled from it.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from gfrnet import images
from gfrnet.errors import DataError
from gfrnet.evaluate.evaluation import Evaluation
from gfrnet.evaluate.models import Contender, model_hash
from gfrnet.evaluate.pairs import Pair, Protocol
from gfrnet.evaluate.report.tables import (
    SEED,
    Estimate,
    Kind,
    Line,
    Table,
    build_tables,
    count_failures,
    readings,
)
from gfrnet.evaluate.rows import METRICS, Measured, Metric
from gfrnet.files import read_bytes
from gfrnet.metrics import Interval
from gfrnet.version import __version__

FILE = "results.json"
"""Name of the summary in the folder of the results."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Machine(_Part):
    """Name the machine that measured.

    Attributes:
        processor: Its name, as the operating system has it.
        cores: Number of its logical cores.
    """

    processor: str
    cores: int


class MeasuredModel(_Part):
    """Identify a model.

    Attributes:
        name: Its name in the tables.
        sha256: SHA-256 of its file, 64 hexadecimal digits; empty for a control without a file.
    """

    name: str
    sha256: str


class DataSet(_Part):
    """Count a data set.

    Attributes:
        name: Name of its folder.
        people: Number of people with a pair.
        pairs: Number of pairs.
    """

    name: str
    people: int
    pairs: int


class Figure(_Part):
    """Hold a mean or a mean difference, in the unit of its metric.

    Attributes:
        metric: Name of the metric.
        mean: Mean over pairs.
        low: Lower end of the 95 % bootstrap interval over people.
        high: Upper end of that interval.
        p: p value of a difference, by a sign-flip test over people; None for a mean.
        pairs: Number of values.
    """

    metric: str
    mean: float
    low: float
    high: float
    p: float | None
    pairs: int


class SummaryLine(_Part):
    """Hold the figures of a contender, or of a difference, at one scale.

    Attributes:
        table: Kind of table that the line stands in.
        scale: Downsampling factor.
        data: Name of the data set; empty for all together.
        contender: Name of the contender.
        minus: Name of the contender that is subtracted; empty in means.
        pose_gap: Part of the pairs, such as ``below 10°``; empty for all.
        pairs: Number of pairs that the contender has, or both have.
        of: Number of pairs in this part.
        figures: A figure for each metric that has values.
    """

    table: Kind
    scale: float
    data: str
    contender: str
    minus: str
    pose_gap: str
    pairs: int
    of: int
    figures: tuple[Figure, ...]


class Summary(_Part):
    """Hold all figures of an evaluation.

    Attributes:
        schema_version: Version of this form.
        gfrnet: Version of the package that measured.
        date: Day on which the figures were written.
        machine: The machine that measured.
        protocol: How the targets were degraded.
        scales: Downsampling factors.
        seed: Seed of the bootstrap and of the permutation test.
        people: Number of people with a pair.
        pairs: Number of pairs.
        data: The data sets.
        models: The models and controls.
        failures: A sentence for every contender and scale with failed pairs.
        lines: The lines of all tables, then means and guide gaps of every single data set.
    """

    schema_version: Literal[1]
    gfrnet: str
    date: date
    machine: Machine
    protocol: Protocol
    scales: tuple[float, ...]
    seed: int
    people: int
    pairs: int
    data: tuple[DataSet, ...]
    models: tuple[MeasuredModel, ...]
    failures: tuple[str, ...]
    lines: tuple[SummaryLine, ...]

    def tables(self) -> tuple[Table, ...]:
        """Return the tables of all data sets together, as `build_tables` gave them."""
        groups: dict[tuple[float, Kind], list[SummaryLine]] = {}
        for line in self.lines:
            if not line.data:
                groups.setdefault((line.scale, line.table), []).append(line)
        return tuple(self._table(kind, scale, lines) for (scale, kind), lines in groups.items())

    def _table(self, kind: Kind, scale: float, lines: Sequence[SummaryLine]) -> Table:
        names = {figure.metric for line in lines for figure in line.figures}
        metrics = tuple(metric for metric in METRICS if metric.name in names)
        found = [_table_line(line, metrics) for line in lines]
        compared = (
            (Contender.parse(line.model), Contender.parse(line.minus)) for line in found if line.minus
        )
        said = readings(compared, found, metrics, self.people) if kind == "guide gap" else ()
        note = f"{self.pairs} pairs of {self.people} people."
        return Table(kind, scale, note, said, metrics, tuple(found))


def summarise(measured: Measured, evaluation: Evaluation) -> Summary:
    """Make the summary of a run.

    Args:
        measured: The values.
        evaluation: What was measured.

    Raises:
        ModelError: A model is missing or broken.
        ModuleNotFoundError: A model is a folder, and torch is not installed.
    """
    sets = _data_sets(evaluation)
    titles = {contender.title or contender.model: contender.model for contender in evaluation.contenders}
    return Summary(
        schema_version=1,
        gfrnet=__version__,
        date=date.today(),
        machine=Machine(processor=_processor(), cores=os.cpu_count() or 1),
        protocol=evaluation.protocol,
        scales=tuple(evaluation.scales),
        seed=SEED,
        people=_people(evaluation.pairs),
        pairs=len(evaluation.pairs),
        data=tuple(
            DataSet(name=name, people=_people(pairs), pairs=len(pairs)) for name, pairs in sets.items()
        ),
        models=tuple(MeasuredModel(name=title, sha256=_sha256(model)) for title, model in titles.items()),
        failures=count_failures(measured),
        lines=tuple(_lines(measured, evaluation.contenders, sets)),
    )


def write_summary(summary: Summary, path: Path) -> Path:
    """Write a summary as JSON, a line of the file for each line of a table.

    Raises:
        WriteError: The file cannot be written.
    """
    values = summary.model_dump(mode="json")
    lines = values.pop("lines")
    head = json.dumps(values, indent=2, ensure_ascii=False).removesuffix("\n}")
    body = ",\n".join(f"    {json.dumps(line, ensure_ascii=False)}" for line in lines)
    return images.write_text(f'{head},\n  "lines": [\n{body}\n  ]\n}}\n', path)


def read_summary(path: Path) -> Summary:
    """Read what `write_summary` wrote.

    Raises:
        DataError: The file is missing, broken or of another version.
    """
    try:
        return Summary.model_validate_json(read_bytes(path))
    except (OSError, ValidationError) as error:
        raise DataError(f"{path} is no summary of an evaluation ({error}). Evaluate again.") from error


def _lines(
    measured: Measured, contenders: Sequence[Contender], sets: dict[str, list[Pair]]
) -> Iterator[SummaryLine]:
    for table in build_tables(measured, contenders):
        yield from _lines_of(table, "")
    for name, pairs in sets.items() if len(sets) > 1 else ():
        for table in build_tables(_only(measured, pairs), contenders):
            if table.kind in ("guide gap", "means"):
                yield from _lines_of(table, name)


def _lines_of(table: Table, data: str) -> Iterator[SummaryLine]:
    for line in table.lines:
        yield SummaryLine(
            table=table.kind,
            scale=table.scale,
            data=data,
            contender=line.model,
            minus=line.minus,
            pose_gap=line.pose_gap,
            pairs=line.pairs,
            of=line.of,
            figures=tuple(
                Figure(metric=metric.name, p=estimate.p, pairs=estimate.pairs, **estimate.interval._asdict())
                for metric, estimate in zip(table.metrics, line.estimates, strict=True)
                if estimate
            ),
        )


def _table_line(line: SummaryLine, metrics: Sequence[Metric]) -> Line:
    estimates = {
        figure.metric: Estimate(Interval(figure.mean, figure.low, figure.high), figure.p, figure.pairs)
        for figure in line.figures
    }
    values = tuple(estimates.get(metric.name) for metric in metrics)
    return Line(line.contender, line.minus, line.pose_gap, line.pairs, line.of, values)


def _data_sets(evaluation: Evaluation) -> dict[str, list[Pair]]:
    """List the pairs of each data set, by the name of its folder, or its path where two are alike."""
    folders = [folder.resolve() for folder in evaluation.data]
    distinct = len({folder.name for folder in folders}) == len(folders)
    return {
        folder.name if distinct else folder.as_posix(): [
            pair
            for pair in evaluation.pairs
            if pair.target.crop and pair.target.crop.resolve().is_relative_to(folder)
        ]
        for folder in folders
    }


def _only(measured: Measured, pairs: Iterable[Pair]) -> Measured:
    """Keep the values of these pairs."""
    names = {(pair.target.person, pair.name) for pair in pairs}
    return Measured(
        tuple(row for row in measured.rows if (row.person, row.pair) in names),
        tuple(failure for failure in measured.failures if (failure.person, failure.pair) in names),
    )


def _people(pairs: Iterable[Pair]) -> int:
    return len({pair.target.person for pair in pairs})


def _sha256(model: str) -> str:
    found = model_hash(model)
    return "" if found == model else found


def _processor() -> str:
    """Return the processor's name; Linux tells it only in a file."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
