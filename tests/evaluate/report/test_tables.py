from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gfrnet.evaluate.models import Contender
from gfrnet.evaluate.report.tables import POSE_GAPS, Estimate, Line, Table, build_tables, count_failures
from gfrnet.evaluate.rows import METRIC_OF, Failure, Measured, Row
from gfrnet.metrics import Interval, bootstrap_interval, paired_difference, paired_significance


def find(tables: tuple[Table, ...], kind: str, scale: float = 4.0) -> Table:
    return next(table for table in tables if (table.kind, table.scale) == (kind, scale))


def line_of(table: Table, model: str, minus: str = "") -> Line:
    return next(line for line in table.lines if (line.model, line.minus) == (model, minus))


def column(table: Table, line: Line, metric: str) -> Estimate | None:
    return line.estimates[table.metrics.index(METRIC_OF[metric])]


def values(measured: Measured, model: str, metric: str, scale: float = 4.0) -> dict[str, list[float]]:
    people: dict[str, list[float]] = {}
    for row in measured.rows:
        if (row.model, row.metric, row.scale) == (model, metric, scale):
            people.setdefault(row.person, []).append(row.value)
    return people


def without(measured: Measured, model: str, pair: str) -> Measured:
    """Make one pair fail."""
    rows = tuple(row for row in measured.rows if (row.model, row.pair, row.scale) != (model, pair, 4.0))
    return Measured(rows, (Failure(model, pair.split("/")[0], pair, 4.0, "It is broken."),))


def test_the_guide_gap_comes_first(measured: Measured, contenders: list[Contender]) -> None:
    tables = build_tables(measured, contenders)
    kinds = ["guide gap", "means", "differences", "guide gap by pose gap", "means by pose gap"]
    assert [(table.scale, table.kind) for table in tables] == [
        (s, kind) for s in (4.0, 8.0) for kind in kinds
    ]
    assert [line.minus for line in tables[0].lines] == ["net:stranger", "net:no-guide"]
    assert tables[0].title == "Guide gap at 4x"
    assert tables[0].note == "13 pairs of 7 people."


def test_a_guide_gap_is_between_results_of_one_fidelity(made_up: Callable[..., Measured]) -> None:
    names = ("net", "net:0.5", "net:stranger", "net:stranger:0.5", "net:stranger:0")
    tables = build_tables(made_up(names), [Contender.parse(name) for name in names])
    gap, differences = find(tables, "guide gap"), find(tables, "differences")
    assert [(line.model, line.minus) for line in gap.lines] == [
        ("net", "net:stranger"),
        ("net:0.5", "net:stranger:0.5"),
    ]
    assert gap.readings[1].startswith("net:0.5 with the right guide instead of a stranger's is")
    assert [line.model for line in differences.lines] == ["net:0.5", "net:stranger:0"]


def test_several_guides_have_gaps_too(made_up: Callable[..., Measured]) -> None:
    names = ("net", "net:album", "net:five-guides", "net:no-guide", "other:album")
    tables = build_tables(made_up(names), [Contender.parse(name) for name in names])
    gap, differences = find(tables, "guide gap"), find(tables, "differences")
    assert [(line.model, line.minus) for line in gap.lines] == [
        ("net", "net:no-guide"),
        ("net:album", "net"),
        ("net:album", "net:no-guide"),
        ("net:five-guides", "net"),
        ("net:five-guides", "net:no-guide"),
    ]
    assert gap.readings[2].startswith("net with all other photos of the person instead of none is")
    assert [line.model for line in differences.lines] == ["other:album"]


def test_figures_are_those_of_the_metrics_room(measured: Measured, contenders: list[Contender]) -> None:
    tables = build_tables(measured, contenders)
    means, gap = find(tables, "means", 8.0), find(tables, "guide gap", 8.0)
    for metric in ("psnr", "identity"):
        net, stranger = (values(measured, name, metric, 8.0) for name in ("net", "net:stranger"))
        mean = column(means, line_of(means, "net"), metric)
        assert mean == Estimate(bootstrap_interval(net, 0), None, 13)
        assert mean.interval.mean == pytest.approx(np.mean([v for row in net.values() for v in row]))
        assert column(gap, line_of(gap, "net", "net:stranger"), metric) == Estimate(
            paired_difference(net, stranger, 0), paired_significance(net, stranger, 0), 13
        )


def test_differences_are_to_the_first_that_is_no_control(
    measured: Measured, contenders: list[Contender]
) -> None:
    table = find(build_tables(measured, contenders), "differences")
    assert table.title == "Differences to net at 4x"
    assert [line.model for line in table.lines] == ["bicubic", "my_other.onnx"]
    found = column(table, line_of(table, "my_other.onnx", "net"), "psnr")
    assert found is not None
    assert found.interval.mean == pytest.approx(0.5, abs=0.1)
    assert found.p == 2 / 2**7
    assert "differences" not in {t.kind for t in build_tables(measured, [Contender("bicubic")])}


