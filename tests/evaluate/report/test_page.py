from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from gfrnet.evaluate.models import Contender
from gfrnet.evaluate.report.cases import Case
from gfrnet.evaluate.report.page import MEANINGS, lead, write_page
from gfrnet.evaluate.report.plots import Plot
from gfrnet.evaluate.report.tables import Estimate, Table, build_tables
from gfrnet.evaluate.rows import METRICS, Measured
from gfrnet.metrics import Interval


class Reader(HTMLParser):
    """Collect links, anchors and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.cells: list[int] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if name in ("href", "src") and value]
        self.anchors += [value for name, value in attrs if name == "id" and value]
        if tag == "tr":
            self.cells.append(0)
        if tag in ("td", "th"):
            self.cells[-1] += 1

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def tables(measured: Measured, contenders: list[Contender]) -> tuple[Table, ...]:
    return build_tables(measured, contenders)


def with_identity(table: Table, interval: tuple[float, float, float], p: float) -> Table:
    place = [metric.name for metric in table.metrics].index("identity")
    line = table.lines[0]
    estimates = (*line.estimates[:place], Estimate(Interval(*interval), p, 13), *line.estimates[place + 1 :])
    return replace(table, lines=(replace(line, estimates=estimates), *table.lines[1:]))


def test_the_lead_says_what_the_figures_say(tables: tuple[Table, ...]) -> None:
    gap = tables[0]
    better, worse, unclear = (
        lead([with_identity(gap, *found)])
        for found in (
            ((-0.02, -0.03, -0.01), 0.01),
            ((0.02, 0.01, 0.03), 0.01),
            ((-0.02, -0.03, 0.01), 0.2),
        )
    )
    assert "net restores a face that is clearly more like that person than" in better
    assert better.startswith("At 4x: with a good photo")
    assert "clearly less like" in worse
    assert "no clear difference was found" in unclear
    both = lead([with_identity(replace(gap, scale=s), (-0.02, -0.03, -0.01), 0.01) for s in (4.0, 8.0)])
    assert both.count("with a good photo") == 1
    assert "At 4x and 8x:" in both


def test_without_a_gap_the_lead_says_so(tables: tuple[Table, ...]) -> None:
    assert "not known" in lead(tables[1:2])
    no_stranger = replace(tables[0], lines=tables[0].lines[1:])
    assert "not known" in lead([no_stranger])


def test_a_page(tables: tuple[Table, ...], tmp_path: Path) -> None:
    folder = tmp_path / "out put" / "report"
    plot, sheet, file = folder / "plots" / "a.svg", folder / "sheets" / "b.webp", folder.parent / "table.csv"
    for path in (plot, sheet, file):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    odd = replace(
        tables[1].lines[0], model="<b>/a:stranger", estimates=(None, *tables[1].lines[0].estimates[1:])
    )
    changed = (tables[0], replace(tables[1], lines=(odd,)), *tables[2:])
    page = write_page(
        folder,
        {"People": "<7>"},
        changed,
        ["net failed & fell"],
        [Plot("gap", 4.0, plot, "A <plot>")],
        {Case("net", "psnr", 4.0, "worst", "p0", "p0/<1>.jpg", 17.0): sheet},
        [file],
    )
    html = page.read_text()
    reader = Reader()
    reader.feed(html)
    assert "<b>" not in html
    for text in (
        "<7>",
        "<b>/a:stranger",
        "net failed & fell",
        "A <plot>",
        "Worst PSNR of net at 4x: 17.00 dB",
    ):
        assert text in reader.text
    for link in reader.links:
        assert link[1:] in reader.anchors if link[0] == "#" else (folder / unquote(link)).is_file()
    heads = {len(table.head) for table in tables}
    assert set(reader.cells) == heads
    assert 'class="better"' in html
    assert "http" not in html
    assert "script" not in html


def test_a_page_about_nothing(tmp_path: Path) -> None:
    html = write_page(tmp_path, {}, (), (), (), {}, ()).read_text()
    assert "No pair failed" in html
    assert "<table" not in html


def test_every_metric_is_explained() -> None:
    assert list(MEANINGS) == [metric.name for metric in METRICS]
