"""``gfrnet restore`` for many photos, guides and folders."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from gfrnet import images
from gfrnet.images import Photo
from gfrnet.restore import FaceOutcome
from gfrnet.restore.face import BegunFace, finish_face
from gfrnet.runtime import Restoration
from gfrnet.types import FloatImage, UInt8Image

BOX = ("--box", "176,77,90,90")
Run = Callable[..., int]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


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
    assert f"guides {', '.join(face['guides'][:3])} and 2 more, " in capsys.readouterr().out


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
    opened, allowed = os.open, os.access

    def open_others(path: Any, *arguments: Any, **options: Any) -> int:
        if str(path) == str(crops[0]):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    # Permissions themselves mean nothing to the superuser, as whom tests may run.
    monkeypatch.setattr(os, "open", open_others)
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(crops[0]) and allowed(path, mode))
    assert run(*crops[:2], "--cropped", "-o", tmp_path / "out", guides=(crops[2],)) == 1
    assert names(tmp_path / "out") == {"b.png"}


def test_a_fault_in_one_photo_does_not_end_the_batch(
    crops: list[Path], run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = images.read

    def fail_on_a(path: Path, *limits: float) -> Photo:
        if path.name == "a.png":
            raise ZeroDivisionError("by zero")
        return read(path, *limits)

    monkeypatch.setattr("gfrnet.images.read", fail_on_a)
    assert run(*crops[:2], "--cropped", "-o", tmp_path / "out", guides=(crops[2],)) == 1
    assert names(tmp_path / "out") == {"b.png"}


def test_a_bad_guide_among_good_ones_is_reported_once(
    crops: list[Path], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_text("no picture")
    assert run(*crops[:2], "--cropped", guides=(broken, crops[3])) == 0
    assert capsys.readouterr().err.count(f"Guide left out. {broken} is not a picture") == 1


def test_a_failed_face_beside_a_restored_one_is_a_failure(
    portrait: UInt8Image,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken_at_the_left(face: BegunFace, result: Restoration) -> tuple[FaceOutcome, FloatImage]:
        broken = replace(result, restored=result.restored * np.nan)
        return finish_face(face, broken if face.box.left < 175 else result)

    monkeypatch.setattr("gfrnet.restore.restorer.finish_face", broken_at_the_left)
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


def test_pictures_of_unread_formats_are_reported_once(
    crops: list[Path], run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = crops[0].parent
    (folder / "IMG_1.CR3").touch()
    assert run(folder, "--cropped", guides=(folder,)) == 0
    assert capsys.readouterr().err.count(f"1 picture in {folder} is of a format") == 1
