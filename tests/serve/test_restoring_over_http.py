"""Test that photos are restored over HTTP, and that their results are right."""

import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gfrnet import Restorer
from gfrnet.types import UInt8Image
from served import Served, degraded, png


def test_one_request_restores_a_photo_as_the_library_does(
    server: Served, photo: bytes, guide: bytes, portrait: UInt8Image
) -> None:
    files = [("photo", ("old.png", photo)), ("guide", ("good.png", guide))]
    answer = server.client.post("/api/v1/restore", files=files, data={"scale": "1.5"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].endswith('filename="old_restored.png"')
    got = np.asarray(Image.open(BytesIO(answer.content)))
    expected = Restorer.load(server.settings.model).restore(degraded(portrait), portrait, scale=1.5)
    assert np.abs(got.astype(int) - expected.photo.pixels).max() <= 1
    job = server.get(answer.headers["location"]).json()
    assert (job["state"], job["result"]["restored"]) == ("done", 1)


def test_a_refused_guide_is_a_problem_with_advice(server: Served, photo: bytes, stranger: UInt8Image) -> None:
    files = [("photo", ("old.png", photo)), ("guide", ("who.png", png(stranger)))]
    answer = server.client.post("/api/v1/restore", files=files)
    problem = answer.json()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "shows another person" in problem["detail"]
    assert "CHOOSE_ANOTHER_GUIDE" in problem["advice"]


@pytest.mark.parametrize(
    "field", [{"scale": "0"}, {"scale": "x"}, {"box": "1,2,3"}, {"unknown": "1"}, {"strength": "2"}]
)
def test_wrong_values_of_a_form_are_refused(server: Served, photo: bytes, field: dict[str, str]) -> None:
    answer = server.client.post("/api/v1/restore", files={"photo": ("old.png", photo)}, data=field)
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_a_form_may_give_the_place_of_a_face(server: Served, photo: bytes, guide: bytes) -> None:
    files = [("photo", ("old.png", photo)), ("guide", ("good.png", guide))]
    answer = server.client.post("/api/v1/restore", files=files, data={"box": "110,45,60,60", "force": "true"})
    assert answer.status_code == 200
    job = server.get(answer.headers["location"]).json()
    assert job["order"]["photos"][0]["places"][0]["box"] == [110, 45, 60, 60]
    record = server.get(f"{job['links']['results']}/report").json()["photos"][0]
    assert record["faces"][0]["box"] == [110, 45, 60, 60]


def test_events_tell_what_happens_and_can_be_replayed(server: Served, photo: bytes, guide: bytes) -> None:
    job = server.restore(photo, guide)
    events = list(server.events(job["id"]))
    assert [event["event"] for event in events] == ["state", "state", "faces", "face", "photo", "state"]
    assert [event["id"] for event in events] == [str(number) for number in range(1, 7)]
    assert events[3]["record"]["same_person"] == "yes"
    assert list(server.events(job["id"], after=4)) == events[4:]
    assert server.client.get(f"{job['links']['events']}?after=6").status_code == 204


def test_results_hold_every_picture(server: Served, photo: bytes, guide: bytes) -> None:
    job = server.ended(server.restore(photo, guide))
    results = server.get(job["links"]["results"]).json()
    (found,) = results["photos"]
    assert server.get(found["pictures"]["before"]).content == photo
    assert set(found["pictures"]) == {"before", "after", "sheet", "view-before", "view-restored"}
    (face,) = found["faces"]
    assert {"before", "guide", "warped", "after", "region-before", "region-restored"} == set(face["pictures"])
    for name in ("before", "guide", "warped", "after"):
        assert server.pixels(face["pictures"][name]).shape == (256, 256, 3)
    regions = {name: server.pixels(face["pictures"][f"region-{name}"]) for name in ("before", "restored")}
    assert regions["before"].shape == regions["restored"].shape
    assert (regions["before"] != regions["restored"]).mean() > 0.1


def test_the_archive_holds_results_sheets_and_report(server: Served, photo: bytes, guide: bytes) -> None:
    first, second = server.picture(photo, "a.png"), server.picture(photo + b"\0", "a.png")
    guides = [server.picture(guide, "good.png")]
    job = server.ended(server.order(kind="restore", photos=[first, second], guides=guides))
    archive = zipfile.ZipFile(BytesIO(server.get(f"{job['links']['results']}/zip").content))
    assert archive.testzip() is None
    assert archive.namelist() == [
        "a_restored.png",
        "compared/a_restored.png.png",
        "a (2)_restored.png",
        "compared/a (2)_restored.png.png",
        "report.json",
    ]
    report = server.get(f"{job['links']['results']}/report").json()
    assert [photo["output"] for photo in report["photos"]] == ["a_restored.png", "a (2)_restored.png"]
    blend = server.ended(server.order(kind="blend", job=job["id"], photo=1, strength=0))
    both = zipfile.ZipFile(BytesIO(server.get(f"{job['links']['results']}/zip?blend={blend['id']}").content))
    assert set(both.namelist()) - set(archive.namelist()) == {"blended/a (2)_restored.png"}
    assert server.client.get(f"{job['links']['results']}/zip?blend={job['id']}").status_code == 404


def test_names_of_clients_lead_nowhere(server: Served, photo: bytes, guide: bytes) -> None:
    name = "../../../etc/\u202epasswd\n.png"
    guides = [server.picture(guide, "C:\\windows\\good.png")]
    job = server.ended(server.order(kind="restore", photos=[server.picture(photo, name)], guides=guides))
    record = server.get(f"{job['links']['results']}/report").json()["photos"][0]
    assert record["output"] == "passwd _restored.png"
    assert record["faces"][0]["guide"] == "good.png"


def test_no_answer_holds_a_path_of_the_server(server: Served, guide: bytes) -> None:
    bad = b"not a picture at all"
    job = server.ended(server.restore(bad, guide))
    assert job["state"] == "failed"
    assert job["problem"]["detail"].startswith("old.png ")
    texts = [str(list(server.events(job["id"]))), server.get(f"{job['links']['results']}/report").text]
    assert not [text for text in texts if str(server.settings.data) in text]


def test_a_batch_goes_on_after_a_bad_photo(server: Served, photo: bytes, guide: bytes) -> None:
    photos = [server.picture(b"broken", "broken.jpg"), server.picture(photo, "old.png")]
    job = server.ended(server.order(kind="restore", photos=photos, guides=[server.picture(guide, "g.png")]))
    assert (job["state"], job["result"]["restored"], job["result"]["failed"]) == ("done", 1, 1)


@pytest.mark.parametrize(("strength", "fidelity"), [(0.4, None), (None, None), (1.0, 1.0)])
def test_a_blend_is_what_another_run_would_give(
    server: Served, photo: bytes, guide: bytes, strength: float | None, fidelity: float | None
) -> None:
    job = server.ended(server.restore(photo, guide, strength=0.9))
    blend = server.ended(server.order(kind="blend", job=job["id"], strength=strength, fidelity=fidelity))
    run = server.ended(server.restore(photo, guide, strength=strength, fidelity=fidelity))
    got, expected = (server.pixels(f"{each['links']['results']}/photos/0/after") for each in (blend, run))
    assert np.abs(got.astype(int) - expected.astype(int)).max() <= 1
    assert "network" not in {event["event"] for event in server.events(blend["id"])}


def test_each_face_can_be_blended_otherwise(server: Served, photo: bytes, guide: bytes) -> None:
    job = server.ended(server.restore(photo, guide))
    faces = [{"face": 0, "strength": 0}]
    blend = server.ended(server.order(kind="blend", job=job["id"], strength=1, faces=faces))
    after = server.pixels(f"{blend['links']['results']}/photos/0/after")
    assert np.array_equal(after, np.asarray(Image.open(BytesIO(photo))))


def test_the_limits_can_be_asked_for(server: Served) -> None:
    about = server.get("/api/v1/about").json()
    assert about["file_bytes"] == server.settings.file_bytes
    assert about["model"] == "tiny.onnx"
    assert ".jpg" in about["suffixes"]


def test_what_is_not_there_is_missing(server: Served, photo: bytes, guide: bytes) -> None:
    job = server.ended(server.restore(b"broken", guide))
    here = job["links"]["results"]
    assert server.get(here).json()["zip"] is None
    for path in (
        "zip",
        "photos/0/after",
        "photos/1/before",
        "photos/0/faces/0/after",
        "photos/0/faces/9/guide",
    ):
        assert server.client.get(f"{here}/{path}").status_code == 404
    blend = {"kind": "blend", "job": job["id"], "photo": 1}
    assert server.client.post("/api/v1/jobs", json=blend).status_code == 422
    failed = server.ended(server.order(**(blend | {"photo": 0})))
    assert failed["problem"]["detail"].startswith("No face of this photo was restored.")
    scan = {"kind": "album-scan", "album": "0" * 32}
    assert server.client.post("/api/v1/jobs", json=scan).status_code == 404
    missing = {"kind": "restore", "photos": [{"file": "0" * 64}]}
    assert server.client.post("/api/v1/jobs", json=missing).json()["title"] == "File missing"


def test_events_tell_of_guides_that_cannot_be_used(server: Served, photo: bytes, guide: bytes) -> None:
    job = server.restore(photo, guide, b"no picture")
    told = [event for event in server.events(job["id"]) if event["event"] == "guide"]
    assert [event["guide"] for event in told] == ["good 1.png"]
    assert told[0]["reason"]


def test_jobs_are_listed_the_newest_first(server: Served, photo: bytes, guide: bytes) -> None:
    jobs = [server.ended(server.restore(photo, guide))["id"] for _ in range(2)]
    found = server.get("/api/v1/jobs?most=2&state=done&state=failed").json()
    assert [job["id"] for job in found["jobs"]] == jobs[::-1]
    assert found["total"] >= 2


def test_stop_never_deletes(server: Served, photo: bytes, guide: bytes) -> None:
    job = server.ended(server.restore(photo, guide))
    stopped = server.client.post(f"/api/v1/jobs/{job['id']}/stop")
    assert (stopped.status_code, stopped.json()["state"]) == (200, "done")
    assert server.get(f"{job['links']['results']}/photos/0/after")


def test_faces_of_different_strengths_are_shown_as_they_were_saved(
    server: Served, portrait: UInt8Image, guide: bytes
) -> None:
    both = png(np.hstack([degraded(portrait), degraded(degraded(portrait, 60))]))
    job = server.ended(server.restore(both, guide, force=True))
    pictures = server.get(job["links"]["results"]).json()["photos"][0]["pictures"]
    seen, saved = (server.pixels(pictures[name]).astype(int) for name in ("view-after", "after"))
    assert seen.shape == saved.shape
    assert np.abs(seen - saved).mean() < 2
