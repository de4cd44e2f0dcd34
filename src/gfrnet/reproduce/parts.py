"""Keep what was measured of rows of table 1 in a small file, and join such files to one table.

So the rows may be trained and measured on several machines, or one after another over weeks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, model_validator

from gfrnet import images
from gfrnet.errors import DataError
from gfrnet.evaluate import Failure, Measured, Protocol, Row
from gfrnet.files import read_text
from gfrnet.reproduce.costs import Cost
from gfrnet.reproduce.rows import ALL_ROWS
from gfrnet.reproduce.table import CONTROL, IDENTITY, PSNR, SSIM, TableOne, build_table
from gfrnet.train import TrainConfig, changed_keys

FILE = "measured.json"
"""Name of a part in a folder of results."""

VERSION = 1
"""Version of the file. It grows when older versions cannot read the file."""

METRICS = (PSNR.name, SSIM.name, IDENTITY.name)
"""Metrics of the table; only these are kept."""

DIGITS = 7
"""Significant digits of a kept value. The table shows four."""

AGREES = 1e-3
"""Largest difference of two measures of the degraded photo, in the metric's unit, on two machines."""

_MOST_BYTES = 1 << 30

_Values: TypeAlias = dict[str, tuple[float | None, ...]]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PartPair(_Model):
    """Name a pair on which rows were measured; see `gfrnet.evaluate.Row`."""

    person: str
    pair: str
    pose_gap: float


class PartFailure(_Model):
    """Say on which pair, by its place in the list, a contender failed, and why."""

    contender: str
    pair: int
    reason: str


class PartColumn(_Model):
    """Hold one column.

    Attributes:
        protocol: How the photos were degraded.
        scale: Downsampling factor.
        values: By contender and metric, a value for each pair; None where there is none.
        failures: Restorations that failed.
    """

    protocol: Protocol
    scale: int
    values: dict[str, _Values]
    failures: tuple[PartFailure, ...] = ()


class Part(_Model):
    """Hold what was measured of some rows.

    Attributes:
        version: Version of the file.
        base: Config that all rows have in common, without the places of data and results.
        pairs: Pairs on which all columns were measured.
        costs: By name of the row and scale.
        columns: The columns.
    """

    version: int
    base: dict[str, Any]
    pairs: tuple[PartPair, ...]
    costs: dict[str, dict[int, Cost]]
    columns: tuple[PartColumn, ...]

    @model_validator(mode="after")
    def _check(self) -> Part:
        """Refuse values that belong to no pair, rows that do not exist, and columns without the control."""
        count, known = len(self.pairs), {row.name: row.scales for row in ALL_ROWS}
        for column in self.columns:
            if CONTROL not in column.values:
                raise ValueError(f"{column.protocol} {column.scale}x does not hold the degraded photos")
            lengths = {len(values) for metrics in column.values.values() for values in metrics.values()}
            if lengths - {count} or any(not 0 <= one.pair < count for one in column.failures):
                raise ValueError(f"{column.protocol} {column.scale}x holds values of no pair")
        for name, scales in self.costs.items():
            if set(scales) - set(known.get(name, ())):
                raise ValueError(f"there is no row {name} at these scales")
        return self

    def save(self, folder: Path) -> Path:
        """Write the part into a folder of results, in place of an older one.

        Raises:
            WriteError: The folder cannot be written to.
        """
        return images.write_text(self.model_dump_json() + "\n", folder / FILE)

    @classmethod
    def load(cls, path: Path) -> Part:
        """Read a part.

        Args:
            path: The file, or the folder of results that holds it.

        Raises:
            DataError: There is none, or it is broken or of a later version.
        """
        path = path / FILE if path.is_dir() else path
        try:
            part = cls.model_validate_json(read_text(path, _MOST_BYTES))
        except FileNotFoundError as error:
            raise DataError(f"{path} does not exist. Measure rows first.") from error
        except (OSError, ValueError) as error:
            raise DataError(
                f"{path} holds no measured rows ({_first_line(error)}). Measure again."
            ) from error
        if part.version != VERSION:
            raise DataError(f"{path} has version {part.version}, and {VERSION} is read. Measure again.")
        return part


def make_part(
    base: TrainConfig,
    measured: Mapping[tuple[Protocol, int], Measured],
    costs: Mapping[str, Mapping[int, Cost]],
) -> Part:
    """Make a part of what was measured.

    Args:
        base: Config that all rows have in common.
        measured: What was measured by protocol and scale.
        costs: Costs by name of the row and scale.
    """
    pairs: dict[str, PartPair] = {}
    for found in measured.values():
        for row in found.rows:
            pairs[row.pair] = PartPair(person=row.person, pair=row.pair, pose_gap=row.pose_gap)
        for one in found.failures:
            pairs.setdefault(one.pair, PartPair(person=one.person, pair=one.pair, pose_gap=0))
    places = {name: place for place, name in enumerate(pairs)}
    return Part(
        version=VERSION,
        base=_comparable(base).model_dump(mode="json"),
        pairs=tuple(pairs.values()),
        costs={name: dict(scales) for name, scales in costs.items()},
        columns=tuple(_column(*column, found, places) for column, found in measured.items()),
    )


