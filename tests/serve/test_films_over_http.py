"""Test films over HTTP: scanned, looked at and restored, also through an end of the server."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import av
import pytest

from filmjobs import draw, write_film
from gfrnet.serve import Settings, film_desk
from gfrnet.serve.film_orders import FilmRestoreOrder, FilmScanOrder
from gfrnet.types import UInt8Image
from served import Served, png, serving, until_ready


class Studio:
    """A server with a scanned film, and what it knows of it."""

    def __init__(self, server: Served, portrait: UInt8Image, film: Path) -> None:
        self.server, self.film = server, film
        self.ada = server.picture(png(portrait), "ada.png")
        self.sent = server.picture(film.read_bytes(), "reel 1.mkv")
        self.scan = server.ended(server.order(kind="film-scan", film=self.sent))
        self.address = f"/api/v1/films/{self.scan['id']}"

    def order(self, kind: str, **more: object) -> dict[str, Any]:
        person = {"name": "Ada", "portraits": [self.ada], "tracks": [0, 1]}
        return self.server.order(**{"kind": kind, "scan": self.scan["id"], "people": [person], **more})

    def refused(self, **order: object) -> dict[str, Any]:
        """Order what must fail in its job; return the problem."""
        job = self.server.ended(self.server.order(**order))
        assert job["state"] == "failed"
        return job["problem"]


@pytest.fixture(scope="module")
def studio(server: Served, portrait: UInt8Image, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    film = write_film(tmp_path_factory.mktemp("film") / "reel 1.mkv", draw(portrait))
    return Studio(server, portrait, film)


@pytest.fixture(scope="module")
def restored(studio: Studio) -> dict[str, Any]:
    return studio.server.ended(studio.order("film-restore", codec="x264", container="mp4"))


def test_a_scan_shows_the_people_of_a_film(studio: Studio) -> None:
    server = studio.server
    assert studio.scan["result"] == {"name": "reel 1.mkv", "shots": 3, "people": 1}
    events = list(server.events(studio.scan["id"]))
    assert any(event["event"] == "progress" and event["done"] == event["total"] == 22 for event in events)
    film = server.get(studio.address).json()
    assert (film["name"], film["width"], film["frames"], film["people"]) == ("reel 1.mkv", 320, 22, 1)
    assert film["estimate"] > 0
    (person,) = server.get(f"{studio.address}/people").json()
    assert (person["person"], person["frames"]) == (1, 17)
    assert [(track["track"], track["frames"]) for track in person["tracks"]] == [(0, 9), (1, 8)]
    for track in person["tracks"]:
        assert server.pixels(track["picture"]).shape[:2] == (112, 112)
    assert server.client.get(f"{studio.address}/tracks/2").status_code == 404
    assert server.get(f"{studio.address}/people?skip=1").json() == []


def test_a_moment_is_shown_before_and_after(studio: Studio) -> None:
    job = studio.server.ended(studio.order("film-preview", at=0.2))
    (person,) = job["result"]["people"]
    assert (person["name"], person["frames"], person["same_person"]) == ("Ada", 17, "yes")
    picture = studio.server.get(f"/api/v1/films/{job['id']}/preview")
    assert (picture.headers["content-type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")


def test_a_film_is_restored_and_played_in_parts(studio: Studio, restored: dict[str, Any]) -> None:
    server, result = studio.server, restored["result"]
    assert (restored["state"], result["name"]) == ("done", "reel 1_restored.mp4")
    assert (result["frames"], result["shots"], result["faces"]) == (22, 3, {"restored": 2})
    assert [(each["person"], each["restored"]) for each in result["people"]] == [("Ada", 17)]
    for name in ("result", "side"):
        address = f"/api/v1/films/{restored['id']}/{name}"
        whole = server.get(address)
        assert whole.headers["content-type"] == "video/mp4"
        part = server.client.get(address, headers={"Range": "bytes=4-11"})
        assert (part.status_code, part.content) == (206, whole.content[4:12])
        assert part.headers["content-range"] == f"bytes 4-11/{len(whole.content)}"
        assert server.client.head(address).headers["content-length"] == str(len(whole.content))
        assert server.client.get(address, headers={"Range": "bytes=999999999-"}).status_code == 416
    assert frames(server.get(f"/api/v1/films/{restored['id']}/result?download=1").content) == 22
    kinds = [event["event"] for event in server.events(restored["id"])]
    assert kinds.count("shot") == 3
    report = server.get(f"/api/v1/films/{restored['id']}/report")
    assert report.json()["film"] == "reel 1.mkv"
    assert str(server.settings.data) not in report.text


def frames(content: bytes) -> int:
    from io import BytesIO

    with av.open(BytesIO(content)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_the_work_is_tidied_and_counted(studio: Studio, restored: dict[str, Any]) -> None:
    out = studio.server.service.out(restored["id"])
    assert {path.name for path in out.rglob("*")} == {
        "film", "reel 1_restored.mp4", "film-report.json", "side.mp4",
    }  # fmt: skip
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    row = studio.server.service.database.row("SELECT size FROM jobs WHERE id = ?", (restored["id"],))
    assert row["size"] == size


def test_a_film_below_a_root_is_read_in_its_place(studio: Studio, tmp_path: Path) -> None:
    server = studio.server
    place = server.settings.roots[0] / "reels"
    place.mkdir()
    try:
        shutil.copy(studio.film, place / "reel 2.mkv")
        (place / "notes.txt").write_text("no film")
        (tmp_path / "secret.mkv").write_bytes(studio.film.read_bytes())
        (place / "out.mkv").symlink_to(tmp_path / "secret.mkv")
        (top,) = server.get("/api/v1/folders").json()
        inside = server.get(f"/api/v1/folders/{top['id']}").json()
        folder = next(each["id"] for each in inside if each["name"] == "reels")
        size = os.path.getsize(studio.film)
        assert server.get(f"/api/v1/folders/{folder}/films").json() == [{"name": "reel 2.mkv", "bytes": size}]
        scan = server.ended(server.order(kind="film-scan", film={"folder": folder, "name": "reel 2.mkv"}))
        assert scan["result"]["people"] == 1
        for name in ("out.mkv", "../secret.mkv", "..", "/etc/passwd", "gone.mkv", "a\0b", ".hidden"):
            film = {"folder": folder, "name": name}
            answer = server.client.post("/api/v1/jobs", json={"kind": "film-scan", "film": film})
            assert answer.status_code == 404, name
        (place / "reel 2.mkv").write_bytes(studio.film.read_bytes()[:-2000])
        problem = studio.refused(
            kind="film-restore", scan=scan["id"], people=[{"name": "Ada", "portraits": [studio.ada]}]
        )
        assert "scan" in problem["detail"].lower()
        assert str(place) not in str(problem)
        assert {path.name for path in place.iterdir()} == {"reel 2.mkv", "notes.txt", "out.mkv"}
    finally:
        shutil.rmtree(place)


def test_what_is_no_film_and_what_is_no_portrait_is_said(studio: Studio, photo: bytes) -> None:
    server = studio.server
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n"
    for content in (photo, b"no film", playlist, studio.film.read_bytes()[:3000]):
        problem = studio.refused(kind="film-scan", film=server.picture(content, "../../bad.mkv"))
        assert problem["status"] == 422
        assert "bad.mkv" in problem["detail"]
        assert str(server.settings.data) not in problem["detail"]
    nobody = server.picture(studio.film.read_bytes(), "portrait.png")
    people = [{"name": "Ada", "portraits": [nobody]}]
    problem = studio.refused(kind="film-preview", scan=studio.scan["id"], people=people)
    assert "portrait.png" in problem["detail"]
    tracks = [{"name": "Ada", "portraits": [studio.ada], "tracks": [7]}]
    problem = studio.refused(kind="film-preview", scan=studio.scan["id"], people=tracks)
    assert "track 7" in problem["detail"]


@pytest.mark.parametrize(
    "change",
    [
        {"scan": "0" * 32},
        {"people": []},
        {"people": [{"name": "two\nlines", "portraits": [{"file": "0" * 64}]}]},
        {"people": [{"name": "Ada", "portraits": []}]},
        {"stable": 2},
        {"start": 5, "stop": 5},
        {"codec": "mpeg2"},
        {"container": "../../x"},
        {"unknown": 1},
    ],
)
def test_orders_that_fit_nothing_are_refused(studio: Studio, change: dict[str, Any]) -> None:
    person = {"name": "Ada", "portraits": [studio.ada]}
    order = {"kind": "film-restore", "scan": studio.scan["id"], "people": [person], **change}
    answer = studio.server.client.post("/api/v1/jobs", json=order)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_two_people_of_one_name_and_a_job_that_scanned_nothing_are_refused(
    studio: Studio, restored: dict[str, Any]
) -> None:
    person = {"name": "Ada", "portraits": [studio.ada]}
    for scan, people in ((studio.scan["id"], [person, person]), (restored["id"], [person])):
        order = {"kind": "film-preview", "scan": scan, "people": people}
        assert studio.server.client.post("/api/v1/jobs", json=order).status_code == 422
    assert studio.server.client.get(f"/api/v1/films/{restored['id']}").status_code == 404


def test_a_scan_and_its_film_stay_while_a_job_needs_them(studio: Studio) -> None:
    server = studio.server
    scan = server.ended(server.order(kind="film-scan", film=studio.sent))
    job = studio.order("film-restore", scan=scan["id"], compare=False)
    assert server.client.delete(f"/api/v1/jobs/{scan['id']}").status_code == 409
    assert server.client.post(f"/api/v1/jobs/{job['id']}/stop").status_code == 200
    assert server.ended(job)["state"] == "cancelled"
    assert server.client.get(f"/api/v1/films/{job['id']}/result").status_code == 404
    assert server.client.delete(f"/api/v1/jobs/{scan['id']}").status_code == 204


def test_without_the_extra_the_answer_names_it(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_desk.importlib.util, "find_spec", lambda name: None)
    order = {"kind": "film-scan", "film": studio.sent}
    answer = studio.server.client.post("/api/v1/jobs", json=order)
    assert (answer.status_code, answer.json()["type"]) == (501, "urn:gfrnet:problem:missing-extra")
    assert "[film]" in answer.json()["detail"]
    assert studio.server.get("/api/v1/about").json()["films"] is False


def test_a_job_that_was_stopped_is_gone_on_with(studio: Studio) -> None:
    server = studio.server
    job = studio.order("film-restore", codec="ffv1", compare=False)
    next(event for event in server.events(job["id"]) if event["event"] == "shot")
    server.client.post(f"/api/v1/jobs/{job['id']}/stop")
    assert server.ended(job)["state"] == "cancelled"
    again = server.ended(studio.order("film-restore", codec="ffv1", compare=False, after=job["id"]))
    assert (again["state"], again["result"]["frames"]) == ("done", 22)
    report = server.get(f"/api/v1/films/{again['id']}/report").json()
    assert 0 < sum(shot["kept"] for shot in report["shots"]) < 3


@pytest.fixture
def begun(tmp_path: Path, tiny_model: Path, portrait: UInt8Image, studio: Studio) -> tuple[Settings, str]:
    """A server that ended within a restoration, after its first shot."""
    settings = Settings(data=tmp_path / "data", port=0, model=str(tiny_model))
    with serving(settings) as server:
        until_ready(server.client)
        own = Studio(server, portrait, studio.film)
        job = own.order("film-restore", codec="ffv1", compare=False)
        next(event for event in server.events(job["id"]) if event["event"] == "shot")
    return settings, job["id"]


def test_a_restoration_goes_on_after_the_server_ended(begun: tuple[Settings, str]) -> None:
    settings, job = begun
    with serving(settings) as server:
        before = [event for event in server.service.jobs.events(job) if event.kind == "shot"]
        done = server.ended(job)
        assert (done["state"], done["result"]["frames"]) == ("done", 22)
        report = server.get(f"/api/v1/films/{job}/report").json()
        assert before
        assert sum(shot["kept"] for shot in report["shots"]) == len(before) < 3
        assert frames(server.get(f"/api/v1/films/{job}/result").content) == 22


def test_orders_hold_the_files_that_they_name() -> None:
    film, anna = {"file": "a" * 64}, {"file": "b" * 64}
    placed = {"folder": "0" * 32, "name": "anna.png"}
    assert [each.file for each in FilmScanOrder.model_validate({"film": film}).pictures()] == ["a" * 64]
    order = FilmRestoreOrder.model_validate(
        {"scan": "1" * 32, "people": [{"name": "Anna", "portraits": [anna, placed]}]}
    )
    assert [each.file for each in order.pictures()] == ["b" * 64]
    assert len(order.files()) == 2
