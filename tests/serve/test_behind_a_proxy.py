"""Test a server that a proxy with TLS hides: its name, its cookie, its events, and what it believes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi")

from gfrnet.serve import Settings
from served import Served, serving

NAME, TOKEN = "photos.example", "a long word that nobody guesses"
SESSION = "/api/v1/session"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("proxied")
    settings = Settings(data=data, port=0, names=(NAME,), token=TOKEN, model=str(tiny_model), page=False)
    with serving(settings) as served:
        yield served


@pytest.mark.parametrize(
    ("origin", "secure"),
    [(f"https://{NAME}", True), (f"HTTPS://{NAME}", True), (f"http://{NAME}", False), (None, False)],
)
def test_the_cookie_of_a_page_with_tls_travels_with_tls_only(
    server: Served, origin: str | None, secure: bool
) -> None:
    headers = {"Host": NAME, "X-Forwarded-Proto": "https"} | ({"Origin": origin} if origin else {})
    answer = server.client.post(SESSION, json={"token": TOKEN}, headers=headers)
    assert answer.status_code == 204
    assert ("secure" in answer.headers["set-cookie"].lower().split("; ")) is secure
    server.client.cookies.clear()


def test_no_forwarded_name_is_believed(server: Served) -> None:
    for name in ("X-Forwarded-Host", "Forwarded", "X-Original-Host"):
        answer = server.client.get("/healthz", headers={"Host": "other.example", name: NAME})
        assert answer.status_code == 421, name
    answer = server.client.post(
        SESSION,
        json={"token": TOKEN},
        headers={"Host": NAME, "Origin": "https://other.example", "X-Forwarded-Host": "other.example"},
    )
    assert answer.status_code == 403


def test_a_forwarded_address_opens_nothing(server: Served) -> None:
    headers = {"Authorization": "", "Host": NAME, "X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}
    assert server.client.get("/api/v1/jobs", headers=headers).status_code == 401


def test_proxies_are_told_to_pass_events_on_at_once(server: Served) -> None:
    job = server.restore(b"no picture")["id"]
    with server.client.stream("GET", f"/api/v1/jobs/{job}/events") as stream:
        assert stream.headers["x-accel-buffering"] == "no"
        assert stream.headers["content-type"].startswith("text/event-stream")
