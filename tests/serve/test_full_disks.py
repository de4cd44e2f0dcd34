"""Test what happens where there is no room: in the store, and on a real disk that is full."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from gfrnet.serve import Settings
from served import Served, serving, until_ready

RUN = """
import sys
from pathlib import Path
from gfrnet.serve import Settings, bound, make_server, room
if __name__ == "__main__":
    import tempfile
    room.LEAST_FREE = 8_000_000
    settings = Settings(data=Path(sys.argv[1]), port=0, model=sys.argv[2])
    with bound(settings) as listening:
        port = listening.getsockname()[1]
        server = make_server(settings, lambda: print(port, flush=True))
        tempfile.tempdir = str(settings.data / "tmp")
        server.run(sockets=[listening])
"""
MOUNT = 'mount -t tmpfs -o size=40m none "$1" && exec "$2" "$3" "$1/data" "$4"'


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("small")
    settings = Settings(data=folder, port=0, model=str(tiny_model), store_bytes=10_000_000, page=False)
    with serving(settings) as served:
        until_ready(served.client)
        yield served


def put(address: object, content: bytes) -> httpx2.Response:
    path = f"{address}/api/v1/files/{hashlib.sha256(content).hexdigest()}"
    return httpx2.put(path, content=content, timeout=60, trust_env=False)


def form(address: object, content: bytes) -> httpx2.Response:
    files = {"photo": ("old.png", content)}
    return httpx2.post(f"{address}/api/v1/restore", files=files, timeout=60, trust_env=False)


def test_files_that_arrive_together_fit_into_the_store(small: Served) -> None:
    contents = [os.urandom(4_000_000) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda content: put(small.client.base_url, content), contents))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {201, 507}
    assert 1 <= statuses.count(201) <= 2
    assert small.service.store.total() <= 10_000_000
    refused = next(answer for answer in answers if answer.status_code == 507)
    assert "Delete jobs" in refused.json()["detail"]
    assert refused.headers["retry-after"]
    for sha256 in (hashlib.sha256(content).hexdigest() for content in contents):
        small.service.store.drop(sha256, time.time() + 1)
    assert put(small.client.base_url, contents[0]).status_code == 201
    assert form(small.client.base_url, bytes(7_000_000)).status_code == 507
    assert small.service.store.drop(hashlib.sha256(contents[0]).hexdigest(), time.time() + 1)


def test_a_job_whose_results_fill_the_store_ends(small: Served, photo: bytes, guide: bytes) -> None:
    photos = [small.picture(photo + bytes([number]), f"{number}.png") for number in range(4)]
    guides = [small.picture(guide, "good.png")]
    room = 10_000_000 - small.service.store.total() - 100_000
    change, grow = small.service.database.change, "UPDATE files SET size = size + ? WHERE sha256 = ?"
    change(grow, (room, guides[0]["file"]))
    job = small.ended(small.order(kind="restore", photos=photos, guides=guides))
    change(grow, (-room, guides[0]["file"]))
    assert (job["state"], job["problem"]["status"]) == ("failed", 507)
    results = small.get(job["links"]["results"]).json()["photos"]
    done = [photo for photo in results if "after" in photo["pictures"]]
    assert 1 <= len(done) < 4
    assert small.client.delete(job["links"]["self"]).status_code == 204


def test_the_same_request_is_known_where_there_is_no_room(small: Served, photo: bytes, guide: bytes) -> None:
    order = {"kind": "preview", "photo": small.picture(photo, "old.png")}
    headers = {"Idempotency-Key": "the-same"}
    first = small.client.post("/api/v1/jobs", json=order, headers=headers)
    assert first.status_code == 202
    small.ended(first.json())
    change = small.service.database.change
    change("UPDATE files SET size = size + 20000000")
    again = small.client.post("/api/v1/jobs", json=order, headers=headers)
    other = small.client.post("/api/v1/jobs", json=order, headers={"Idempotency-Key": "another"})
    change("UPDATE files SET size = size - 20000000")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert other.status_code == 507


@contextmanager
def on_a_small_disk(folder: Path, model: Path) -> Iterator[tuple[Served, Path, Path]]:
    """Run a server whose folder is a file system of 40 MB; yield it, that folder, and its log."""
    (folder / "disk").mkdir()
    (folder / "run.py").write_text(RUN)
    command = ["unshare", "-rm", "sh", "-c", MOUNT, "sh", str(folder / "disk"), sys.executable]
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(
            [*command, str(folder / "run.py"), str(model)], stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert running.stdout is not None
        try:
            port = running.stdout.readline().strip()
            if not port:
                pytest.skip("no file system can be mounted here")
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
                until_ready(client)
                served = Served(Settings(data=folder), int(port), client, None)
                yield served, Path(f"/proc/{running.pid}/root{folder}/disk"), folder / "log"
        finally:
            running.kill()
            running.wait()
            running.stdout.close()


def fill(disk: Path) -> None:
    """Take the last byte of a disk."""
    with (disk / "full").open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            while True:
                try:
                    file.write(bytes(size))
                except OSError:
                    break
    assert shutil.disk_usage(disk).free == 0


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs Linux with unshare")
def test_a_full_disk_is_told_and_can_be_emptied(
    tmp_path: Path, tiny_model: Path, photo: bytes, guide: bytes
) -> None:
    with on_a_small_disk(tmp_path, tiny_model) as (served, disk, log):
        address = served.client.base_url
        contents = [os.urandom(6_000_000) for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda content: put(address, content), contents))
        assert {answer.status_code for answer in answers} == {201, 507}
        assert shutil.disk_usage(disk).free >= 7_000_000
        jobs = [served.ended(served.restore(photo + bytes([each]), guide)) for each in range(2)]
        fill(disk)
        assert put(address, b"new").status_code == 507
        assert form(address, bytes(3_000_000)).status_code == 507
        order = {"kind": "preview", "photo": jobs[0]["order"]["photos"][0]}
        assert served.client.post("/api/v1/jobs", json=order).status_code == 507
        for job in jobs:
            fill(disk)
            assert served.client.get(job["links"]["self"]).status_code == 200
            assert served.client.delete(job["links"]["self"]).status_code == 204
            assert served.client.get(job["links"]["self"]).status_code == 404
        (disk / "full").unlink()
        assert put(address, b"new").status_code == 201
        assert served.ended(served.restore(photo, guide))["state"] == "done"
        check_that_a_waiting_job_says_so(served, disk, photo, guide)
        assert "Traceback" not in log.read_text()


def check_that_a_waiting_job_says_so(served: Served, disk: Path, photo: bytes, guide: bytes) -> None:
    job = served.order(
        kind="restore",
        photos=[served.picture(photo + bytes([9, each]), f"{each}.png") for each in range(8)],
        guides=[served.picture(guide, "good.png")],
    )
    kinds = []
    for event in served.events(job["id"]):
        kinds.append(event["event"])
        if event["event"] == "photo" and "waiting" not in kinds and not (disk / "full").exists():
            fill(disk)
        if event["event"] == "waiting":
            assert "Make room" in event["problem"]["detail"]
            (disk / "full").unlink()
    assert "waiting" in kinds
    assert served.client.get(job["links"]["self"]).json()["state"] == "done"
