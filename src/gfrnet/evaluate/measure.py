"""Every contender on every pair, as rows (model, person, pair, scale, metric, value)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, fields
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from gfrnet import faces, images, metrics
from gfrnet.degradation import degrade
from gfrnet.evaluate.models import Contender, open_model
from gfrnet.evaluate.pairs import Pair, Protocol
from gfrnet.runtime import Runtime
from gfrnet.types import FloatArray, FloatImage, UInt8Image

METRICS = ("psnr", "ssim", "identity", "identity_to_guide", "landmarks", "warp")
"""What is measured. Higher is better for the first two, lower for the others but ``identity_to_guide``.

The guide is the one that was given; without one, the right guide.
"""

HIGHEST_PSNR = 100.0
"""What equal pictures count as, dB; their PSNR is infinite, and no mean could be taken."""


@dataclass(frozen=True)
class Row:
    """One measured value."""

    model: str
    person: str
    pair: str
    scale: float
    metric: str
    value: float


def measure(
    contenders: Sequence[Contender],
    pairs: Sequence[Pair],
    protocol: Protocol,
    scales: Sequence[float],
    workers: int = 2,
    on_pair: Callable[[], None] = lambda: None,
) -> list[Row]:
    """Measure all contenders on all pairs; the rows come in the same order and equal to the bit every time.

    Args:
        contenders: Models with their choice of guide.
        pairs: The fixed list.
        protocol: How the targets are degraded.
        scales: Downsampling factors.
        workers: Processes, one thread each.
        on_pair: Called after every pair.
    """
    job = partial(_measure_pair, tuple(contenders), protocol, tuple(scales))
    rows: list[Row] = []
    # Spawned, not forked: OpenCV's and ONNX Runtime's threads do not survive a fork.
    with ProcessPoolExecutor(workers, get_context("spawn"), _one_thread) as pool:
        for found in pool.map(job, pairs):
            rows += found
            on_pair()
    return rows


def _one_thread() -> None:
    cv2.setNumThreads(1)


@lru_cache(maxsize=8)
def _model(name: str) -> Runtime:
    return open_model(name, threads=1)


@lru_cache(maxsize=64)
def _identity_of(crop: str) -> FloatArray:
    """Embedding of a guide's crop: a person's pairs share it, and it takes longer than the network."""
    return faces.embed_crop(images.read(crop).rgb8)


def _measure_pair(
    contenders: tuple[Contender, ...], protocol: Protocol, scales: tuple[float, ...], pair: Pair
) -> list[Row]:
    truth = pair.target.pixels()
    person = faces.embed_crop(truth)
    rows = []
    for scale in scales:
        degraded = degrade(truth, pair.recipe(protocol, scale))
        for contender in contenders:
            values = _values(contender, pair, degraded, truth, person)
            rows += [
                Row(contender.name, pair.target.person, pair.name, scale, metric, value)
                for metric, value in zip(METRICS, values, strict=True)
            ]
    return rows


def _values(
    contender: Contender,
    pair: Pair,
    degraded: UInt8Image,
    truth: UInt8Image,
    person: FloatArray,
) -> Iterator[float]:
    guide = pair.stranger if contender.guide == "stranger" else pair.guide
    picture = images.to_signed(guide.pixels())[None]
    found = _model(contender.model).run(
        images.to_signed(degraded)[None],
        np.zeros_like(picture) if contender.guide == "no-guide" else picture,
    )
    result, mask = _pixels(found.restored), pair.target.mask()
    identity = faces.embed_crop(result)
    box = faces.face_box(result.shape[0])
    yield min(metrics.psnr(result, truth, mask), HIGHEST_PSNR)
    yield metrics.ssim(result, truth, mask)
    yield metrics.identity_distance(identity, person)
    yield metrics.identity_distance(identity, _identity_of(str(guide.crop)))
    yield metrics.landmark_error(faces.landmarks68(result, box), faces.landmarks68(truth, box))
    yield metrics.warp_error(found.flow[0], pair.target.points(), guide.points())


def _pixels(batch: FloatImage) -> UInt8Image:
    return images.to_uint8(batch[0])


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(Row))
    writer.writerows(astuple(row) for row in rows)
    images.write_text(text.getvalue(), path)
