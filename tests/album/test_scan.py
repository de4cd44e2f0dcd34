"""A scan finds what is new, moved, gone or broken, and never stumbles."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.album import Album, Named
from gfrnet.album import scan as scanning
from gfrnet.album.look import Failed, SeenPhoto, look
from gfrnet.album.walk import RESULTS, walk
from gfrnet.errors import DataError, WorkerDiedError
from gfrnet.lock import locked
from gfrnet.types import UInt8Image


@pytest.fixture(scope="module")
def faces(portrait: UInt8Image, stranger: UInt8Image) -> dict[str, UInt8Image]:
    """Two faces upright, on their sides and upside down, and both in one photo."""
    ada, guest = portrait[20:230, 110:320], stranger[40:250, 40:250]
    return {
        "ada.png": ada,
        "sideways.png": np.rot90(ada),
        "upside down.png": np.rot90(guest, 2),
        "both.jpg": np.hstack([ada, guest]),
        "nobody.png": np.full((60, 60, 3), 120, np.uint8),
    }


@pytest.fixture
def photos(tmp_path: Path, faces: dict[str, UInt8Image]) -> Path:
    for name, pixels in faces.items():
        images.write(images.Photo(np.ascontiguousarray(pixels)), tmp_path / "photos" / "1974" / name)
    return tmp_path / "photos"


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at photos here; one test of its own starts processes."""

    def looked(paths: list[Path], workers: int, stopped: object) -> Iterator[SeenPhoto | Failed]:
        yield from map(look, paths)

    monkeypatch.setattr(scanning, "_looked", looked)


def test_every_face_is_found_however_the_photo_lies(photos: Path) -> None:
    with Album.open(photos) as album:
        found = album.scan()
        assert (found.listed, found.looked, found.failed) == (5, 5, ())
        seen = {(face.photo.name, round(face.turn / 90) % 4) for face in album.faces()}
        assert seen == {("ada.png", 0), ("both.jpg", 0), ("sideways.png", 3), ("upside down.png", 2)}
        assert len(album.faces()) == 5
        again = album.scan()
        assert (again.looked, again.moved, again.gone) == (0, 0, 0)


def test_two_faces_of_one_photo_are_two_people(photos: Path) -> None:
    with Album.open(photos) as album:
        album.scan()
        both = [face for face in album.faces() if face.photo.name == "both.jpg"]
        assert len({face.person for face in both}) == 2
        listed = sum(person.faces + person.suggested for person in album.people())
        assert listed + len(album.faces(by=["alone"])) == 5


def test_moved_and_renamed_files_keep_their_people(photos: Path) -> None:
    with Album.open(photos) as album:
        album.scan()
        before = {(face.label, face.person) for face in album.faces()}
        (photos / "1974").rename(photos / "Sömmer \u674e")
        (photos / "Sömmer \u674e" / "ada.png").rename(photos / os.fsdecode(b"caf\xe9.png"))
        found = album.scan()
        assert (found.looked, found.moved, found.gone) == (0, 5, 0)
        assert {(face.label, face.person) for face in album.faces()} == before


def test_a_decision_survives_new_metadata_and_a_new_index(photos: Path) -> None:
    with Album.open(photos) as album:
        album.scan()
        face = next(face for face in album.faces() if face.photo.name == "ada.png")
        album.decide(Named(person="Ada", faces=(album.key(face),)))
    photo = images.read(face.photo)
    retagged = images.Photo(photo.pixels, text=(images.Text("Title", "Ada"),))
    face.photo.unlink()
    images.write(retagged, face.photo)
    for left in (photos / ".gfrnet-album").glob("index.sqlite*"):
        left.unlink()
    with Album.open(photos) as album:
        album.scan()
        assert album.person("Ada").faces >= 1
        assert "ada.png" in {face.photo.name for face in album.faces("Ada")}


