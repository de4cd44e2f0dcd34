"""Make tables of measured values: the guide gap, means, differences, and both by pose gap.

A `Table` is data; `formats` and `page` write it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import inf
from typing import Literal, TypeAlias

from gfrnet.evaluate.models import Contender, Variant
from gfrnet.evaluate.rows import METRICS, Measured, Metric, Row
from gfrnet.metrics import Interval, bootstrap_interval, paired_difference, paired_significance

SEED = 0
"""Seed of the bootstrap and of the permutation test."""

GUIDES: dict[Variant, str] = {
    "right": "the right guide",
    "five-guides": "five guides",
    "album": "all other photos of the person",
    "stranger": "a stranger's",
    "no-guide": "none",
    "mirror": "the photo's own mirror image",
}
"""Name of each variant's guide in a sentence."""

GAPS: tuple[tuple[Variant, Variant], ...] = (
    ("right", "stranger"),
    ("right", "no-guide"),
    ("right", "mirror"),
    ("five-guides", "right"),
    ("five-guides", "stranger"),
    ("five-guides", "no-guide"),
    ("album", "right"),
    ("album", "stranger"),
    ("album", "no-guide"),
)
"""Pairs of variants that are compared."""

POSE_GAPS = {"below 10°": (0.0, 10.0), "10° to 20°": (10.0, 20.0), "20° and more": (20.0, inf)}
"""Limits of the pose gap in degrees, equal for all data sets so that tables can be compared.

They part 457 pairs of photos found on the web into 130, 162 and 165. In a studio where everybody looks into
the camera all pairs lie below 10°.
"""

FEWEST_PEOPLE = 6
"""Of fewer, the permutation test never gives a p value below `CLEAR`: 2 / 2^5 is above it."""

BY_POSE = ("psnr", "ssim", "identity")
"""Metrics of the tables by pose gap, which have a line for each of its parts."""

CLEAR = 0.05
"""A difference is clear if its interval excludes zero and its p value is below this.

Of few people with unequal numbers of pairs the bootstrap alone is too sure of itself.
"""

Kind: TypeAlias = Literal["guide gap", "means", "differences", "guide gap by pose gap", "means by pose gap"]

_LABELS: dict[Kind, dict[str, str]] = {
    "guide gap": {"model": "model", "minus": "minus"},
    "means": {"model": "model"},
    "differences": {"model": "model"},
    "guide gap by pose gap": {"model": "model", "minus": "minus", "pose gap": "pose_gap"},
    "means by pose gap": {"model": "model", "pose gap": "pose_gap"},
}
"""By kind the titles of the columns before the figures, and the fields of `Line` in them."""

_Values: TypeAlias = Mapping[tuple[str, str], Row]
"""Values of one contender, scale and metric by person and pair."""


@dataclass(frozen=True)
class Estimate:
    """Hold a mean or a mean difference.

    Attributes:
        interval: Mean with its 95 % interval over people, in the unit of the metric.
        p: p value of a difference, by `paired_significance`; None for a mean.
        pairs: Number of pairs that it is over.
    """

    interval: Interval
    p: float | None
    pairs: int

    def verdict(self, metric: Metric) -> Literal["better", "worse", "unclear"]:
        """Tell which way a difference goes, if it is clear."""
        _, low, high = self.interval
        if metric.better is None or self.p is None or low <= 0 <= high or self.p >= CLEAR:
            return "unclear"
        return "better" if (low > 0) == (metric.better == "higher") else "worse"


@dataclass(frozen=True)
class Line:
    """Hold one line of a table.

    Attributes:
        model: Name of the contender.
        minus: Name of the contender that is subtracted; empty in means.
        pose_gap: The part of the pairs, a name of `POSE_GAPS`; empty for all.
        pairs: Number of pairs of this part that the contender has, or both have.
        of: Number of pairs in this part.
        estimates: One for each metric of the table; None where there is no value.
    """

    model: str
    minus: str
    pose_gap: str
    pairs: int
    of: int
    estimates: tuple[Estimate | None, ...]


