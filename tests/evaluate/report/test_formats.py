from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest

from gfrnet.evaluate.models import Contender
from gfrnet.evaluate.report.formats import cell, report, to_csv, to_latex, to_markdown
from gfrnet.evaluate.report.tables import Estimate, Table, build_tables
from gfrnet.evaluate.rows import METRIC_OF, Measured
from gfrnet.metrics import Interval

ODD = 'a_b%c&d#e$f{g}h~i^j\\k|l<m>n--o"p[q]'


@pytest.fixture(scope="module")
def tables(measured: Measured, contenders: list[Contender]) -> tuple[Table, ...]:
    return build_tables(measured, contenders)


def test_cells() -> None:
    psnr, landmarks = METRIC_OF["psnr"], METRIC_OF["landmarks"]
    interval = Interval(26.031, 25.43, 26.559)
    assert cell(Estimate(interval, None, 9), psnr) == "26.03 [25.43, 26.56]"
    assert cell(Estimate(Interval(0.1, -0.05, 0.2), 0.0312, 9), psnr) == "+0.10 [-0.05, +0.20] p=0.031"
    assert cell(Estimate(Interval(-0.1, -0.2, -0.05), 1e-4, 9), landmarks).endswith("-0.0500] p<0.001")
    assert cell(None, psnr) == "-"


def test_markdown(tables: tuple[Table, ...]) -> None:
    lines = to_markdown(tables[0]).splitlines()
    assert lines[:4] == ["## Guide gap at 4x", "", "13 pairs of 7 people.", ""]
    assert lines[4].startswith("| model | minus | pairs | PSNR (dB) ↑ |")
    assert lines[5].startswith("|---|---|---:|---:|")
    assert lines[6].startswith("| net | net:stranger | 13 | +1.0")
    assert len({line.count("|") for line in lines[4:8]}) == 1
    assert lines[9].startswith("- net with the right guide")
    bar = replace(tables[0].lines[0], minus="a|b")
    assert "| a\\|b | 13 |" in to_markdown(replace(tables[0], lines=(bar,)))


def test_a_report_is_all_tables_and_the_failures(tables: tuple[Table, ...]) -> None:
    whole = report(tables, ["net at 4x: 1 failed pairs."])
    assert [line for line in whole.splitlines() if line.startswith("## ")] == [
        *(f"## {table.title}" for table in tables),
        "## Failures",
    ]
    assert whole.endswith("- net at 4x: 1 failed pairs.\n")
    assert "Failures" not in report(tables, [])


def test_csv_has_every_figure_with_all_digits(tables: tuple[Table, ...]) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(tables))))
    figures = [
        (table, line, metric, figure)
        for table in tables
        for line in table.lines
        for metric, figure in zip(table.metrics, line.estimates, strict=True)
        if figure
    ]
    assert len(rows) == len(figures)
    for row, (table, line, metric, figure) in zip(rows, figures, strict=True):
        assert (row["table"], float(row["scale"]), row["metric"]) == (table.kind, table.scale, metric.name)
        assert (row["model"], row["minus"], row["pose_gap"]) == (line.model, line.minus, line.pose_gap)
        assert tuple(float(row[name]) for name in ("mean", "low", "high")) == figure.interval
        assert (float(row["p"]) if row["p"] else None, int(row["pairs"])) == (figure.p, figure.pairs)


def test_latex_is_a_whole_table(tables: tuple[Table, ...]) -> None:
    for table in tables:
        text = to_latex(table)
        assert_sound(text)
        columns = re.search(r"\\begin\{tabular\}\{(l+r+)\}", text)
        assert columns
        assert len(columns[1]) == len(table.head)
        body = text[text.index("\\toprule") : text.index("\\bottomrule")]
        assert {line.count("&") for line in body.splitlines() if line.endswith("\\\\")} == {
            len(table.head) - 1
        }
        assert body.count("\\addlinespace") == len(table.lines) - 1


def test_latex_escapes_names(tables: tuple[Table, ...]) -> None:
    line = replace(tables[1].lines[0], model=ODD)
    text = to_latex(replace(tables[1], lines=(line, line)))
    assert_sound(text)
    assert (
        r"a\_b\%c\&d\#e\$f\{g\}h\textasciitilde{}i\textasciicircum{}j\textbackslash{}k$|$l$<$m$>$n-{}-o''p{[}q]"
        in text
    )


def assert_sound(text: str) -> None:
    """Find what stops pdfLaTeX: unbalanced groups, bare special characters, other glyphs in OT1."""
    assert re.findall(r"\\begin\{(\w+)\}", text) == re.findall(r"\\end\{(\w+)\}", text)[::-1]
    plain = re.sub(r"\\[\\{}$&#_%]", "", text)
    assert plain.count("{") == plain.count("}")
    outside_math = "".join(plain.split("$")[::2])
    assert plain.count("$") % 2 == 0
    assert not set(outside_math) & set('#%^~_<>|"')
    assert set(re.findall(r"\\[a-z]+", text)) <= {
        *(rf"\{name}" for name in ("begin", "end", "centering", "footnotesize", "setlength", "tabcolsep")),
        *(
            rf"\{name}"
            for name in ("caption", "toprule", "midrule", "bottomrule", "addlinespace", "scriptsize")
        ),
        *(rf"\{name}" for name in ("uparrow", "downarrow", "circ", "textasciitilde", "textasciicircum")),
        r"\textbackslash",
    }
    assert outside_math.isascii()
