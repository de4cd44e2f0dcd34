import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from gfrnet import images
from gfrnet.data import Settings, build, read_card, read_manifest, read_rows
from gfrnet.data.journal import JOURNAL
from gfrnet.errors import DataError
from gfrnet.types import UInt8Image

ALONE = Settings(self_guide=True, min_resolution=0)


def save(pixels: UInt8Image, path: Path) -> Path:
    return images.write(images.Photo(np.ascontiguousarray(pixels)), path)


@pytest.fixture(scope="module")
def close_up(portrait: UInt8Image) -> UInt8Image:
    """(170, 180, 3): the portrait's face, 90 pixels wide, and little around it."""
    return portrait[40:210, 130:310]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, close_up: UInt8Image) -> Path:
    """A person with a photo, a copy of it, a picture without a face, and a file that is no picture."""
    person = tmp_path_factory.mktemp("build") / "photos" / "Søren Ω"
    save(close_up, person / "a.png")
    save(close_up[10:, 20:], person / "b copy.png")
    save(np.full((60, 60, 3), 90, np.uint8), person / "c.png")
    (person / "d.jpg").write_text("not a picture")
    return person.parent


@pytest.fixture(scope="module")
def built(photos: Path) -> Path:
    result = build(photos, photos.parent / "set", ALONE)
    assert (result.photos, result.used, result.people) == (4, 1, 1)
    assert result.dropped == {"near-duplicate": 1, "no face found": 1, "unreadable": 1}
    return photos.parent / "set"


def test_keeps_the_face_and_measures_it(built: Path) -> None:
    (kept,) = read_manifest(built)
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


def test_tells_why_others_were_dropped(built: Path) -> None:
    reasons = {Path(p.source).name: p.dropped for p in read_rows(built)}
    assert "near-duplicate of Søren Ω/" in reasons["a.png"] + reasons["b copy.png"]
    assert reasons["c.png"] == "no face found"
    assert reasons["d.jpg"].startswith("unreadable")


def test_a_tight_crop_is_found_with_a_border(tmp_path: Path, built: Path) -> None:
    (kept,) = read_manifest(built)
    save(kept.pixels()[28:228, 34:222], tmp_path / "photos" / "tight.png")
    wanted = Settings(self_guide=True, min_resolution=0, size=128, image_format="webp", manifest="parquet")
    assert build(tmp_path / "photos", tmp_path / "set", wanted, workers=1).used == 1
    (found,) = read_manifest(tmp_path / "set")
    assert found.real[0] > 0
    assert found.pixels().shape == (128, 128, 3)
    assert found.mask().shape == (128, 128)
    assert found.crop == tmp_path / "set" / "crops" / "tight" / "tight.png.webp"
    assert read_card(tmp_path / "set").settings["size"] == 128


def test_of_two_faces_in_a_photo_one_is_the_person(
    tmp_path: Path, close_up: UInt8Image, stranger: UInt8Image
) -> None:
    other = np.asarray(cv2.resize(stranger[40:280, 40:280], (200, 200), interpolation=cv2.INTER_AREA))
    both = np.full((200, 380, 3), 128, np.uint8)
    both[:170, :180], both[:, 180:] = close_up, other
    for person, alone in (("left", close_up), ("right", other)):
        save(alone, tmp_path / "photos" / person / "alone.png")
        save(both, tmp_path / "photos" / person / "both.png")
    build(tmp_path / "photos", tmp_path / "set", ALONE, workers=1)
    rows = read_rows(tmp_path / "set")
    for person in ("left", "right"):
        (alone,) = (row for row in rows if row.source == f"{person}/alone.png")
        others = [row for row in rows if row.dropped == "another face of a photo with several"]
        mine = [row for row in rows if row.source == f"{person}/both.png" and row not in others]
        assert [row.person for row in others] == ["left", "right"]
        assert len(mine) == 1
        distances = [np.linalg.norm(row.embedding - alone.embedding) for row in (*mine, *others)]
        assert distances[0] < 0.4 < max(distances[1:])


def test_photos_whose_names_differ_little_keep_their_own_crops(tmp_path: Path, close_up: UInt8Image) -> None:
    person = tmp_path / "photos" / "p"
    names = ("1.png", "1.jpg", "É.png", "E\u0301.png", "A.png", "a.png")
    for number, name in enumerate(names):
        save(close_up[number:], person / name)
    build(tmp_path / "photos", tmp_path / "set", ALONE, workers=2)
    crops = list((tmp_path / "set" / "crops" / "p").iterdir())
    assert len({path.name.lower() for path in crops}) == len(names)
    assert all(path.name.isascii() for path in crops)


def test_killed_and_run_again_it_goes_on(tmp_path: Path, close_up: UInt8Image) -> None:
    source, killed, whole = (tmp_path / name for name in ("photos", "killed", "whole"))
    for number in range(12):
        save(close_up[number:], source / f"p{number % 2}" / f"{number}.jpg")
    journal = killed / JOURNAL
    command = [
        sys.executable,
        "-m",
        "gfrnet",
        "data",
        "build",
        str(source),
        "--workers",
        "1",
        "-o",
        str(killed),
    ]
    with subprocess.Popen(command) as process:
        while not journal.is_file() or journal.read_bytes().count(b"\n") < 3:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    with pytest.raises(DataError, match="Build the data set first"):
        read_rows(killed)
    done = journal.read_bytes()
    with journal.open("ab") as file:
        file.write(b'{"photo": "torn')
    for target in (killed, whole):
        build(source, target, workers=1)
    assert (killed / "manifest.csv").read_bytes() == (whole / "manifest.csv").read_bytes()
    assert journal.read_bytes().startswith(done[: done.rindex(b"\n") + 1])


def test_a_second_run_does_only_what_changed(built: Path, photos: Path) -> None:
    before = (built / "manifest.csv").read_bytes()
    crop = next((built / "crops").rglob("a.png.png"))
    time_before = crop.stat().st_mtime_ns
    build(photos, built, ALONE)
    assert (built / "manifest.csv").read_bytes() == before
    assert crop.stat().st_mtime_ns == time_before
    lines = (built / JOURNAL).read_bytes().count(b"\n")
    changed = photos / "Søren Ω" / "c.png"
    os.utime(changed, (1, 1))
    build(photos, built, ALONE)
    assert (built / JOURNAL).read_bytes().count(b"\n") == lines
    crop.unlink()
    build(photos, built, ALONE)
    assert crop.is_file()


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one folder of photos per person"):
        build(tmp_path, tmp_path.parent / "set")
    with pytest.raises(DataError, match="is not a folder"):
        build(tmp_path / "missing", tmp_path)


def test_never_writes_into_the_photos(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="overlap"):
        build(tmp_path, tmp_path / "set")
    with pytest.raises(DataError, match="overlap"):
        build(tmp_path / "set" / "crops", tmp_path / "set")


def test_settings_that_make_no_pairs() -> None:
    with pytest.raises(DataError, match="no target"):
        Settings(per_person=1)
    with pytest.raises(DataError, match="below 1"):
        Settings(val=1)
