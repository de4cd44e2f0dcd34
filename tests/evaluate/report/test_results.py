from __future__ import annotations

import re
from pathlib import Path

from gfrnet import images
from gfrnet.data import read_manifest
from gfrnet.evaluate import Contender, Evaluation, Measured, Row, list_pairs
from gfrnet.evaluate.report.results import write_results
from gfrnet.evaluate.report.summary import read_summary


def test_tables_and_report(dataset: Path, tiny_model: Path, tmp_path: Path) -> None:
    names = ("bicubic", tiny_model, f"{tiny_model}:stranger", f"{tiny_model}:no-guide")
    contenders = [Contender.parse(str(name)) for name in names]
    pairs = list_pairs(read_manifest(dataset))[:3]
    rows = (
        Row(contender.name, pair.target.person, pair.name, pair.pose_gap, 8.0, metric, float(place))
        for contender in contenders
        for place, pair in enumerate(pairs)
        for metric in ("psnr", "identity")
    )
    measured = Measured(tuple(rows), ())
    old = tmp_path / "report" / "sheets" / "psnr-best-99x.webp"
    old.parent.mkdir(parents=True)
    old.touch()
    tables = write_results(
        measured, Evaluation(contenders, pairs, "bicubic", [8.0], data=[dataset]), tmp_path
    )
    assert [table.kind for table in tables][:2] == ["guide gap", "means"]
    assert (tmp_path / "table.md").read_text().count("\n## ") == len(tables)
    assert (tmp_path / "table.tex").read_text().count("\\begin{table}") == len(tables)
    assert (tmp_path / "table.csv").read_text().startswith("table,scale,model,")
    assert read_summary(tmp_path / "results.json").tables() == tables
    html = (tmp_path / "report" / "index.html").read_text()
    for said in ("<dd>3\n", "<dd>bicubic\n", "SHA-256", "bicubic, ", dataset.name, "../table.csv"):
        assert said in html
    shown = set(re.findall(r'src="(sheets/[^"]+)"', html))
    assert shown == {f"sheets/{path.name}" for path in old.parent.iterdir()}
    assert 1 <= len(shown) <= 6
    sheet = images.read(tmp_path / "report" / sorted(shown)[0])
    assert sheet.width > 4 * 256
