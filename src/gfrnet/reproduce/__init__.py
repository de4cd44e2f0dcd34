"""Make the paper's table 1 anew: train its rows alike, and measure them by the protocol."""

from gfrnet.reproduce.compared import COMPARED_ROWS, SCALES, ComparedRow
from gfrnet.reproduce.costs import Cost, cost_of
from gfrnet.reproduce.figures import FIGURES, Columns, PaperFigure, figure_columns
from gfrnet.reproduce.formats import to_csv, to_latex, to_markdown
from gfrnet.reproduce.models import RUNS, RowModel, models_of
from gfrnet.reproduce.parts import Part, join_parts, make_part
from gfrnet.reproduce.plan import Plan, load_plan, make_plan, write_plan
from gfrnet.reproduce.rows import ALL_ROWS, FULL, ROWS, Ablation, TableRow, choose_rows
from gfrnet.reproduce.table import TableLine, TableOne, build_table, contenders
from gfrnet.reproduce.training import (
    RunBegun,
    RunProgress,
    Track,
    list_tracks,
    train_rows,
    with_budget,
    write_chains,
)

__all__ = [
    "ALL_ROWS",
    "COMPARED_ROWS",
    "FIGURES",
    "FULL",
    "ROWS",
    "RUNS",
    "SCALES",
    "Ablation",
    "Columns",
    "ComparedRow",
    "Cost",
    "PaperFigure",
    "Part",
    "Plan",
    "RowModel",
    "RunBegun",
    "RunProgress",
    "TableLine",
    "TableOne",
    "TableRow",
    "Track",
    "build_table",
    "choose_rows",
    "contenders",
    "cost_of",
    "figure_columns",
    "join_parts",
    "list_tracks",
    "load_plan",
    "make_part",
    "make_plan",
    "models_of",
    "to_csv",
    "to_latex",
    "to_markdown",
    "train_rows",
    "with_budget",
    "write_chains",
    "write_plan",
]
