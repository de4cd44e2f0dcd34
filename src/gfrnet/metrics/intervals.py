"""How sure a mean is: 95 % intervals by bootstrap over people.

Pairs of one person are alike, so people are drawn, not pairs: as many as there are, with replacement,
each with all its pairs. The mean is over the pairs of those drawn, so a person with more pairs weighs more,
as in the mean itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

LEVEL = 95.0
"""Per cent of the bootstrap means inside the interval."""


class Interval(NamedTuple):
    """A mean with its uncertainty.

    Attributes:
        mean: Mean over all pairs.
        low: Lower end of the 95 % interval.
        high: Upper end of the 95 % interval.
    """

    mean: float
    low: float
    high: float


def bootstrap_interval(values_by_person: Mapping[str, Sequence[float]], seed: int, n: int = 2000) -> Interval:
    """The mean over all pairs and its 95 % percentile-bootstrap interval over people.

    With one person only, nothing is known about other people: the interval is the mean itself.

    Args:
        values_by_person: Values of each person's pairs; the order of the people does not matter.
        seed: The same seed gives the same interval.
        n: Number of bootstrap draws.

    Raises:
        ValueError: There is no value, or one is not finite (count failures apart).
    """
    people = [np.asarray(values_by_person[name], dtype=np.float64) for name in sorted(values_by_person)]
    sums = np.array([values.sum() for values in people if values.size])
    counts = np.array([values.size for values in people if values.size])
    if not sums.size:
        raise ValueError("There are no values to average. Check that the pair list is not empty.")
    if not np.isfinite(sums).all():
        raise ValueError("Some values are infinite or NaN. Leave failures out and count them apart.")
    rng = np.random.default_rng(seed)
    draws = (rng.integers(len(sums), size=len(sums)) for _ in range(n))
    means = [sums[drawn].sum() / counts[drawn].sum() for drawn in draws]
    low, high = np.percentile(means, (50 - LEVEL / 2, 50 + LEVEL / 2))
    return Interval(float(sums.sum() / counts.sum()), float(low), float(high))


def paired_difference(
    a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]], seed: int, n: int = 2000
) -> Interval:
    """The mean of a minus b over the same pairs, and its interval over people.

    Args:
        a: Values of each person's pairs.
        b: Values of the same pairs in the same order.
        seed: The same seed gives the same interval.
        n: Number of bootstrap draws.

    Raises:
        ValueError: The pairs of a and b differ, there is none, or a value is not finite.
    """
    sizes_a, sizes_b = ({name: len(values) for name, values in rows.items()} for rows in (a, b))
    if sizes_a != sizes_b:
        different = sorted({name for name, _ in sizes_a.items() ^ sizes_b.items()})
        raise ValueError(
            f"The pairs to compare differ for {', '.join(different)}. Measure both on the same pairs."
        )
    differences = {name: np.subtract(a[name], b[name]).tolist() for name in a}
    return bootstrap_interval(differences, seed, n)
