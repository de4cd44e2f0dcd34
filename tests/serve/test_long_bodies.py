"""Test that long, slow and broken bodies hold up nobody else, and are told apart from faults."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

import gfrnet.serve.safety
from gfrnet.serve import Settings
from served import Served, received, serving

KEYS = b",".join(b'"k%d":1' % number for number in range(90_000))
EMPTY = b",".join([b"{}"] * 90_000)
PICTURES = b",".join([b'{"file":"%064d"}' % 0] * 45_000)
HOSTILE = {
    "many fields": (b'{"kind":"restore",' + KEYS + b"}", 422),
    "many faulty photos": (b'{"kind":"restore","photos":[' + EMPTY + b"]}", 422),
    "many faulty guides": (b'{"kind":"restore","photos":[{}],"guides":[' + EMPTY + b"]}", 422),
    "many fine photos": (b'{"kind":"restore","photos":[' + PICTURES + b"]}", 422),
    "many photos of many fields": (b'{"kind":"restore","photos":[{' + KEYS + b"},{" + KEYS + b"}]}", 413),
    "many values": (b'{"kind":"restore","photos":[' + b"{}," * 1_300_000 + b"{}]}", 413),
    "many places": (b'{"kind":"restore","photos":[{"file":"0","places":[' + EMPTY + b"]}]}", 422),
    "many numbers": (b'{"kind":"preview","photo":{"places":[{"box":[' + b"1," * 90_000 + b"1]}]}}", 422),
    "brackets": (b'{"kind":"restore","photos":' + b"[" * 3_900_000, 400),
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("guarded")
    token = "a long and secret token"
    with serving(Settings(data=folder, port=0, token=token, model=str(tiny_model))) as served:
        yield served


def longest_wait(server: Served, request: Future[httpx2.Response]) -> float:
    """Return how long others waited at most for an answer while a request was answered."""
    longest = 0.0
    while not request.done():
        start = time.monotonic()
        server.client.get("/healthz")
        longest = max(longest, time.monotonic() - start)
    return longest


def sent_as_json(server: Served, path: str, body: bytes) -> tuple[int, float]:
    """Send a body; return the status, and how long others waited."""
    with ThreadPoolExecutor(1) as pool:
        headers = {"Content-Type": "application/json"}
        request = pool.submit(httpx2.post, f"{server.client.base_url}{path}", content=body, headers=headers)
        waited = longest_wait(server, request)
        return request.result().status_code, waited


@pytest.mark.parametrize("name", HOSTILE)
def test_a_long_body_holds_up_nobody(server: Served, name: str) -> None:
    body, expected = HOSTILE[name]
    status, waited = sent_as_json(server, "/api/v1/jobs", body)
    assert status == expected
    assert waited < 0.6  # 0.02 to 0.1 s on two cores; 1 to 16 s where every value makes an error


@pytest.mark.parametrize("path", ["session", "preview", f"albums/{'0' * 32}/decisions"])
def test_routes_that_need_little_take_little(server: Served, path: str) -> None:
    body = b'{"token":"x",' + KEYS + b"}"
    assert sent_as_json(server, f"/api/v1/{path}", body)[0] == (422 if path == "preview" else 413)


def test_a_stranger_cannot_hold_up_anybody(guarded: Served) -> None:
    del guarded.client.headers["Authorization"]
    status, waited = sent_as_json(guarded, "/api/v1/session", b'{"token":"x",' + KEYS + b"}")
    assert status == 413
    assert waited < 0.6
    for path in ("jobs", "preview", f"albums/{'0' * 32}/decisions"):
        assert sent_as_json(guarded, f"/api/v1/{path}", HOSTILE["many values"][0])[0] == 401


UPLOADS = (
    ("PUT", f"/api/v1/files/{'0' * 64}", "image/png"),
    ("POST", "/api/v1/files", "application/octet-stream"),
    ("POST", "/api/v1/jobs", "application/json"),
    ("POST", "/api/v1/restore", "multipart/form-data; boundary=x"),
)


def test_a_body_that_dawdles_or_breaks_off_is_no_fault(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(gfrnet.serve.safety.Intake.__init__, "__defaults__", (0.2, 2000.0))
    settings = Settings(data=tmp_path / "data", port=0, model=str(tiny_model), page=False)
    with caplog.at_level(logging.WARNING), serving(settings) as served:
        for (method, path, kind), begun in itertools.product(UPLOADS, (b"", b"--x\r\npart")):
            head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
            request = head.encode() + b"Content-Length: 90000\r\n\r\n" + begun
            with served.raw() as connection:
                connection.sendall(request)
                assert received(connection).startswith(b"HTTP/1.1 408 "), path
            with served.raw() as connection:
                connection.sendall(request)
        assert served.client.get("/healthz").status_code == 200
        time.sleep(0.3)
    assert not caplog.records
