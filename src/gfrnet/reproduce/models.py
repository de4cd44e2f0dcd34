"""List the models that a table leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gfrnet.errors import DataError
from gfrnet.reproduce.rows import ALL_ROWS, TableRow

RUNS = "runs"
"""Folder of the runs in the folder of a table."""


@dataclass(frozen=True)
class RowModel:
    """Name a model of a row.

    Attributes:
        title: Title of the row.
        family: Group of the row.
        scales: Downsampling factors that the model is for.
        guided: Whether it takes a guide.
        path: Name or path, as `Restorer.load` takes it.
    """

    title: str
    family: str
    scales: tuple[int, ...]
    guided: bool
    path: str


def model_of(row: TableRow, table: Path, scale: int) -> str | None:
    """Return what restores at a scale, as `Contender` takes it; None where the table lacks it."""
    model = row.model(table / RUNS, scale)
    return model if not row.has_runs or Path(model).exists() else None


def models_of(table: Path) -> tuple[RowModel, ...]:
    """List the models of a table's folder in the order of the table.

    Args:
        table: Folder that ``gfrnet reproduce table1`` made.

    Raises:
        DataError: The folder holds no run of a row.
    """
    found = []
    for row in ALL_ROWS:
        scales: dict[str, list[int]] = {}
        for scale in row.scales:
            if row.has_runs and (model := model_of(row, table, scale)):
                scales.setdefault(model, []).append(scale)
        found += [RowModel(row.title, row.family, tuple(of), row.guided, path) for path, of in scales.items()]
    if not found:
        raise DataError(f"{table} holds no run of table 1. Give the folder of a table.")
    return tuple(found)
