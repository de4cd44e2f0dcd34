from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gfrnet.data import read_manifests
from gfrnet.errors import DataError
from gfrnet.evaluate import Contender, Evaluation, Failure, Measured, Row, build_tables, list_pairs
from gfrnet.evaluate.report.summary import Summary, read_summary, summarise, write_summary
from gfrnet.metrics import bootstrap_interval, paired_significance
from gfrnet.weights import MODELS
from people import write_people

NAMES = ("gfrnet-slim", "gfrnet-slim:stranger", "gfrnet-slim:no-guide", "bicubic")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Write two data sets with other people each."""
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    write_people(one, 7)
    write_people(other, 2)
    manifest = other / "manifest.csv"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("p0", "q0").replace("p1", "q1"), "utf-8")
    for person in (0, 1):
        (other / "crops" / f"p{person}").rename(other / "crops" / f"q{person}")
    return one, other


@pytest.fixture(scope="module")
def evaluation(folders: tuple[Path, Path]) -> Evaluation:
    contenders = [Contender.parse(name) for name in NAMES]
    return Evaluation(contenders, list_pairs(read_manifests(folders)), "blind", (4.0, 8.0), data=folders)


@pytest.fixture(scope="module")
def measured(evaluation: Evaluation) -> Measured:
    rows = [
        Row(
            contender.name, pair.target.person, pair.name, 5.0, scale, metric, 20 - scale + place + number % 5
        )
        for number, pair in enumerate(evaluation.pairs)
        for scale in evaluation.scales
        for place, contender in enumerate(evaluation.contenders)
        for metric in ("psnr", "identity", "warp")
        if (contender.variant, metric) != ("no-guide", "warp")
    ]
    pair = evaluation.pairs[0]
    rows = [row for row in rows if (row.model, row.pair) != ("bicubic", pair.name)]
    failures = (Failure("bicubic", pair.target.person, pair.name, 4.0, "It is torn."),)
    return Measured(tuple(rows), failures)


@pytest.fixture(scope="module")
def summary(measured: Measured, evaluation: Evaluation) -> Summary:
    return summarise(measured, evaluation)


def by_person(
    measured: Measured, model: str, keep: Callable[[str], bool] = lambda person: True
) -> dict[str, list[float]]:
    people: dict[str, list[float]] = {}
    for row in measured.rows:
        if (row.model, row.metric, row.scale) == (model, "psnr", 4.0) and keep(row.person):
            people.setdefault(row.person, []).append(row.value)
    return people


def test_it_says_what_was_measured_and_with_what(summary: Summary, folders: tuple[Path, Path]) -> None:
    assert (summary.people, summary.pairs, summary.protocol, summary.scales) == (9, 18, "blind", (4.0, 8.0))
    assert [(data.name, data.people, data.pairs) for data in summary.data] == [
        (folders[0].name, 7, 14),
        (folders[1].name, 2, 4),
    ]
    slim = next(model for model in MODELS if model.name == "gfrnet-slim")
    assert {model.name: model.sha256 for model in summary.models} == {
        "gfrnet-slim": slim.sha256,
        "bicubic": "",
    }
    assert summary.machine.processor
    assert summary.machine.cores >= 1
    assert summary.failures == ("bicubic at 4x: 1 failed pairs. It is torn. (1)",)


def test_its_tables_are_those_of_the_run(
    summary: Summary, measured: Measured, evaluation: Evaluation
) -> None:
    assert summary.tables() == build_tables(measured, evaluation.contenders)


def test_every_figure_has_mean_interval_and_number(summary: Summary, measured: Measured) -> None:
    line = next(line for line in summary.lines if line.table == "means" and line.contender == "bicubic")
    figure = next(figure for figure in line.figures if figure.metric == "psnr")
    interval = bootstrap_interval(by_person(measured, "bicubic"), summary.seed)
    assert (figure.mean, figure.low, figure.high) == interval
    assert (figure.p, figure.pairs, line.pairs, line.of) == (None, 17, 17, 18)


def test_every_guide_gap_has_its_p_value(summary: Summary, measured: Measured) -> None:
    gaps = [line for line in summary.lines if line.table == "guide gap" and not line.data and line.scale == 4]
    assert [line.minus for line in gaps] == ["gfrnet-slim:stranger", "gfrnet-slim:no-guide"]
    found = {figure.metric: figure for figure in gaps[0].figures}
    one, other = (by_person(measured, name) for name in NAMES[:2])
    assert found["psnr"].mean == pytest.approx(-1)
    assert found["psnr"].p == paired_significance(one, other, summary.seed)


def test_every_data_set_has_figures_of_its_own(
    summary: Summary, measured: Measured, folders: tuple[Path, Path]
) -> None:
    lines = [line for line in summary.lines if line.data == folders[1].name and line.scale == 4]
    assert [line.table for line in lines] == ["guide gap"] * 2 + ["means"] * 4
    mean = next(figure for figure in lines[2].figures if figure.metric == "psnr")
    own = by_person(measured, "gfrnet-slim", lambda person: person.startswith("q"))
    assert (mean.mean, mean.low, mean.high) == bootstrap_interval(own, summary.seed)
    assert lines[2].of == 4


def test_one_data_set_alone_stands_once(measured: Measured, evaluation: Evaluation) -> None:
    alone = summarise(measured, replace(evaluation, data=evaluation.data[:1]))
    assert {line.data for line in alone.lines} == {""}


def test_what_is_written_is_read_again(summary: Summary, tmp_path: Path) -> None:
    path = write_summary(summary, tmp_path / "results.json")
    assert read_summary(path) == summary
    values = json.loads(path.read_text(encoding="utf-8"))
    assert values["schema_version"] == 1
    assert len(path.read_text(encoding="utf-8").splitlines()) > len(values["lines"])


@pytest.mark.parametrize("text", ["{", "{}", '{"schema_version": 2}'])
def test_a_broken_or_foreign_file_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"results\.json is no summary of an evaluation"):
        read_summary(path)
