"""Which pairs a report shows: the best, the median and the worst, chosen by rule and never by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from gfrnet.evaluate.models import Contender
from gfrnet.evaluate.report.tables import first_model
from gfrnet.evaluate.rows import METRIC_OF, Measured, Row

METRICS_OF_CASES = ("psnr", "identity")
"""How near the pixels are, and whether it is still the same person."""

Rank: TypeAlias = Literal["best", "median", "worst"]


@dataclass(frozen=True)
class Case:
    """One pair to look at.

    Attributes:
        model: The contender whose value decided.
        metric: Name of the metric.
        scale: Downsampling factor.
        rank: Place of the value among those of all pairs.
        person: Who is on the pair's photos.
        pair: Name of the pair.
        value: Of the metric.
    """

    model: str
    metric: str
    scale: float
    rank: Rank
    person: str
    pair: str
    value: float


def choose_cases(measured: Measured, contenders: Iterable[Contender]) -> tuple[Case, ...]:
    """By scale and metric the best, the median and the worst pair of the first contender that is no control.

    Of an even number of pairs the median is the better one of the two in the middle; of equal values that
    of the earlier name counts as the better one. There are none where only controls were measured.
    """
    model = first_model(contenders)
    groups: dict[tuple[float, int], list[Row]] = {}
    for row in measured.rows:
        if model and row.model == model.name and row.metric in METRICS_OF_CASES:
            groups.setdefault((row.scale, METRICS_OF_CASES.index(row.metric)), []).append(row)
    return tuple(case for _, rows in sorted(groups.items()) for case in _cases(rows))


def _cases(rows: Iterable[Row]) -> tuple[Case, ...]:
    ranked = sorted(rows, key=lambda row: (_badness(row), row.person, row.pair))
    places: tuple[tuple[Rank, int], ...] = (
        ("best", 0),
        ("median", (len(ranked) - 1) // 2),
        ("worst", len(ranked) - 1),
    )
    return tuple(_case(ranked[place], rank) for rank, place in places)


def _badness(row: Row) -> float:
    return -row.value if METRIC_OF[row.metric].better == "higher" else row.value


def _case(row: Row, rank: Rank) -> Case:
    return Case(row.model, row.metric, row.scale, rank, row.person, row.pair, row.value)
