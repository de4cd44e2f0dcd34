"""A scan meets damage, odd decisions, odd links and unplugged disks, and loses nothing."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from albums import seen_face
from gfrnet import images
from gfrnet.album import Album, FaceKey, Named
from gfrnet.album import scan as scanning
from gfrnet.album.index import DamagedIndexError
from gfrnet.album.look import SeenPhoto, add_faces
from gfrnet.album.scan import ScanEvent
from gfrnet.album.walk import walk
from gfrnet.restore import content_hash
from gfrnet.types import Box
from gfrnet.work import Noted


def seen(path: Path) -> SeenPhoto:
    """Look at a photo without a detector: each has one face of one person."""
    photo = images.read(path)
    face = seen_face(0, 1, 1, 0.0, 1.0)
    frame = images.Frame.of(photo)
    return SeenPhoto(path, content_hash(path), content_hash(photo), frame, None, (), (face,))


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of four photos, which are looked at without a detector."""

    def looked(paths: list[Path], workers: int, stopped: object) -> Iterator[SeenPhoto]:
        yield from map(seen, paths)

    monkeypatch.setattr(scanning, "_looked", looked)
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 255, (160, 160, 3), np.uint8)
        images.write(images.Photo(pixels), tmp_path / "photos" / f"{number}.png")
    return tmp_path / "photos"


def notes(events: list[ScanEvent]) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Noted))


def test_a_photo_stays_whose_sidecar_is_a_link_to_nothing(photos: Path) -> None:
    (photos / "0.png.xmp").symlink_to("/nowhere/at all")
    (photos / "1.xmp").symlink_to(photos / "1.xmp")
    with Album.open(photos) as album:
        assert album.scan().listed == 4
        assert len(album.faces()) == 4


def test_results_beside_their_photo_are_no_photos(photos: Path) -> None:
    for name in ("0_restored.png", "0_restored.jpg", "1_png_restored.png", "old_restored.png"):
        shutil.copy(photos / "0.png", photos / name)
    found = {each.path.name for each in walk(photos, lambda folder, error: pytest.fail(str(error)))}
    assert found == {"0.png", "1.png", "2.png", "3.png", "old_restored.png"}


@pytest.mark.parametrize(
    "box",
    [(-1e12, -1e12, 1e12, 1e12), (1e-300, 1e-300, 2e-300, 2e-300), (900, 900, 950, 950), (50, 50, 55, 150)],
)
def test_odd_boxes_of_decisions_stop_no_scan(photos: Path, box: tuple[float, float, float, float]) -> None:
    with Album.open(photos) as album:
        key = FaceKey(photo=content_hash(photos / "0.png"), box=box)
        album.decide(Named(person="Ada", faces=(key,)))
        found = album.scan()
        assert (found.looked, found.failed) == (4, ())
        assert len(album.faces()) == 4


def test_a_face_of_a_decision_is_added(photos: Path) -> None:
    found = add_faces(seen(photos / "0.png"), [Box(125, 125, 158, 158)])
    assert isinstance(found, SeenPhoto)
    assert len(found.faces) == 2


