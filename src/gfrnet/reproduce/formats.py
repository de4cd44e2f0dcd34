"""Write table 1 as Markdown, CSV and LaTeX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gfrnet.evaluate import Estimate, Metric, cell, markdown_table
from gfrnet.evaluate.rows import csv_text
from gfrnet.nets.compared import PAPER_COLUMNS, PaperFigures
from gfrnet.reproduce.costs import Cost
from gfrnet.reproduce.rows import FULL
from gfrnet.reproduce.table import IDENTITY, PSNR, SSIM, TableLine, TableOne

MEANS = (
    "PSNR in dB / SSIM, means over {}. The four columns on the right are the paper's, on its own data. Of "
    "each measure the best of a column is **bold**, the second best *italic*."
)
COSTS = (
    "What each method costs, and what it has learnt from. A row whose network differs from scale to scale "
    "has both. Milliseconds are for one face on one thread, batch 1."
)
INTERVALS = (
    "PSNR in dB and identity distance to the truth, with 95 % intervals over people. A smaller distance is "
    "better."
)
ORDER = (
    "PSNR in dB, row minus Full, with the 95 % interval over people and the p value. In the paper Full is "
    "better than every row in every column. Here the order *agrees* where the difference is clear and goes "
    "the same way, and is *reversed* where it is clear and goes the other way; elsewhere nothing can be said."
)


def to_markdown(table: TableOne) -> str:
    """Write all four tables: means, intervals, costs, and our rows against Full."""
    parts = [MEANS.format(table.counted.rstrip(".")), _means(table), INTERVALS, _intervals(table)]
    parts += [COSTS, _costs(table)]
    if table.ablations:
        parts += [ORDER, _differences(table)]
    parts += [f"{count} restorations of {column} failed." for column, count in table.failures.items()]
    return "\n\n".join((*parts, ""))


def _means(table: TableOne) -> str:
    cells = [
        [
            line.family,
            line.title,
            *(_pair(table, line, column) for column in table.columns),
            *(_published(figures) for figures in line.paper),
        ]
        for line in table.lines
    ]
    return markdown_table(("", "method", *table.columns, *PAPER_COLUMNS), cells, left=2)


def _pair(table: TableOne, line: TableLine, column: str) -> str:
    shown = [_marked(table, line, column, metric) for metric in (PSNR, SSIM)]
    return " / ".join(shown) if all(shown) else "-"


def _marked(table: TableOne, line: TableLine, column: str, metric: Metric) -> str:
    estimate = table.estimate(line, column, metric)
    if estimate is None:
        return ""
    text = f"{estimate.interval.mean:.{2 if metric == PSNR else 3}f}"
    mark = {0: "**", 1: "*"}.get(_rank(table, line, column, metric), "")
    return f"{mark}{text}{mark}"


def _rank(table: TableOne, line: TableLine, column: str, metric: Metric) -> int:
    order = table.ranked(column, metric)
    return order.index(line.contender) if line.contender in order else len(order)


def _published(figures: tuple[float, float] | None) -> str:
    return "-" if figures is None else f"{figures[0]:.2f} / {figures[1]:.3f}"


def _intervals(table: TableOne) -> str:
    cells = [
        [
            line.title,
            *(
                cell(table.estimate(line, column, metric), metric)
                for metric in (PSNR, IDENTITY)
                for column in table.columns
            ),
        ]
        for line in table.lines
    ]
    head = ("method", *(f"{title}, {column}" for title in ("PSNR", "identity") for column in table.columns))
    return markdown_table(head, cells, left=1)


def _costs(table: TableOne) -> str:
    head = ("method", "samples", "megapixels", "M parameters", "GFLOP", "ms")
    cells = [
        [line.title, *_cost_cells(tuple(dict.fromkeys(line.costs.values())))]
        for line in table.lines
        if line.costs and line.contender == line.title
    ]
    return markdown_table(head, cells, left=1)


def _cost_cells(costs: Sequence[Cost]) -> Iterator[str]:
    yield _both("+".join(map(str, cost.samples)) or "-" for cost in costs)
    yield _both(f"{cost.pixels / 1e6:.0f}" if cost.pixels else "-" for cost in costs)
    yield _both(f"{cost.parameters / 1e6:.2f}" if cost.parameters else "-" for cost in costs)
    yield _both("-" if cost.flops is None else f"{cost.flops / 1e9:.1f}" for cost in costs)
    yield _both(f"{cost.seconds * 1000:.0f}" for cost in costs)


def _both(texts: Iterator[str]) -> str:
    return " / ".join(dict.fromkeys(texts))


def _differences(table: TableOne) -> str:
    cells = [
        [
            line.title,
            *(_difference(table.estimate(line, column, PSNR, FULL.title)) for column in table.columns),
            *_paper_gaps(line.paper),
        ]
        for line in table.ablations
    ]
    return markdown_table(("", *table.columns, *PAPER_COLUMNS), cells, left=1)


def _difference(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    says = {"worse": ", *agrees*", "better": ", *reversed*", "unclear": ""}[estimate.verdict(PSNR)]
    return f"{cell(estimate, PSNR)}{says}"


def _paper_gaps(paper: PaperFigures) -> list[str]:
    return [
        "-" if row is None or best is None else f"{row[0] - best[0]:+.2f}"
        for row, best in zip(paper, FULL.paper, strict=True)
    ]


def to_csv(table: TableOne) -> str:
    """Write a line for every figure: family, method, column, metric, mean, interval, pairs; and the costs."""
    head = ("family", "method", "column", "metric", "mean", "low", "high", "pairs")
    return csv_text(head, _csv_lines(table))


def _csv_lines(table: TableOne) -> Iterator[tuple[object, ...]]:
    for line in table.lines:
        for column in table.columns:
            for metric in (PSNR, SSIM, IDENTITY):
                if found := table.estimate(line, column, metric):
                    yield line.family, line.title, column, metric.name, *found.interval, found.pairs
        for title, figures in zip(PAPER_COLUMNS, line.paper, strict=True):
            for name, value in zip(("psnr", "ssim"), figures or (), strict=False):
                yield line.family, line.title, f"paper {title}", name, value, "", "", ""
        for scale, cost in line.costs.items():
            costs = {"samples": sum(cost.samples), "pixels": cost.pixels, "parameters": cost.parameters}
            costs |= {"flops": cost.flops or 0}
            for name, value in (costs | {"seconds": cost.seconds}).items():
                yield line.family, line.title, f"{scale}x", name, value, "", "", ""


def to_latex(table: TableOne) -> str:
    r"""Write the means as a float for LaTeX with ``\usepackage{booktabs}``, a group of lines a family."""
    columns = [*table.columns, *PAPER_COLUMNS]
    lines = [r"\begin{table*}", r"\centering\footnotesize\setlength{\tabcolsep}{3pt}"]
    lines += [rf"\caption{{PSNR in dB / SSIM, means over {table.counted.rstrip('.')}. Right: the paper's.}}"]
    lines += [rf"\begin{{tabular}}{{l{'r' * len(columns)}}}", r"\toprule"]
    lines += [" & ".join(["", *columns]) + r" \\"]
    family = None
    for line in table.lines:
        if line.family != family:
            family = line.family
            lines.append(r"\midrule")
            if family:
                lines.append(rf"\multicolumn{{{len(columns) + 1}}}{{l}}{{{family}}} \\")
        figures = [_tex_pair(table, line, column) for column in table.columns]
        lines += [" & ".join([line.title, *figures, *map(_published, line.paper)]) + r" \\"]
    return "\n".join((*lines, r"\bottomrule", r"\end{tabular}", r"\end{table*}", ""))


def _tex_pair(table: TableOne, line: TableLine, column: str) -> str:
    shown = []
    for metric in (PSNR, SSIM):
        text = _marked(table, line, column, metric).strip("*")
        command = {0: r"\textbf", 1: r"\textit"}.get(_rank(table, line, column, metric))
        shown.append(rf"{command}{{{text}}}" if command and text else text)
    return " / ".join(shown) if all(shown) else "-"
