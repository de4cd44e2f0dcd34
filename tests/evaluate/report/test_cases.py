from __future__ import annotations

from gfrnet.evaluate.models import Contender
from gfrnet.evaluate.report.cases import choose_cases
from gfrnet.evaluate.rows import Measured, Row


def one(model: str, pair: str, value: float, metric: str = "psnr") -> Row:
    return Row(model, "p", pair, 0.0, 4.0, metric, value)


def test_best_median_and_worst_of_the_first_model(measured: Measured, contenders: list[Contender]) -> None:
    cases = choose_cases(measured, contenders)
    assert [(case.scale, case.metric, case.rank) for case in cases] == [
        (scale, metric, rank)
        for scale in (4.0, 8.0)
        for metric in ("psnr", "identity")
        for rank in ("best", "median", "worst")
    ]
    for case in cases:
        values = [
            row.value
            for row in measured.rows
            if (row.model, row.metric, row.scale) == ("net", case.metric, case.scale)
        ]
        ranked = sorted(values, reverse=case.metric == "psnr")
        assert case.value == ranked[{"best": 0, "median": 6, "worst": 12}[case.rank]]


def test_of_equal_values_the_name_decides() -> None:
    rows = [one("net", name, value) for name, value in (("d", 1.0), ("b", 2.0), ("a", 2.0), ("c", 2.0))]
    assert [case.pair for case in choose_cases(Measured(tuple(rows), ()), [Contender("net")])] == [
        "a",
        "b",
        "d",
    ]


def test_one_pair_is_all_three_and_controls_have_none() -> None:
    rows = (one("bicubic", "a", 1.0), one("net", "a", 2.0))
    names = [Contender("bicubic"), Contender("net")]
    assert [case.value for case in choose_cases(Measured(rows, ()), names)] == [2.0, 2.0, 2.0]
    assert choose_cases(Measured(rows[:1], ()), names[:1]) == ()
