"""Test that neither values of clients nor files that are gone are answered as a fault of the server."""

from __future__ import annotations

import time

import pytest

from served import Served

FAR = 10**9


@pytest.mark.parametrize("box", [[-5, -5, 1e5, 1e-300], [10, 10, 1e-300, 50], [1e5, 1e5, 0.1, 0.1]])
def test_a_box_without_a_pixel_is_refused(server: Served, photo: bytes, box: list[float]) -> None:
    picture = server.picture(photo, "old.png") | {"places": [{"box": box}]}
    for path, order in (
        ("preview", {"photo": picture}),
        ("jobs", {"kind": "restore", "photos": [picture]}),
    ):
        answer = server.client.post(f"/api/v1/{path}", json=order)
        assert answer.status_code == 422
        assert "1 or more" in answer.json()["detail"]
    form = {"box": ",".join(map(str, box))}
    answer = server.client.post("/api/v1/restore", data=form, files={"photo": ("old.png", photo)})
    assert answer.status_code == 422


def test_half_a_character_in_a_name_is_mended(server: Served, photo: bytes) -> None:
    picture = server.picture(photo, "x") | {"name": "\ud83d smile \ude00.png"}
    answer = server.client.post(
        "/api/v1/preview",
        content=str({"photo": picture}).replace("'", '"').encode("ascii", "backslashreplace"),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    order = server.get(answer.json()["job"]["links"]["self"]).json()["order"]
    assert order["photo"]["name"] == "\ufffd smile \ufffd.png"


def test_a_form_whose_file_name_is_no_text_is_taken(server: Served, photo: bytes) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="\\ud800.png"\r\n\r\n'
    kind = "multipart/form-data; boundary=x; charset=unicode_escape"
    body = head + photo + b"\r\n--x--\r\n"
    answer = server.client.post("/api/v1/restore", content=body, headers={"Content-Type": kind})
    assert 400 <= answer.status_code < 500


def test_a_form_without_a_boundary_is_refused_in_whole_sentences(server: Served) -> None:
    headers = {"Content-Type": "multipart/form-data"}
    detail = server.client.post("/api/v1/restore", content=b"x", headers=headers).json()["detail"]
    assert ".." not in detail


def test_a_file_that_somebody_deleted_is_missing_until_it_is_sent_again(server: Served, photo: bytes) -> None:
    content = photo + b"deleted"
    sha256 = server.put(content)
    path = server.service.store.path(sha256)
    path.unlink()
    address = f"/api/v1/files/{sha256}"
    assert server.client.get(address).status_code == server.client.head(address).status_code == 404
    order = {"photo": {"file": sha256, "name": "old.png"}}
    answer = server.client.post("/api/v1/preview", json=order)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:gfrnet:problem:file-missing")
    assert server.client.put(address, content=content).status_code == 201
    assert server.get(address).content == content
    assert server.client.post("/api/v1/preview", json=order).status_code == 200


def test_who_knows_more_events_than_there_are_learns_of_the_end(
    server: Served, photo: bytes, guide: bytes
) -> None:
    job = server.restore(photo + b"far", guide)
    start = time.monotonic()
    assert [event["state"] for event in server.events(job["id"], FAR) if "state" in event][-1] == "done"
    assert time.monotonic() - start < 40
    answer = server.client.get(f"{job['links']['events']}?after={FAR}")
    assert answer.status_code == 204


def test_a_blend_is_whole_without_the_job_that_it_blends(server: Served, photo: bytes, guide: bytes) -> None:
    source = server.ended(server.restore(photo + b"blended", guide))
    blend = server.order(kind="blend", job=source["id"], strength=0.5)
    while (answer := server.client.delete(source["links"]["self"])).status_code == 409:
        assert "needs its results" in answer.json()["detail"]
        time.sleep(0.02)
    assert answer.status_code == 204
    assert server.ended(blend)["state"] == "done"
    assert server.get(f"{blend['links']['results']}/photos/0/before").content == photo + b"blended"
    (result,) = server.get(blend["links"]["results"]).json()["photos"]
    assert (result["name"], set(result["pictures"])) == ("old.png", {"before", "after"})
    assert server.get(f"{blend['links']['results']}/zip").content[:2] == b"PK"
    assert server.client.delete(blend["links"]["self"]).status_code == 204
    assert server.client.head(f"/api/v1/files/{source['order']['photos'][0]['file']}").status_code == 404


def test_stop_never_deletes(server: Served, photo: bytes, guide: bytes) -> None:
    job = server.ended(server.restore(photo + b"stop", guide))
    for _ in range(2):
        answer = server.client.post(f"{job['links']['self']}/stop")
        assert (answer.status_code, answer.json()["state"]) == (200, "done")
    assert server.get(f"{job['links']['results']}/photos/0/after").status_code == 200
