import os
import sys
from pathlib import Path

import pytest

from gfrnet.data.build.layouts import list_photos
from gfrnet.errors import DataError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def listed(source: Path, layout: str = "auto") -> list[tuple[str, str]]:
    return [(photo.person, photo.source) for photo in list_photos(source, layout)]  # type: ignore[arg-type]


def test_a_folder_per_person_with_folders_below(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "n000001/0001_01.jpg",
        "n000001/more/b.PNG",
        "Ωmega/x.webp",
        "n000001/notes.txt",
        "loose.jpg",
    )
    touch(tmp_path, "n000001/.hidden.jpg", ".Trash/a.jpg", "n000001/.thumbs/a.jpg")
    assert listed(tmp_path) == [
        ("n000001", "n000001/0001_01.jpg"),
        ("n000001", "n000001/more/b.PNG"),
        ("Ωmega", "Ωmega/x.webp"),
    ]


def test_flat_names_with_numbers_and_without(tmp_path: Path) -> None:
    touch(tmp_path, "Ada_Lovelace_0001.jpg", "Ada_Lovelace_0002.jpg", "bob-7.png", "carol.jpg", "2019.jpg")
    assert listed(tmp_path) == [
        ("2019", "2019.jpg"),
        ("Ada_Lovelace", "Ada_Lovelace_0001.jpg"),
        ("Ada_Lovelace", "Ada_Lovelace_0002.jpg"),
        ("bob", "bob-7.png"),
        ("carol", "carol.jpg"),
    ]


def test_everything_in_a_folder_and_below_it_is_of_one_person(tmp_path: Path) -> None:
    touch(tmp_path, "Ada/IMG_1.jpg", "Ada/2019/b.png", "Ada/list.csv", "Ada/.hidden.jpg")
    wanted = [("Ada", "2019/b.png"), ("Ada", "IMG_1.jpg")]
    assert listed(tmp_path / "Ada", "person") == listed(tmp_path / "Ada" / "2019" / "..", "person") == wanted


def test_every_photo_is_of_another_person(tmp_path: Path) -> None:
    touch(tmp_path, "us_001.jpg", "us_001.png", "us_002.jpg", "more/us_001.jpg", "list.csv")
    names = ["more/us_001.jpg", "us_001.jpg", "us_001.png", "us_002.jpg"]
    assert listed(tmp_path, "singles") == [(name, name) for name in names]


@pytest.mark.parametrize("header", ["path,identity", "filename,label", "extra,image,person"])
def test_a_table_of_paths_and_identities(tmp_path: Path, header: str) -> None:
    touch(tmp_path, "img/1.png", "img/2.png")
    before = "x," if header.startswith("extra") else ""
    (tmp_path / "list.csv").write_text(f"{header}\n{before}img/1.png,7\n{before}img/2.png,7\n")
    wanted = [("7", "img/1.png"), ("7", "img/2.png")]
    assert listed(tmp_path / "list.csv") == listed(tmp_path) == wanted


def test_a_table_of_targets_and_their_references(tmp_path: Path) -> None:
    rows = [
        """00003.png,"['00001.png', '00002.png']\"""",
        """00005.png,['00009.png']""",
        "00002.png,['00004.png']",
    ]
    (tmp_path / "train_references.csv").write_text("gt_image,ref_image\n" + "\n".join(rows) + "\n")
    assert listed(tmp_path) == [
        *(("00001", f"0000{number}.png") for number in (1, 2, 3, 4)),
        *(("00005", f"0000{number}.png") for number in (5, 9)),
    ]


def test_people_of_lists_are_named_by_the_whole_path(tmp_path: Path) -> None:
    text = "gt_image,ref_image\na/01.png,['a/02.png']\nb/01.png,['b/02.png']\n"
    (tmp_path / "list.csv").write_text(text)
    assert {person for person, _ in listed(tmp_path)} == {"a/01", "b/01"}


def test_the_state_is_that_of_listing(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg")
    (tmp_path / "list.csv").write_text("path,identity\np/a.jpg,p\np/gone.jpg,p\n")
    here, gone = list_photos(tmp_path)
    (tmp_path / "p" / "a.jpg").write_bytes(b"more")
    assert here.state.startswith("0|")
    assert gone.state == ""


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.jpg")
    (tmp_path / "set" / "p").mkdir(parents=True)
    (tmp_path / "set" / "p" / "link").symlink_to(tmp_path / "real")
    (tmp_path / "set" / "p" / "circle").symlink_to(tmp_path / "set" / "p")
    assert listed(tmp_path / "set") == [("p", "p/link/a.jpg")]


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes are Linux'")
def test_names_of_any_bytes_become_text(tmp_path: Path) -> None:
    touch(tmp_path, os.fsdecode(b"caf\xe9/a.jpg"), "e\u0301/a.jpg", "é/a.jpg", "E/a.jpg", "e/a.jpg")
    people = [person for person, _ in listed(tmp_path)]
    assert "caf\\xe9" in people
    assert len(set(people)) == 5
    for text in people:
        text.encode()


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one folder of photos per person"):
        list_photos(tmp_path)
    for layout in ("auto", "folders", "flat", "csv"):
        with pytest.raises(DataError, match="is not a folder"):
            list_photos(tmp_path / "missing", layout)  # type: ignore[arg-type]
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="needs path and identity"):
        list_photos(tmp_path / "a.csv")
    with pytest.raises(DataError, match="0 CSV files"):
        list_photos(tmp_path, "csv")
    for others in ("no list", "'2.png'", "[3]"):
        (tmp_path / "b.csv").write_text(f"gt_image,ref_image\n1.png,{others}\n")
        with pytest.raises(DataError, match="row 2"):
            list_photos(tmp_path)
    for data in (b"path,identity\ncaf\xe9.png,7\n", b"\x89PNG\r\n\x1a\n\0\0"):
        (tmp_path / "photo.png").write_bytes(data)
        with pytest.raises(DataError, match="no CSV file in UTF-8"):
            list_photos(tmp_path / "photo.png")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may list anything")
def test_a_folder_that_may_not_be_listed(tmp_path: Path) -> None:
    touch(tmp_path, "p/a.jpg", "q/a.jpg")
    (tmp_path / "p").chmod(0)
    with pytest.raises(DataError, match="cannot be listed whole"):
        list_photos(tmp_path)
