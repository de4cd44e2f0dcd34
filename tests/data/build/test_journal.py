import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from gfrnet.data import Portrait
from gfrnet.data.build.journal import JOURNAL, Journal
from gfrnet.data.build.layouts import PhotoFile
from gfrnet.data.build.portray import Seen
from gfrnet.errors import DataError
from people import face_points

PHOTO = PhotoFile("p", "p/a.jpg", Path("p/a.jpg"), "10|20")
LOOK = {"size": 256}


def seen(root: Path, dropped: str = "") -> Seen:
    crop = root / "crops" / "a.png"
    crop.parent.mkdir(parents=True, exist_ok=True)
    crop.write_bytes(b"")
    portrait = Portrait("p", "p/a.jpg", crop, (0, 0, 256, 256), face_points(), dropped=dropped)
    return Seen(portrait, np.arange(-128, 896).astype(np.int8).reshape(32, 32))


def write(root: Path, *photos: PhotoFile, dropped: str = "") -> None:
    with Journal(root, LOOK, 256) as journal:
        for photo in photos:
            journal.add(photo, [seen(root, dropped)])


def holds(root: Path, photo: PhotoFile = PHOTO, look: dict[str, int] = LOOK) -> bool:
    with Journal(root, look, 256) as journal:
        return journal.holds(photo)


def test_what_was_added_is_read(tmp_path: Path) -> None:
    write(tmp_path, PHOTO)
    with Journal(tmp_path, LOOK, 256) as journal:
        (found,) = journal.read(PHOTO)
    wanted = seen(tmp_path)
    np.testing.assert_array_equal(found.fingerprint, wanted.fingerprint)
    assert replace(found.portrait, landmarks=None) == replace(wanted.portrait, landmarks=None)


def test_only_the_photo_as_it_was_listed_is_held(tmp_path: Path) -> None:
    write(tmp_path, PHOTO)
    assert holds(tmp_path)
    assert not holds(tmp_path, replace(PHOTO, state="10|21"))
    (tmp_path / "crops" / "a.png").unlink()
    assert not holds(tmp_path)


@pytest.mark.parametrize("reason", ["unreadable: permission denied", "failed: MemoryError"])
def test_what_may_pass_is_tried_again(tmp_path: Path, reason: str) -> None:
    write(tmp_path, PHOTO, dropped=reason)
    assert not holds(tmp_path)


def test_other_settings_and_other_measures_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, PHOTO)
    assert not holds(tmp_path, look={"size": 128})
    write(tmp_path, PHOTO)
    monkeypatch.setattr("gfrnet.data.build.journal.MEASURES", 999)
    assert not holds(tmp_path)


@pytest.mark.parametrize("damage", [b'{"photo": "torn', b"\0" * 40 + b"\n", b"[]\n", b"\xff\n"])
def test_from_a_damaged_line_on_it_is_done_anew(tmp_path: Path, damage: bytes) -> None:
    later = replace(PHOTO, source="p/b.jpg")
    write(tmp_path, PHOTO)
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(damage)
    assert holds(tmp_path)
    write(tmp_path, later)
    assert holds(tmp_path)
    assert holds(tmp_path, later)


def test_photos_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    gone = replace(PHOTO, source="p/gone.jpg")
    write(tmp_path, PHOTO, gone)
    with Journal(tmp_path, LOOK, 256) as journal:
        journal.compact([PHOTO])
    assert holds(tmp_path)
    assert not holds(tmp_path, gone)
    assert not list(tmp_path.glob("*.part"))


def test_one_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path, LOOK, 256), pytest.raises(DataError, match="Another build writes"):
        Journal(tmp_path, LOOK, 256)
    assert not holds(tmp_path)


def test_one_at_a_time_while_another_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build opens the journal, and locks it when the one before has put a compacted one in its place."""
    fcntl = pytest.importorskip("fcntl", reason="Windows replaces no open file")
    flock = fcntl.flock
    write(tmp_path, PHOTO)

    def late(file: BinaryIO, how: int) -> None:
        monkeypatch.undo()
        Path(shutil.copy(tmp_path / JOURNAL, tmp_path / "compacted")).replace(tmp_path / JOURNAL)
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with Journal(tmp_path, LOOK, 256) as journal:
        assert journal.holds(PHOTO)
        with pytest.raises(DataError, match="Another build writes"):
            Journal(tmp_path, LOOK, 256)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows replaces no open file")
def test_held_until_the_compacted_one_is_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, PHOTO, replace(PHOTO, source="p/gone.jpg"))

    def intrude(part: Path, path: Path) -> None:
        monkeypatch.undo()
        with pytest.raises(DataError, match="Another build writes"):
            Journal(tmp_path, LOOK, 256)
        part.replace(path)

    with Journal(tmp_path, LOOK, 256) as journal:
        monkeypatch.setattr(Path, "replace", intrude)
        journal.compact([PHOTO])
    assert holds(tmp_path)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="choose another output folder"):
        Journal(tmp_path / "file", LOOK, 256)
