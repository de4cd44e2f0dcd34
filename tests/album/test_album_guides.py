"""Bad faces get good photos of their own person: pins and bans obeyed, no copies, near ones first."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.album import Album, AlbumFace, AsGuide
from gfrnet.album.cutting import GuideCutter
from gfrnet.album.guides import SAME_DAY, SAME_FOLDER, Candidates, GuideFinder, nearness
from gfrnet.album.table import UNKNOWN_FROM, UNKNOWN_TO
from gfrnet.errors import DataError
from gfrnet.types import UInt8Image
from restorable import add_photos, make_album, name_all, pictures, turned


@pytest.fixture
def album(tmp_path: Path, portrait: UInt8Image, stranger: UInt8Image) -> Album:
    return make_album(tmp_path, pictures(portrait, stranger))


def face_in(album: Album, name: str, person: str = "Ada") -> AlbumFace:
    return next(face for face in album.faces(person) if face.photo.name == name)


def guides(album: Album, name: str = "bad.png", person: str = "Ada") -> list[str]:
    return [guide.photo.name for guide in album.guides_for(face_in(album, name, person))]


def use(album: Album, name: str, how: str, person: str = "Ada") -> None:
    album.decide(AsGuide(use=how, faces=[album.key(face_in(album, name, person))]))  # type: ignore[arg-type]


def test_good_photos_of_the_person_guide_and_no_others(album: Album) -> None:
    found = guides(album)
    assert sorted(found) == ["ada.png", "left.png", "right.png"]
    assert found[0] == "ada.png", "the one that looks like the bad photo comes first"
    assert guides(album) == found
    assert guides(album, "together.png", "Guest") == [], "an enlarged face is no guide"


def test_a_face_of_nobody_has_no_guides(album: Album) -> None:
    face = next(iter(album.faces("Ada")))
    assert album.guides_for(replace(face, person="")) == ()


def test_pinned_faces_come_first_and_banned_ones_never(album: Album) -> None:
    use(album, "right.png", "pinned")
    use(album, "ada.png", "banned")
    assert guides(album) == ["right.png", "left.png"]
    assert [(guide.photo.name, guide.guide) for guide in album.guides("Ada")] == [
        ("right.png", "pinned"),
        ("left.png", ""),
        ("ada.png", "banned"),
    ]
    use(album, "right.png", "free")
    assert guides(album) == ["left.png", "right.png"]


def test_a_bad_face_guides_only_if_it_is_pinned(album: Album) -> None:
    assert "together.png" not in guides(album)
    use(album, "together.png", "pinned")
    assert guides(album)[0] == "together.png"
    use(album, "guest.png", "pinned", "Guest")
    assert guides(album, "together.png", "Guest") == ["guest.png"]
    assert guides(album)[0] == "together.png", "the guest guides nobody else"


def test_neither_the_photo_nor_copies_of_it_or_of_a_guide_guide(
    album: Album, portrait: UInt8Image, stranger: UInt8Image
) -> None:
    photos = album.roots[0]
    shown = pictures(portrait, stranger)
    mirrored = np.ascontiguousarray(shown["1975/ada.png"][:, ::-1])
    copies = {
        "the bad one.tif": shown["1974/bad.png"],
        "again.jpg": shown["1975/ada.png"],
        "mirrored.png": mirrored,
        "another.png": turned(shown["1975/ada.png"], 20),
    }
    add_photos(album, [images.write(images.Photo(pixels), photos / name) for name, pixels in copies.items()])
    name_all(album)
    use(album, "bad.png", "pinned")
    use(album, "the bad one.tif", "pinned")
    found = guides(album)
    assert len({"ada.png", "again.jpg", "mirrored.png"} & set(found)) == 1
    assert {"left.png", "right.png", "another.png"} <= set(found)
    assert not {"bad.png", "the bad one.tif"} & set(found)


def candidates(*days: tuple[int, int], folder: bytes = b"/a") -> Candidates:
    count = len(days)
    return Candidates(
        ids=np.arange(count),
        pixels=tuple(map(str, range(count))),
        pinned=np.zeros(count, bool),
        clarity=np.ones(count, np.float32),
        days=np.array(days),
        folders=(folder,) * count,
        embeddings=np.zeros((count, 128), np.float32),
        views=np.zeros((count, 1936), np.float16),
    )


def test_the_nearer_in_time_the_fitter() -> None:
    day, unknown = date(1974, 7, 1).toordinal(), (UNKNOWN_FROM, UNKNOWN_TO)
    apart = (0, 300, 3652, 30 * 365)
    given = candidates(*((day + days, day + days) for days in apart), unknown)
    near = nearness(given, (day, day), b"/b")
    same, year, ten, thirty, undated = near
    assert same == SAME_DAY
    assert same > year > undated > ten > thirty > 0
    assert (nearness(given, (day, day), b"/a") == near * np.float32(SAME_FOLDER)).all()
    assert len({*nearness(given, unknown, b"/b")}) == 1, "where the bad photo has no date, none is nearer"
    before, after = nearness(candidates((day - 400, day - 400), (day + 400, day + 400)), (day, day), b"/b")
    assert before == pytest.approx(after)


def test_a_date_that_is_not_exact_is_no_same_day() -> None:
    year = (date(1974, 1, 1).toordinal(), date(1974, 12, 31).toordinal())
    assert nearness(candidates(year), year, b"/b") == [1.0]


def test_guides_are_cut_once_and_those_that_changed_are_passed_over(
    album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder, cutter = GuideFinder(album._index), GuideCutter(album._index)
    face = face_in(album, "bad.png")
    first = cutter.guide_set(finder.ranked(face), 2)
    assert Path(first.guides[0].name).name == "ada.png"
    assert [guide.index for guide in first.guides] == [0, 1]
    assert {file.name for file in first.files} == {Path(guide.name).name for guide in first.guides}
    monkeypatch.setattr(images, "read", None)
    again = cutter.guide_set(finder.ranked(face), 2)
    assert [guide.face for guide in again.guides] == [guide.face for guide in first.guides]
    monkeypatch.undo()
    (album.roots[0] / "1975/ada.png").write_bytes(b"changed")
    (album.roots[0] / "right.png").unlink()
    left = GuideCutter(album._index).guide_set(finder.ranked(face), 2)
    assert [Path(guide.name).name for guide in left.guides] == ["left.png"]
    (album.roots[0] / "1975/left.png").unlink()
    with pytest.raises(DataError, match="Scan the album again"):
        GuideCutter(album._index).guide_set(finder.ranked(face), 2)