def test_a_photo_that_changed_meanwhile_costs_itself_only(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked(paths: list[Path], workers: int, stopped: object) -> Iterator[SeenPhoto]:
        for path in paths:
            found = seen(path)
            if path.name == "0.png":
                path.write_bytes(b"no picture")
            yield found

    monkeypatch.setattr(scanning, "_looked", looked)
    with Album.open(photos) as album:
        key = FaceKey(photo=content_hash(photos / "0.png"), box=(125, 125, 158, 158))
        album.decide(Named(person="Ada", faces=(key,)))
        found = album.scan()
        assert [each.path.name for each in found.failed] == ["0.png"]
        assert found.looked == 3


DAMAGE = {
    "facts": "UPDATE facts SET value = '{' WHERE name = 'roots'",
    "regions": 'UPDATE paths SET regions = \'[{"name": "Ada"}]\'',
    "identity": "UPDATE portraits SET embedding = x'0000'",
    "view": "UPDATE portraits SET view = x'0000'",
    "version": "PRAGMA user_version = -5",
    "day": "UPDATE photos SET taken_from = 'May', taken_to = 'May'",
    "likely day": "UPDATE photos SET likely_from = 'May', likely_to = 'May'",
    "path": "UPDATE paths SET path = 'text'||photo",
    "box": "UPDATE faces SET left = right",
    "births": "UPDATE facts SET value = '[1' WHERE name = 'born'",
}


@pytest.mark.parametrize("harm", DAMAGE.values(), ids=DAMAGE)
def test_wrong_contents_are_made_again(photos: Path, harm: str) -> None:
    with Album.open(photos) as album:
        album.scan()
        album.decide(Named(person="Ada", faces=(album.key(album.faces()[0]),)))
        decided = (album.folder / "decisions.jsonl").read_bytes()
        with album._index.changing() as connection:
            connection.execute(harm)
            connection.execute("DELETE FROM facts WHERE name LIKE 'grouped%'")
    with Album.open(photos) as album:
        assert album.scan().listed == 4
        assert album.made_again is not None
        assert album.made_again.exists()
        assert album.person("Ada").faces == 4
        assert album.roots == (photos,)
        assert album.scan().looked == 0
        assert (album.folder / "decisions.jsonl").read_bytes() == decided


def test_a_damaged_page_is_told_when_reading_and_made_again_by_a_scan(photos: Path) -> None:
    with Album.open(photos) as album:
        album.scan()
        root = album._index.row("SELECT rootpage FROM sqlite_schema WHERE name = 'belongs_by_person'")
        size = album._index.row("PRAGMA page_size")
        assert root is not None
        assert size is not None
    with Album.open(photos) as album, open(album.folder / "index.sqlite", "r+b") as file:
        file.seek((root[0] - 1) * size[0])
        file.write(b"harm" * (size[0] // 4))
        file.flush()
        with pytest.raises(DamagedIndexError, match="Scan again"):
            album.people()
        events: list[ScanEvent] = []
        assert album.scan(on_event=events.append).looked == 4
        assert "was damaged" in notes(events)
        assert len(album.faces()) == 4


def test_a_scan_of_one_folder_makes_again_what_was_known_of_others(photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "more")
    with Album.open(photos) as album:
        album.scan([photos, tmp_path / "more"])
        with album._index.changing() as connection:
            connection.execute(DAMAGE["identity"])
        assert album.scan([photos]).listed == 8
        assert set(album.roots) == {photos, tmp_path / "more"}


def test_a_newly_written_random_byte_never_is_a_fault(photos: Path) -> None:
    with Album.open(photos) as album:
        album.scan()
    index = photos / ".gfrnet-album" / "index.sqlite"
    whole = index.read_bytes()
    for seed in range(12):
        random = np.random.default_rng(seed)
        harmed = bytearray(whole)
        for start in random.integers(100, len(whole) - 64, 20):
            harmed[start : start + 64] = random.bytes(64)
        for left in index.parent.glob("index.sqlite-*"):
            left.unlink()
        index.write_bytes(harmed)
        with Album.open(photos) as album:
            with suppress(DamagedIndexError):
                album.people()
            album.scan()
            assert len(album.faces()) == 4


def test_lines_that_cannot_be_read_are_told(photos: Path) -> None:
    events: list[ScanEvent] = []
    with Album.open(photos) as album:
        assert album.unread_decisions is None
        (album.folder / "decisions.jsonl").write_text('{"kind": "new"}\ntorn\n\n')
        album.scan(on_event=events.append)
        assert album.unread_decisions is not None
        assert album.unread_decisions.startswith("2 lines of ")
        assert album.unread_decisions in notes(events)


def test_an_empty_mount_point_forgets_nothing(photos: Path, tmp_path: Path) -> None:
    with Album.open(photos, tmp_path / "album") as album:
        album.scan()
        photos.rename(tmp_path / "unplugged")
        photos.mkdir()
        events: list[ScanEvent] = []
        found = album.scan(on_event=events.append)
        assert (found.listed, found.gone) == (0, 0)
        assert "4 are known from there" in notes(events)
        assert len(album.faces()) == 4
        found = album.scan([tmp_path / "unplugged", photos])
        assert (found.moved, found.copies, found.gone) == (4, 0, 0)
        shutil.copy(tmp_path / "unplugged" / "0.png", tmp_path / "kept.png")
        shutil.rmtree(tmp_path / "unplugged")
        assert album.scan([tmp_path]).gone == 3
        assert len(album.faces()) == 1


def test_a_deleted_photo_is_gone_and_a_copy_is_none(photos: Path) -> None:
    with Album.open(photos) as album:
        album.scan()
        (photos / "0.png").rename(photos / "renamed.png")
        shutil.copy(photos / "1.png", photos / "copy.png")
        (photos / "2.png").unlink()
        os.utime(photos / "3.png", (1, 1))
        found = album.scan()
        assert (found.looked, found.moved, found.copies, found.gone) == (0, 1, 1, 1)
        (photos / "copy.png").unlink()
        found = album.scan()
        assert (found.moved, found.copies, found.gone) == (0, 0, 0)


def test_photos_that_change_places_are_moved(photos: Path) -> None:
    with Album.open(photos) as album:
        album.scan()
        for old, new in (("0", "aside"), ("1", "0"), ("aside", "1")):
            (photos / f"{old}.png").rename(photos / f"{new}.png")
        os.utime(photos / "0.png", (1, 1))
        os.utime(photos / "1.png", (2, 2))
        found = album.scan()
        assert (found.moved, found.copies, found.gone) == (2, 0, 0)
