from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gfrnet import images
from gfrnet.cli import main
from gfrnet.data import read_manifest, write_manifest
from gfrnet.evaluate import Evaluation, list_pairs, measure, read_measured
from gfrnet.evaluate.models import Contender
from gfrnet.nets import GFRNet, GFRNetConfig
from people import write_people


def evaluate(*words: str | Path) -> int:
    return main(["evaluate", *map(str, words), "--scale", "4"])


def start(*words: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gfrnet", "evaluate", *map(str, words), "--scale", "4"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Test runners in the background ignore SIGINT, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def wait_for_lines(process: subprocess.Popen[str], path: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while len(lines(path)) < count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)


@pytest.mark.skipif(os.name == "nt", reason="SIGINT")
def test_an_interrupted_and_a_killed_run_go_on(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_people(tmp_path / "set", photos=9)
    pairs = list_pairs(read_manifest(tmp_path / "set"))
    out, log = tmp_path / "out", tmp_path / "out" / "cache" / "values.jsonl"
    words = (tiny_model, "--data", tmp_path / "set", "-o", out, "--workers", "1")
    interrupted = start(*words)
    wait_for_lines(interrupted, log, 1)
    # As a terminal does it: every process of the group gets it.
    os.killpg(interrupted.pid, signal.SIGINT)
    _, err = interrupted.communicate(timeout=120)
    assert interrupted.returncode == 130
    done = len(lines(log))
    assert err.strip() == f"Stopped after {done} of {len(pairs)} pairs. Go on: the same command"
    assert not (out / "rows.csv").exists()
    killed = start(*words)
    wait_for_lines(killed, log, done + 1)
    killed.kill()
    killed.communicate(timeout=120)
    with log.open("rb+") as file:
        file.truncate(log.stat().st_size - 9)
    assert done <= len(lines(log)) - 1 < len(pairs)
    assert evaluate(*words) == 0
    whole = [json.loads(line)["key"] for line in lines(log) if line.endswith("}}")]
    assert len(whole) == len(set(whole)) == len(pairs)
    assert read_measured(out) == measure(Evaluation([Contender(str(tiny_model))], pairs, "blind", [4.0]))


def test_what_it_writes(
    dataset: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (tiny_model, f"{tiny_model}:mirror", "bicubic", "--data", dataset, "-o", tmp_path / "out")
    assert evaluate(*words) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("pairs.csv", "rows.csv", "rows.parquet", "failures.csv", "cache"),
        *("results.json", "table.md", "table.csv", "table.tex", "report"),
    }
    assert capsys.readouterr().out.startswith("## Guide gap at 4x")
    rows = (tmp_path / "out" / "rows.csv").read_bytes()
    assert evaluate(*words) == 0
    assert (tmp_path / "out" / "rows.csv").read_bytes() == rows
    assert evaluate(*words[:-1], tmp_path / "other") == 0
    assert (tmp_path / "other" / "rows.csv").read_bytes() == rows


def test_a_missing_package_is_reported_before_measuring(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert evaluate("bicubic", "--data", dataset, "-o", tmp_path / "out") == 1
    assert "matplotlib, which is not installed" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_fidelity_needs_a_model_with_texture(
    dataset: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = ("bicubic", tiny_model, f"tiny={tiny_model}:stranger:0.5")
    assert evaluate(*models, "--data", dataset, "-o", tmp_path / "out") == 1
    assert "tiny:stranger:0.5: this model has no texture" in capsys.readouterr().err
    assert lines(tmp_path / "out" / "cache" / "values.jsonl") == []


def test_failures_make_the_exit_code_1(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portraits = write_people(tmp_path / "set", 2, 2)
    assert portraits[1].crop is not None
    portraits[1].crop.unlink()
    assert evaluate(tiny_model, "--data", tmp_path / "set", "-o", tmp_path / "out") == 1
    assert "1 restorations failed" in capsys.readouterr().err
    assert "p0/1.jpg" in (tmp_path / "out" / "failures.csv").read_text()
    assert "p1/1.jpg" in (tmp_path / "out" / "rows.csv").read_text()


def test_a_split_and_people_of_one_photo(
    tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portraits = write_people(tmp_path / "set", 5, 2)
    splits = {"p0": "train", "p1": "val", "p2": "val", "p3": "val", "p4": "train"}
    kept = [replace(p, split=splits[p.person]) for p in portraits if p.source != "p2/1.jpg"]
    write_manifest(tmp_path / "set", kept)
    words = (tiny_model, "--data", tmp_path / "set", "-o", tmp_path / "out")
    assert evaluate(*words, "--split", "val") == 0
    assert "1 people, p2 among them" in capsys.readouterr().err
    assert {row.person for row in read_measured(tmp_path / "out").rows} == {"p1", "p3"}
    assert evaluate(*words, "--split", "test") == 1
    assert "split test" in capsys.readouterr().err


def test_mistakes_are_one_line(
    dataset: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, blank, one = (tmp_path / name for name in ("old", "blank", "one"))
    write_people(old)
    card = json.loads((old / "dataset.json").read_text())
    images.write_text(json.dumps(card | {"version": 1}), old / "dataset.json")
    write_manifest(blank, [replace(p, landmarks=None) for p in write_people(blank)])
    write_people(one, people=1)
    network = GFRNet(GFRNetConfig(warpnet="none", recnet="detail", recnet_width=4))
    other = network.config.model_copy(update={"recnet_width": 8})
    mixed, torn = tmp_path / "mixed.pt", tmp_path / "torn.pt"
    torch.save({"config": {"network": other.model_dump()}, "averaged": network.state_dict()}, mixed)
    torn.write_bytes(mixed.read_bytes()[:5000])
    for models, data, message in (
        ([mixed], dataset, "mixed.pt is not a checkpoint of a training run, or is broken"),
        ([torn], dataset, "torn.pt"),
        (["no-such"], dataset, "There is no model `no-such`"),
        ([tiny_model], blank, "p0/0.jpg of p0 has no landmarks"),
        ([tiny_model], old, "version 1"),
        ([tiny_model], one, "Only p0 has two photos"),
        ([f"{tiny_model}:sideways"], dataset, "one of right, five-guides, album"),
        ([tiny_model, "bicubic", tiny_model], dataset, "more than once"),
        (["bicubic", "--vgg", tmp_path / "none.pth"], dataset, "none.pth"),
        (["bicubic", "--lpips"], dataset, "--vgg FILE"),
    ):
        assert evaluate(*models, "--data", data, "-o", tmp_path / "out") == 1
        error = capsys.readouterr().err
        assert message in error
        assert len(error.strip().splitlines()) == 1
    assert evaluate(tiny_model, "--data", dataset, "-o", mixed) == 2
    assert "is a file" in " ".join(capsys.readouterr().err.replace("│", " ").split())
