"""Test ``gfrnet reproduce``: all rows of table 1, trained and measured."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gfrnet.cli import main
from gfrnet.reproduce import FULL, ROWS
from gfrnet.train import load_config

CONFIGS = Path(__file__).parents[2] / "configs"
ABLATIONS = ROWS[1:]


def test_all_rows_are_trained_kept_measured_and_written(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = load_config(CONFIGS / "table1.yaml").model_dump(mode="json")
    values["network"] |= {"warpnet_width": 4, "recnet_width": 4}
    values |= {"data": [str(dataset)], "batch_size": 2, "workers": 0, "pictures_every": 0, "log_every": 4}
    base = tmp_path / "base.yaml"
    base.write_text(yaml.safe_dump(values))
    out = tmp_path / "out"
    command = ["reproduce", "table1", "--base", str(base), "--samples", "8"]
    command += ["--data", str(dataset), "--scale", "8", "--workers", "1", "-o", str(out)]
    assert main(command) == 0
    rows = (FULL, *ABLATIONS)
    runs = [next((out / "runs" / row.name).glob("checkpoint-*.pt")) for row in rows]
    assert [run.stem for run in runs] == ["checkpoint-000000008", *["checkpoint-000000006"] * 5]
    table = (out / "table1.md").read_text(encoding="utf-8")
    assert all(f"| {row.title} |" in table for row in (*rows, FULL))
    assert "| samples | blind 8x | bicubic 8x | VggFace2 4x |" in table
    assert (out / "blind" / "report" / "index.html").is_file()

    written = [run.stat().st_mtime_ns for run in runs]
    capsys.readouterr()
    assert main(command) == 0
    assert [run.stat().st_mtime_ns for run in runs] == written
    assert "Ours (-F): 6 of 6 samples done." in capsys.readouterr().err
    assert (out / "table1.md").read_text(encoding="utf-8") == table

    base.write_text(yaml.safe_dump(values | {"heavy": 0.0}))
    assert main(command) == 1
    assert "was trained with another heavy" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate"], "Name a model"),
        (["evaluate", "gfrnet-slim", "--samples", "9"], "No such option"),
        (["reproduce", "table1", "gfrnet-slim", "--base", "b.yaml"], "unexpected extra argument"),
        (["reproduce", "table1"], "--base"),
    ],
)
def test_wrong_mixtures_of_options_are_refused(
    words: list[str], message: str, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--data", str(dataset), "-o", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err
