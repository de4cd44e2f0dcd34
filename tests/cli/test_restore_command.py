"""``gfrnet restore`` for a photo as a user meets it; the network is a tiny one in ONNX Runtime."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from gfrnet import images
from gfrnet.cli import main
from gfrnet.images import Photo
from gfrnet.nets import build_from, save_safetensors
from gfrnet.types import UInt8Image

BOX = ("--box", "176,77,90,90")
Run = Callable[..., int]


def test_one_photo_beside_itself(photo: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    before = photo.read_bytes()
    assert run(photo) == 0
    result = photo.with_name("bad_restored.png")
    assert (images.read(result).pixels != images.read(photo).pixels).any()
    assert photo.read_bytes() == before
    out = capsys.readouterr().out
    assert "1 of 1 face restored" in out
    assert "similarity" in out


def test_scale_sheet_and_report(photo: Path, guide: Path, run: Run, tmp_path: Path) -> None:
    output, sheet, report = (tmp_path / name for name in ("o.jpg", "sheet.jpg", "report.json"))
    assert run(photo, "-o", output, "--scale", 2, "--compare", sheet, "--report", report) == 0
    assert images.read(output).width == 400
    assert images.read(sheet).width > 3 * 256
    record = json.loads(report.read_text())
    assert record["version"] == 1
    (entry,) = record["photos"]
    assert (entry["photo"], entry["status"], entry["output"]) == (str(photo), "restored", str(output))
    (face,) = entry["faces"]
    assert face["status"] == "restored"
    assert face["guide"] == str(guide)
    assert 0 <= face["similarity"] <= face["similarity_after"] <= 1
    assert face["strength"] == 1
    assert face["same_person"] in ("yes", "unsure")


def test_a_strength_below_one_is_reported(
    photo: Path, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    assert run(photo, "--strength", 0.5, "--report", report) == 0
    assert "after, strength 0.50\n" in capsys.readouterr().out
    assert json.loads(report.read_text())["photos"][0]["faces"][0]["strength"] == 0.5
    assert run(photo, "--overwrite") == 0
    assert ", strength" not in capsys.readouterr().out


def test_a_box(portrait: UInt8Image, run: Run, tmp_path: Path) -> None:
    photo = images.write(Photo(portrait), tmp_path / "whole.png")
    assert run(photo, *BOX) == 0


def test_less_quality_makes_a_smaller_file(crops: list[Path], run: Run, tmp_path: Path) -> None:
    sizes = []
    for quality in ("95", "50"):
        output = tmp_path / f"{quality}.jpg"
        assert run(crops[0], "--cropped", "--quality", quality, "-o", output, guides=(crops[1],)) == 0
        sizes.append(output.stat().st_size)
    assert sizes[1] < 0.7 * sizes[0]


def test_other_pages_of_a_file_are_reported(
    crops: list[Path], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = tmp_path / "pages.tif"
    first, second = (Image.fromarray(images.read(crop).pixels) for crop in crops[:2])
    first.save(pages, save_all=True, append_images=[second])
    assert run(pages, crops[0], "--cropped", "-o", tmp_path / "out", guides=(crops[2],)) == 0
    assert capsys.readouterr().err == f"{pages} holds several pictures; only the first is restored.\n"


@pytest.mark.parametrize("text", ["1,2,3", "a,b,c,d", "0,0,-5,5", "nan,0,5,5"])
def test_a_bad_box_is_wrong_use(photo: Path, run: Run, text: str) -> None:
    assert run(photo, "--box", text) == 2


@pytest.mark.parametrize(
    "options",
    [
        (*BOX, "--cropped"),
        ("--strength", 2),
        ("--fidelity", 2),
        ("--scale", 0.5),
        ("--quality", 0),
        ("--overwrite", "--resume"),
        ("--report", "report.txt"),
    ],
)
def test_wrong_use(photo: Path, run: Run, options: tuple[str, ...]) -> None:
    assert run(photo, *options) == 2


def test_a_guide_is_needed(photo: Path, run: Run) -> None:
    assert run(photo, guides=()) == 2


def test_a_mistyped_guide_is_wrong_use_before_anything_is_loaded(
    photo: Path, guide: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("gfrnet.restore.Restorer.load")
    assert run(photo, guides=(guide, guide.with_name("typo.jpg"))) == 2


def test_names_that_are_no_utf8(
    crops: list[Path], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, guide = (crops[0].with_name(name) for name in ("caf\udce9.png", "m\udce8re :smile:.png"))
    try:
        for number, path in enumerate((photo, guide)):
            crops[number].rename(path)
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    out, report = tmp_path / "out", tmp_path / "report.json"
    more = ("-o", out, "--report", report, "--compare", tmp_path / "sheet.png", "--cropped")
    assert run(photo, crops[2], *more, guides=(guide,)) == 0
    assert (out / photo.name).exists()
    entry = json.loads(report.read_text())["photos"][0]
    assert entry["photo"].endswith(r"caf\xe9.png")
    assert entry["faces"][0]["guide"].endswith(r"m\xe8re :smile:.png")
    said = capsys.readouterr()
    assert r"out/caf\xe9.png: 1 of 1 face restored" in said.out.replace(os.sep, "/")
    assert r"guide " + str(guide.parent / r"m\xe8re :smile:.png") in said.out
    assert run(photo, crops[2], *more, "--resume", guides=(guide,)) == 0
    assert json.loads(report.read_text())["photos"][0] == {**entry, "status": "kept"}
    assert run(photo, crops[2], "-o", out, "--cropped", guides=(guide,)) == 1
    assert r"caf\xe9.png exists already" in capsys.readouterr().err


def test_sheets_are_named(
    crops: list[Path], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crops[1].write_text("no picture")
    sheet = tmp_path / "sheet.png"
    assert run(*crops[:2], "--cropped", "--compare", sheet, guides=(crops[2],)) == 1
    said = capsys.readouterr()
    assert f"{tmp_path / 'sheet_a.png'}: before, guide, after" in said.out
    assert f"{tmp_path / 'sheet_b.png'} is not written: nothing of {crops[1]} was restored" in said.err
    assert "sheet_b" not in said.out
    assert "sheet_a" not in said.err


STATUS = Path("/proc/self/status")
"""Holds the peak memory of a process; getrusage would start from its parent's peak."""

