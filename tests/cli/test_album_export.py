"""Write the people of an album down for other programs, from the command line."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from gfrnet import images
from gfrnet.album.index import Index
from gfrnet.album.store import note_change, put_path, put_photo
from gfrnet.album.walk import Listed
from gfrnet.cli import documents, main
from gfrnet.images import people_in, read
from gfrnet.restore import content_hash


@pytest.fixture
def album(tmp_path: Path, family_album: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an album in which somebody is called Anna Ö."""
    monkeypatch.chdir(family_album.parent)
    assert main(["album", "people", "--name", "G1=Anna Ö", "--born", "Anna Ö=1934"]) == 0
    return family_album


def export(*words: str | Path) -> int:
    return main(["album", "export", *map(str, words)])


def test_people_as_a_text(album: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "people.yaml"
    assert export(file) == 0
    assert capsys.readouterr().out.endswith(f"{file}: 5 people, 23 faces\n")
    text = file.read_text("utf-8")
    people = yaml.safe_load(text)["people"]
    assert [(each["label"], each.get("name"), each.get("born")) for each in people][:2] == [
        ("Anna Ö", "Anna Ö", 1934),
        ("G2", None, None),
    ]
    face = people[0]["faces"][0]
    assert re.fullmatch("/photos/0000..[.]jpg", face["photo"])
    assert (len(face["hash"]), len(face["box"]), face["by"]) == (32, 4, "person")
    assert export(file) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert export(file, "--overwrite") == 0
    assert file.read_text("utf-8") == text


def test_a_text_needs_a_name_of_its_own(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export("photo.jpg", "--overwrite") == 2
    assert export() == 2
    assert "--xmp-sidecars" in capsys.readouterr().err


def test_names_go_into_sidecars_of_photos_that_are_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "album"))
    from albums import Invented, seen_photo

    index, folder = Index(tmp_path / "album"), tmp_path / "photos"
    with index.changing() as connection:
        for number in range(3):
            seen = replace(seen_photo(number, Invented((0, 1))), path=folder / f"{number}.jpg")
            images.write(images.Photo(np.full((800, 1000, 3), 9 * number, np.uint8)), seen.path)
            seen, found = replace(seen, content=content_hash(seen.path)), seen.path.stat()
            listed = Listed(seen.path, found.st_size, found.st_mtime_ns)
            put_path(connection, listed, put_photo(connection, seen, listed.size))
        note_change(connection)
    index.close()
    (folder / "2.jpg").rename(folder / "gone.jpg")
    named = ["--album", str(tmp_path / "album"), "--name", f"{folder}/0.jpg:1=Zoë"]
    assert main(["album", "people", *named]) == 0
    capsys.readouterr()
    assert export("--album", tmp_path / "album", "--xmp-sidecars", "--json") == 1
    found = documents.AlbumExported.model_validate_json(capsys.readouterr().out)
    assert (found.people, found.faces, found.file) == (1, 3, None)
    assert found.sidecars == tuple(f"{folder}/{number}.jpg.xmp" for number in range(2))
    assert [failure.path for failure in found.failures] == [f"{folder}/2.jpg"]
    (region,) = people_in(read(folder / "1.jpg")).regions
    assert (region.name, region.ours) == ("Zoë", True)
    assert region.box.as_tuple() == pytest.approx((20, 30, 120, 130), abs=0.01)
    refused = [word for number in range(3) for word in ("--not-a-face", f"{folder}/{number}.jpg:1")]
    assert main(["album", "people", "--album", str(tmp_path / "album"), *refused]) == 0
    assert export("--album", tmp_path / "album", "--xmp-sidecars") == 0
    assert people_in(read(folder / "1.jpg")).regions == ()
    named = ["--album", str(tmp_path / "album"), "--name", f"{folder}/0.jpg:2=Yves"]
    assert main(["album", "people", *named]) == 0
    os.utime(folder / "0.jpg", ns=(5, 5))
    shutil.copy(folder / "gone.jpg", folder / "1.jpg")
    capsys.readouterr()
    assert export("--album", tmp_path / "album", "--xmp-sidecars") == 1
    assert "1.jpg has changed since it was scanned. Scan again" in capsys.readouterr().err
    assert [region.name for region in people_in(read(folder / "0.jpg")).regions] == ["Yves"]
    assert people_in(read(folder / "1.jpg")).regions == (), "a photo of others gets no names"
