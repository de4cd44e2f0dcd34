"""Draw a run's log as curves, to see whether it learns, is stable and is fed fast enough."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gfrnet.errors import ConfigError, DataError, WriteError
from gfrnet.plotting import load_matplotlib
from gfrnet.train.log import FIGURES, LOG, read_log
from gfrnet.types import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RATES = {
    "learning_rate": "learning rate",
    "gradient": "norm of the gradient",
    "samples_per_second": "samples per second",
    "data_wait": "share of time waiting for data",
}
"""Columns that are drawn besides the losses, with their titles."""

LINEAR = ("samples_per_second", "data_wait")
"""Columns whose axis is linear and starts at zero; all others have a logarithmic axis."""

SIDE_BY_SIDE = 4
"""Panels in a row."""

PANEL = (3.6, 2.5)
"""Width and height of a panel in inches."""

SMOOTHED = 20
"""The thick line is a running mean over a run's length divided by this."""


def plot_curves(folder: Path, output: Path) -> Path:
    """Draw a run's losses, learning rate, gradient norm, samples a second and data-wait share over samples.

    Args:
        folder: The run's folder, with its ``log.csv``.
        output: Picture file: ``.png``, ``.svg``, ``.pdf`` or another kind that matplotlib writes.

    Returns:
        ``output``.

    Raises:
        DataError: There is no log, or it has no rows yet.
        ConfigError: matplotlib does not write such files.
        WriteError: The picture cannot be written.
    """
    columns = _read_columns(folder / LOG)
    losses = [name for name in columns if name not in FIGURES]
    figure = _draw(columns, [*losses, *(name for name in RATES if name in columns)])
    minutes = columns["seconds"].max() / 60
    figure.suptitle(f"{folder.resolve().name}: {columns['samples'].max():.0f} samples, {minutes:.0f} min")
    _save(figure, output)
    return output


def _read_columns(path: Path) -> dict[str, FloatArray]:
    """Read the log's columns that hold numbers; NaN where a row has none."""
    rows = read_log(path)
    if not rows:
        raise DataError(f"{path} has no rows yet. Try again after the run's first line of progress.")
    columns = {
        name: np.array([float(row[name] or "nan") for row in rows], dtype=np.float32) for name in rows[0]
    }
    return {name: values for name, values in columns.items() if np.isfinite(values).any()}


def _draw(columns: dict[str, FloatArray], names: Sequence[str]) -> Figure:
    # Training imports this module too, and does not need matplotlib.
    load_matplotlib()
    from matplotlib.figure import Figure

    height = -(-len(names) // SIDE_BY_SIDE)
    figure = Figure((SIDE_BY_SIDE * PANEL[0], height * PANEL[1] + 0.5), layout="constrained")
    for place, name in enumerate(names, 1):
        panel = figure.add_subplot(height, SIDE_BY_SIDE, place)
        _draw_panel(panel, name, columns["samples"], columns[name])
        if place > len(names) - SIDE_BY_SIDE:
            panel.set_xlabel("thousands of samples")
    return figure


def _draw_panel(panel: Axes, name: str, samples: FloatArray, values: FloatArray) -> None:
    from matplotlib.ticker import LogFormatter

    there = np.isfinite(values)
    thousands, values = samples[there] / 1000, values[there]
    panel.plot(
        thousands, values, "." if len(values) == 1 else "-", color="tab:blue", linewidth=0.6, alpha=0.5
    )
    # The learning rate falls in steps, which smoothing would hide.
    smooth = values if name == "learning_rate" else _smoothed(values)
    panel.plot(thousands, smooth, color="tab:blue", linewidth=1.8)
    panel.set_title(RATES.get(name, name.replace("_", " ")), fontsize="medium")
    panel.grid(alpha=0.3)
    panel.set_xlim(left=0)
    if name in LINEAR or not (values > 0).any():
        panel.set_ylim(bottom=0)
    else:
        panel.set_yscale("log")
        panel.yaxis.set_major_formatter(LogFormatter())
        panel.yaxis.set_minor_formatter(LogFormatter())


def _smoothed(values: FloatArray) -> FloatArray:
    """Return the centred running mean; at the ends over the values that are there."""
    window = np.ones(max(1, len(values) // SMOOTHED) | 1, dtype=np.float32)
    sums, counts = (np.convolve(part, window, "same") for part in (values, np.ones_like(values)))
    return np.asarray(sums / counts, dtype=np.float32)


def _save(figure: Figure, output: Path) -> None:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(output, dpi=150)
    except ValueError as error:
        raise ConfigError(f"{output}: {error}. Name a .png, .svg or .pdf file.") from error
    except OSError as error:
        raise WriteError(f"{output} cannot be written ({error.strerror}). Choose another output.") from error
