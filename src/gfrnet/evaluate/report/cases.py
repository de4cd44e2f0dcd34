"""Choose the pairs that a report shows by rule, never by hand: the best, the median and the worst."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from gfrnet.evaluate.models import Contender
from gfrnet.evaluate.report.tables import first_model
from gfrnet.evaluate.rows import METRIC_OF, Measured, Row

METRICS_OF_CASES = ("psnr", "identity")
"""Metrics that choose: nearness of pixels, and whether it is still the same person."""

Rank: TypeAlias = Literal["best", "median", "worst"]


@dataclass(frozen=True)
class Case:
    """Name one pair to look at.

    Attributes:
        model: Name of the contender whose value decided.
        metric: Name of the metric.
        scale: Downsampling factor.
        rank: Place of the value among all pairs.
        person: Who is on the pair's photos.
        pair: Name of the pair.
        value: Value of the metric.
    """

    model: str
    metric: str
    scale: float
    rank: Rank
    person: str
    pair: str
    value: float


def choose_cases(measured: Measured, contenders: Iterable[Contender]) -> tuple[Case, ...]:
    """Choose the best, median and worst pair of the first model, by scale and metric.

    Of an even number of pairs the median is the better one of the two in the middle. Of equal values the
    earlier name is the better one. There are no cases where only controls were measured.
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
