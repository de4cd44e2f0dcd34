"""Measure what each row of table 1 costs: weights, operations, time, and how much it has learnt from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from gfrnet.nets import count
from gfrnet.reproduce.compared import ComparedRow
from gfrnet.reproduce.rows import TableRow
from gfrnet.reproduce.training import Track
from gfrnet.runtime import open_runtime
from gfrnet.runtime.pytorch import TorchRuntime
from gfrnet.types import CROP_SIZE

RUNS = 3
"""Timed runs, after one to warm up."""

SLOW = 2.0
"""Seconds. A model that takes longer is not run again."""


@dataclass(frozen=True)
class Cost:
    """Hold what a model costs.

    Attributes:
        parameters: Number of weights; 0 for an algorithm that learns nothing.
        flops: Floating-point operations a face, a multiply-add counted as two; None for an algorithm.
        seconds: Median time for a face of 256 pixels on one thread.
        samples: Samples of each of its trainings; the stages of one are added up.
        pixels: Pixels that it has learnt from, over all trainings.
    """

    parameters: int
    flops: int | None
    seconds: float
    samples: tuple[int, ...]
    pixels: int


def cost_of(row: TableRow, scale: int, tracks: Sequence[Track], folder: Path) -> Cost:
    """Measure the model that restores at a scale.

    Args:
        row: The row.
        scale: One of its downsampling factors.
        tracks: Trainings of the row, as its ``trainings`` gives them.
        folder: Folder of the runs.

    Raises:
        ModelError: The model is missing or broken.
    """
    runtime = open_runtime(row.model(folder, scale), threads=1)
    face = np.zeros((1, CROP_SIZE, CROP_SIZE, 3), np.float32)
    times: list[float] = []
    for _ in range(1 + RUNS):
        begun = time.perf_counter()
        runtime.run(face, face)
        times.append(time.perf_counter() - begun)
        if times[0] > SLOW:
            break
    size = count(runtime.network)[-1] if isinstance(runtime, TorchRuntime) else None
    learnt = _tracks_at(row, scale, tracks)
    return Cost(
        size.parameters if size else 0,
        size.flops if size else None,
        median(times[1:] or times),
        tuple(sum(config.samples or 0 for config in track) for track in learnt),
        sum((config.samples or 0) * (config.crop or CROP_SIZE) ** 2 for track in learnt for config in track),
    )


def _tracks_at(row: TableRow, scale: int, tracks: Sequence[Track]) -> list[Track]:
    """Return the trainings whose networks restore at a scale."""
    if not isinstance(row, ComparedRow):
        return list(tracks)
    names = row.networks(scale)
    return [track for track in tracks if track[-1].name in names]
