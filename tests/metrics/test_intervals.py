from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from gfrnet.metrics import Interval, bootstrap_interval, paired_difference, paired_significance


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


def flipped_one_by_one(a: dict[str, list[float]], b: dict[str, list[float]]) -> float:
    """Do the permutation test in plain loops, with means over pairs instead of sums."""
    differences = {name: [x - y for x, y in zip(a[name], b[name], strict=True)] for name in a}

    def distance(signs: tuple[int, ...]) -> float:
        signed = [s * value for s, row in zip(signs, differences.values(), strict=True) for value in row]
        return abs(sum(signed) / len(signed))

    measured = distance((1,) * len(a)) * (1 - 1e-9)
    choices = list(product((-1, 1), repeat=len(a)))
    return sum(distance(signs) >= measured for signs in choices) / len(choices)


def drawn_one_by_one(rows: dict[str, list[float]], seed: int, n: int) -> Interval:
    """Do the bootstrap in plain loops."""
    rng, names = np.random.default_rng(seed), sorted(rows)
    draws = [[names[i] for i in rng.integers(len(names), size=len(names))] for _ in range(n)]
    means = [np.mean([value for name in drawn for value in rows[name]]) for drawn in draws]
    low, high = np.percentile(means, (2.5, 97.5))
    return Interval(
        float(np.mean([value for row in rows.values() for value in row])), float(low), float(high)
    )


def uneven(people: int, shift: float = 0.0, seed: int = 0) -> dict[str, list[float]]:
    """Return values of people who differ in how many pairs they have."""
    rng = np.random.default_rng(seed)
    return {f"person {i}": (rng.normal(0, 1, i % 4 + 1) + shift).tolist() for i in range(people)}


def test_the_interval_is_that_of_plain_loops() -> None:
    assert bootstrap_interval(uneven(9), 3, 50) == pytest.approx(drawn_one_by_one(uneven(9), 3, 50))


@pytest.mark.parametrize("seed", range(5))
def test_the_p_value_is_that_of_plain_loops(seed: int) -> None:
    a, b = uneven(7, 0.5, seed), uneven(7, 0, seed + 50)
    assert paired_significance(a, b, 0) == flipped_one_by_one(a, b)
    assert paired_significance(b, a, 0) == paired_significance(a, b, 0)


@pytest.mark.parametrize("people", [1, 2, 5, 16])
def test_differences_of_one_sign_are_as_rare_as_they_can_be(people: int) -> None:
    better, rows = uneven(people, 0.3), uneven(people)
    assert paired_significance(better, rows, 0) == 2 / 2**people


def test_no_difference_is_not_significant() -> None:
    assert paired_significance(uneven(5), uneven(5), 0) == 1
    assert paired_significance(uneven(30), uneven(30), 0) == 1


def test_drawn_signs_are_near_to_all_signs() -> None:
    a, b = uneven(17, 0.4), uneven(17, 0, 50)
    sums = np.array([np.subtract(a[name], b[name]).sum() for name in a])
    exact = np.mean(abs(np.array(list(product((-1, 1), repeat=17))) @ sums) >= abs(sums.sum()))
    assert 0.01 < exact < 0.5
    assert paired_significance(a, b, 0) == pytest.approx(exact, abs=0.01)
    assert paired_significance(a, b, 0) == paired_significance(dict(reversed(a.items())), b, 0)
    assert paired_significance(a, b, 0) != paired_significance(a, b, 1)


def test_without_a_difference_one_in_twenty_is_significant() -> None:
    values = [paired_significance(uneven(20, 0, seed), uneven(20, 0, seed + 1000), 0) for seed in range(150)]
    assert 0.01 <= np.mean([p < 0.05 for p in values]) <= 0.1