def test_bad_files_are_listed_and_the_others_go_on(photos: Path) -> None:
    (photos / "empty.jpg").touch()
    (photos / "words.jpg").write_text("no picture")
    (photos / "gone.jpg").symlink_to(photos / "nowhere.jpg")
    with Album.open(photos) as album:
        found = album.scan()
        assert found.looked == 5
        assert {failed.path.name for failed in found.failed} == {"empty.jpg", "words.jpg"}
        assert {path.name for path, _ in album.failures()} == {"empty.jpg", "words.jpg"}
        assert album.scan().failed == ()  # a faulty file is not tried again until it changes
        shutil.copy(photos / "1974" / "ada.png", photos / "words.jpg")
        assert album.scan().copies == 1
        assert {path.name for path, _ in album.failures()} == {"empty.jpg"}


def test_hidden_folders_and_results_are_no_photos(photos: Path) -> None:
    for folder in (photos / ".trash", photos / "restored"):
        shutil.copytree(photos / "1974", folder)
    (photos / "restored" / RESULTS).touch()
    (photos / "loop").symlink_to(photos)
    found = list(walk(photos, lambda folder, error: pytest.fail(str(error))))
    assert {each.path.parent.name for each in found} == {"1974"}


def test_a_vanished_folder_loses_nothing(photos: Path) -> None:
    with Album.open(photos, photos.parent / "album") as album:
        album.scan()
        photos.rename(photos.with_name("unplugged"))
        with pytest.raises(DataError, match="Connect its disk"):
            album.scan()
        assert len(album.faces()) == 5


def test_a_scan_can_be_stopped_and_goes_on(photos: Path) -> None:
    with Album.open(photos) as album:
        asked = iter([False] * 3 + [True] * 100)
        found = album.scan(stopped=lambda: next(asked))
        assert found.stopped
        assert album.scan().stopped is False
        assert len(album.faces()) == 5


def test_a_second_scan_is_told_to_wait(photos: Path) -> None:
    with (
        Album.open(photos) as album,
        locked(album.folder / "scan.lock", wait=False),
        pytest.raises(DataError, match="Another scan"),
    ):
        album.scan()


def test_a_damaged_index_is_made_again(photos: Path) -> None:
    with Album.open(photos) as album:
        album.scan()
        face = album.faces()[0]
        album.decide(Named(person="Ada", faces=(album.key(face),)))
    (photos / ".gfrnet-album" / "index.sqlite").write_bytes(b"no index" * 1000)
    with Album.open(photos) as album:
        assert album.made_again is not None
        assert album.made_again.read_bytes().startswith(b"no index")
        album.scan()
        assert album.person("Ada").faces >= 1


def test_an_index_of_a_newer_program_is_left_alone(photos: Path) -> None:
    with Album.open(photos) as album, album._index.changing() as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(DataError, match="newer gfrnet"):
        Album.open(photos)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_needs_another_place(photos: Path) -> None:
    photos.chmod(0o500)
    with pytest.raises(DataError, match="another folder"):
        Album.open(photos)
    with Album.open(photos, photos.parent / "album") as album:
        assert album.scan().looked == 5


def test_a_file_that_kills_its_process_is_found_out(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = sorted((photos / "1974").iterdir())

    def run(function: object, tasks: Iterator[Path], workers: int, **more: object) -> Iterator[object]:
        for path in tasks:
            if path.name == "both.jpg":
                raise WorkerDiedError("A process died.")
            yield path, look(path)

    monkeypatch.undo()
    monkeypatch.setattr(scanning.work, "run", run)
    found = {each.path.name: each for each in scanning._looked(paths, 2, lambda: False)}
    assert set(found) == {path.name for path in paths}
    failed = [each for each in found.values() if isinstance(each, Failed)]
    assert [each.path.name for each in failed] == ["both.jpg"]


def test_processes_look_at_photos(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with Album.open(photos) as album:
        assert album.scan(workers=1).looked == 5
