"""Set our results for the rows of table 1 beside the paper's.

The paper's data are not at hand, so only differences between rows can be compared. The order of the rows is
what counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from gfrnet.errors import DataError
from gfrnet.evaluate import (
    METRIC_OF,
    AtScale,
    Contender,
    Estimate,
    Measured,
    Protocol,
    cell,
    count_failures,
    markdown_table,
)
from gfrnet.nets.compared import PAPER_COLUMNS, PaperFigures
from gfrnet.reproduce.rows import FULL, RANDOM_GUIDE, RANDOM_GUIDE_IN_PAPER, ROWS, Ablation

METRICS = (METRIC_OF["psnr"], METRIC_OF["ssim"])
"""Measures of table 1."""

NOTE = (
    "PSNR in dB / SSIM, means over {} The samples of Full include those in which WarpNet learns alone; "
    "end to end all rows are trained equally long. The four columns on the right are the paper's, on its own "
    "data."
)
ORDER_NOTE = (
    "PSNR in dB, row minus Full, with the 95 % interval over people and the p value. In the paper Full is "
    "better than every row in every column. Here the order *agrees* where the difference is clear and goes "
    "the same way, and is *reversed* where it is clear and goes the other way; elsewhere nothing can be said."
)

_Line: TypeAlias = tuple[str, str, PaperFigures]
"""Title of a line, name of its contender, and the paper's figures."""


def contenders(folder: Path, rows: Sequence[Ablation] = ROWS) -> tuple[Contender, ...]:
    """Return the contenders of the table: the trained rows, Full with a stranger's guide, and bicubic.

    Args:
        folder: Folder in which `train_rows` trained.
        rows: Rows that were trained.
    """
    found = []
    for row in rows:
        found.append(Contender(str(folder / row.name), title=row.title))
        if row == FULL:
            found.append(Contender(str(folder / row.name), "stranger", row.title))
    return *found, Contender("bicubic")


def compare(
    measured: Mapping[Protocol, Measured], samples: Mapping[str, int], rows: Sequence[Ablation] = ROWS
) -> str:
    """Write our table 1 beside the paper's, and say where the order of the rows agrees.

    Args:
        measured: Measurements of the `contenders` by each protocol.
        samples: Samples that each row was trained with, as `train_rows` returns them.
        rows: Rows that were trained; without Full the table compares no rows.

    Returns:
        Markdown.

    Raises:
        DataError: Every restoration failed.
    """
    columns = {
        f"{protocol} {scale:g}x": AtScale(found, scale)
        for protocol, found in measured.items()
        for scale in sorted({row.scale for row in found.rows})
    }
    if not columns:
        raise DataError("Every restoration failed. Read the reasons in failures.csv.")
    lines = list(_lines(rows))
    counted = next(iter(columns.values())).counted
    parts = [NOTE.format(counted), _means(lines, columns, samples)]
    if FULL in rows and len(rows) > 1:
        parts += [ORDER_NOTE, _differences(lines, columns)]
    failures = [sentence for found in measured.values() for sentence in count_failures(found)]
    return "\n\n".join((*parts, *failures, ""))


def _lines(rows: Sequence[Ablation]) -> Iterator[_Line]:
    for row in rows:
        yield row.title, row.title, row.paper
        if row == FULL:
            yield RANDOM_GUIDE, f"{row.title}:stranger", RANDOM_GUIDE_IN_PAPER


def _means(lines: Sequence[_Line], columns: Mapping[str, AtScale], samples: Mapping[str, int]) -> str:
    cells = [
        [
            title,
            str(samples[name.removesuffix(":stranger")]),
            *(_pair(column, name) for column in columns.values()),
            *("-" if figures is None else f"{figures[0]:.2f} / {figures[1]:.3f}" for figures in paper),
        ]
        for title, name, paper in lines
    ]
    return markdown_table(("", "samples", *columns, *PAPER_COLUMNS), cells, left=1)


def _differences(lines: Sequence[_Line], columns: Mapping[str, AtScale]) -> str:
    """Write each row minus Full; Full stands first."""
    cells = [
        [
            title,
            *(_difference(column, name, FULL.title) for column in columns.values()),
            *_paper_gaps(paper, FULL.paper),
        ]
        for title, name, paper in lines[1:]
    ]
    return markdown_table(("", *columns, *PAPER_COLUMNS), cells, left=1)


def _pair(column: AtScale, name: str) -> str:
    found = [column.estimate(name, "", metric.name) for metric in METRICS]
    return " / ".join(
        f"{estimate.interval.mean:.{digits}f}" if estimate else "-"
        for estimate, digits in zip(found, (2, 3), strict=True)
    )


def _difference(column: AtScale, name: str, full: str) -> str:
    psnr = METRICS[0]
    estimate = column.estimate(name, full, psnr.name)
    return f"{cell(estimate, psnr)}{_agreement(estimate)}"


def _agreement(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return {"worse": ", *agrees*", "better": ", *reversed*", "unclear": ""}[estimate.verdict(METRICS[0])]


def _paper_gaps(paper: PaperFigures, full: PaperFigures) -> list[str]:
    return [
        "-" if row is None or best is None else f"{row[0] - best[0]:+.2f}"
        for row, best in zip(paper, full, strict=True)
    ]
