"""Set our results for table 1 beside the paper's.

The paper's data are not at hand, so only differences between rows can be compared. The order of the rows is
what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gfrnet.errors import DataError
from gfrnet.evaluate import METRIC_OF, AtScale, Contender, Estimate, Measured, Metric, Protocol
from gfrnet.nets.compared import PAPER_COLUMNS, PaperFigures
from gfrnet.reproduce.costs import Cost
from gfrnet.reproduce.rows import FULL, OURS, RANDOM_GUIDE, RANDOM_GUIDE_IN_PAPER, Ablation, TableRow

PSNR, SSIM, IDENTITY = METRIC_OF["psnr"], METRIC_OF["ssim"], METRIC_OF["identity"]

CONTROL = "bicubic"
"""Title of the degraded photo itself, the first line of the table."""


@dataclass(frozen=True)
class TableLine:
    """Hold one line of the table.

    Attributes:
        title: Method.
        family: Group of methods; empty for the control.
        contender: Name under which it was measured.
        paper: Figures of the paper.
        costs: Costs by scale; empty for the control.
    """

    title: str
    family: str
    contender: str
    paper: PaperFigures
    costs: Mapping[int, Cost] = field(default_factory=dict)


@dataclass(frozen=True)
class TableOne:
    """Hold the whole table.

    Attributes:
        lines: Its lines, in the order of the paper.
        columns: What was measured, by title such as ``blind 4x``.
        failures: Failed restorations by column.
    """

    lines: tuple[TableLine, ...]
    columns: Mapping[str, AtScale]
    failures: Mapping[str, int] = field(default_factory=dict)

    def estimate(self, line: TableLine, column: str, metric: Metric, minus: str = "") -> Estimate | None:
        """Return a mean, or a mean difference to another contender; None where there is none."""
        return self.columns[column].estimate(line.contender, minus, metric.name)

    def ranked(self, column: str, metric: Metric) -> tuple[str, ...]:
        """Return the contenders of a column from the best to the worst; the control has no rank."""
        found = [(line, self.estimate(line, column, metric)) for line in self.lines if line.family]
        means = {line.contender: one.interval.mean for line, one in found if one}
        return tuple(sorted(means, key=lambda name: means[name], reverse=metric.better == "higher"))

    @property
    def counted(self) -> str:
        """Return the number of pairs and people, in words."""
        return next(iter(self.columns.values())).counted

    @property
    def ablations(self) -> tuple[TableLine, ...]:
        """Return the lines of our rows but Full; none if Full is not there."""
        ours = [line for line in self.lines if line.family == OURS]
        return tuple(ours[1:]) if ours and ours[0].title == FULL.title else ()


def contenders(folder: Path, rows: Sequence[TableRow], scale: int) -> tuple[Contender, ...]:
    """Return the contenders at a scale: the rows, Full with a stranger's guide, and bicubic.

    Args:
        folder: Folder of the runs.
        rows: Rows of the table.
        scale: Downsampling factor.
    """
    found = []
    for row in rows:
        if scale in row.scales:
            found.append(Contender(row.model(folder, scale), title=row.title))
        if row == FULL:
            found.append(Contender(row.model(folder, scale), "stranger", row.title))
    return *found, Contender(CONTROL)


def build_table(
    measured: Mapping[tuple[Protocol, int], Measured],
    rows: Sequence[TableRow],
    cost: Callable[[TableRow, int], Cost | None],
) -> TableOne:
    """Put everything that was measured into one table.

    Args:
        measured: Measurements of the `contenders` by protocol and scale.
        rows: Rows of the table.
        cost: Function that gives the cost of a row's model at a scale; None where it was not measured.

    Raises:
        DataError: Every restoration failed.
    """
    columns = {
        f"{protocol} {scale}x": AtScale(found, scale)
        for (protocol, scale), found in measured.items()
        if found.rows
    }
    if not columns:
        raise DataError("Every restoration failed. Read the reasons in failures.csv.")
    scales = sorted({scale for _, scale in measured})
    failures = {
        f"{protocol} {scale}x": len(found.failures)
        for (protocol, scale), found in measured.items()
        if found.failures
    }
    return TableOne(tuple(_lines(rows, scales, cost)), columns, failures)


def _lines(
    rows: Sequence[TableRow], scales: Sequence[int], cost: Callable[[TableRow, int], Cost | None]
) -> Iterator[TableLine]:
    yield TableLine(CONTROL, "", CONTROL, (None,) * len(PAPER_COLUMNS))
    for row in rows:
        costs = {scale: found for scale in scales if scale in row.scales and (found := cost(row, scale))}
        yield TableLine(row.title, row.family, row.title, row.paper, costs)
        if isinstance(row, Ablation) and row == FULL:
            yield TableLine(RANDOM_GUIDE, OURS, f"{row.title}:stranger", RANDOM_GUIDE_IN_PAPER, costs)