@dataclass(frozen=True)
class Table:
    """Hold figures of one kind at one scale.

    Attributes:
        kind: Kind of the figures.
        scale: Downsampling factor.
        note: Number of pairs and people, in words.
        readings: Meaning of the figures, in sentences.
        metrics: Metrics of the columns.
        lines: One line or more.
    """

    kind: Kind
    scale: float
    note: str
    readings: tuple[str, ...]
    metrics: tuple[Metric, ...]
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        """Return the title above the table."""
        to = f" to {self.lines[0].minus}" if self.kind == "differences" else ""
        return f"{self.kind.capitalize()}{to} at {self.scale:g}x"

    @property
    def head(self) -> tuple[str, ...]:
        """Return the titles of the columns."""
        return (*_LABELS[self.kind], "pairs", *(heading(metric) for metric in self.metrics))

    def labels(self, line: Line) -> tuple[str, ...]:
        """Return the cells before the figures of a line."""
        pairs = f"{line.pairs}" if line.pairs == line.of else f"{line.pairs} of {line.of}"
        return (*(getattr(line, field) for field in _LABELS[self.kind].values()), pairs)


def heading(metric: Metric) -> str:
    """Return the title of a metric's column, with its unit and an arrow to where it is better."""
    unit = f"({metric.unit})" if metric.unit else ""
    arrow = {"higher": "↑", "lower": "↓", None: ""}[metric.better]
    return " ".join(filter(None, (metric.title, unit, arrow)))


def first_model(contenders: Iterable[Contender]) -> Contender | None:
    """Return the first that is no control: the others are compared with it, and its cases are shown."""
    return next((contender for contender in contenders if not contender.is_control), None)


def build_tables(measured: Measured, contenders: Sequence[Contender]) -> tuple[Table, ...]:
    """Make all tables, by scale.

    The guide gap comes first where a model was measured with another guide too.

    Args:
        measured: The values.
        contenders: Contenders in the order of the lines.
    """
    scales = sorted({row.scale for row in measured.rows})
    return tuple(table for scale in scales for table in _tables_of(AtScale(measured, scale), contenders))


class AtScale:
    """Look up what was measured at one scale.

    Attributes:
        scale: Downsampling factor.
        metrics: Metrics that were measured.
        pairs: Person and name of each pair, failed ones too.
        pose_gaps: Pose gaps in degrees, of the pairs that some contender has.
        counted: Number of pairs and people, in words.

    Args:
        measured: The values.
        scale: Downsampling factor.
    """

    def __init__(self, measured: Measured, scale: float) -> None:
        self.scale = scale
        self.pose_gaps: dict[tuple[str, str], float] = {}
        self._values: dict[tuple[str, str], dict[tuple[str, str], Row]] = {}
        for row in measured.rows:
            if row.scale == scale:
                self.pose_gaps[row.person, row.pair] = row.pose_gap
                self._values.setdefault((row.model, row.metric), {})[row.person, row.pair] = row
        failed = {(failure.person, failure.pair) for failure in measured.failures if failure.scale == scale}
        self.pairs = self.pose_gaps.keys() | failed
        self.people = len({person for person, _ in self.pairs})
        self.counted = f"{len(self.pairs)} pairs of {self.people} people."
        found = {metric for _, metric in self._values}
        self.metrics = tuple(metric for metric in METRICS if metric.name in found)

    def estimate(self, model: str, minus: str, metric: str, part: str = "") -> Estimate | None:
        """Return a mean, or the mean difference over the pairs that both have.

        Args:
            model: Name of the contender.
            minus: Name of the one that is subtracted; empty for a mean.
            metric: Name of the metric.
            part: Part of the pairs, a name of `POSE_GAPS`; empty for all.

        Returns:
            None where there is no value.
        """
        values = self._part(model, metric, part)
        if values and not minus:
            return Estimate(bootstrap_interval(_by_person(values, values), SEED), None, len(values))
        others = self._part(minus, metric, part)
        both = sorted(values.keys() & others.keys())
        if not both:
            return None
        one, other = _by_person(values, both), _by_person(others, both)
        return Estimate(paired_difference(one, other, SEED), paired_significance(one, other, SEED), len(both))

    def pairs_in(self, part: str) -> int:
        """Count the pairs of a part; the pose gap is known of pairs that some contender has."""
        if not part:
            return len(self.pairs)
        low, high = POSE_GAPS[part]
        return sum(low <= gap < high for gap in self.pose_gaps.values())

    def _part(self, model: str, metric: str, part: str) -> _Values:
        rows = self._values.get((model, metric), {})
        low, high = POSE_GAPS[part] if part else (-inf, inf)
        return {pair: row for pair, row in rows.items() if low <= row.pose_gap < high}


