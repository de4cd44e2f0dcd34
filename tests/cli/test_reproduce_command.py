"""Test ``gfrnet reproduce``: all rows of table 1, trained and measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from gfrnet.cli import main
from gfrnet.reproduce import FULL, ROWS
from gfrnet.runtime import open_runtime
from gfrnet.runtime.pytorch import TorchRuntime
from gfrnet.train import load_config

CONFIGS = Path(__file__).parents[2] / "configs"
ABLATIONS = ROWS[1:]


def write_base(folder: Path, dataset: Path, **changes: object) -> Path:
    """Write the base of a table of narrow networks."""
    values = load_config(CONFIGS / "table1.yaml").model_dump(mode="json")
    values["network"] |= {"warpnet_width": 4, "recnet_width": 4}
    values |= {"data": [str(dataset)], "batch_size": 2, "workers": 0, "pictures_every": 0, "log_every": 1000}
    base = folder / "base.yaml"
    base.write_text(yaml.safe_dump(values | changes))
    return base


def words(dataset: Path, base: Path, out: Path, *more: str) -> list[str]:
    command = ["reproduce", "table1", "--base", str(base), "--recipes", str(CONFIGS / "compared")]
    return [*command, "--data", str(dataset), "-o", str(out), *more]


def test_all_rows_of_ours_are_trained_kept_measured_and_written(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, out = write_base(tmp_path, dataset), tmp_path / "out"
    command = words(dataset, base, out, "--rows", "ours", "--samples", "8", "--scale", "8", "--workers", "1")
    assert main(command) == 0
    rows = (FULL, *ABLATIONS)
    runs = [next((out / "runs" / row.name).glob("checkpoint-*.pt")) for row in rows]
    assert [run.stem for run in runs] == ["checkpoint-000000008", *["checkpoint-000000006"] * 5]
    table = (out / "table1.md").read_text(encoding="utf-8")
    assert all(f"| Ours | {row.title} |" in table for row in (*rows, FULL))
    assert "| method | blind 8x | bicubic 8x | VggFace2 4x |" in table
    assert (out / "blind-8x" / "report" / "index.html").is_file()

    written = [run.stat().st_mtime_ns for run in runs]
    capsys.readouterr()
    assert main(command) == 0
    assert [run.stat().st_mtime_ns for run in runs] == written
    assert "minus_f: 6 of 6 samples done." in capsys.readouterr().err
    assert means(out) == means_of(table)

    write_base(tmp_path, dataset, heavy=0.0)
    assert main(command) == 1
    assert "was trained with another heavy" in capsys.readouterr().err


def means_of(table: str) -> list[str]:
    """Return the lines of the first table, which no clock decides."""
    return [line for line in table.splitlines() if line.startswith("| Ours |")]


def means(out: Path) -> list[str]:
    return means_of((out / "table1.md").read_text(encoding="utf-8"))


def test_compared_rows_are_trained_side_by_side_by_a_budget_of_minutes(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base, out = write_base(tmp_path, dataset), tmp_path / "out"
    rows = ("--rows", "srcnn,arcnn,dncnn", "--minutes", "0.2")
    assert main(words(dataset, base, out, *rows)) == 0
    plan = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert [run["name"] for run in plan["runs"]] == ["srcnn-4", "srcnn-2", "dncnn", "arcnn"]
    assert plan["samples"] >= 4
    table = (out / "table1.md").read_text(encoding="utf-8")
    assert "| SR | SRCNN |" in table
    assert "| AR | ARCNN |" in table
    written = (out / "table1.csv").read_text(encoding="utf-8")
    assert "SR,SRCNN,blind 4x,psnr," in written
    assert "SR,SRCNN,bicubic 8x,identity," in written
    tex = (out / "table1.tex").read_text(encoding="utf-8")
    assert "\\multicolumn{9}{l}{Denoising}" in tex
    # At 8x SRCNN is a chain of two networks, which anybody can use.
    chain = open_runtime(out / "runs" / "srcnn-8.safetensors")
    assert isinstance(chain, TorchRuntime)
    assert [step.factor for step in chain.network.config.steps] == [4, 2]

    capsys.readouterr()
    assert main(words(dataset, base, out, *rows)) == 0
    assert json.loads((out / "plan.json").read_text(encoding="utf-8")) == plan
    assert main(words(dataset, base, out, "--rows", "srcnn", "--minutes", "5")) == 1
    assert "plans 0.2 minutes on 2 workers" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["evaluate"], "Name a model"),
        (["evaluate", "gfrnet-slim", "--samples", "9"], "No such option"),
        (["reproduce", "table1", "gfrnet-slim", "--base", "b.yaml"], "unexpected extra argument"),
        (["reproduce", "table1"], "--base"),
        (["reproduce", "table1", "--base", "b.yaml", "--scale", "5"], "4 and 8, not 5"),
        (["reproduce", "table1", "--base", "b.yaml", "--samples", "4", "--minutes", "1"], "not both"),
    ],
)
def test_wrong_mixtures_of_options_are_refused(
    words: list[str], message: str, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--data", str(dataset), "-o", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err


def test_rows_that_were_measured_apart_are_joined_to_the_table_of_all(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = write_base(tmp_path, dataset)
    common = ("--samples", "4", "--scale", "8", "--workers", "1")
    first, second, whole = (tmp_path / name for name in ("first", "second", "whole"))
    assert main(words(dataset, base, first, "--rows", "minus_wg", *common)) == 0
    assert main(words(dataset, base, second, "--rows", "arcnn", *common)) == 0
    capsys.readouterr()
    assert main(["reproduce", "join", str(first), str(second / "measured.json"), "-o", str(whole)]) == 0

    joined = (whole / "table1.md").read_text(encoding="utf-8")
    apart = [(out / "table1.md").read_text(encoding="utf-8") for out in (first, second)]
    for title in ("Ours (-WG)", "ARCNN", "bicubic"):
        lines = [line for text in apart for line in text.splitlines() if f"| {title} |" in line]
        assert figures_of(next(line for line in joined.splitlines() if f"| {title} |" in line)) in map(
            figures_of, lines
        )
    assert main(["reproduce", "join", str(whole), "-o", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "table1.md").read_text(encoding="utf-8") == joined

    other = tmp_path / "other"
    assert main(words(dataset, base, other, "--rows", "arcnn", "--samples", "8", *common[2:])) == 0
    assert main(["reproduce", "join", str(first), str(other), "-o", str(tmp_path / "no")]) == 1
    assert "was trained with another samples" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "no").exists()


def figures_of(line: str) -> list[str]:
    """Return the measured figures of a line without the marks of the best and the second best."""
    return [cell.replace("*", "").strip() for cell in line.split("|")]


@pytest.mark.parametrize("text", ["", "{}", '{"version": 1}', "[" * 5000])
def test_broken_parts_are_refused(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "measured.json").write_text(text, encoding="utf-8")
    assert main(["reproduce", "join", str(tmp_path), "-o", str(tmp_path / "out")]) == 1
    assert "holds no measured rows" in " ".join(capsys.readouterr().err.split())
    assert main(["reproduce", "join", str(tmp_path / "none"), "-o", str(tmp_path / "out")]) == 1
    assert "does not exist" in " ".join(capsys.readouterr().err.split())
