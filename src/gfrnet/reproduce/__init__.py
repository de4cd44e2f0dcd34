"""Make the rows "Ours" of the paper's table 1 anew: train them alike, and measure them by the protocol."""

from gfrnet.reproduce.rows import FULL, ROWS, Ablation, choose_rows
from gfrnet.reproduce.table import compare, contenders
from gfrnet.reproduce.training import RowBegun, train_rows, with_budget

__all__ = [
    "FULL",
    "ROWS",
    "Ablation",
    "RowBegun",
    "choose_rows",
    "compare",
    "contenders",
    "train_rows",
    "with_budget",
]
