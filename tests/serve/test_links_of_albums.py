"""Test that no link in an album leads a client to files outside of the roots, whatever reads them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from gfrnet import Photo, images
from gfrnet.album import Album
from gfrnet.types import UInt8Image
from served import Served, degraded
from xmps import as_exiftool, document

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows lets only some people make links")

WHICH = {"worse_than": 0.5, "unconfirmed": True}


def made(server: Served, name: str) -> tuple[Path, str]:
    """Make a folder below the root; return it, and its name for clients."""
    (root,) = server.settings.roots
    (root / name).mkdir()
    (top,) = server.get("/api/v1/folders").json()
    inside = server.get(f"/api/v1/folders/{top['id']}").json()
    return root / name, next(each["id"] for each in inside if each["name"] == name)


def good_photos(portrait: UInt8Image, folder: Path) -> list[Path]:
    paths = [folder / f"good{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        images.write(Photo(np.ascontiguousarray(portrait[: 400 + number, 20 + number :])), path)
    return paths


def scanned(server: Served, album: str) -> dict:
    return server.ended(server.order(kind="album-scan", album=album))["result"]


def faces(server: Served, album: str) -> list[dict]:
    return server.get(f"/api/v1/albums/{album}/faces").json()


def test_a_linked_photo_and_a_linked_sidecar_are_not_read(
    server: Served, portrait: UInt8Image, stranger: UInt8Image, tmp_path: Path
) -> None:
    folder, album = made(server, "with links")
    images.write(Photo(stranger), tmp_path / "secret.png")
    images.write(Photo(portrait), folder / "own.png")
    os.symlink(folder / "own.png", folder / "shortcut.png")
    os.symlink(tmp_path / "secret.png", folder / "link.png")
    height, width = portrait.shape[:2]
    named = as_exiftool([("Secret", 0.5, 0.5, 0.8, 0.8)], (width, height))
    (tmp_path / "secret.xmp").write_text(document(named))
    os.symlink(tmp_path / "secret.xmp", folder / "own.png.xmp")
    result = scanned(server, album)
    assert (result["looked"], result["failed"]) == (2, 1)
    assert {face["photo"] for face in faces(server, album)} == {"own.png"}
    assert [person["name"] for person in server.get(f"/api/v1/albums/{album}/people").json()] == [None]
    (unreadable,) = server.get(f"/api/v1/albums/{album}").json()["unreadable"]
    assert unreadable["photo"] == "link.png"
    assert "leads out" in unreadable["reason"]
    assert str(tmp_path) not in unreadable["reason"]


def test_a_photo_that_becomes_a_link_is_shown_no_longer(
    server: Served, portrait: UInt8Image, stranger: UInt8Image, tmp_path: Path
) -> None:
    folder, album = made(server, "swapped")
    images.write(Photo(portrait), folder / "own.png")
    images.write(Photo(portrait[:400]), folder / "other.png")
    scanned(server, album)
    images.write(Photo(stranger), tmp_path / "secret.png")
    before = next(face for face in faces(server, album) if face["photo"] == "own.png")
    assert server.client.get(before["picture"]).status_code == 200
    (folder / "own.png").unlink()
    os.symlink(tmp_path / "secret.png", folder / "own.png")
    assert server.client.get(before["picture"]).status_code == 404
    scanned(server, album)
    assert {face["photo"] for face in faces(server, album)} == {"other.png"}


def test_linked_guides_that_another_program_scanned_guide_nobody(
    server: Served, portrait: UInt8Image, tmp_path: Path
) -> None:
    folder, album = made(server, "linked guides")
    for path in good_photos(portrait, tmp_path):
        os.symlink(path, folder / path.name)
    images.write(Photo(degraded(portrait, 110)), folder / "old.png")
    with Album.open(folder) as opened:
        assert opened.scan(workers=1).looked == 4
    shown = {face["photo"]: face["picture"] for face in faces(server, album)}
    answers = {photo: server.client.get(picture).status_code for photo, picture in shown.items()}
    assert answers == {"old.png": 200} | {f"good{number}.png": 404 for number in range(3)}
    job = server.ended(server.order(kind="album-restore", album=album, which=WHICH))
    assert job["state"] == "failed"
    results = server.get(job["links"]["results"]).json()
    assert [photo["faces"] for photo in results["photos"]] == [[]]


def test_an_album_whose_own_files_are_links_is_refused(
    server: Served, portrait: UInt8Image, tmp_path: Path
) -> None:
    folder, album = made(server, "linked decisions")
    images.write(Photo(portrait), folder / "own.png")
    scanned(server, album)
    decisions = folder / ".gfrnet-album" / "decisions.jsonl"
    decisions.unlink(missing_ok=True)
    (tmp_path / "secret").write_text("")
    os.symlink(tmp_path / "secret", decisions)
    assert server.client.get(f"/api/v1/albums/{album}/people").status_code == 404
    act = {"act": "name", "person": "G1", "name": "Anna"}
    answer = server.client.post(f"/api/v1/albums/{album}/decisions", json={"acts": [act]})
    assert answer.status_code == 404
    assert (tmp_path / "secret").read_text() == ""
