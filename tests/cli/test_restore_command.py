"""``gfrnet restore`` as a user meets it, bad input included; the network is a tiny one in ONNX Runtime."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from gfrnet import images
from gfrnet.cli import main
from gfrnet.images import Photo
from gfrnet.restore import FaceOutcome
from gfrnet.restore.face import BegunFace, finish_face
from gfrnet.runtime import Restoration
from gfrnet.types import FloatImage, UInt8Image

BOX = ("--box", "176,77,90,90")
Run = Callable[..., int]


@pytest.fixture
def photo(tmp_path: Path, portrait: UInt8Image) -> Path:
    """A degraded photo of 200 x 200 pixels with one face."""
    small = cv2.resize(portrait[30:230, 120:320], (50, 50), interpolation=cv2.INTER_AREA)
    return images.write(
        Photo(cv2.resize(small, (200, 200), interpolation=cv2.INTER_CUBIC)), tmp_path / "bad.png"
    )


@pytest.fixture
def guide(tmp_path: Path, portrait: UInt8Image) -> Path:
    return images.write(Photo(portrait[:300, 70:370]), tmp_path / "good.png")


@pytest.fixture
def other(tmp_path: Path, stranger: UInt8Image) -> Path:
    return images.write(Photo(stranger), tmp_path / "stranger.png")


@pytest.fixture
def no_restoring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever restores a photo is a fault: the test asks for a refusal before the work."""
    monkeypatch.delattr("gfrnet.restore.Restorer.restore")


@pytest.fixture
def run(guide: Path, tiny_model: Path) -> Run:
    """Restore with the good guide and the tiny model; gives the exit code."""

    def run(*arguments: str | Path, guides: tuple[Path, ...] = (guide,)) -> int:
        words = ["restore", *map(str, arguments), "--model", str(tiny_model)]
        return main([*words, *(word for path in guides for word in ("--guide", str(path)))])

    return run


@pytest.fixture
def crops(tmp_path: Path, portrait: UInt8Image) -> list[Path]:
    """Four face crops, each a pixel further to the left, and no detector needed."""
    views = (portrait[64:181, 163 + step : 280 + step] for step in range(4))
    photos = [Photo(cv2.resize(view, (128, 128), interpolation=cv2.INTER_CUBIC)) for view in views]
    return [
        images.write(photo, tmp_path / "crops" / f"{name}.png")
        for name, photo in zip("abcd", photos, strict=True)
    ]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


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


