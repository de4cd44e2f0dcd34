"""Test that jobs survive what dies: a worker in a job, and the server itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from gfrnet.serve import Settings
from served import Served, serving, until_ready

RUN = """
import sys
from pathlib import Path
from gfrnet.serve import Settings, bound, make_server
if __name__ == "__main__":
    settings = Settings(data=Path(sys.argv[1]), port=0, model=sys.argv[2])
    with bound(settings) as listening:
        port = listening.getsockname()[1]
        make_server(settings, lambda: print(port, flush=True)).run(sockets=[listening])
"""


@contextmanager
def process(data: Path, model: Path) -> Iterator[tuple[subprocess.Popen[str], Served]]:
    script = data.parent / "run.py"
    script.write_text(RUN)
    command = [sys.executable, str(script), str(data), str(model)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        port = int(running.stdout.readline())
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            yield running, Served(Settings(data=data), port, client, None)
    finally:
        running.kill()
        running.wait()
        assert running.stdout is not None
        running.stdout.close()


def test_jobs_survive_a_killed_server(tmp_path: Path, tiny_model: Path, photo: bytes, guide: bytes) -> None:
    data, jobs = tmp_path / "data", []
    with process(data, tiny_model) as (running, served):
        until_ready(served.client)
        photos = [served.picture(photo + bytes([number]), f"{number}.png") for number in range(4)]
        guides = [served.picture(guide, "good.png")]
        jobs.append(served.order(kind="restore", photos=photos, guides=guides)["id"])
        jobs.append(served.restore(photo, guide)["id"])
        for event in served.events(jobs[0]):
            if event["event"] == "photo":
                break
        running.send_signal(signal.SIGKILL)
        running.wait()
    with process(data, tiny_model) as (_, served):
        for job, count in zip(jobs, (4, 1), strict=True):
            ended = served.ended(job)
            assert (ended["state"], ended["result"]["restored"]) == ("done", count)
        told = [event["photo"] for event in served.events(jobs[0]) if event["event"] == "photo"]
        assert told == list(range(4))
        report = served.get(f"/api/v1/jobs/{jobs[0]}/results/report").json()
        assert [each["photo"] for each in report["photos"]] == [f"{number}.png" for number in range(4)]
        for number in range(4):
            assert served.pixels(f"/api/v1/jobs/{jobs[0]}/results/photos/{number}/after").shape == (
                320,
                320,
                3,
            )


def test_a_server_that_is_asked_to_end_leaves_its_jobs_for_the_next(
    tmp_path: Path, tiny_model: Path, photo: bytes, guide: bytes
) -> None:
    data = tmp_path / "data"
    with process(data, tiny_model) as (running, served):
        until_ready(served.client)
        photos = [served.picture(photo + bytes([number]), f"{number}.png") for number in range(6)]
        job = served.order(kind="restore", photos=photos, guides=[served.picture(guide, "good.png")])["id"]
        kinds = []
        for event in served.events(job):
            kinds.append(event["event"])
            if kinds.count("photo") == 1:
                running.send_signal(signal.SIGTERM)
        assert kinds.count("photo") < 6
        running.wait(30)
    with process(data, tiny_model) as (_, served):
        ended = served.ended(job)
        assert (ended["state"], ended["result"]["restored"]) == ("done", 6)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Served]:
    """A server whose processes a test may kill."""
    data = tmp_path_factory.mktemp("own") / "data"
    with serving(Settings(data=data, port=0, model=str(tiny_model))) as served:
        until_ready(served.client)
        yield served


def worker_of(served: Served, quick: bool = False) -> int:
    until_ready(served.client)
    (seat,) = [seat for seat in served.service.crew._seats if seat.quick is quick]
    return int(seat._worker.process.pid)


def test_a_killed_worker_is_replaced_and_its_job_tried_once_more(
    own: Served, photo: bytes, guide: bytes
) -> None:
    deaths = own.service.crew.deaths
    photos = [own.picture(photo + bytes([number]), f"{number}.png") for number in range(3)]
    order = {"kind": "restore", "photos": photos, "guides": [own.picture(guide, "good.png")]}
    job, killed = own.order(**order)["id"], 0
    for event in own.events(job):
        if event["event"] == "faces" and not killed:
            os.kill(worker_of(own), signal.SIGKILL)
            killed += 1
    ended = own.client.get(f"/api/v1/jobs/{job}").json()
    assert (ended["state"], ended["result"]["restored"]) == ("done", 3)
    job = own.order(**order)["id"]
    for event in own.events(job):
        if event["event"] == "state" and event["state"] == "running":
            os.kill(worker_of(own), signal.SIGKILL)
    ended = own.client.get(f"/api/v1/jobs/{job}").json()
    assert (ended["state"], ended["problem"]["type"]) == ("failed", "urn:gfrnet:problem:worker-died")
    assert "died twice" in ended["problem"]["detail"]
    assert own.client.get("/healthz").status_code == 200
    assert own.service.crew.deaths == deaths + 3
    assert f"gfrnet_worker_deaths_total {deaths + 3}.0" in own.client.get("/metrics").text


def test_a_stuck_worker_is_replaced(own: Served, photo: bytes, guide: bytes) -> None:
    own.service.crew.patience = 1.0
    os.kill(worker_of(own), signal.SIGSTOP)
    job = own.restore(photo, guide)
    until = time.monotonic() + 60
    while own.client.get(f"/api/v1/jobs/{job['id']}").json()["state"] not in ("done", "failed"):
        assert time.monotonic() < until
        time.sleep(0.2)
    own.service.crew.patience = own.settings.patience
    assert any(event.get("again") for event in own.events(job["id"]))


def test_a_job_can_be_stopped_and_deleted(own: Served, photo: bytes, guide: bytes) -> None:
    photos = [own.picture(photo + bytes([9, number]), f"{number}.png") for number in range(6)]
    guides = [own.picture(guide, "good.png")]
    running = own.order(kind="restore", photos=photos, guides=guides)["id"]
    waiting = own.restore(photo, guide)["id"]
    assert own.client.delete(f"/api/v1/jobs/{waiting}").json()["state"] == "cancelled"
    told = 0
    for event in own.events(running):
        told += event["event"] == "photo"
        if event["event"] == "photo" and told == 1:
            assert own.client.delete(f"/api/v1/jobs/{running}").status_code == 202
    assert own.client.get(f"/api/v1/jobs/{running}").json()["state"] == "cancelled"
    assert 1 <= told < 6
    folder = own.settings.data / "jobs" / running
    assert folder.is_dir()
    for job in (running, waiting):
        assert own.client.delete(f"/api/v1/jobs/{job}").status_code == 204
        assert own.client.get(f"/api/v1/jobs/{job}").status_code == 404
    assert not folder.exists()
    assert own.client.head(f"/api/v1/files/{photos[5]['file']}").status_code == 404


def test_a_second_server_does_not_use_the_same_folder(own: Served) -> None:
    from gfrnet.errors import DataError
    from gfrnet.serve import make_app

    with pytest.raises(DataError, match="Another server uses"):
        make_app(own.settings)
