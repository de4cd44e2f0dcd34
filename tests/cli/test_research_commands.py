"""Train, export, evaluate and bench as a user calls them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.cli import main
from gfrnet.types import UInt8Image

SLIM = str(Path(__file__).parents[2] / "configs" / "slim.yaml")
NARROW = ["--set", "network.warpnet_width=4", "--set", "network.recnet_width=4"]


def train(dataset: Path, output: Path, *more: str) -> int:
    settings = {"data": f"[{dataset}]", "output": str(output), "samples": "4", "batch_size": "2"}
    settings |= {"workers": "0", "log_every": "2"}
    pairs = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    return main(["train", SLIM, *NARROW, *pairs, *more])


def test_train_export_evaluate_and_restore(
    dataset: Path, tmp_path: Path, portrait: UInt8Image, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint, model = tmp_path / "run" / "last.pt", tmp_path / "tiny.onnx"
    assert train(dataset, tmp_path / "run") == 0
    assert "waiting for data" in capsys.readouterr().out
    assert main(["export", str(checkpoint), "-o", str(model)]) == 0
    assert "differs from torch by at most" in capsys.readouterr().out
    contenders = ["bicubic", str(checkpoint), str(model), f"{model}:stranger"]
    command = ["evaluate", *contenders, "--data", str(dataset), "--scale", "4", "-o", str(tmp_path / "out")]
    assert main([*command, "--workers", "1"]) == 0
    table = (tmp_path / "out" / "table.md").read_text(encoding="utf-8")
    assert table.strip() == capsys.readouterr().out.strip()
    assert "guide gap" in table
    assert (tmp_path / "out" / "rows.csv").is_file()
    images.write(images.Photo(portrait), tmp_path / "photo.png")
    images.write(images.Photo(np.ascontiguousarray(portrait[:, ::-1])), tmp_path / "guide.png")
    restore = ["restore", str(tmp_path / "photo.png"), "-g", str(tmp_path / "guide.png")]
    assert main([*restore, "--model", str(model)]) == 0


def test_dry_run_prints_sizes_and_trains_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", SLIM, "--dry-run", "--set", f"output={tmp_path / 'run'}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["warpnet", "recnet", "all"]
    assert "6.57 M parameters" in lines[2]
    assert not (tmp_path / "run").exists()


def test_mistakes_are_one_line_and_1(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command, message in (
        (["train", str(tmp_path / "no.yaml")], "cannot be read"),
        (["train", SLIM, "--set", "widht=3"], "widht"),
        (["train", SLIM, "--set", f"data=[{tmp_path}]", "--set", f"output={tmp_path}"], "gfrnet data build"),
        (["export", str(tmp_path / "no.pt"), "-o", "x.onnx"], "no.pt"),
        (["evaluate", "no-such", "--data", str(dataset), "-o", str(tmp_path)], "no-such"),
        (["evaluate", "bicubic", "--data", str(tmp_path), "-o", str(tmp_path)], "gfrnet data build"),
        (["data", "build", str(tmp_path / "none"), "-o", str(tmp_path / "set")], "is not a folder"),
    ):
        assert main(command) == 1
        error = capsys.readouterr().err
        assert message in error
        assert len(error.strip().splitlines()) == 1


def test_a_second_run_needs_resume(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(dataset, tmp_path) == 0
    assert train(dataset, tmp_path) == 1
    assert "--resume" in capsys.readouterr().err
    assert train(dataset, tmp_path, "--resume") == 0
    assert "4 of 4 samples done" in capsys.readouterr().out


def test_data_build_tells_what_it_used(
    tmp_path: Path, portrait: UInt8Image, capsys: pytest.CaptureFixture[str]
) -> None:
    images.write(images.Photo(portrait), tmp_path / "photos" / "ann" / "1.jpg")
    assert (
        main(["data", "build", str(tmp_path / "photos"), "-o", str(tmp_path / "set"), "--workers", "1"]) == 0
    )
    assert "Photos in use: 1." in capsys.readouterr().out


def test_bench_prints_every_stage(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--runs", "1", "--model", str(tiny_model)]) == 0
    text = capsys.readouterr().out
    assert all(stage in text for stage in ("detect", "network, 8 faces", "whole photo, guide known", "peak"))
