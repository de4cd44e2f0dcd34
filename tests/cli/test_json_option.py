"""Test that every command prints one document with ``--json``, and that it is what the reference says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import BaseModel
from typer.main import get_command

from gfrnet import images
from gfrnet.batch import Report
from gfrnet.cli import app, documents, main
from gfrnet.evaluate import read_measured
from gfrnet.nets import GFRNet, GFRNetConfig, save_safetensors
from gfrnet.types import UInt8Image
from gfrnet.weights import MODELS

SLIM = Path(__file__).parents[2] / "configs" / "slim.yaml"
NARROW = {"network.warpnet_width": 4, "network.recnet_width": 4, "samples": 4, "flow_samples": 0}
FEW = {"batch_size": 2, "workers": 0, "log_every": 2, "pictures_every": 0, "accelerator": "cpu"}


def ask(capsys: pytest.CaptureFixture[str], kind: type[BaseModel], *words: object, code: int = 0) -> dict:
    """Run a command with ``--json``, and return its document, which must be one of a kind."""
    capsys.readouterr()
    assert main([*map(str, words), "--json"]) == code
    out = capsys.readouterr().out
    assert out.isascii()
    kind.model_validate_json(out)
    found: dict = json.loads(out)
    assert kind.model_validate_json(out).model_dump(mode="json") == found
    return found


def leaves(command: object, words: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    below = getattr(command, "commands", {})
    return [leaf for name in below for leaf in leaves(below[name], (*words, name))] or [(words, command)]


def test_every_command_has_the_option() -> None:
    lacking = [
        words
        for words, command in leaves(get_command(app))
        if not any("--json" in item.opts for item in command.params)  # type: ignore[attr-defined]
    ]
    assert lacking == []


def test_models(capsys: pytest.CaptureFixture[str]) -> None:
    found = ask(capsys, documents.Models, "models")["models"]
    assert [model["sha256"] for model in found] == [model.sha256 for model in MODELS]
    assert [model["name"] for model in found if model["default"]] == ["gfrnet-slim-int8"]
    assert found[0]["megabytes"] == pytest.approx(MODELS[0].path.stat().st_size / 1e6)


def test_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    found = ask(capsys, documents.Diagnosis, "doctor")
    assert found["healthy"]
    assert {check["name"] for check in found["checks"]} >= {"Python", "OpenCV", "telemetry", "restoring"}


def test_demo_and_degrade(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = ask(capsys, documents.Demo, "demo", "-o", tmp_path / "demo")
    assert found["after"]["psnr"] > found["before"]["psnr"]
    assert all(Path(picture).is_file() for picture in found["pictures"])
    bad = tmp_path / "bad.png"
    found = ask(capsys, documents.Degraded, "degrade", found["pictures"][0], "--scale", "4", "-o", bad)
    assert found == {"output": str(bad), "blur": 0, "scale": 4, "noise": 0, "jpeg": 0, "seed": 0}


def test_bench(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = ask(capsys, documents.Bench, "bench", "--runs", "1", "--model", tiny_model)
    assert found["cores"] == os.cpu_count()
    assert "network, 1 face" in {stage["stage"] for stage in found["stages"]}


def test_restore_tells_the_same_as_its_report(
    photo: Path, guide: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    words = ["restore", photo, tmp_path / "none.png", "-g", guide, "--model", tiny_model]
    found = ask(capsys, Report, *words, "-o", tmp_path / "out", "--report", report, code=1)
    assert found == json.loads(report.read_text())
    assert [record["status"] for record in found["photos"]] == ["restored", "failed"]


@pytest.mark.skipif(os.name == "nt", reason="names of files are bytes on Unix only")
def test_names_of_files_can_neither_steer_the_terminal_nor_break_the_document(
    guide: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / os.fsdecode(b"caf\xe9\x1b[31m.png")
    found = ask(capsys, documents.Degraded, "degrade", guide, "-o", target)
    assert found["output"] == str(tmp_path / "caf\\xe9\x1b[31m.png")
    printed = ask(capsys, Report, "restore", tmp_path / "no\x1b.png", "-g", target, code=1)
    assert printed["photos"][0]["status"] == "failed"


def test_data_sets(tmp_path: Path, portrait: UInt8Image, capsys: pytest.CaptureFixture[str]) -> None:
    drawn, shards = tmp_path / "drawn", tmp_path / "shards"
    size = ("--people", "2", "--photos", "2")
    found = ask(capsys, documents.DataDrawn, "data", "synthetic", "-o", drawn, *size)
    assert found == {"folder": str(drawn), "people": 2, "pictures": 4}
    assert ask(capsys, documents.DataChecked, "data", "check", drawn) == {"findings": []}
    assert Path(ask(capsys, documents.DataReported, "data", "report", drawn)["page"]).is_file()
    found = ask(capsys, documents.DataPacked, "data", "pack", drawn, "-o", shards)
    assert len(json.loads(Path(found["index"]).read_text())["shards"]) == found["shards"] == 1
    next(drawn.glob("crops/**/*.png")).write_text("nothing")
    assert len(ask(capsys, documents.DataChecked, "data", "check", drawn, code=1)["findings"]) >= 1
    images.write(images.Photo(portrait), tmp_path / "photos" / "ann" / "1.jpg")
    words = ("data", "build", tmp_path / "photos", "-o", tmp_path / "built", "--workers", "1")
    found = ask(capsys, documents.DataBuilt, *words)
    assert (found["photos"], found["used"], sum(found["dropped"].values())) == (1, 0, 1)
    assert Path(found["manifest"]).is_file()


def test_training_and_export(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    values = {**NARROW, **FEW, "data": f"[{dataset}]", "output": run}
    words = ["train", SLIM, *(f"--set={name}={value}" for name, value in values.items())]
    found = ask(capsys, documents.DryRun, *words, "--dry-run")
    assert [part["name"] for part in found["parts"]] == ["warpnet", "recnet", "all"]
    found = ask(capsys, documents.Trained, *words)
    assert (found["finished"], found["samples"], found["length"]) == (True, 4, 4)
    assert Path(found["weights"]).is_file()
    assert "landmark_distance" in found["losses"]
    picture = ask(capsys, documents.Picture, "curves", run)
    assert picture == {"output": str(run / "curves.png"), "skipped": 0}
    found = ask(capsys, documents.Exported, "export", run, "-o", tmp_path / "model.onnx")
    assert 0 < found["difference"] < 1e-3
    assert found["psnr"] is None


def test_an_int8_export_tells_its_cost(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gfrnet.train.quantize.CALIBRATED", 4)
    monkeypatch.setattr("gfrnet.train.quantize.CHECKED", 1)
    source = tmp_path / "tiny.safetensors"
    save_safetensors(GFRNet(GFRNetConfig(warpnet="none", recnet="detail", recnet_width=4)), source)
    words = ("export", source, "-o", tmp_path / "int8.onnx", "--int8", dataset)
    found = ask(capsys, documents.Exported, *words)
    assert found["pairs"] == 1
    assert found["psnr"] == pytest.approx(found["psnr_exact"], abs=1)


def test_evaluation_and_figures(
    dataset: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, file = tmp_path / "out", tmp_path / "figure.png"
    words = ("evaluate", "bicubic", tiny_model, "--data", dataset, "--scale", "4", "-o", out)
    found = ask(capsys, documents.Evaluated, *words, "--workers", "1")
    means = next(table for table in found["tables"] if table["kind"] == "means")
    rows = [row for row in read_measured(out).rows if (row.model, row.metric) == ("bicubic", "psnr")]
    psnr = means["lines"][0]["figures"]["psnr"]
    assert psnr["pairs"] == len(rows)
    assert psnr["interval"]["mean"] == pytest.approx(np.mean([row.value for row in rows]))
    assert found["failures"] == 0
    figure = ("figures", "variants", "bicubic", "--data", dataset, "--rows", "1", "-o", file)
    assert ask(capsys, documents.Picture, *figure) == {"output": str(file), "skipped": 0}


def test_reproduction(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = tmp_path / "base.yaml"
    values = yaml.safe_load((SLIM.parent / "table1.yaml").read_text())
    values["network"] = {**values.get("network", {}), "warpnet_width": 4, "recnet_width": 4}
    few = {name: value for name, value in FEW.items() if name != "accelerator"}
    base.write_text(yaml.safe_dump({**values, **few, "data": [str(dataset)]}))
    words = ["reproduce", "table1", "--base", base, "--samples", "8", "--rows", "full", "--data", dataset]
    words += ["--scale", "8", "--workers", "1", "-o", tmp_path / "out"]
    found = ask(capsys, documents.Reproduced, *words)
    assert found["samples"] == {"Ours (Full)": [8]}
    assert [protocol["protocol"] for protocol in found["protocols"]] == ["blind", "bicubic"]
    assert Path(found["table"]).is_file()


@pytest.mark.parametrize(
    ("words", "code", "message", "advice"),
    [
        (["restore", "a.jpg", "-g", "GUIDE", "--model", "none"], 1, "There is no model `none`", []),
        (["degrade", "GUIDE", "-o", "GUIDE"], 1, "--overwrite", ["OVERWRITE", "CHOOSE_ANOTHER_NAME"]),
        (["degrade", "GUIDE"], 2, "--output", []),
        (["restore", "GUIDE", "-g", "GUIDE", "--no-such"], 2, "--no-such", []),
        (["restore", "GUIDE", "-g", "GUIDE", "--scale", "99"], 2, "--scale", []),
        (["no-such-command"], 2, "no-such-command", []),
    ],
)
def test_an_error_is_a_document_too(
    words: list[str],
    code: int,
    message: str,
    advice: list[str],
    guide: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main([*(str(guide) if word == "GUIDE" else word for word in words), "--json"]) == code
    out, err = capfd.readouterr()
    found = documents.Failure.model_validate_json(out)
    assert message in found.error
    assert list(found.advice) == advice
    assert err.startswith("Error: ")


def test_a_fault_and_an_interrupt_are_documents_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = ((ZeroDivisionError("zero"), 1, "ZeroDivisionError"), (KeyboardInterrupt(), 130, "Interrupted"))
    for error, code, message in ends:

        def fail(*_: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr("gfrnet.cli.models._document", fail)
        assert message in ask(capsys, documents.Failure, "models", code=code)["error"]


def test_without_the_option_stdout_holds_text_again(capsys: pytest.CaptureFixture[str]) -> None:
    ask(capsys, documents.Models, "models")
    assert main(["models"]) == 0
    assert capsys.readouterr().out.startswith("gfrnet-slim\n")
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("gfrnet ")