def test_a_part_of_the_change_is_told(
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


def test_the_other_pages_of_a_file_are_told(
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


def test_cropped_batch_with_one_bad_file(
    crops: list[Path], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crops[1].write_text("no picture")
    report = tmp_path / "report.json"
    code = run(*crops[1:], "--cropped", "-o", tmp_path / "out", "--report", report, guides=(crops[0],))
    assert code == 1
    assert names(tmp_path / "out") == {"c.png", "d.png"}
    statuses = [entry["status"] for entry in json.loads(report.read_text())["photos"]]
    assert statuses == ["failed", "restored", "restored"]
    captured = capsys.readouterr()
    assert "3 photos: 2 restored, 1 failed" in captured.out
    assert str(crops[1]) in captured.err


def test_of_many_guides_the_fittest_are_named_and_the_others_counted(
    crops: list[Path], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    album, report = tmp_path / "album", tmp_path / "report.json"
    album.mkdir()
    pixels = images.read(crops[1]).rgb8
    for number in range(5):
        images.write(Photo(np.roll(pixels, number, axis=1)), album / f"{number}.png")
    assert run(crops[0], "--cropped", "--force", "--report", report, guides=(album,)) == 0
    (face,) = json.loads(report.read_text())["photos"][0]["faces"]
    assert len(face["guides"]) == 5
    assert f"guides {', '.join(face['guides'][:3])} and 2 more, similarity" in capsys.readouterr().out


def test_in_a_folder_of_photos_and_guides_none_guides_itself(
    crops: list[Path], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, report = crops[0].parent, tmp_path / "report.json"
    assert run(folder, "--cropped", "-o", tmp_path / "out", "--report", report, guides=(folder,)) == 0
    for entry, photo in zip(json.loads(report.read_text())["photos"], crops, strict=True):
        assert entry["photo"] == str(photo)
        others = [str(crop) for crop in crops if crop != photo]
        assert sorted(entry["faces"][0]["guides"]) == others
    assert not capsys.readouterr().err


def test_a_photo_that_may_not_be_read_does_not_end_the_batch(
    crops: list[Path], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, allowed = Path.open, os.access

    def open_others(path: Path, *arguments: Any, **options: Any) -> object:
        if path == crops[0]:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    # Permissions themselves mean nothing to the superuser, as whom tests may run.
    monkeypatch.setattr(Path, "open", open_others)
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(crops[0]) and allowed(path, mode))
    assert run(*crops[:2], "--cropped", "-o", tmp_path / "out", guides=(crops[2],)) == 1
    assert names(tmp_path / "out") == {"b.png"}


def test_a_fault_in_one_photo_does_not_end_the_batch(
    crops: list[Path], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = images.read

    def fail_on_a(path: Path) -> Photo:
        if path.name == "a.png":
            raise ZeroDivisionError("by zero")
        return read(path)

    monkeypatch.setattr("gfrnet.cli.batch.images.read", fail_on_a)
    assert run(*crops[:2], "--cropped", "-o", tmp_path / "out", guides=(crops[2],)) == 1
    assert names(tmp_path / "out") == {"b.png"}


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


def test_a_bad_guide_among_good_ones_is_reported_once(
    crops: list[Path], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_text("no picture")
    assert run(*crops[:2], "--cropped", guides=(broken, crops[3])) == 0
    assert capsys.readouterr().err.count(f"Guide left out. {broken} is not a picture") == 1


def test_a_mistyped_guide_is_wrong_use_before_anything_is_loaded(
    photo: Path, guide: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("gfrnet.restore.Restorer.load")
    assert run(photo, guides=(guide, guide.with_name("typo.jpg"))) == 2


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


def test_results_are_not_replaced_unless_told(
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


def test_a_failed_face_beside_a_restored_one_is_a_failure(
    portrait: UInt8Image,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken_at_the_left(
        job: Job, result: Restoration, strength: float, force: bool
    ) -> tuple[FaceOutcome, FloatImage]:
        broken = replace(result, restored=result.restored * np.nan)
        return finish(job, broken if job.box.left < 175 else result, strength, force)

    monkeypatch.setattr("gfrnet.restore.restorer.finish", broken_at_the_left)
    photo, report = images.write(Photo(portrait), tmp_path / "whole.png"), tmp_path / "report.json"
    arguments = (photo, *BOX, "--box", "170,72,100,100", "--report", report)
    for more, status in ((), "restored"), (("--resume",), "kept"):
        assert run(*arguments, *more) == 1
        assert f"Error: {photo}, face at 170,72: The network gave" in capsys.readouterr().err
        (entry,) = json.loads(report.read_text())["photos"]
        assert entry["status"] == status
        assert [face["status"] for face in entry["faces"]] == ["restored", "failed"]
    assert photo.with_name("whole_restored.png").exists()


def test_a_skipped_face_beside_a_restored_one_is_no_failure(
    portrait: UInt8Image, stranger: UInt8Image, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    group = np.concatenate([cv2.resize(stranger, (512, 512)), portrait], axis=1)
    assert run(images.write(Photo(group), tmp_path / "group.png")) == 0
    assert "1 of 2 faces restored" in capsys.readouterr().out


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


def test_resuming_tells_of_faces_that_were_not_restored(
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


def test_folders_of_photos_and_guides(
    crops: list[Path], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, empty = tmp_path / "good", tmp_path / "empty"
    good.mkdir()
    empty.mkdir()
    for crop in crops[2:]:
        crop.rename(good / crop.name)
    monkeypatch.chdir(crops[0].parent)
    arguments = (".", "--cropped", "--compare", "sheet.png")
    written = {"a_restored.png", "b_restored.png", "sheet_a.png", "sheet_b.png"}
    for more in (), ("--overwrite",), ("--resume",):
        assert run(*arguments, *more, guides=(good,)) == 0
        assert names(Path()) == {"a.png", "b.png"} | written
    assert run(".", "--cropped", guides=(empty,)) == 2
    assert run(empty, "--cropped", guides=(good,)) == 2


def test_earlier_results_are_no_guides_of_a_folder(crops: list[Path], run: Run, tmp_path: Path) -> None:
    folder, report = crops[0].parent, tmp_path / "report.json"
    for more in (), ("--overwrite",):
        assert run(crops[0], "--cropped", "--report", report, *more, guides=(folder,)) == 0
        (face,) = json.loads(report.read_text())["photos"][0]["faces"]
        assert not any("a_restored" in guide for guide in face["guides"])


def test_pictures_of_unread_formats_are_told_once(
    crops: list[Path], run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = crops[0].parent
    (folder / "IMG_1.HEIC").touch()
    assert run(folder, "--cropped", guides=(folder,)) == 0
    assert capsys.readouterr().err.count(f"1 picture in {folder} is of a format") == 1


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
images.read = lambda path: os.kill(os.getpid(), signal.SIGKILL) if path.name == "c.png" else read(path)
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


STATUS = Path("/proc/self/status")
"""Tells a process' own peak of memory; getrusage starts from that of the process that spawned it."""

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


def test_a_panorama_beyond_the_limit_is_refused_with_a_word(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "huge.png"
    cv2.imwrite(str(path), np.zeros((6000, 20_000), np.uint8), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert run(path) == 1
    assert "megapixels" in capsys.readouterr().err
