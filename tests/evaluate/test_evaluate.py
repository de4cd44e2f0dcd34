from pathlib import Path

import numpy as np
import pytest

from gfrnet.data import read_manifest
from gfrnet.errors import DataError, ModelError
from gfrnet.evaluate import (
    METRICS,
    Contender,
    Row,
    list_pairs,
    measure,
    open_model,
    report,
    write_pairs,
    write_rows,
)
from people import write_people


def test_every_photo_but_the_guide_is_a_target(dataset: Path) -> None:
    pairs = list_pairs(read_manifest(dataset))
    assert [pair.name for pair in pairs] == [f"p{p}/{n}.jpg" for p in range(3) for n in (1, 2)]
    assert all(pair.guide.guide and pair.guide.person == pair.target.person for pair in pairs)
    assert all(pair.stranger.guide and pair.stranger.person != pair.target.person for pair in pairs)


def test_recipes_are_fixed_by_pair_and_protocol(dataset: Path) -> None:
    one, other = list_pairs(read_manifest(dataset))[:2]
    assert one.recipe("blind", 4) == one.recipe("blind", 4) != other.recipe("blind", 4)
    assert one.recipe("blind", 8).scale == 8
    bicubic = one.recipe("bicubic", 4)
    assert (bicubic.scale, bicubic.blur, bicubic.noise, bicubic.jpeg) == (4, 0, 0, 0)


def test_too_few_people(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two people"):
        list_pairs(write_people(tmp_path / "one", 1, 3))
    with pytest.raises(DataError, match="two photos"):
        list_pairs(write_people(tmp_path / "single", 3, 1))


def test_rows_are_equal_every_time(dataset: Path, tiny_model: Path, tmp_path: Path) -> None:
    contenders = [
        Contender("bicubic"),
        *(Contender.parse(f"{tiny_model}{g}") for g in ("", ":stranger", ":no-guide")),
    ]
    pairs = list_pairs(read_manifest(dataset))[:3]
    runs = [measure(contenders, pairs, "blind", [4.0, 8.0], workers) for workers in (1, 2)]
    assert runs[0] == runs[1]
    assert len(runs[0]) == 4 * 3 * 2 * len(METRICS)
    assert all(np.isfinite(row.value) for row in runs[0])
    write_rows(runs[0], tmp_path / "rows.csv")
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == len(runs[0]) + 1
    write_pairs(pairs, tmp_path / "pairs.csv")
    assert (tmp_path / "pairs.csv").read_text().splitlines()[1] == "p0,p0/1.jpg,p0/0.jpg,p1/0.jpg"


def test_bicubic_is_the_degraded_photo_with_the_identity_flow(dataset: Path) -> None:
    pairs = list_pairs(read_manifest(dataset))[:1]
    values = {row.metric: row.value for row in measure([Contender("bicubic")], pairs, "bicubic", [4.0], 1)}
    step = np.linalg.norm(pairs[0].target.points() - pairs[0].guide.points(), axis=1).mean()
    assert values["warp"] == pytest.approx(step, rel=1e-3)
    assert 5 < values["psnr"] < 40


def test_report_puts_the_guide_gap_first() -> None:
    rows = [
        Row(model, person, f"{person}/{n}", 4.0, metric, value + n / 10)
        for model, value in (("net", 3.0), ("net:stranger", 1.0))
        for person in ("a", "b")
        for n in range(2)
        for metric in METRICS
    ]
    lines = report(rows).splitlines()
    assert lines[0] == "## 4x: 4 pairs of 2 people"
    assert lines[2].startswith("| guide gap")
    assert lines[4].startswith("| net:stranger | +2.00 [+2.00, +2.00]")
    assert any(line.startswith("| net | 3.05 ") for line in lines)


def test_contenders(tmp_path: Path) -> None:
    assert Contender.parse("a.onnx:no-guide") == Contender("a.onnx", "no-guide")
    assert Contender.parse("bicubic").name == "bicubic"
    assert Contender.parse(r"C:\models\a.onnx") == Contender(r"C:\models\a.onnx")
    with pytest.raises(ModelError, match="stranger"):
        Contender.parse("a:other")
    with pytest.raises(ModelError, match="no model"):
        open_model(str(tmp_path / "missing.onnx"))
