"""No result, sheet or mark of an album replaces or hides what somebody else put there."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from gfrnet import Restorer, images
from gfrnet.album import Album, How, write_sheets
from gfrnet.album.look import Failed
from gfrnet.album.store import put_failure
from gfrnet.album.walk import RESULTS, Listed
from gfrnet.batch import Existing, PhotoRecord, Saving
from gfrnet.errors import PlanError
from gfrnet.types import UInt8Image
from restorable import make_album, pictures

HOLIDAY = images.Photo(np.full((60, 80, 3), 90, np.uint8))


@pytest.fixture
def album(tmp_path: Path, portrait: UInt8Image, stranger: UInt8Image) -> Album:
    return make_album(tmp_path, pictures(portrait, stranger))


@pytest.fixture(scope="module")
def restorer(tiny_model: Path) -> Restorer:
    return Restorer.load(tiny_model, threads=1)


def replace_all(album: Album, out: Path, restorer: Restorer) -> list[PhotoRecord]:
    return list(album.restore(out, how=How(restorer, saving=Saving(Existing.REPLACE))))


def test_a_photo_that_no_scan_could_read_is_never_replaced(
    album: Album, tmp_path: Path, restorer: Restorer
) -> None:
    damaged = tmp_path / "other" / "1974" / "bad.png"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"damaged, and the only copy")
    with album._index.changing() as connection:
        put_failure(connection, Listed(damaged, 26, 1), Failed(damaged, "It is damaged.", lasting=True))
    with pytest.raises(PlanError, match="holds photos of the album"):
        replace_all(album, tmp_path / "other", restorer)
    (damaged.parent / RESULTS).touch()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "1974").symlink_to(damaged.parent)
    found = replace_all(album, tmp_path / "out", restorer)
    assert "is an input" in found[0].reason
    assert damaged.read_bytes() == b"damaged, and the only copy"


def test_a_folder_of_other_pictures_is_neither_marked_nor_changed(
    album: Album, tmp_path: Path, restorer: Restorer
) -> None:
    own = tmp_path / "own" / "1974" / "bad.png"
    images.write(HOLIDAY, own)
    before = own.read_bytes()
    with pytest.raises(PlanError, match="pictures that may be no results"):
        album.plan(tmp_path / "own")
    how = How(restorer, sheets=tmp_path / "own")
    with pytest.raises(PlanError, match="pictures that may be no results") as caught:
        list(album.restore(tmp_path / "out", how=how))
    assert caught.value.argument == "sheets"
    assert not list(tmp_path.glob("o*/" + RESULTS))
    plan = album.plan(tmp_path / "later")
    shutil.copytree(tmp_path / "own", tmp_path / "later")
    with pytest.raises(PlanError, match="pictures that may be no results"):
        list(album.restore(plan, how=how))
    assert own.read_bytes() == before
    (tmp_path / "own" / RESULTS).touch()
    assert album.plan(tmp_path / "own" / "deeper").tasks


def test_a_link_out_of_the_results_is_not_followed(album: Album, tmp_path: Path, restorer: Restorer) -> None:
    own = images.write(HOLIDAY, tmp_path / "own" / "bad.png")
    before = own.read_bytes()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "1974").symlink_to(own.parent)
    found = replace_all(album, tmp_path / "out", restorer)
    assert "lies in no folder of results" in found[0].reason
    assert own.read_bytes() == before


def test_results_of_an_earlier_run_are_replaced(album: Album, tmp_path: Path, restorer: Restorer) -> None:
    for _ in range(2):
        found = replace_all(album, tmp_path / "out", restorer)
        assert [record.status for record in found] == ["restored"] * 2


def test_the_folder_of_the_album_takes_no_results(album: Album, restorer: Restorer) -> None:
    before = sorted(album.folder.iterdir())
    for folder in (album.folder, album.folder / "out"):
        with pytest.raises(PlanError, match="belongs to the album"):
            album.plan(folder)
        with pytest.raises(PlanError, match="belongs to the album"):
            write_sheets(album, folder)
        with pytest.raises(PlanError, match="belongs to the album"):
            list(album.restore(album.roots[0].parent / "out", how=How(restorer, sheets=folder)))
    assert sorted(album.folder.iterdir()) == before


def test_sheets_replace_sheets_and_no_photo(album: Album, tmp_path: Path) -> None:
    folder = tmp_path / "sheets"
    write_sheets(album, folder)
    page = images.write(images.as_sheet(HOLIDAY.rgb8), folder / "Ada 1.jpg")
    old = images.write(images.as_sheet(HOLIDAY.rgb8), folder / "person-0007-G9.jpg")
    write_sheets(album, folder)
    assert page.is_file(), "a page of restored faces is none of these"
    assert not old.exists()
    photo = images.write(HOLIDAY, folder / "people.jpg")
    before = photo.read_bytes()
    with pytest.raises(PlanError, match=r"people\.jpg exists, and is no sheet"):
        write_sheets(album, folder)
    assert photo.read_bytes() == before


@pytest.mark.parametrize(
    "label", ["G99999999999999999999", "G" + "9" * 5000, "\udcff", "x\ud800", "G\u0661", "a\0b", "\x1b[31m"]
)
def test_no_label_is_a_fault(label: str, album: Album) -> None:
    for ask, message in (
        (album.person, "Nobody is called |There is no group "),
        (album.faces, "Nobody is called |There is no group "),
        (album.guides, "Nobody is called |There is no group "),
        (album.face, "There is no face "),
        (lambda label: album.face(f"{label}:{'9' * 5000}"), "There is no face "),
    ):
        with pytest.raises(PlanError, match=message) as caught:
            ask(label)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 1000
