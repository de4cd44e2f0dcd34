"""Test what the page shows before anything is restored: faces, the guides they take, and what is wrong."""

import numpy as np

from gfrnet.types import UInt8Image
from served import Served, png


def test_a_preview_finds_faces_and_their_guides(
    server: Served, portrait: UInt8Image, stranger: UInt8Image, photo: bytes, guide: bytes
) -> None:
    both = png(np.hstack([portrait[20:340, 110:430], stranger]))
    guides = [server.picture(photo, "her.png"), server.picture(png(stranger + 0), "him.png")]
    answer = server.client.post(
        "/api/v1/preview", json={"photo": server.picture(both, "two.png"), "guides": guides}
    )
    found = answer.json()
    assert (found["width"], found["height"]) == (640, 320)
    left, right = found["faces"]
    assert (left["guides"], right["guides"]) == ([0], [1])
    assert (left["same_person"], right["same_person"]) == ("yes", "yes")
    assert left["certainty"]
    here = found["job"]["links"]["results"]
    assert server.pixels(f"{here}/photos/0/faces/1/guide").shape == (256, 256, 3)
    assert server.pixels(f"{here}/photos/0/view-before").shape == (320, 640, 3)
    small = server.get(here).json()["guides"]
    assert sorted(small) == ["0", "1"]
    assert server.pixels(small["1"]).shape == (256, 256, 3)
    assert server.client.get(f"{here}/guides/2").status_code == 404


def test_a_preview_without_guides_finds_faces_only(server: Served, photo: bytes) -> None:
    found = server.client.post("/api/v1/preview", json={"photo": server.picture(photo, "old.png")}).json()
    (face,) = found["faces"]
    assert face["guides"] == []
    assert 100 < face["box"][0] < 130


def test_a_photo_without_faces_is_shown_with_advice(server: Served, guide: bytes) -> None:
    empty = png(np.full((90, 120, 3), 128, np.uint8))
    order = {"photo": server.picture(empty, "wall.png"), "guides": [server.picture(guide, "good.png")]}
    found = server.client.post("/api/v1/preview", json=order).json()
    assert found["faces"] == []
    assert found["problem"]["advice"][0] == "GIVE_BOX"
    assert server.pixels(f"{found['job']['links']['results']}/photos/0/view-before").shape == (90, 120, 3)


def test_a_place_may_name_its_guides(
    server: Served, photo: bytes, guide: bytes, stranger: UInt8Image
) -> None:
    guides = [server.picture(guide, "good.png"), server.picture(png(stranger), "him.png")]
    place = {"box": [110, 45, 60, 60], "guides": [1]}
    photos = server.picture(photo, "old.png") | {"places": [place]}
    found = server.client.post("/api/v1/preview", json={"photo": photos, "guides": guides}).json()
    assert found["faces"][0]["accepted"]
    job = server.ended(server.order(kind="restore", photos=[photos], guides=guides))
    record = server.get(f"{job['links']['results']}/report").json()["photos"][0]
    assert record["faces"][0]["guide"] == "him.png"
    wrong = photos | {"places": [place | {"guides": [2]}]}
    answer = server.client.post("/api/v1/preview", json={"photo": wrong, "guides": guides})
    assert answer.status_code == 422


def test_a_preview_says_which_guides_cannot_be_used(server: Served, photo: bytes, guide: bytes) -> None:
    guides = [server.picture(guide, "good.png"), server.picture(b"no picture", "bad.png")]
    found = server.client.post(
        "/api/v1/preview", json={"photo": server.picture(photo, "old.png"), "guides": guides}
    ).json()
    assert [skipped["guide"] for skipped in found["guides_skipped"]] == [1]
    assert found["faces"][0]["guides"] == [0]


def test_a_photo_that_is_none_is_a_problem(server: Served) -> None:
    order = {"photo": server.picture(b"<html>", "old.png")}
    answer = server.client.post("/api/v1/preview", json=order)
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:gfrnet:problem:unreadable-image"


def test_faces_stay_where_no_guide_can_be_used(server: Served, photo: bytes) -> None:
    wall = png(np.full((90, 120, 3), 128, np.uint8))
    guides = [
        server.picture(wall, "wall.png"),
        server.picture(b"none", "bad.png"),
        server.picture(photo, "old.png"),
    ]
    order = {"photo": server.picture(photo, "old.png")}
    found = server.client.post("/api/v1/preview", json={**order, "guides": guides}).json()
    assert found["problem"] is None
    assert [face["guides"] for face in found["faces"]] == [[]]
    assert [each["guide"] for each in found["guides_skipped"]] == [0, 1, 2]
    assert found["guides_skipped"][0]["reason"].startswith("No face found in wall.png.")
    itself = server.client.post("/api/v1/preview", json={**order, "guides": guides[2:]}).json()
    assert "the very photo" in itself["guides_skipped"][0]["reason"]
    assert len(itself["faces"]) == 1
