"""Name the metrics, and keep the values of a run: one row for each value, failures apart."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from gfrnet import images
from gfrnet.errors import DataError
from gfrnet.files import read_text

VERSION = 2
"""Version of everything between a pair and its values, raised whenever a value would change."""

ROWS, PARQUET, FAILURES = "rows.csv", "rows.parquet", "failures.csv"


@dataclass(frozen=True)
class Metric:
    """Describe one metric of the protocol.

    Attributes:
        name: Its name in rows.
        title: Its name in tables and sentences.
        digits: Number of digits behind the point, in tables.
        better: The better direction; None where there is none.
        unit: Unit of its values; empty for a mere number.
    """

    name: str
    title: str
    digits: int
    better: Literal["higher", "lower"] | None
    unit: str = ""

    def said(self, value: float) -> str:
        """Write a value with its unit, such as ``26.03 dB``."""
        return f"{value:.{self.digits}f} {self.unit}".rstrip()


METRICS: tuple[Metric, ...] = (
    Metric("psnr", "PSNR", 2, "higher", "dB"),
    Metric("ssim", "SSIM", 4, "higher"),
    Metric("psnr_eyes", "PSNR of the eyes", 2, "higher", "dB"),
    Metric("psnr_mouth", "PSNR of the mouth", 2, "higher", "dB"),
    Metric("identity", "identity distance to truth", 4, "lower"),
    Metric("identity_to_guide", "identity distance to guide", 4, None),
    Metric("landmarks", "landmark error", 4, "lower"),
    Metric("warp", "warp error", 2, "lower", "px"),
    Metric("vgg", "VGG-19 conv3_4 distance", 1, "lower"),
    Metric("lpips", "LPIPS (AlexNet)", 4, "lower"),
)
"""In the order of the tables.

The guide is the given one; without one, the right guide. The PSNR of equal pictures is 100 dB.
"""

METRIC_OF = {metric.name: metric for metric in METRICS}

PERCEPTUAL = ("vgg", "lpips")
"""Metrics whose network is not part of the package; they are measured on request."""


@dataclass(frozen=True)
class Row:
    """Hold one measured value.

    Attributes:
        model: Name of the contender.
        person: Who is on the pair's photos.
        pair: Name of the pair.
        pose_gap: Angle between the heads of target and guide, degrees.
        scale: Downsampling factor.
        metric: Name of the metric.
        value: Finite value, in the unit of the metric.
    """

    model: str
    person: str
    pair: str
    pose_gap: float
    scale: float
    metric: str
    value: float


@dataclass(frozen=True)
class Failure:
    """Name a pair on which a contender failed, and why."""

    model: str
    person: str
    pair: str
    scale: float
    reason: str


@dataclass(frozen=True)
class Measured:
    """Hold the values of a run, ordered by pair, scale, contender and metric.

    The PSNR of a region outside the photo has no row, whatever the contender. Without a guide, or a flow, the
    warp error has none.
    """

    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]


def write_measured(measured: Measured, folder: Path) -> None:
    """Write rows.csv and failures.csv, and rows.parquet where pyarrow is installed.

    Raises:
        WriteError: The folder is a file or read-only, or the disk is full.
    """
    images.write_text(_to_csv(Row, measured.rows), folder / ROWS)
    images.write_text(_to_csv(Failure, measured.failures), folder / FAILURES)
    if find_spec("pyarrow"):
        images.write_bytes(_to_parquet(measured.rows), folder / PARQUET)
    else:  # one of an earlier run would tell other values
        (folder / PARQUET).unlink(missing_ok=True)


def read_measured(folder: Path) -> Measured:
    """Read what `write_measured` wrote, equal to the bit.

    Raises:
        DataError: A file is missing or broken.
    """
    rows = (
        Row(**{**row, **{name: float(row[name]) for name in ("pose_gap", "scale", "value")}})
        for row in _from_csv(Row, folder / ROWS)
    )
    failures = (
        Failure(**{**row, "scale": float(row["scale"])}) for row in _from_csv(Failure, folder / FAILURES)
    )
    try:
        return Measured(tuple(rows), tuple(failures))
    except (ValueError, TypeError) as error:
        raise DataError(f"{folder / ROWS} is broken ({error}). Evaluate again.") from error


def csv_text(head: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    """Write lines of values as CSV, with the titles of their columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(lines)
    return text.getvalue()


def _to_csv(kind: type, values: Iterable[Any]) -> str:
    return csv_text((field.name for field in fields(kind)), map(astuple, values))


def _from_csv(kind: type, path: Path) -> list[dict[str, Any]]:
    try:
        reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}). Evaluate first.") from error
    if list(reader.fieldnames or ()) != [field.name for field in fields(kind)]:
        raise DataError(f"{path} is of no evaluation, or of an older one. Evaluate again.")
    return list(reader)


def _to_parquet(rows: Iterable[Row]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    kinds = {"str": pyarrow.string(), "float": pyarrow.float64()}
    schema = pyarrow.schema([(field.name, kinds[str(field.type)]) for field in fields(Row)])
    file = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist([asdict(row) for row in rows], schema), file)
    return file.getvalue()
