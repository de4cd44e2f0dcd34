"""Train, export, evaluate and bench as a user calls them."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from gfrnet import images
from gfrnet.cli import main
from gfrnet.nets import GFRNet, GFRNetConfig, save_safetensors
from gfrnet.types import UInt8Image

SLIM = str(Path(__file__).parents[2] / "configs" / "slim.yaml")
NARROW = ["--set", "network.warpnet_width=4", "--set", "network.recnet_width=4"]


def train(dataset: Path, output: Path, *more: str) -> int:
    settings = {
        "data": f"[{dataset}]",
        "output": str(output),
        "samples": "4",
        "flow_samples": "0",
        "batch_size": "2",
    }
    settings |= {"workers": "0", "log_every": "2", "pictures_every": "4"}
    pairs = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    return main(["train", SLIM, *NARROW, *pairs, *more])


def test_train_export_evaluate_and_restore(
    dataset: Path, tmp_path: Path, portrait: UInt8Image, capsys: pytest.CaptureFixture[str]
) -> None:
    run, model, weights = tmp_path / "run", tmp_path / "tiny.onnx", tmp_path / "tiny.safetensors"
    assert train(dataset, run) == 0
    capsys.readouterr()
    assert main(["export", str(run), "-o", str(model)]) == 0
    assert "differs from torch by at most" in capsys.readouterr().out
    assert main(["export", str(run / "checkpoint-000000004.pt"), "-o", str(weights)]) == 0
    assert "tiny.safetensors: 0.4 MB." in capsys.readouterr().out
    contenders = ["bicubic", str(run), str(weights), f"{weights}:stranger"]
    command = ["evaluate", *contenders, "--data", str(dataset), "--scale", "4", "-o", str(tmp_path / "out")]
    assert main([*command, "--workers", "1"]) == 0
    table = (tmp_path / "out" / "table.md").read_text(encoding="utf-8")
    said = capsys.readouterr().out
    gap = table[table.index("## Guide gap at 4x") : table.index("## Means at 4x")]
    assert said.startswith(gap.strip())
    assert "index.html" in said.splitlines()[-1]
    assert (tmp_path / "out" / "rows.csv").is_file()
    images.write(images.Photo(portrait), tmp_path / "photo.png")
    images.write(images.Photo(np.ascontiguousarray(portrait[:, ::-1])), tmp_path / "guide.png")
    restore = ["restore", str(tmp_path / "photo.png"), "-g", str(tmp_path / "guide.png")]
    assert main([*restore, "--model", str(model)]) == 0


def test_a_run_is_seen_while_it_goes_and_summed_up_in_the_end(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(dataset, tmp_path / "a run") == 0
    first, two, four, done, mean, last, *places = capsys.readouterr().out.splitlines()
    assert first == "0 of 4 samples done."
    assert two.startswith("2 samples  0.")
    assert "waiting for data" in four
    assert "  landmark_distance " in last
    assert (done.split()[:3], mean.split()[0]) == (["Done:", "4", "samples"], "Mean")
    assert last.split("  ", 1)[1].strip() in four
    run = tmp_path / "a run"
    assert [line.split(maxsplit=1) for line in places] == [
        ["Weights", str(run / "checkpoint-000000004.pt")],
        ["Log", str(run / "log.csv")],
        ["Pictures", str(run / "pictures")],
        ["Curves", f"gfrnet curves '{run}'"],
        ["Live", f"tensorboard --logdir '{run / 'tensorboard'}'"],
        ["Export", f"gfrnet export '{run}' -o gfrnet-slim.onnx"],
        ["Restore", "gfrnet restore PHOTO --guide GUIDE --model gfrnet-slim.onnx"],
    ]
    assert (run / "pictures" / "000000004.png").is_file()
    assert main(["curves", str(run)]) == 0
    assert (run / "curves.png").is_file()
    assert main(["curves", str(run)]) == 0
    command = ["curves", str(run), "-o", str(tmp_path / "curves.svg")]
    assert main(command) == 0
    (tmp_path / "curves.svg").write_text("precious")
    assert main(command) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "curves.svg").read_text() == "precious"
    assert main([*command, "--overwrite"]) == 0
    assert (tmp_path / "curves.svg").read_text() != "precious"


def test_a_terminal_shows_a_bar_instead_of_lines(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=120)
    monkeypatch.setattr("gfrnet.cli.console._ERR", terminal)
    assert train(dataset, tmp_path) == 0
    assert "waiting for data" not in capsys.readouterr().out.split("Done")[0]
    assert "4/4" in terminal.file.getvalue()  # type: ignore[attr-defined]
    assert "waiting for data" in terminal.file.getvalue()  # type: ignore[attr-defined]


def dry_run(output: Path, config: str, *overrides: str) -> int:
    sets = [word for override in (f"output={output}", *overrides) for word in ("--set", override)]
    return main(["train", config, "--dry-run", *sets])


def test_dry_run_prints_sizes_and_trains_nothing(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dry_run(tmp_path / "run", SLIM, f"data={dataset}", "guides.single=0") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["warpnet", "recnet", "all"]
    assert "10.32 M parameters" in lines[2]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("config", "override", "message"),
    [
        ("slim", "data=[nix]", "gfrnet data build"),
        ("slim", "samples=64", "RecNet never learns"),
        ("finetune", "seed=1", "data.person is not set"),
        ("finetune", "data.person=./nix", "nix is not a folder"),
    ],
)
def test_dry_run_finds_what_the_run_would_refuse(
    config: str, override: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dry_run(tmp_path / "run", str(Path(SLIM).with_stem(config)), override) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_dry_run_counts_epochs_by_the_data(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overrides = [f"data={dataset}", "guides.single=0", "samples=null", "epochs=1", "flow_samples=1000"]
    assert dry_run(tmp_path / "run", SLIM, *overrides) == 1
    assert "RecNet never learns" in capsys.readouterr().err


def test_mistakes_are_one_line_and_1(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command, message in (
        (["train", str(tmp_path / "no.yaml")], "cannot be read"),
        (["train", SLIM, "--set", "widht=3"], "widht"),
        (["train", SLIM, "--set", f"data=[{tmp_path}]", "--set", f"output={tmp_path}"], "gfrnet data build"),
        (["export", str(tmp_path / "no.pt"), "-o", "x.onnx"], "no.pt"),
        (["curves", str(tmp_path)], "output folder of a run"),
        (["evaluate", "no-such", "--data", str(dataset), "-o", str(tmp_path)], "no-such"),
        (["evaluate", "bicubic", "--data", str(tmp_path), "-o", str(tmp_path)], "gfrnet data build"),
        (["data", "build", str(tmp_path / "none"), "-o", str(tmp_path / "set")], "is not a folder"),
    ):
        assert main(command) == 1
        error = capsys.readouterr().err
        assert message in error
        assert len(error.strip().splitlines()) == 1


def test_an_int8_model_is_exported_from_a_model_file(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gfrnet.train.quantize.CALIBRATED", 4)
    monkeypatch.setattr("gfrnet.train.quantize.CHECKED", 1)
    source, half, int8 = (tmp_path / name for name in ("tiny.safetensors", "tiny.onnx", "int8.onnx"))
    config = GFRNetConfig(warpnet="none", recnet="detail", recnet_width=4)
    save_safetensors(GFRNet(config), source)
    assert main(["export", str(source), "-o", str(half)]) == 0
    assert main(["export", str(half), "-o", str(int8), "--int8", str(dataset)]) == 0
    assert re.search(
        r"int8\.onnx: 0\.\d MB, PSNR \d+\.\d\d dB on 1 pairs, [+-]0\.\d+ dB", capsys.readouterr().out
    )
    for wrong, message in (
        ([str(int8), "-o", str(tmp_path / "new.onnx"), "--int8", str(dataset)], "half-precision file"),
        ([str(half), "-o", str(tmp_path / "new.onnx"), "--int8", str(tmp_path)], "gfrnet data build"),
        (["no-such", "-o", str(tmp_path / "new.onnx")], "gfrnet-slim-int8"),
    ):
        assert main(["export", *wrong]) == 1
        assert message in capsys.readouterr().err
    assert main(["export", str(half), "-o", str(source), "--int8", str(dataset)]) == 2


@pytest.mark.parametrize("suffix", [".onnx", ".safetensors"])
def test_an_export_that_cannot_be_written_is_no_fault(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "tiny.safetensors"
    save_safetensors(GFRNet(GFRNetConfig(warpnet="none", recnet="detail", recnet_width=4)), source)
    assert main(["export", str(source), "-o", str(source / f"below{suffix}")]) == 1
    assert "choose another output" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".onnx", ".safetensors"])
def test_an_existing_model_is_replaced_only_on_request(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, precious = tmp_path / "tiny.safetensors", tmp_path / f"precious{suffix}"
    save_safetensors(GFRNet(GFRNetConfig(warpnet="none", recnet="detail", recnet_width=4)), source)
    precious.write_text("precious")
    assert main(["export", "no-such", "-o", str(precious)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert precious.read_text() == "precious"
    assert main(["export", str(source), "-o", str(precious), "--overwrite"]) == 0
    assert precious.stat().st_size > 8


def test_of_several_processes_one_speaks(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    assert train(dataset, tmp_path) == 0
    assert capsys.readouterr() == ("", "")


def test_a_second_run_needs_resume(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(dataset, tmp_path) == 0
    assert train(dataset, tmp_path) == 1
    assert "--resume" in capsys.readouterr().err
    assert train(dataset, tmp_path, "--resume") == 0
    assert "4 of 4 samples done" in capsys.readouterr().out


def test_data_build_reports_what_it_used(
    tmp_path: Path, portrait: UInt8Image, capsys: pytest.CaptureFixture[str]
) -> None:
    images.write(images.Photo(portrait), tmp_path / "photos" / "ann" / "1.jpg")
    assert (
        main(["data", "build", str(tmp_path / "photos"), "-o", str(tmp_path / "set"), "--workers", "1"]) == 0
    )
    assert "0 of 1 photos in use" in capsys.readouterr().out


def test_bench_prints_every_stage(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--runs", "1", "--model", str(tiny_model)]) == 0
    text = capsys.readouterr().out
    assert all(stage in text for stage in ("detect", "network, 8 faces", "whole photo, guide known", "peak"))