def _comparable(base: TrainConfig) -> TrainConfig:
    """Return a config without the folders of its files, which differ from machine to machine."""
    data = tuple(Path(one).name for one in base.data) if isinstance(base.data, tuple) else base.data
    seen = base.perceptual
    if seen.weights is not None:
        seen = seen.model_copy(update={"weights": Path(Path(seen.weights).name)})
    return base.model_copy(update={"data": data, "output": Path("runs"), "perceptual": seen})


def _column(protocol: Protocol, scale: int, found: Measured, places: Mapping[str, int]) -> PartColumn:
    values: dict[str, dict[str, list[float | None]]] = {}
    for row in found.rows:
        if row.metric in METRICS:
            of_model = values.setdefault(row.model, {})
            of_metric = of_model.setdefault(row.metric, [None] * len(places))
            of_metric[places[row.pair]] = float(f"{row.value:.{DIGITS}g}")
    failures = tuple(
        PartFailure(contender=one.model, pair=places[one.pair], reason=one.reason) for one in found.failures
    )
    return PartColumn.model_validate(
        {"protocol": protocol, "scale": scale, "values": values, "failures": failures}
    )


def join_parts(parts: Mapping[str, Part]) -> tuple[TableOne, Part]:
    """Join parts to one table.

    Args:
        parts: The parts by a name for people, at least one. A row of several is taken from the first.

    Returns:
        The table, and one part that holds all rows.

    Raises:
        DataError: The parts were trained from different bases, or measured on different pairs.
    """
    (first_name, first), *others = parts.items()
    for name, part in others:
        _check_fit(first_name, first, name, part)
    costs = {row: scales for part in reversed(list(parts.values())) for row, scales in part.costs.items()}
    keys = dict.fromkeys(
        (column.protocol, column.scale) for part in parts.values() for column in part.columns
    )
    columns = tuple(_joined([found for part in parts.values() if (found := _of(part, *key))]) for key in keys)
    whole = first.model_copy(update={"costs": costs, "columns": columns})
    return _table(whole), whole


def _check_fit(first_name: str, first: Part, name: str, part: Part) -> None:
    old, new = (TrainConfig.model_validate(each.base) for each in (first, part))
    if changed := changed_keys(old, new):
        raise DataError(
            f"{name} was trained with another {', '.join(changed)} than {first_name}. Join rows of one base."
        )
    if first.pairs != part.pairs:
        raise DataError(f"{name} was measured on other pairs than {first_name}. Measure on the same data.")
    for before in first.columns:
        after = _of(part, before.protocol, before.scale)
        if after and _differ(before.values[CONTROL], after.values[CONTROL]):
            raise DataError(
                f"{name} and {first_name} differ on the degraded photos themselves at {before.scale}x, so "
                "one of the two was measured in another way. Measure both with one version of gfrnet."
            )


def _differ(before: _Values, after: _Values) -> bool:
    return any(
        (a is None) != (b is None) or (a is not None and b is not None and abs(a - b) > AGREES)
        for metric in METRICS
        for a, b in zip(before.get(metric, ()), after.get(metric, ()), strict=False)
    )


def _of(part: Part, protocol: Protocol, scale: int) -> PartColumn | None:
    return next((c for c in part.columns if (c.protocol, c.scale) == (protocol, scale)), None)


def _joined(columns: Sequence[PartColumn]) -> PartColumn:
    """Join what was measured in one column; the first part that holds a contender counts."""
    values = {name: metrics for column in reversed(columns) for name, metrics in column.values.items()}
    failures = {(one.contender, one.pair): one for column in columns for one in column.failures}
    return columns[0].model_copy(update={"values": values, "failures": tuple(failures.values())})


def _table(part: Part) -> TableOne:
    measured = {
        (column.protocol, column.scale): Measured(tuple(_rows(part, column)), tuple(_failures(part, column)))
        for column in part.columns
    }
    rows = [row for row in ALL_ROWS if row.name in part.costs]
    return build_table(measured, rows, lambda row, scale: part.costs[row.name].get(scale))


def _rows(part: Part, column: PartColumn) -> Iterator[Row]:
    for place, pair in enumerate(part.pairs):
        for contender, metrics in column.values.items():
            for metric, values in metrics.items():
                value = values[place]
                if value is not None:
                    yield Row(contender, pair.person, pair.pair, pair.pose_gap, column.scale, metric, value)


def _failures(part: Part, column: PartColumn) -> Iterator[Failure]:
    for one in column.failures:
        pair = part.pairs[one.pair]
        yield Failure(one.contender, pair.person, pair.pair, column.scale, one.reason)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
