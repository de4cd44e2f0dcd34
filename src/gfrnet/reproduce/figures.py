"""Choose the columns of the paper's figures 1 and 5 to 13 from the runs of a finished table 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gfrnet.errors import DataError
from gfrnet.evaluate import Contender
from gfrnet.reproduce.compared import COMPARED_ROWS, U_NETS
from gfrnet.reproduce.models import model_of
from gfrnet.reproduce.rows import ALL_ROWS, FULL, RANDOM_GUIDE, TableRow

STRANGER = "full:stranger"
"""Stands for Full with a stranger's guide, R in the table."""


@dataclass(frozen=True)
class PaperFigure:
    """Describe a figure of the paper.

    Attributes:
        kind: Kind of figure, as `gfrnet.evaluate.report.figures.KINDS` names it.
        scale: Downsampling factor. Of photos it chooses the models; a method without it has its only one.
        rows: Names of the rows that are its columns.
    """

    kind: str
    scale: int
    rows: tuple[str, ...]


_ALL = (*(row.name for row in COMPARED_ROWS if row.family != U_NETS), FULL.name)
_BEST = ("mdncnn", "marcnn", "mdeblurgan", FULL.name)
_VARIANTS = ("minus_wg", "minus_wg2", "minus_w", "minus_w2", "minus_f", STRANGER, FULL.name)

FIGURES: Mapping[str, PaperFigure] = {
    "1": PaperFigure("real", 8, ("unet", "unet_guided", "minus_f", FULL.name)),
    "5": PaperFigure("comparison", 4, _ALL),
    "6": PaperFigure("comparison", 8, _ALL),
    "7": PaperFigure("comparison", 4, _BEST),
    "8": PaperFigure("comparison", 8, _BEST),
    "9": PaperFigure("real", 8, _ALL),
    "10": PaperFigure("real", 8, _BEST),
    "11": PaperFigure("variants", 4, _VARIANTS),
    "12": PaperFigure("variants", 8, _VARIANTS),
    "13": PaperFigure("warped", 4, ("minus_f", FULL.name)),
}
"""The figures of the paper that show rows of table 1, by their numbers."""


@dataclass(frozen=True)
class Columns:
    """Hold the columns of a figure.

    Attributes:
        contenders: What restores, from left to right.
        labels: Titles of the columns.
        missing: Titles of rows that the table's folder does not hold.
    """

    contenders: tuple[Contender, ...]
    labels: tuple[str, ...]
    missing: tuple[str, ...]


def figure_columns(number: str, table: Path, names: Sequence[str] = ()) -> Columns:
    """Find the models of a figure's columns.

    Args:
        number: Number of the figure in the paper.
        table: Folder of a table, as `gfrnet reproduce table1` leaves it.
        names: Names of rows, where not all of the figure are wanted.

    Raises:
        DataError: A name is no column of the figure, or the folder holds none of its rows.
    """
    figure = FIGURES[number]
    if unknown := sorted(set(names) - set(figure.rows)):
        raise DataError(f"Figure {number} has no column {unknown[0]}. Choose from {', '.join(figure.rows)}.")
    by_name = {row.name: row for row in ALL_ROWS}
    found: dict[str, Contender] = {}
    missing = []
    for name in (one for one in figure.rows if not names or one in names):
        row = by_name[name.partition(":")[0]]
        title = RANDOM_GUIDE if name == STRANGER else row.title
        scale = _scale(row, figure)
        if scale is None:
            continue
        model = model_of(row, table, scale)
        if model is None:
            missing.append(title)
            continue
        found[title] = Contender(model, "stranger" if name == STRANGER else "right", title.replace(":", " "))
    if not found:
        raise DataError(f"{table} holds no row of figure {number}. Make the table there first.")
    return Columns(tuple(found.values()), tuple(found), tuple(missing))


def _scale(row: TableRow, figure: PaperFigure) -> int | None:
    """Return the scale of a row's model; None where the figure's own is missing and photos are not shown."""
    if figure.scale in row.scales:
        return figure.scale
    return row.scales[0] if figure.kind == "real" else None
