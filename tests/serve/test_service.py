"""Test what a server does by itself: delete what is old, take up what was lost, and refuse to begin."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from gfrnet.errors import ConfigError, DataError, ModelError
from gfrnet.serve import Settings, make_app
from served import Served, serving


def test_old_jobs_and_files_are_deleted(server: Served, photo: bytes, guide: bytes) -> None:
    job = server.ended(server.restore(photo + b"old", guide))
    folder = server.settings.data / "jobs" / job["id"]
    service = server.service
    service.sweep(time.time() - 3600)
    assert folder.is_dir()
    service.database.change("UPDATE jobs SET used = 1 WHERE id = ?", (job["id"],))
    service.database.change("UPDATE files SET used = 1")
    service.sweep(time.time() - 3600)
    assert not folder.exists()
    assert server.client.get(f"/api/v1/jobs/{job['id']}").status_code == 404
    for picture in job["order"]["photos"]:
        assert server.client.head(f"/api/v1/files/{picture['file']}").status_code == 404


def test_a_look_at_a_job_keeps_it_and_its_files(server: Served, photo: bytes, guide: bytes) -> None:
    job = server.ended(server.restore(photo + b"seen", guide))
    server.service.database.change("UPDATE jobs SET used = 1 WHERE id = ?", (job["id"],))
    server.service.database.change("UPDATE files SET used = 1")
    server.get(f"{job['links']['results']}/photos/0/after")
    server.service.sweep(time.time() - 3600)
    assert server.get(f"{job['links']['results']}/photos/0/before").content == photo + b"seen"


def test_a_job_that_cannot_be_written_down_begins_anew(
    server: Served, photo: bytes, guide: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell, failed = server.service.jobs.tell, []

    def full(job: str, kind: str, data: dict, size: int) -> None:
        if not failed:
            failed.append(kind)
            raise sqlite3.OperationalError("database or disk is full")
        tell(job, kind, data, size)

    monkeypatch.setattr(server.service.jobs, "tell", full)
    job = server.ended(server.restore(photo, guide))
    assert failed == ["faces"]
    assert job["state"] == "done"


def test_a_job_that_ended_too_often_says_why(tmp_path: Path, tiny_model: Path) -> None:
    settings = Settings(data=tmp_path / "data", port=0, model=str(tiny_model))
    app = make_app(settings)
    service = app.state.service
    service.database.change(
        "INSERT INTO jobs (id, kind, state, orders, quick, created, used, restarts) "
        "VALUES ('a', 'blend', 'running', ?, 1, 0, 0, 99)",
        ('{"kind": "blend", "job": "' + "0" * 32 + '"}',),
    )
    service.database.close()
    service._held.close()
    with serving(settings) as served:
        assert served.service.jobs.get("a").state == "failed"
        assert "too often" in served.service.jobs.get("a").problem.detail


def test_a_broken_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    with serving(Settings(data=tmp_path / "data", port=0, model=str(tmp_path / "broken.onnx"))) as served:
        until = time.monotonic() + 60
        while (answer := served.client.get("/readyz").json())["title"] != "Model broken":
            assert time.monotonic() < until
            time.sleep(0.1)
        assert "broken.onnx" in answer["detail"]
        assert served.client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"workers": 0}, {"port": -1}, {"keep": 0}, {"keep": float("nan")}, {"roots": (Path("/missing"),)}],
)
def test_wrong_settings_are_refused(tmp_path: Path, wrong: dict) -> None:
    with pytest.raises(ConfigError):
        Settings(data=tmp_path, **wrong)


def test_a_server_needs_a_model_and_a_folder_to_write_to(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        make_app(Settings(data=tmp_path, model="nonsense"))
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written to"):
        make_app(Settings(data=tmp_path / "file"))
