import json
import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from gfrnet import images
from gfrnet.data import BuildSettings, build_dataset, read_card, read_manifest, read_rows, write_synthetic
from gfrnet.data.build import build as build_file
from gfrnet.data.build.journal import JOURNAL, Journal
from gfrnet.data.build.layouts import PhotoFile
from gfrnet.data.build.portray import ImageFormat, Seen, portray
from gfrnet.errors import Advice, DataError, WorkerDiedError
from gfrnet.types import UInt8Image
from gfrnet.work import Advanced

ALONE = BuildSettings(self_guide=True, min_resolution=0)


def save(pixels: UInt8Image, path: Path) -> Path:
    return images.write(images.Photo(np.ascontiguousarray(pixels)), path)


def dies_at_b(photo: PhotoFile, root: Path, size: int, image_format: ImageFormat) -> tuple[Seen, ...]:
    """Stand in for `portray` in another process."""
    if photo.path.name == "b.png":
        os._exit(1)
    return portray(photo, root, size, image_format)


def times(root: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (root / "crops").rglob("*.*") if path.is_file()}


@pytest.fixture(scope="module")
def close_up(portrait: UInt8Image) -> UInt8Image:
    """(170, 180, 3): the portrait's face, 90 pixels wide, and little around it."""
    return portrait[40:210, 130:310]


@pytest.fixture(scope="module")
def other_face(stranger: UInt8Image) -> UInt8Image:
    """(200, 200, 3): the face of another person."""
    return np.asarray(cv2.resize(stranger[40:280, 40:280], (200, 200), interpolation=cv2.INTER_AREA))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, close_up: UInt8Image, other_face: UInt8Image) -> Path:
    """One person with a photo, a copy of it, a picture without a face and no picture; one with two faces."""
    source = tmp_path_factory.mktemp("build") / "photos"
    save(close_up, source / "Søren Ω" / "a.png")
    save(close_up[10:, 20:], source / "Søren Ω" / "b copy.png")
    save(np.full((60, 60, 3), 90, np.uint8), source / "Søren Ω" / "c.png")
    (source / "Søren Ω" / "d.jpg").write_text("not a picture")
    save(close_up[:, 10:], source / "two" / "one.png")
    save(other_face, source / "two" / "other.png")
    return source


@pytest.fixture(scope="module")
def built(photos: Path) -> Path:
    result = build_dataset(photos, photos.parent / "set", ALONE)
    assert (result.photos, result.used, result.people) == (6, 3, 2)
    assert result.roles == {"single": 1, "guide": 1, "target": 1}
    assert result.dropped == {"near-duplicate": 1, "no face found": 1, "unreadable": 1}
    return photos.parent / "set"


def test_keeps_the_face_and_measures_it(built: Path) -> None:
    kept = read_manifest(built)[0]
    assert (kept.person, kept.role) == ("Søren Ω", "single")
    assert kept.pixels().shape == (256, 256, 3)
    eyes = kept.points()[36:48].mean(0)
    assert abs(eyes[0] - 128) < 25
    assert 60 < eyes[1] < 140
    assert kept.embedding is not None
    assert np.linalg.norm(kept.embedding) > 1
    assert kept.eyes_open > 0.15
    assert abs(kept.yaw) < 20
    assert 60 < kept.resolution < 125  # the face is about 90 pixels wide in the photo
    assert not kept.grey


def test_every_dropped_photo_has_a_reason(built: Path) -> None:
    reasons = {Path(p.source).name: p.dropped for p in read_rows(built)}
    assert "near-duplicate of Søren Ω/" in reasons["a.png"] + reasons["b copy.png"]
    assert reasons["c.png"] == "no face found"
    assert reasons["d.jpg"].startswith("unreadable")


def test_two_who_disagree_are_noted(built: Path) -> None:
    notes = read_card(built).notes
    assert notes[0].startswith("two/one.png and two/other.png may show two people")


def test_one_person_in_two_folders_is_noted_and_old_crops_are_deleted(
    tmp_path: Path, close_up: UInt8Image
) -> None:
    source, target = tmp_path / "photos", tmp_path / "set"
    save(close_up, source / "p" / "1.png")
    save(close_up[10:], source / "q" / "1.png")
    result = build_dataset(source, target, BuildSettings(min_resolution=0), workers=1)
    assert (result.used, result.people) == (0, 0)
    assert result.notes[0].startswith("p and q may be one person")
    assert {path.parent.name for path in (target / "crops").rglob("*.png")} == {"p", "q"}
    (source / "q" / "1.png").unlink()
    (target / "crops" / "p" / ".gfrnet-0.part").write_text("of a process that was killed")
    build_dataset(source, target, BuildSettings(min_resolution=0), workers=1)
    assert [path.name for path in (target / "crops").rglob("*")] == ["p", "1.png.png"]


def test_photos_of_a_person_each_are_kept(
    tmp_path: Path, close_up: UInt8Image, other_face: UInt8Image
) -> None:
    save(close_up, tmp_path / "photos" / "us_001.png")
    save(other_face, tmp_path / "photos" / "us_002.png")
    result = build_dataset(
        tmp_path / "photos", tmp_path / "set", BuildSettings(layout="singles", min_resolution=0)
    )
    assert (result.roles, result.people, result.notes) == ({"single": 2}, 2, ())
    assert all(portrait.pixels().shape == (256, 256, 3) for portrait in read_manifest(tmp_path / "set"))


