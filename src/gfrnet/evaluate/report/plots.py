"""Plot how the values are distributed, and the guide gap by pose gap, as SVG files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from gfrnet import images
from gfrnet.evaluate.models import Contender
from gfrnet.evaluate.report.sheets import short_names
from gfrnet.evaluate.report.tables import POSE_GAPS, Line, Table, heading
from gfrnet.evaluate.rows import METRICS, Measured, Metric
from gfrnet.plotting import load_matplotlib

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 5.2
"""Width of a plot in inches, with letters of 10 points."""

_LINE = 0.22
"""Height of a line of the legend in inches."""

_COLOURS, _MARKERS = 10, "os^D"
"""Number of matplotlib's colours, and the marks that tell further series apart."""


@dataclass(frozen=True)
class Plot:
    """Describe a written plot.

    Attributes:
        kind: The guide gap, or a distribution.
        scale: Downsampling factor.
        path: The SVG file.
        says: Description for people who cannot see it.
    """

    kind: Literal["gap", "distribution"]
    scale: float
    path: Path
    says: str


def draw_plots(
    measured: Measured, contenders: Sequence[Contender], tables: Iterable[Table], folder: Path
) -> tuple[Plot, ...]:
    """Write all plots of a run; equal values give equal files.

    Args:
        measured: The values.
        contenders: All that were measured.
        tables: As `build_tables` gives them; those of the guide gap by pose gap are drawn.
        folder: Folder of the plots; made where it is missing.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        WriteError: The folder cannot be written to.
    """
    names = (contender.name for contender in contenders)
    titles = dict(zip(names, short_names(contenders), strict=True))
    by_pose = [table for table in tables if table.kind == "guide gap by pose gap"]
    gaps = [plot for table in by_pose for plot in _gaps(table, titles, folder)]
    return (*gaps, *_distributions(measured, titles, folder))


def _gaps(table: Table, titles: Mapping[str, str], folder: Path) -> Iterator[Plot]:
    for column, metric in enumerate(table.metrics):
        series = {(line.model, line.minus) for line in table.lines}
        figure = _figure(2.4 + _LINE * len(series))
        panel = figure.add_subplot()
        _draw_gap(panel, table.lines, titles, column)
        panel.set_ylabel(heading(metric))
        panel.set_xlabel("pose gap between guide and photo")
        figure.legend(fontsize="small", loc="outside lower center", frameon=False)
        # The space for an axis decides on its ticks, and their width on the space: a second round settles it.
        figure.draw_without_rendering()
        path = _save(figure, folder / f"gap-{metric.name}-{table.scale:g}x.svg")
        yield Plot("gap", table.scale, path, f"Guide gap in {metric.title} by pose gap, with 95 % intervals")


def _draw_gap(panel: Axes, lines: Sequence[Line], titles: Mapping[str, str], column: int) -> None:
    """Draw a series for each two guides that are compared, the parts of the pose gap side by side."""
    names, parts = list(dict.fromkeys((line.model, line.minus) for line in lines)), list(POSE_GAPS)
    panel.axhline(0, color="grey", linewidth=0.8)
    for number, name in enumerate(names):
        found = [
            (parts.index(line.pose_gap) + (number + 1) / (len(names) + 1) - 0.5, figure.interval)
            for line in lines
            if (line.model, line.minus) == name and (figure := line.estimates[column])
        ]
        if not found:
            continue
        places, intervals = zip(*found, strict=True)
        mean, low, high = np.array(intervals).T
        label = " minus ".join(titles[one] for one in name)
        marker = _MARKERS[number // _COLOURS % len(_MARKERS)]
        panel.errorbar(places, mean, (mean - low, high - mean), fmt=marker, capsize=3, label=label)
    panel.set_xticks(range(len(parts)), parts)
    panel.set_xlim(-0.5, len(parts) - 0.5)
    panel.grid(axis="y", alpha=0.3)


def _distributions(measured: Measured, titles: Mapping[str, str], folder: Path) -> Iterator[Plot]:
    values: dict[tuple[float, str], dict[str, list[float]]] = {}
    for row in measured.rows:
        values.setdefault((row.scale, row.metric), {}).setdefault(row.model, []).append(row.value)
    for scale in sorted({scale for scale, _ in values}):
        for metric in METRICS:
            if (scale, metric.name) in values:
                yield _distribution(values[scale, metric.name], titles, metric, scale, folder)


def _distribution(
    values: dict[str, list[float]], titles: Mapping[str, str], metric: Metric, scale: float, folder: Path
) -> Plot:
    figure = _figure(0.9 + 0.3 * len(values))
    panel = figure.add_subplot()
    panel.boxplot(
        list(values.values()),
        orientation="horizontal",
        whis=(5, 95),
        widths=0.6,
        showfliers=False,
        patch_artist=True,
        boxprops={"facecolor": "tab:blue", "alpha": 0.5},
        medianprops={"color": "black"},
    )
    panel.set_yticks(range(1, len(values) + 1), [titles[name] for name in values])
    panel.invert_yaxis()
    panel.set_xlabel(heading(metric))
    panel.grid(axis="x", alpha=0.3)
    path = _save(figure, folder / f"{metric.name}-{scale:g}x.svg")
    return Plot(
        "distribution", scale, path, f"Distribution of {metric.title} over pairs, for every contender"
    )


def _figure(height: float) -> Figure:
    # Tables do without matplotlib.
    load_matplotlib()
    from matplotlib.figure import Figure

    return Figure((WIDTH, height), layout="constrained")


def _save(figure: Figure, path: Path) -> Path:
    from matplotlib import rc_context

    text = StringIO()
    # Without a date and with the same names of parts every time.
    with rc_context({"svg.hashsalt": path.name}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return images.write_text(text.getvalue(), path)
