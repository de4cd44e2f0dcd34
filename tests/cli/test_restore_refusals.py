"""What ``gfrnet restore`` refuses, and what it says then."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from gfrnet import images
from gfrnet.images import Photo

Run = Callable[..., int]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_no_face(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = images.write(Photo(np.full((300, 300, 3), 90, np.uint8)), tmp_path / "wall.jpg")
    assert run(photo) == 1
    assert "No face found in " + str(photo) in capsys.readouterr().err
    assert names(tmp_path) == {"wall.jpg", "good.png"}


def test_no_face_in_the_guide(
    photo: Path, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wall = images.write(Photo(np.full((300, 300, 3), 90, np.uint8)), tmp_path / "wall.png")
    assert run(photo, guides=(wall,)) == 1
    assert f"No face found in {wall}. Choose a guide" in capsys.readouterr().err
    assert not photo.with_name("bad_restored.png").exists()


def test_a_guide_of_another_person(
    photo: Path, other: Path, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    assert run(photo, "--report", report, guides=(other,)) == 1
    err = capsys.readouterr().err
    assert "shows another person: similarity 0." in err
    assert "--force" in err
    assert not photo.with_name("bad_restored.png").exists()
    face = json.loads(report.read_text())["photos"][0]["faces"][0]
    assert (face["status"], face["same_person"]) == ("skipped", "no")
    assert run(photo, "--force", guides=(other,)) == 0


@pytest.mark.parametrize("content", [b"", b"just text", b"\xff\xd8\xff\xe0 and no more", None])
def test_unreadable_photos(
    run: Run, tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "photo.jpg"
    if content is not None:
        photo.write_bytes(content)
    assert run(photo) == 1
    assert str(photo) in capsys.readouterr().err


def test_a_single_pixel(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = images.write(Photo(np.zeros((1, 1, 3), np.uint8)), tmp_path / "dot.png")
    assert run(photo, "--scale", 2, "--thorough") == 1
    assert "No face found" in capsys.readouterr().err


def test_results_are_replaced_only_on_request(
    crops: list[Path], run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, guide = crops[:2]
    result = photo.with_name("a_restored.png")
    result.write_text("precious")
    assert run(photo, "--cropped", guides=(guide,)) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert run(photo, "--cropped", "--resume", guides=(guide,)) == 0
    assert result.read_text() == "precious"
    assert run(photo, "--cropped", "--overwrite", guides=(guide,)) == 0
    assert images.read(result).width == 128


@pytest.mark.parametrize("victim", [0, 1])
def test_inputs_are_never_replaced(
    crops: list[Path], run: Run, victim: int, capsys: pytest.CaptureFixture[str]
) -> None:
    before = crops[victim].read_bytes()
    link = crops[0].with_name("link.png")
    link.symlink_to(crops[victim])
    code = run(crops[0], "--cropped", "--overwrite", "-o", link, guides=(crops[1],))
    assert code == 1
    assert "is an input" in capsys.readouterr().err
    assert crops[victim].read_bytes() == before


def test_an_unknown_format_is_refused_before_the_work(
    crops: list[Path], run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(crops[0], "--cropped", "-o", "result.xyz", guides=(crops[1],)) == 1
    assert "result.xyz ends with no format" in capsys.readouterr().err


@pytest.mark.usefixtures("no_restoring")
def test_a_sheet_that_cannot_be_written_is_refused_before_the_work(
    crops: list[Path],
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "folder.png").mkdir()
    for sheet, complaint in (("sheet.pdf", "ends with no format"), ("folder.png", "is a folder")):
        assert run(crops[0], "--cropped", "--compare", tmp_path / sheet, guides=(crops[1],)) == 1
        assert f"{tmp_path / sheet} {complaint}" in capsys.readouterr().err


def test_only_json_is_a_report(crops: list[Path], run: Run, tmp_path: Path) -> None:
    precious = tmp_path / "keep.txt"
    precious.write_text("precious")
    for option in "--resume", "--overwrite":
        assert run(crops[0], "--cropped", "--report", precious, option, guides=(crops[1],)) == 2
    assert precious.read_text() == "precious"


@pytest.mark.usefixtures("no_restoring")
@pytest.mark.parametrize("option", ["--overwrite", "--resume"])
@pytest.mark.parametrize("victim", [0, 1])
def test_a_report_that_is_an_input_is_refused_before_the_work(
    crops: list[Path],
    run: Run,
    option: str,
    victim: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    crops[victim] = crops[victim].rename(crops[victim].with_suffix(".json"))
    assert run(crops[0], "--cropped", "--report", crops[victim], option, guides=(crops[1],)) == 1
    assert f"{crops[victim]} is an input" in capsys.readouterr().err


@pytest.mark.usefixtures("no_restoring")
def test_a_report_that_is_a_folder_is_refused_before_the_work(
    crops: list[Path],
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "folder.json"
    folder.mkdir()
    assert run(crops[0], "--cropped", "--report", folder, "--overwrite", guides=(crops[1],)) == 1
    assert f"{folder} is a folder" in capsys.readouterr().err


def in_small_folder(options: str, folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run gfrnet where ``folder`` is a file system of its own; prints what the folder holds at the end."""
    script = f'mount -t tmpfs -o {options} tmpfs "$0" || exit 77; "$@"; code=$?; ls -A "$0"; exit $code'
    command = ["unshare", "-rm", "sh", "-c", script, str(folder), sys.executable, "-m", "gfrnet", *arguments]
    if shutil.which("unshare") is None:
        pytest.skip("unshare is missing")
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("mounting a tmpfs is not allowed here")
    return done


@pytest.mark.parametrize(
    ("options", "complaint"), [("size=8k", "does not fit on the disk"), ("ro", "may not be written to")]
)
def test_full_disk_and_read_only_folder(
    crops: list[Path], tiny_model: Path, tmp_path: Path, options: str, complaint: str
) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    photo, guide = map(str, crops[:2])
    arguments = ["restore", photo, "-g", guide, "--cropped", "-o", str(folder / "a.png")]
    done = in_small_folder(options, folder, [*arguments, "--model", str(tiny_model)])
    assert done.returncode == 1
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_panorama_beyond_the_limit_is_refused_with_a_word(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "huge.png"
    cv2.imwrite(str(path), np.zeros((6000, 20_000), np.uint8), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert run(path) == 1
    assert "360 MB when decoded, more than the limit of 300" in capsys.readouterr().err
