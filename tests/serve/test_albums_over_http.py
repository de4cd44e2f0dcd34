"""Test folders and albums over HTTP: only below the roots, by names that nobody can bend."""

from __future__ import annotations

import os
import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from gfrnet import Photo, images
from gfrnet.types import UInt8Image
from served import Served, degraded


@pytest.fixture(scope="session")
def folder(server: Served, portrait: UInt8Image, stranger: UInt8Image) -> str:
    """The name of a scanned folder: three photos of a person, and one of another."""
    (root,) = server.settings.roots
    for number in range(3):
        view = np.ascontiguousarray(portrait[: 400 + number, 20 + number :])
        images.write(Photo(view), root / "family" / f"{number}.png")
    images.write(Photo(stranger), root / "family" / "guest.png")
    (root / "family" / "inner").mkdir()
    (top,) = server.get("/api/v1/folders").json()
    inside = server.get(f"/api/v1/folders/{top['id']}").json()
    (family,) = (each for each in inside if each["name"] == "family")
    assert (family["name"], family["album"], family["pictures"]) == ("family", False, 4)
    assert server.client.get(f"/api/v1/albums/{family['id']}/people").json()["title"] == "Not scanned"
    job = server.order(kind="album-scan", album=family["id"])
    events = list(server.events(job["id"]))
    assert any(event["event"] == "progress" and event["done"] == 4 for event in events)
    assert events[-1]["result"] | {"people": 0} == {
        "photos": 4, "looked": 4, "moved": 0, "copies": 0, "gone": 0, "failed": 0, "people": 0,
    }  # fmt: skip
    return family["id"]


def people(server: Served, folder: str) -> dict[str, int]:
    found = server.get(f"/api/v1/albums/{folder}/people").json()
    return {person["label"]: person["faces"] for person in found}


def decide(server: Served, folder: str, *acts: dict[str, object]) -> list[str]:
    answer = server.client.post(f"/api/v1/albums/{folder}/decisions", json={"acts": acts})
    assert answer.status_code == 200, answer.text
    return answer.json()["said"]


