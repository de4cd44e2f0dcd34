"""Write tables as Markdown, CSV and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gfrnet.evaluate.report.tables import CLEAR, Estimate, Line, Table
from gfrnet.evaluate.rows import Metric, csv_text

LEGEND = (
    "Means over pairs; in brackets 95 % bootstrap intervals over people. p: two-sided sign-flip permutation "
    "test over people, not corrected for the number of comparisons. Failed pairs are in no mean. A "
    "difference is over the pairs that both have; it is clear if its interval excludes zero and p is below "
    f"{CLEAR}."
)
"""Explanation of the figures of any table."""

_COLUMNS = ("table", "scale", "model", "minus", "pose_gap", "metric", "mean", "low", "high", "p", "pairs")


def report(tables: Iterable[Table], failures: Sequence[str]) -> str:
    """Write all tables and failures in Markdown.

    Args:
        tables: As `build_tables` gives them.
        failures: As `count_failures` gives them.
    """
    failed = ["## Failures", "", *(f"- {sentence}" for sentence in failures), ""] if failures else []
    return "\n".join([LEGEND, "", *map(to_markdown, tables), *failed])


def to_markdown(table: Table) -> str:
    """Write a heading, the note, the table and what it says."""
    lines = [[*table.labels(line), *map(cell, line.estimates, table.metrics)] for line in table.lines]
    readings = [*(f"- {sentence}" for sentence in table.readings), ""] if table.readings else []
    left = len(table.head) - len(table.metrics) - 1
    parts = (f"## {table.title}", "", table.note, "", markdown_table(table.head, lines, left), "", *readings)
    return "\n".join(parts)


def markdown_table(head: Sequence[str], lines: Iterable[Sequence[str]], left: int) -> str:
    """Write cells as a table.

    Args:
        head: Titles of the columns.
        lines: Lines of as many cells each.
        left: Number of columns that are aligned left; the others are aligned right.
    """
    rule = "|" + "---|" * left + "---:|" * (len(head) - left)
    return "\n".join([_markdown_line(head), rule, *map(_markdown_line, lines)])


def _markdown_line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in cells) + " |"


def cell(estimate: Estimate | None, metric: Metric) -> str:
    """Write a figure as ``26.03 [25.43, 26.56]``, a difference with its sign and p value."""
    if estimate is None:
        return "-"
    return " ".join(filter(None, pieces(estimate, metric)))


def pieces(estimate: Estimate, metric: Metric) -> tuple[str, str, str]:
    """Return the mean, the interval in brackets, and the p value, which is empty for a mean."""
    sign = "" if estimate.p is None else "+"
    mean, low, high = (f"{value:{sign}.{metric.digits}f}" for value in estimate.interval)
    if estimate.p is None:
        return mean, f"[{low}, {high}]", ""
    return mean, f"[{low}, {high}]", "p<0.001" if estimate.p < 0.001 else f"p={estimate.p:.3f}"


def to_csv(tables: Iterable[Table]) -> str:
    """Write all tables as one tidy table: a line for every figure, with all its digits.

    The columns are table, scale, model, minus, pose_gap, metric, mean, low, high, p and pairs.
    """
    estimates = (
        (table.kind, table.scale, line.model, line.minus, line.pose_gap, metric.name, estimate)
        for table in tables
        for line in table.lines
        for metric, estimate in zip(table.metrics, line.estimates, strict=True)
        if estimate
    )
    return csv_text(_COLUMNS, ((*place, *f.interval, f.p, f.pairs) for *place, f in estimates))


_TEX = {
    "\\": r"\textbackslash{}",
    **{character: f"\\{character}" for character in "{}$&#_%"},
    "[": "{[}",  # not an option of the command before it
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    # Other glyphs stand for these in LaTeX's oldest font encoding, its default.
    **{character: f"${character}$" for character in "<>|"},
    '"': "''",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "°": r"$^\circ$",
}


def to_latex(table: Table) -> str:
    r"""Write a float for LaTeX with ``\usepackage{booktabs}``.

    Under each figure stand its interval and p value.

    Letters beyond ASCII are left as they are; pdfLaTeX knows the Latin ones, LuaLaTeX those of the font.
    """
    left = len(table.head) - len(table.metrics) - 1
    lines = [
        r"\begin{table}",
        r"\centering\footnotesize\setlength{\tabcolsep}{3pt}",
        rf"\caption{{{_tex(table.title)}. {_tex(table.note)} {_tex(LEGEND)}}}",
        rf"\begin{{tabular}}{{{'l' * left}{'r' * (len(table.head) - left)}}}",
        r"\toprule",
        _tex_line(map(_tex, table.head)),
        r"\midrule",
        "\n\\addlinespace\n".join(_tex_figures(table, line) for line in table.lines),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _tex_figures(table: Table, line: Line) -> str:
    labels = [_tex(label) for label in table.labels(line)]
    columns = [
        _tex_cells(estimate, metric) for estimate, metric in zip(line.estimates, table.metrics, strict=True)
    ]
    rows = [[*labels, *(column[0] for column in columns)]]
    rows += [[*[""] * len(labels), *(column[n] for column in columns)] for n in (1, 2)]
    return "\n".join(_tex_line(row) for row in rows if any(row))


def _tex_cells(estimate: Estimate | None, metric: Metric) -> tuple[str, str, str]:
    """Return the mean, the interval and the p value, one under the other."""
    if estimate is None:
        return "--", "", ""
    mean, *below = pieces(estimate, metric)
    interval, p = (rf"{{\scriptsize ${text}$}}" if text else "" for text in below)
    return f"${mean}$", interval, p


def _tex_line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _tex(text: str) -> str:
    escaped = "".join(_TEX.get(character, character) for character in text)
    # Two hyphens would become one dash.
    return re.sub("-(?=-)", "-{}", escaped)