def test_killed_and_run_again_it_goes_on(
    tmp_path: Path, close_up: UInt8Image, other_face: UInt8Image
) -> None:
    source, killed, whole = (tmp_path / name for name in ("photos", "killed", "whole"))
    for number in range(3):
        save(close_up[number:], source / f"p{number}" / f"{number}.jpg")
        save(other_face[number:], source / f"p{number}" / f"other{number}.jpg")
    journal = killed / JOURNAL
    command = [sys.executable, "-m", "gfrnet", "data", "build", str(source), "-o", str(killed)]
    with subprocess.Popen([*command, "--workers", "1", "--min-resolution", "0"]) as process:
        while not journal.is_file() or journal.read_bytes().count(b"\n") < 3:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    with pytest.raises(DataError, match="Build the data set first"):
        read_rows(killed)
    lines = journal.read_bytes().splitlines(keepends=True)
    done = [row["crop"] for line in lines[1:] if line.endswith(b"\n") for row in json.loads(line)["rows"]]
    before = {crop: (killed / crop).stat().st_mtime_ns for crop in done}
    with journal.open("ab") as file:
        file.write(b'{"photo": "torn')
    for target in (killed, whole):
        result = build_dataset(source, target, BuildSettings(min_resolution=0), workers=1)
        assert result.roles == {"guide": 3, "target": 3}
    assert (killed / "manifest.csv").read_bytes() == (whole / "manifest.csv").read_bytes()
    assert {crop: (killed / crop).stat().st_mtime_ns for crop in done} == before


def test_a_second_run_does_only_what_changed(built: Path, photos: Path) -> None:
    before, manifest = times(built), (built / "manifest.csv").read_bytes()
    lines = (built / JOURNAL).read_bytes().count(b"\n")
    (photos / "Søren Ω" / "d.jpg").write_text("another file that is no picture")
    os.utime(photos / "Søren Ω" / "c.png", (1, 1))
    next((built / "crops").rglob("a.png.png")).unlink()
    build_dataset(photos, built, ALONE, workers=1)
    assert (built / "manifest.csv").read_bytes() == manifest
    assert (built / JOURNAL).read_bytes().count(b"\n") == lines
    assert {name for name, changed in times(built).items() if changed != before[name]} == {"a.png.png"}


def test_every_photo_is_an_event_and_photos_of_an_earlier_run_are_one(
    tmp_path: Path, close_up: UInt8Image
) -> None:
    source, target = tmp_path / "photos", tmp_path / "set"
    events: list[Advanced] = []
    for number in range(2):
        save(close_up[number:], source / "p" / f"{number}.png")
    build_dataset(source, target, ALONE, 1, events.append)
    assert events == [Advanced("photos", done, 2) for done in (1, 2)]
    save(close_up[5:, 5:], source / "p" / "2.png")
    build_dataset(source, target, ALONE, 1, events.append)
    assert events[2:] == [Advanced("photos", done, 3) for done in (2, 3)]


def test_a_dead_process_names_the_photo_and_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos" / "p").mkdir(parents=True)
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / "photos" / "p" / name).write_text("no picture")
    monkeypatch.setattr(build_file, "portray", dies_at_b)
    with pytest.raises(WorkerDiedError, match=r"died at \S*b\.png or soon.*take that photo out") as caught:
        build_dataset(tmp_path / "photos", tmp_path / "set", ALONE, 1)
    assert "Do the same again; it goes on" in str(caught.value)
    assert caught.value.advice == (Advice.ONE_WORKER,)
    monkeypatch.undo()
    events: list[Advanced] = []
    assert build_dataset(tmp_path / "photos", tmp_path / "set", ALONE, 1, events.append).used == 0
    assert events[-1] == Advanced("photos", 3, 3)


def test_two_builds_at_a_time_are_refused(tmp_path: Path) -> None:
    (tmp_path / "photos" / "p").mkdir(parents=True)
    (tmp_path / "photos" / "p" / "a.png").write_text("nothing")
    with Journal(tmp_path / "set", {}, 256), pytest.raises(DataError, match="Another build writes"):
        build_dataset(tmp_path / "photos", tmp_path / "set")


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one folder of photos per person"):
        build_dataset(tmp_path, tmp_path.parent / "set")
    with pytest.raises(DataError, match="is not a folder"):
        build_dataset(tmp_path / "missing", tmp_path)


def test_never_writes_into_the_photos(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="overlap"):
        build_dataset(tmp_path, tmp_path / "set")
    with pytest.raises(DataError, match="overlap"):
        build_dataset(tmp_path / "set" / "crops", tmp_path / "set")
    (tmp_path / "mine" / "crops").mkdir(parents=True)
    with pytest.raises(DataError, match=r"was not made by building a data set"):
        build_dataset(tmp_path / "photos", tmp_path / "mine")


def test_never_replaces_invented_people(tmp_path: Path) -> None:
    people = write_synthetic(tmp_path / "set", people=1, photos=2)
    with pytest.raises(DataError, match=r"was not made by building a data set"):
        build_dataset(tmp_path / "photos", tmp_path / "set")
    assert all(portrait.crop.is_file() for portrait in people if portrait.crop)


def test_settings_that_make_no_pairs() -> None:
    with pytest.raises(DataError, match="no target"):
        BuildSettings(per_person=1)
    with pytest.raises(DataError, match="below 1"):
        BuildSettings(val=1)
    with pytest.raises(DataError, match="No crop of 64 pixels has 96"):
        BuildSettings(size=64, min_resolution=96)
    assert [BuildSettings(size=size).detail for size in (64, 256)] == [24, 96]