MEASURED = f"""\
import sys
from gfrnet.cli import main
code = main(sys.argv[1:])
print(next(line.split()[1] for line in open("{STATUS}") if line.startswith("VmHWM")))
sys.exit(code)
"""


@pytest.mark.skipif(not STATUS.exists(), reason="memory is measured on Linux")
def test_a_panorama_of_20000_pixels_takes_less_than_a_gigabyte(
    portrait: UInt8Image, guide: Path, tiny_model: Path, tmp_path: Path
) -> None:
    panorama = np.full((2048, 20_000, 3), 128, np.uint8)
    panorama[:, 9000:11048] = cv2.resize(portrait, (2048, 2048))
    path = tmp_path / "panorama.png"
    cv2.imwrite(str(path), panorama, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    arguments = ["restore", path, "-g", guide, "-o", tmp_path / "out.jpg", "--model", tiny_model]
    command = [sys.executable, "-c", MEASURED, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) < 1e6  # kB
    assert images.read(tmp_path / "out.jpg").width == 20_000


def test_a_model_that_sees_no_guide_needs_none(
    portrait: UInt8Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "srcnn.safetensors"
    save_safetensors(build_from({"kind": "srcnn"}), model)
    images.write(images.Photo(portrait), tmp_path / "in.png")
    words = ["restore", str(tmp_path / "in.png"), "--model", str(model), "-o", str(tmp_path / "out.png")]
    more = ["--compare", str(tmp_path / "sheet.png"), "--report", str(tmp_path / "report.json")]
    assert main([*words, *more]) == 0
    assert "without a guide" in capsys.readouterr().out
    assert images.read(tmp_path / "sheet.png").width == 8 + 264 * 2
    (face,) = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["photos"][0]["faces"]
    assert (face["guide"], face["guides"], face["probability"]) == ("", [], None)


def test_the_default_model_needs_a_guide(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restore", str(tmp_path / "in.png")]) == 2
    assert "at least one good photo" in capsys.readouterr().err
