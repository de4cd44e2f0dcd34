from __future__ import annotations

import numpy as np
import pytest

from gfrnet.metrics import bootstrap_interval, paired_difference


def values(people: int, pairs: int = 3, seed: int = 0) -> dict[str, list[float]]:
    rng = np.random.default_rng(seed)
    return {f"person {i}": (rng.normal(30, 2) + rng.normal(0, 0.1, pairs)).tolist() for i in range(people)}


def test_the_mean_is_over_pairs() -> None:
    assert bootstrap_interval({"a": [1.0], "b": [4.0, 4.0]}, seed=0).mean == pytest.approx(3)


def test_the_interval_is_that_of_a_mean_of_people() -> None:
    interval = bootstrap_interval(values(200), seed=1)
    assert interval.low < interval.mean < interval.high
    # The normal approximation; the pairs of a person are nearly equal and must not narrow it.
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * 2 / np.sqrt(200), rel=0.15)


def test_the_interval_covers_the_truth_about_95_times_in_100() -> None:
    intervals = [bootstrap_interval(values(40, seed=seed), seed=seed, n=300) for seed in range(200)]
    assert 0.88 <= np.mean([low <= 30 <= high for _, low, high in intervals]) <= 0.99


def test_a_seed_and_not_the_order_of_the_people_decides() -> None:
    rows = values(12)
    backwards = dict(reversed(rows.items()))
    assert bootstrap_interval(rows, seed=5) == bootstrap_interval(backwards, seed=5)
    assert bootstrap_interval(rows, seed=5) != bootstrap_interval(rows, seed=6)


def test_one_person_and_a_person_without_pairs() -> None:
    assert bootstrap_interval({"a": [1.0, 3.0], "b": []}, seed=0) == (2, 2, 2)


def test_a_paired_difference_is_narrow_where_people_differ_more_than_models() -> None:
    rows = values(30)
    better = {name: [value + 0.5 for value in person] for name, person in rows.items()}
    difference = paired_difference(better, rows, seed=0)
    assert difference == pytest.approx((0.5, 0.5, 0.5))
    assert paired_difference(rows, better, seed=0).mean == pytest.approx(-0.5)


def test_rows_that_are_not_pairs_are_named() -> None:
    with pytest.raises(ValueError, match=r"differ for b, c\."):
        paired_difference({"a": [1.0], "b": [1.0, 2.0]}, {"a": [1.0], "b": [1.0], "c": [2.0]}, seed=0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_failures_cannot_hide_in_a_mean(bad: float) -> None:
    with pytest.raises(ValueError, match="count them apart"):
        bootstrap_interval({"a": [1.0, bad]}, seed=0)


@pytest.mark.parametrize("rows", [{}, {"a": []}])
def test_no_values_are_no_mean(rows: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="no values"):
        bootstrap_interval(rows, seed=0)
