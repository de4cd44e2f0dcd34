from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from gfrnet.evaluate.models import Contender
from gfrnet.evaluate.report.plots import draw_plots
from gfrnet.evaluate.report.tables import build_tables
from gfrnet.evaluate.rows import Measured


def test_plots(measured: Measured, contenders: list[Contender], tmp_path: Path) -> None:
    rows = (row for row in measured.rows if (row.metric, row.scale) == ("psnr", 4.0))
    short = Measured(tuple(rows), ())
    tables = build_tables(short, contenders)
    plots = draw_plots(short, contenders, tables, tmp_path / "plots")
    names = [(plot.kind, plot.path.name) for plot in plots]
    assert names == [("gap", "gap-psnr-4x.svg"), ("distribution", "psnr-4x.svg")]
    for plot in plots:
        assert ElementTree.parse(plot.path).getroot().tag.endswith("svg")
    again = draw_plots(short, contenders, tables, tmp_path / "again")
    assert [plot.path.read_bytes() for plot in again] == [plot.path.read_bytes() for plot in plots]


def test_titles_are_those_of_the_contenders(made_up: Callable[..., Measured], tmp_path: Path) -> None:
    contenders = [Contender("net", variant, "rate=2") for variant in ("right", "stranger")]
    measured = made_up(tuple(contender.name for contender in contenders))
    short = Measured(tuple(row for row in measured.rows if row.metric == "psnr"), ())
    plots = draw_plots(short, contenders, build_tables(short, contenders), tmp_path)
    assert len(plots) == 4
    # Letters are drawn as curves, with the text beside them.
    assert all("rate=2:stranger -->" in plot.path.read_text() for plot in plots)