def _tables_of(scale: AtScale, contenders: Sequence[Contender]) -> Iterator[Table]:
    first = first_model(contenders)
    compared = _compared(contenders)
    gaps = [(given.name, other.name) for given, other in compared]
    means = [(contender.name, "") for contender in contenders]
    beside = {one.name for pair in compared for one in pair if one.variant != "right"}
    main = [row for row in means if row[0] not in beside]
    others = [(name, first.name) for name, _ in main if first and name != first.name]
    by_pose = tuple(metric for metric in scale.metrics if metric.name in BY_POSE)
    kinds: tuple[tuple[Kind, Sequence[tuple[str, str]], tuple[Metric, ...], Iterable[str]], ...] = (
        ("guide gap", gaps, scale.metrics, ("",)),
        ("means", means, scale.metrics, ("",)),
        ("differences", others, scale.metrics, ("",)),
        ("guide gap by pose gap", gaps, by_pose, POSE_GAPS),
        ("means by pose gap", main, by_pose, POSE_GAPS),
    )
    for kind, rows, metrics, parts in kinds:
        lines = [_line(scale, *row, metrics, part) for row, part in product(rows, parts)]
        if lines := [line for line in lines if line.of]:
            said = readings(compared, lines, metrics, scale.people) if kind == "guide gap" else ()
            yield Table(kind, scale.scale, scale.counted, said, metrics, tuple(lines))


def _compared(contenders: Sequence[Contender]) -> list[tuple[Contender, Contender]]:
    """Pair each model with itself under another guide, at one fidelity."""
    return [
        (given, other)
        for given, other in product(contenders, contenders)
        if replace(given, variant=other.variant) == other and (given.variant, other.variant) in GAPS
    ]


def _line(scale: AtScale, model: str, minus: str, metrics: Iterable[Metric], part: str) -> Line:
    estimates = tuple(scale.estimate(model, minus, metric.name, part) for metric in metrics)
    pairs = max((estimate.pairs for estimate in estimates if estimate), default=0)
    return Line(model, minus, part, pairs, scale.pairs_in(part), estimates)


def _by_person(values: _Values, pairs: Iterable[tuple[str, str]]) -> dict[str, list[float]]:
    people: dict[str, list[float]] = {}
    for pair in pairs:
        people.setdefault(pair[0], []).append(values[pair].value)
    return people


def readings(
    compared: Iterable[tuple[Contender, Contender]],
    lines: Iterable[Line],
    metrics: Sequence[Metric],
    people: int,
) -> tuple[str, ...]:
    """Return what the lines of the guide gap say: a sentence each, or one where there are too few people."""
    said = [reading(*pair, line, metrics) for pair, line in zip(compared, lines, strict=True) if line.pairs]
    if said and people < FEWEST_PEOPLE:
        return (f"Of {people} people nothing can be said: it takes {FEWEST_PEOPLE}.",)
    return tuple(said)


def reading(given: Contender, other: Contender, line: Line, metrics: Sequence[Metric]) -> str:
    """Say in one sentence what a line of the guide gap means."""
    titles: dict[str, list[str]] = {}
    for metric, estimate in zip(metrics, line.estimates, strict=True):
        if estimate and metric.better:
            titles.setdefault(estimate.verdict(metric), []).append(metric.title)
    said = {"better": "clearly better", "worse": "clearly worse", "unclear": "not clearly different"}
    parts = [f"{text} in {_listed(titles[verdict])}" for verdict, text in said.items() if verdict in titles]
    model = replace(given, variant="right").name
    guides = f"{GUIDES[given.variant]} instead of {GUIDES[other.variant]}"
    return f"{model} with {guides} is {'; '.join(parts)}."


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def count_failures(measured: Measured) -> tuple[str, ...]:
    """Say for every contender and scale with failed pairs how many they are, and why."""
    reasons: dict[tuple[str, float], Counter[str]] = {}
    for failure in measured.failures:
        reasons.setdefault((failure.model, failure.scale), Counter())[failure.reason] += 1
    return tuple(
        f"{model} at {scale:g}x: {counts.total()} failed pairs. "
        + " ".join(f"{reason} ({count})" for reason, count in counts.most_common())
        for (model, scale), counts in reasons.items()
    )
