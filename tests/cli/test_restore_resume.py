"""``gfrnet restore --resume``, and batches that are interrupted or killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gfrnet import images
from gfrnet.cli import main

Run = Callable[..., int]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_resuming_keeps_the_records_of_photos_that_are_kept(
    crops: list[Path], run: Run, tmp_path: Path
) -> None:
    out, report = tmp_path / "out", tmp_path / "report.json"
    arguments = ("--cropped", "-o", out, "--report", report)
    content = crops[1].read_bytes()
    crops[1].write_text("no picture")
    assert run(*crops[:3], *arguments, guides=(crops[3],)) == 1
    first = json.loads(report.read_text())["photos"]
    crops[1].write_bytes(content)
    assert run(*crops[:3], *arguments, "--resume", guides=(crops[3],)) == 0
    second = json.loads(report.read_text())["photos"]
    assert [entry["status"] for entry in second] == ["kept", "restored", "kept"]
    for before, after in (first[0], second[0]), (first[2], second[2]):
        assert {**before, "status": "kept"} == after
        assert len(after["faces"]) == 1


def test_resuming_reports_faces_that_were_not_restored(
    crops: list[Path], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    arguments = (*crops[:2], "--cropped", "-o", tmp_path / "out", "--report", report)
    assert run(*arguments, guides=(crops[3],)) == 0
    records = json.loads(report.read_text())
    records["photos"][0]["faces"] = [face | {"status": "skipped"} for face in records["photos"][0]["faces"]]
    report.write_text(json.dumps(records))
    capsys.readouterr()
    assert run(*arguments, "--resume", guides=(crops[3],)) == 0
    first, second, _ = capsys.readouterr().out.splitlines()
    assert first.endswith("a.png is kept. 1 of its 1 faces was not restored; --overwrite tries again.")
    assert second.endswith("b.png is kept.")


def test_resuming_keeps_the_records_of_other_photos(crops: list[Path], run: Run, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    arguments = ("--cropped", "--report", report)
    assert run(crops[1], crops[0], *arguments, guides=(crops[3],)) == 0
    first = json.loads(report.read_text())["photos"]
    assert run(crops[2], crops[0], *arguments, "--resume", guides=(crops[3],)) == 0
    second = json.loads(report.read_text())["photos"]
    assert [Path(entry["photo"]).name for entry in second] == ["b.png", "c.png", "a.png"]
    assert [entry["status"] for entry in second] == ["restored", "restored", "kept"]
    assert second[0] == first[0]


def test_resuming_replaces_no_file_that_is_no_report(
    crops: list[Path],
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = tmp_path / "keep.json"
    report.write_text('{"version": 2, "photos": []}')
    arguments = (crops[0], "--cropped", "--report", report)
    with monkeypatch.context() as patch:
        patch.delattr("gfrnet.restore.Restorer.restore")
        assert run(*arguments, "--resume", guides=(crops[1],)) == 1
    err = capsys.readouterr().err
    assert f"{report} is no report that this version can go on with" in err
    assert "another name" in err
    assert json.loads(report.read_text())["version"] == 2
    assert run(*arguments, "--overwrite", guides=(crops[1],)) == 0
    assert json.loads(report.read_text())["version"] == 1


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gfrnet", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Test runners in the background ignore SIGINT, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )


@pytest.mark.skipif(os.name == "nt", reason="SIGINT")
def test_an_interrupted_batch_leaves_whole_files_and_resumes(
    crops: list[Path], tiny_model: Path, tmp_path: Path
) -> None:
    photos = [images.write(images.read(crops[0]), tmp_path / "many" / f"{i:02}.png") for i in range(12)]
    out, report = tmp_path / "out", tmp_path / "report.json"
    arguments = ["restore", *photos, "-g", crops[1], "--cropped", "-o", out, "--model", tiny_model]
    process = start(*arguments, "--report", report)
    deadline = time.monotonic() + 60
    while not (out / "00.png").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted. 12 photos:" in err
    assert "--resume" in err
    assert "Traceback" not in err
    done = names(out)
    assert "00.png" in done
    assert len(done) < 12
    assert all(images.read(out / name).width == 128 for name in done)
    statuses = [entry["status"] for entry in json.loads(report.read_text())["photos"]]
    assert statuses == ["restored"] * len(done) + ["not reached"] * (12 - len(done))
    assert main([*map(str, arguments), "--resume"]) == 0
    assert len(names(out)) == 12


KILLED_AT_C = """\
import os, signal, sys
from gfrnet import images
from gfrnet.cli import main
read = images.read
images.read = lambda path, *_: os.kill(os.getpid(), signal.SIGKILL) if path.name == "c.png" else read(path)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_killed_batch_leaves_its_report_and_is_gone_on_with(
    crops: list[Path], run: Run, tiny_model: Path, tmp_path: Path
) -> None:
    out, report = tmp_path / "out", tmp_path / "report.json"
    arguments = [*crops[:3], "--cropped", "-o", out, "--report", report]
    words = map(str, ("restore", *arguments, "-g", crops[3], "--model", tiny_model))
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_C, *words], timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert names(out) == {"a.png", "b.png"}
    first = json.loads(report.read_text())["photos"]
    assert [entry["status"] for entry in first] == ["restored", "restored"]
    assert run(*arguments, "--resume", guides=(crops[3],)) == 0
    second = json.loads(report.read_text())["photos"]
    assert second[:2] == [{**entry, "status": "kept"} for entry in first]
    assert second[2]["status"] == "restored"


CLOSED = """\
import os, sys
from gfrnet.cli import main
os.close(1)
os.open("/dev/full", os.O_WRONLY)
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_batch_that_cannot_print_leaves_its_whole_report(
    crops: list[Path], tiny_model: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    arguments = [*crops[:3], "--cropped", "-o", tmp_path / "out", "--report", report, "-g", crops[3]]
    words = map(str, ("restore", *arguments, "--model", tiny_model))
    failed = subprocess.run([sys.executable, "-uc", CLOSED, *words], timeout=120, capture_output=True)
    assert failed.returncode not in (0, 130)
    photos = json.loads(report.read_text())["photos"]
    assert [entry["status"] for entry in photos] == ["restored", "not reached", "not reached"]


IMPATIENT = """\
import os, signal, sys
from gfrnet import images
from gfrnet.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
read, write_text = images.read, images.write_text
interrupt = lambda: os.kill(os.getpid(), signal.SIGINT)
images.read = lambda path, *_: (path.name == "b.png" and (interrupt(), interrupt())) or read(path)
images.write_text = lambda *words, **rest: (interrupt(), interrupt(), write_text(*words, **rest))[2]
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGINT")
def test_pressing_ctrl_c_again_and_again_leaves_a_whole_report(
    crops: list[Path], tiny_model: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    arguments = [crops[1], crops[0], crops[2], "--cropped", "-o", tmp_path / "out", "--report", report]
    words = map(str, ("restore", *arguments, "-g", crops[3], "--model", tiny_model))
    stopped = subprocess.run([sys.executable, "-c", IMPATIENT, *words], timeout=120, capture_output=True)
    assert stopped.returncode == 130
    photos = json.loads(report.read_text())["photos"]
    assert [entry["status"] for entry in photos] == ["not reached"] * 3