def test_parts_of_the_pose_gap(measured: Measured, contenders: list[Contender]) -> None:
    psnr = {row.pair: row for row in values_of(measured, "net")}
    tables = build_tables(measured, contenders)
    means = [line for line in find(tables, "means by pose gap").lines if line.model == "net"]
    assert [line.pose_gap for line in means] == list(POSE_GAPS)
    for line, (low, high) in zip(means, POSE_GAPS.values(), strict=True):
        part = [row.value for row in psnr.values() if low <= row.pose_gap < high]
        assert (line.pairs, line.of) == (len(part), len(part))
        assert line.estimates[0] is not None
        assert line.estimates[0].interval.mean == pytest.approx(np.mean(part))
    assert sum(line.pairs for line in means) == 13
    gaps = find(tables, "guide gap by pose gap").lines
    assert [(line.minus, line.pose_gap) for line in gaps] == [
        (f"net:{guide}", part) for guide in ("stranger", "no-guide") for part in POSE_GAPS
    ]


def values_of(measured: Measured, model: str) -> list[Row]:
    return [row for row in measured.rows if (row.model, row.metric, row.scale) == (model, "psnr", 4.0)]


def test_a_limit_belongs_to_the_part_above_it_and_empty_parts_are_left_out(
    measured: Measured, contenders: list[Contender]
) -> None:
    rows = tuple(replace(row, pose_gap=10.0) for row in measured.rows)
    table = find(build_tables(Measured(rows, ()), contenders), "means by pose gap")
    assert {line.pose_gap for line in table.lines} == {"10° to 20°"}


def test_failed_pairs_are_reported_and_in_no_figure(measured: Measured, contenders: list[Contender]) -> None:
    failed = without(measured, "net:stranger", "p2/1.jpg")
    tables = build_tables(failed, contenders)
    means, gap = find(tables, "means"), find(tables, "guide gap")
    assert means.labels(line_of(means, "net:stranger")) == ("net:stranger", "12 of 13")
    assert means.labels(line_of(means, "net")) == ("net", "13")
    assert gap.labels(line_of(gap, "net", "net:stranger")) == ("net", "net:stranger", "12 of 13")
    kept = without(measured, "net", "p2/1.jpg")
    found = column(gap, line_of(gap, "net", "net:stranger"), "psnr")
    assert found is not None
    assert found.interval == paired_difference(
        values(kept, "net", "psnr"), values(failed, "net:stranger", "psnr"), 0
    )
    assert column(means, line_of(means, "net"), "psnr") == Estimate(
        bootstrap_interval(values(measured, "net", "psnr"), 0), None, 13
    )


def test_a_contender_that_always_fails_keeps_its_line(
    made_up: Callable[..., Measured], contenders: list[Contender]
) -> None:
    names = ("bicubic", "net", "net:no-guide", "my_other.onnx")
    tables = build_tables(made_up(names), contenders)
    line = line_of(find(tables, "means"), "net:stranger")
    assert (line.pairs, line.of, set(line.estimates)) == (0, 13, {None})
    gap = find(tables, "guide gap")
    assert [reading.split(" is ")[0] for reading in gap.readings] == [
        "net with the right guide instead of none"
    ]


def test_a_region_outside_some_photos_has_fewer_pairs(
    measured: Measured, contenders: list[Contender]
) -> None:
    rows = tuple(row for row in measured.rows if (row.metric, row.pair) != ("psnr_eyes", "p1/0.jpg"))
    means = find(build_tables(Measured(rows, ()), contenders), "means")
    line = line_of(means, "net")
    eyes = column(means, line, "psnr_eyes")
    assert eyes is not None
    assert (line.pairs, eyes.pairs) == (13, 12)


@pytest.mark.parametrize(
    ("metric", "interval", "p", "verdict"),
    [
        ("psnr", (0.2, 0.1, 0.3), 0.01, "better"),
        ("psnr", (-0.2, -0.3, -0.1), 0.01, "worse"),
        ("identity", (-0.2, -0.3, -0.1), 0.01, "better"),
        ("identity", (0.2, 0.1, 0.3), 0.01, "worse"),
        ("psnr", (0.2, -0.1, 0.3), 0.01, "unclear"),
        ("psnr", (0.2, 0.1, 0.3), 0.05, "unclear"),
        ("identity_to_guide", (0.2, 0.1, 0.3), 0.01, "unclear"),
        ("psnr", (0.2, 0.1, 0.3), None, "unclear"),
    ],
)
def test_verdicts(metric: str, interval: tuple[float, float, float], p: float | None, verdict: str) -> None:
    assert Estimate(Interval(*interval), p, 9).verdict(METRIC_OF[metric]) == verdict


def test_readings_say_what_the_figures_say(measured: Measured, contenders: list[Contender]) -> None:
    stranger, no_guide = build_tables(measured, contenders)[0].readings
    assert stranger == (
        "net with the right guide instead of a stranger's is clearly better in PSNR, SSIM, PSNR of the eyes, "
        "PSNR of the mouth, identity distance to truth and landmark error; "
        "not clearly different in warp error."
    )
    assert no_guide.startswith("net with the right guide instead of none is not clearly different in PSNR,")


def test_failures_are_counted_by_reason() -> None:
    failures = [
        Failure("net", "a", f"a/{n}", 4.0, reason) for n, reason in enumerate(("Torn.", "Dark.", "Dark."))
    ]
    other = Failure("net", "a", "a/0", 8.0, "Torn.")
    assert count_failures(Measured((), (*failures, other))) == (
        "net at 4x: 3 failed pairs. Dark. (2) Torn. (1)",
        "net at 8x: 1 failed pairs. Torn. (1)",
    )
    assert count_failures(Measured((), ())) == ()
    assert build_tables(Measured((), (other,)), [Contender("net")]) == ()