def test_people_are_named_merged_and_taken_back(server: Served, folder: str) -> None:
    before = people(server, folder)
    label = max(before, key=lambda each: before[each])
    said = decide(
        server,
        folder,
        {"act": "name", "person": label, "name": "Anna"},
        {"act": "born", "person": "Anna", "year": 1950},
    )
    assert said[0].startswith(f"{label} is Anna now")
    anna = server.get(f"/api/v1/albums/{folder}/person?label=Anna").json()
    assert (anna["name"], anna["born"], anna["faces"]) == ("Anna", 1950, before[label])
    picture = server.get(anna["picture"])
    assert (picture.headers["content-type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
    faces = server.get(f"/api/v1/albums/{folder}/faces?person=Anna&most=2").json()
    assert {face["photo"] for face in faces} <= {"0.png", "1.png", "2.png"}
    decide(server, folder, {"act": "guide", "faces": [faces[0]["label"]], "use": "pinned"})
    again = server.get(f"/api/v1/albums/{folder}/faces?person=Anna").json()
    assert [face["guide"] for face in again if face["label"] == faces[0]["label"]] == ["pinned"]
    undo = f"/api/v1/albums/{folder}/undo"
    taken = [server.client.post(undo).json() for _ in range(3)]
    assert [each["undone"] for each in taken] == [1, 2, 0]
    assert "It is no longer said that Anna was born in 1950." in taken[1]["said"]
    assert [len(each["said"]) for each in taken] == [1, 2, 0]
    assert people(server, folder) == before


def test_faces_are_split_off_merged_and_answered(server: Served, folder: str) -> None:
    before = people(server, folder)
    label = max(before, key=lambda each: before[each])
    faces = [face["label"] for face in server.get(f"/api/v1/albums/{folder}/faces?person={label}").json()]
    other = next(face["label"] for face in server.get(f"/api/v1/albums/{folder}/faces").json()
                 if face["photo"] == "guest.png")  # fmt: skip
    said = decide(
        server,
        folder,
        {"act": "name", "person": label, "name": "Anna"},
        {"act": "name-face", "face": other, "name": "Otto"},
        {"act": "deny", "face": faces[0], "person": "Anna"},
        {"act": "confirm", "face": faces[0], "person": "Otto"},
    )
    assert len(said) == 4
    assert people(server, folder) | {"Anna": len(faces) - 1, "Otto": 2} == people(server, folder)
    decide(server, folder, {"act": "answer", "one": "Anna", "other": "Otto", "same": False})
    server.client.post(f"/api/v1/albums/{folder}/undo")
    decide(server, folder, {"act": "merge", "one": "Anna", "other": "Otto"})
    decide(server, folder, {"act": "split", "faces": [faces[0]]})
    decide(server, folder, {"act": "no-face", "face": faces[0]})
    for _ in range(4):
        server.client.post(f"/api/v1/albums/{folder}/undo")
    assert people(server, folder) == before


@pytest.mark.parametrize(
    "act",
    [
        {"act": "name", "person": "Nobody", "name": "Anna"},
        {"act": "name", "person": "/etc/passwd", "name": "Anna"},
        {"act": "name", "person": "../family/0.png", "name": "Anna"},
        {"act": "name", "person": "G1", "name": "two\nlines"},
        {"act": "name-face", "face": "/etc/passwd", "name": "Anna"},
        {"act": "no-face", "face": "0123456789-1"},
        {"act": "unknown"},
        {"act": "born", "person": "G1", "year": 5},
    ],
)
def test_acts_that_fit_nothing_decide_nothing(server: Served, folder: str, act: dict[str, object]) -> None:
    before = people(server, folder)
    answer = server.client.post(f"/api/v1/albums/{folder}/decisions", json={"acts": [act]})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert str(server.settings.roots[0]) not in answer.text
    assert people(server, folder) == before


def test_questions_are_asked(server: Served, folder: str) -> None:
    for question in server.get(f"/api/v1/albums/{folder}/questions").json():
        assert 0 <= question["probability"] <= 1
        assert len(question["faces"]) == 2


def test_links_that_lead_out_are_refused(server: Served, folder: str, tmp_path: Path) -> None:
    (root,) = server.settings.roots
    (tmp_path / "secret").mkdir()
    os.symlink(tmp_path / "secret", root / "family" / "link")
    try:
        assert [each["name"] for each in server.get(f"/api/v1/folders/{folder}").json()] == ["inner"]
        (inner,) = server.get(f"/api/v1/folders/{folder}").json()
        (root / "family" / "inner").rmdir()
        os.symlink(tmp_path / "secret", root / "family" / "inner")
        answer = server.client.get(f"/api/v1/folders/{inner['id']}")
        assert (answer.status_code, answer.json()["title"]) == (404, "Not found")
        order = {"kind": "album-scan", "album": inner["id"]}
        assert server.client.post("/api/v1/jobs", json=order).status_code == 404
    finally:
        (root / "family" / "link").unlink()
        (root / "family" / "inner").unlink()
        (root / "family" / "inner").mkdir()


def test_an_album_that_leads_out_is_refused(server: Served, tmp_path: Path) -> None:
    (root,) = server.settings.roots
    (root / "linked").mkdir()
    os.symlink(tmp_path, root / "linked" / ".gfrnet-album")
    (top,) = server.get("/api/v1/folders").json()
    linked = next(
        each for each in server.get(f"/api/v1/folders/{top['id']}").json() if each["name"] == "linked"
    )
    order = {"kind": "album-scan", "album": linked["id"]}
    assert server.client.post("/api/v1/jobs", json=order).status_code == 404
    (root / "linked" / ".gfrnet-album").unlink()
    (root / "linked").rmdir()


def test_unknown_folders_and_pictures_are_missing(server: Served, folder: str) -> None:
    for path in (f"folders/{'0' * 32}", f"albums/{'0' * 32}/people", f"albums/{folder}/pictures/99999"):
        assert server.client.get(f"/api/v1/{path}").status_code == 404


def test_bad_faces_are_planned_and_restored(server: Served, portrait: UInt8Image) -> None:
    (root,) = server.settings.roots
    place = root / "old album"
    for number in range(3):
        view = np.ascontiguousarray(portrait[: 400 + number, 20 + number :])
        images.write(Photo(view), place / "good" / f"{number}.png")
    images.write(Photo(degraded(portrait, 110)), place / "bad" / "old.png")
    (top,) = server.get("/api/v1/folders").json()
    inside = server.get(f"/api/v1/folders/{top['id']}").json()
    album = next(each["id"] for each in inside if each["name"] == "old album")
    assert server.ended(server.order(kind="album-scan", album=album))["state"] == "done"
    which = {"worse_than": 0.5, "unconfirmed": True}
    planned = server.client.post(f"/api/v1/albums/{album}/plan", json=which).json()
    assert (planned["photos"], planned["restorable"]) == (1, 1)
    label = planned["people"][0]["person"]
    assert len(server.get(f"/api/v1/albums/{album}/guides?person={label}").json()) >= 2
    (bad,) = server.client.post(f"/api/v1/albums/{album}/plan/faces", json=which).json()
    assert bad["face"]["photo"] == "old.png"
    assert {guide["photo"] for guide in bad["guides"]} <= {"0.png", "1.png", "2.png"} - {""}
    border = server.get(f"/api/v1/albums/{album}/border?worse_than=0.5&most=2").json()
    assert [face["photo"] for face in border["worse"]] == ["old.png"]
    assert [face["worn"] < 0.5 for face in border["better"]] == [True, True]
    order = server.order(kind="album-restore", album=album, which=which)
    events = list(server.events(order["id"]))
    assert [event["event"] for event in events].count("face") == 1
    assert str(root) not in str(events)
    (photo,) = server.get(f"{order['links']['results']}").json()["photos"]
    assert photo["name"] == "bad/old.png"
    assert "before" not in photo["pictures"]
    assert server.pixels(photo["pictures"]["after"]).shape == (220, 220, 3)
    assert server.pixels(photo["faces"][0]["pictures"]["after"]).shape == (256, 256, 3)
    record = server.get(f"{order['links']['results']}/report").json()["photos"][0]
    assert (record["photo"], record["output"]) == ("bad/old.png", "bad/old.png")
    archive = zipfile.ZipFile(BytesIO(server.get(f"{order['links']['results']}/zip").content))
    assert sorted(archive.namelist()) == ["bad/old.png", "report.json"]
    nothing = server.ended(server.order(kind="album-restore", album=album, which={"worse_than": 1}))
    assert (nothing["state"], nothing["problem"]["type"]) == ("failed", "urn:gfrnet:problem:plan")
    check_the_whole(server, album, which)


def check_the_whole(server: Served, album: str, which: dict[str, object]) -> None:
    again = server.client.post(f"/api/v1/albums/{album}/plan", json=which).json()
    assert again["seconds"] > 0
    listed = server.get(f"/api/v1/jobs?album={album}").json()
    assert [job["kind"] for job in listed["jobs"]] == ["album-restore", "album-restore", "album-scan"]
    whole = server.get(f"/api/v1/albums/{album}").json()
    assert (whole["name"], whole["named"], whole["unreadable"]) == ("old album", 0, [])
    assert whole["known"] + whole["perhaps"] + whole["nobody"] == 4


def test_a_folder_that_is_taken_away_fails_the_job_and_keeps_what_was_finished(
    server: Served, portrait: UInt8Image
) -> None:
    (root,) = server.settings.roots
    place = root / "leaving album"
    images.write(Photo(portrait), place / "good.png")
    for number in range(8):
        images.write(Photo(degraded(portrait, 100 + number)), place / f"{number % 2}" / f"{number // 2}.png")
    (top,) = server.get("/api/v1/folders").json()
    inside = server.get(f"/api/v1/folders/{top['id']}").json()
    album = next(each["id"] for each in inside if each["name"] == "leaving album")
    assert server.ended(server.order(kind="album-scan", album=album))["state"] == "done"
    which = {"worse_than": 0, "unconfirmed": True}
    planned = server.client.post(f"/api/v1/albums/{album}/plan", json=which).json()
    assert planned["photos"] >= 4
    job = server.order(kind="album-restore", album=album, which=which)
    for event in server.events(job["id"]):
        if event["event"] == "photo" and event["photo"] == 1:
            place.rename(root / "elsewhere")
    ended = server.get(job["links"]["self"]).json()
    shutil.rmtree(root / "elsewhere")
    assert (ended["state"], ended["problem"]["title"]) == ("failed", "Folder gone")
    assert 2 <= ended["result"]["restored"] < planned["photos"]
    archive = zipfile.ZipFile(BytesIO(server.get(f"{job['links']['results']}/zip").content))
    assert len(archive.namelist()) == ended["result"]["restored"] + 1
