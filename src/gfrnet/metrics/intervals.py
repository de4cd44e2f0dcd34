"""Measure how sure a mean is: 95 % intervals by bootstrap over people, and a permutation test.

Pairs of one person are alike, so people are drawn and not pairs. Each draw takes as many people as there
are, with replacement, each with all pairs. The mean is over all drawn pairs, so a person with more pairs
weighs more, as in the mean itself. The test likewise flips all of a person's differences at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gfrnet.types import AnyArray

LEVEL = 95.0
"""Share of the bootstrap means inside the interval, in per cent."""

EXACT = 16
"""Largest number of people for which the test tries every choice of signs; for more it draws `FLIPS`."""

FLIPS = 10_000
"""Number of drawn choices of signs. The smallest p value is then 1e-4, and one of 0.05 is sure to 0.002."""

_TIE = 1e-9
"""Part of the sum of all sizes by which two equal sums may differ through rounding."""


class Interval(NamedTuple):
    """Hold a mean with its uncertainty.

    Attributes:
        mean: Mean over all pairs.
        low: Lower end of the 95 % interval.
        high: Upper end of the 95 % interval.
    """

    mean: float
    low: float
    high: float


def bootstrap_interval(values_by_person: Mapping[str, Sequence[float]], seed: int, n: int = 2000) -> Interval:
    """Return the mean over all pairs and its 95 % percentile-bootstrap interval over people.

    With one person only, nothing is known about other people: the interval is the mean itself.

    Args:
        values_by_person: Values of each person's pairs; the order of the people does not matter.
        seed: The same seed gives the same interval.
        n: Number of bootstrap draws.

    Raises:
        ValueError: There is no value, or one is not finite (count failures apart).
    """
    sums, counts = _sums_and_counts(values_by_person)
    drawn = np.random.default_rng(seed).integers(len(sums), size=(n, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.percentile(means, (50 - LEVEL / 2, 50 + LEVEL / 2))
    return Interval(float(sums.sum() / counts.sum()), float(low), float(high))


def paired_difference(
    a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]], seed: int, n: int = 2000
) -> Interval:
    """Return the mean of a minus b over the same pairs, and its interval over people.

    Args:
        a: Values of each person's pairs.
        b: Values of the same pairs in the same order.
        seed: The same seed gives the same interval.
        n: Number of bootstrap draws.

    Raises:
        ValueError: The pairs of a and b differ, there is none, or a value is not finite.
    """
    return bootstrap_interval(_differences(a, b), seed, n)


def paired_significance(
    a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]], seed: int
) -> float:
    """Return how often chance alone makes a mean of a minus b as large, in either direction (p value).

    This is a two-sided permutation test. If a and b were no different, a person's differences could as well
    have the other sign. The p value is the share of choices of signs whose mean is at least as far from zero.
    Up to `EXACT` people all choices are tried, for more people `FLIPS` drawn ones. With n people it is never
    below 2 / 2^n.

    Args:
        a: Values of each person's pairs.
        b: Values of the same pairs in the same order.
        seed: The same seed gives the same p value.

    Raises:
        ValueError: As `paired_difference`.
    """
    sums, _ = _sums_and_counts(_differences(a, b))
    # Signs do not change how many pairs there are, so sums are compared instead of means.
    measured = abs(sums.sum()) - _TIE * abs(sums).sum()
    if len(sums) <= EXACT:
        return float(np.mean(abs(_signed_sums(sums)) >= measured))
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), (FLIPS, len(sums)))
    # The measured signs are one choice more (Phipson and Smyth, 2010), or p could be 0.
    return float((1 + np.sum(abs(signs @ sums) >= measured)) / (1 + FLIPS))


def _signed_sums(values: AnyArray) -> AnyArray:
    """Return (2^(n-1),) sums of n values with every choice of signs, up to the sign of the whole."""
    sums = values[:1]
    for value in values[1:]:
        sums = np.concatenate((sums + value, sums - value))
    return sums


def _differences(
    a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]]
) -> dict[str, list[float]]:
    sizes_a, sizes_b = ({name: len(values) for name, values in rows.items()} for rows in (a, b))
    if sizes_a != sizes_b:
        different = sorted({name for name, _ in sizes_a.items() ^ sizes_b.items()})
        raise ValueError(
            f"The pairs to compare differ for {', '.join(different)}. Measure both on the same pairs."
        )
    return {name: np.subtract(a[name], b[name]).tolist() for name in a}


def _sums_and_counts(values_by_person: Mapping[str, Sequence[float]]) -> tuple[AnyArray, AnyArray]:
    """Return (people,) sums of each person's values, and their numbers, without people who have no value."""
    people = [np.asarray(values_by_person[name], dtype=np.float64) for name in sorted(values_by_person)]
    sums = np.array([values.sum() for values in people if values.size])
    counts = np.array([values.size for values in people if values.size])
    if not sums.size:
        raise ValueError("There are no values to average. Check that the pair list is not empty.")
    if not np.isfinite(sums).all():
        raise ValueError("Some values are infinite or NaN. Leave failures out and count them apart.")
    return sums, counts
