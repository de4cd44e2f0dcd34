"""Test that hostile requests are refused before anything of them is parsed or written."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import gfrnet.serve.server
from gfrnet.serve import Settings
from served import Served, received, server_files, serving

TOKEN = "a long and secret token"

PATHS = (
    "/api/v1/files/{}",
    "/api/v1/jobs/{}",
    "/api/v1/jobs/{}/events",
    "/api/v1/jobs/{}/results",
    "/api/v1/jobs/{}/results/zip",
    "/api/v1/jobs/" + "0" * 32 + "/results/photos/{}/after",
    "/api/v1/jobs/" + "0" * 32 + "/results/photos/0/{}",
    "/api/v1/jobs/" + "0" * 32 + "/results/photos/0/faces/{}/before",
    "/api/v1/jobs/" + "0" * 32 + "/results/photos/0/faces/0/{}",
    "/api/v1/folders/{}",
    "/static/{}",
    "/{}",
)
BENT = (
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%5c..%5cwindows%5cwin.ini",
    "%00",
    "....//....//etc/passwd",
    "/etc/passwd",
    "%252e%252e%252fetc%252fpasswd",
    "jobs.sqlite3",
    "%c0%ae%c0%ae/etc/passwd",
    "-1",
    "99999999999999999999999999",
    "~root",
    "file:///etc/passwd",
)


def head(method: str, path: str, **headers: str) -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out(server: Served, path: str) -> None:
    host = f"127.0.0.1:{server.port}"
    for bent in BENT:
        answer = server.sent(head("GET", path.format(bent), Host=host, Connection="close"))
        assert status(answer) in (400, 404, 405, 422), (bent, answer[:200])
        for secret in (b"root:", b"SQLite format", str(server.settings.data).encode(), b"Traceback"):
            assert secret not in answer


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "8.8.8.8", "a b", "[::1"],
)
def test_other_names_are_refused(server: Served, host: str) -> None:
    for method, path in (
        ("GET", "/api/v1/jobs"),
        ("POST", "/api/v1/jobs"),
        ("GET", "/"),
        ("GET", "/healthz"),
    ):
        assert status(server.sent(head(method, path, Host=host, Connection="close"))) in (400, 421)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST", "127.0.0.1:99"])
def test_own_names_are_known(server: Served, host: str) -> None:
    assert status(server.sent(head("GET", "/healthz", Host=host, Connection="close"))) == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://localhost:1",
        "https://127.0.0.1",
        "http://127.0.0.1.evil.example",
        "file://",
        "ftp://{host}",
        "{host}",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_other_pages_are_refused(server: Served, origin: str, method: str) -> None:
    answer = server.client.request(
        method, "/api/v1/jobs", headers={"Origin": origin.format(host=f"127.0.0.1:{server.port}")}
    )
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pictures_and_forms_of_other_pages_are_refused(server: Served, site: str) -> None:
    headers = {"Sec-Fetch-Site": site}
    assert server.client.get("/api/v1/jobs", headers=headers).status_code == 403
    files = {"photo": ("old.png", b"x")}
    assert server.client.post("/api/v1/restore", files=files, headers=headers).status_code == 403
    assert server.client.get("/", headers=headers | {"Sec-Fetch-Mode": "navigate"}).status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/jsonp"],
)
def test_json_must_say_that_it_is(server: Served, kind: str) -> None:
    order = json.dumps({"kind": "album-scan", "album": "0" * 32})
    answer = server.client.post("/api/v1/jobs", content=order, headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert server.client.post("/api/v1/restore", json={}).status_code == 415


def test_every_answer_forbids_what_a_page_does_not_need(server: Served) -> None:
    for path in ("/", "/api/v1/jobs", "/nothing", "/api/v1/jobs/1", "/metrics"):
        headers = server.client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


def test_a_body_of_ten_gigabytes_is_cut(server: Served) -> None:
    before = server_files(server.settings.data)
    piece = bytes(1 << 16)
    for path in (f"/api/v1/files/{'0' * 64}", "/api/v1/restore", "/api/v1/jobs"):
        request = head(
            "PUT" if "files" in path else "POST",
            path,
            Host=f"127.0.0.1:{server.port}",
            Content_Length=str(10**10),
            Content_Type="multipart/form-data; boundary=x",
        )
        with server.raw() as connection:
            connection.sendall(request)
            assert status(connection.recv(65536)) == 413
            sent = 0
            with suppress(OSError):
                while sent < 10**9:
                    sent += connection.send(piece)
        assert sent < 20_000_000  # what the buffers of both sides hold
    written = sum(path.stat().st_size for path in server_files(server.settings.data) - before)
    assert written < 1_000_000


def test_endless_chunks_are_refused(server: Served) -> None:
    for path in (f"/api/v1/files/{'0' * 64}", "/api/v1/restore", "/api/v1/jobs"):
        request = head(
            "PUT" if "files" in path else "POST", path, Host="localhost", Transfer_Encoding="chunked"
        )
        with server.raw() as connection:
            connection.sendall(request + b"5\r\nhello\r\n")
            assert status(received(connection)) == 411


def test_smuggled_and_broken_heads_are_refused(server: Served) -> None:
    heads = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1e3\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ]
    for each in heads:
        with server.raw() as connection:
            connection.sendall(each)
            connection.shutdown(1)
            assert 400 <= (status(received(connection)) or 400) < 500


def test_a_flood_of_headers_is_refused(server: Served) -> None:
    flood = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(1000))
    with server.raw() as connection:
        with suppress(OSError):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + flood)
        assert status(received(connection)) in (0, 400, 431)
    assert server.client.get("/healthz").status_code == 200


def test_heads_that_dawdle_are_cut(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gfrnet.serve.server, "HEAD_SECONDS", 0.3)
    for begun in (b"", b"GET /healthz HTTP/1.1\r\nHost: loc"):
        with server.raw() as connection:
            connection.sendall(begun)
            start = time.monotonic()
            assert received(connection) == b""
            assert time.monotonic() - start < 5


def test_thousands_of_bent_requests_do_no_harm(server: Served) -> None:
    """Whatever comes, the server answers with a refusal or what everybody may see."""
    rng, counts = random.Random(7), {}
    host = f"127.0.0.1:{server.port}"
    words = [
        *BENT,
        "0" * 32,
        "f" * 64,
        "after",
        "{}",
        "'; DROP TABLE jobs; --",
        "%0d%0aSet-Cookie:x",
        "\u202e",
    ]
    for _ in range(1000):
        path = rng.choice(PATHS).format(rng.choice(words)).replace(" ", "%20")
        query = rng.choice(
            ("", "?after=" + rng.choice(words), "?state=" + rng.choice(words), "?most=-1&skip=1e9")
        )
        method = rng.choice(("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "TRACE"))
        body = rng.choice(
            (b"", b"{", b'{"kind":"restore","photos":[]}', b"[" * 1000, bytes(rng.randbytes(50)))
        )
        headers = {"Host": rng.choice((host, host, "evil.example")), "Connection": "close"}
        headers |= rng.choice(
            ({}, {"Origin": "http://evil.example"}, {"Last-Event-ID": "x"}, {"Range": "bytes=9-1"})
        )
        if body:
            headers |= {
                "Content-Length": str(len(body)),
                "Content-Type": rng.choice(("application/json", "text/html")),
            }
        request = head(method, (path + query).replace(" ", "%20"), **headers) + body
        found = status(server.sent(request.decode().encode("ascii", "ignore") if not body else request))
        counts[found] = counts.get(found, 0) + 1
    assert {code for code in counts if code >= 500 or code in (201, 202)} == set(), counts
    assert server.client.get("/healthz").status_code == 200
    assert server.client.get("/api/v1/jobs").status_code == 200


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Served]:
    settings = Settings(
        data=tmp_path_factory.mktemp("guarded"), port=0, host="0.0.0.0", token=TOKEN, model=str(tiny_model)
    )
    with serving(settings) as served:
        yield served


def test_a_token_is_needed_for_all_but_the_page(guarded: Served) -> None:
    client = guarded.client
    assert client.get("/api/v1/jobs").status_code == 200
    del client.headers["Authorization"]
    try:
        for path, expected in (("/", 200), ("/healthz", 200), ("/api/v1/jobs", 401), ("/metrics", 401)):
            assert client.get(path).status_code == expected
        assert client.put(f"/api/v1/files/{'0' * 64}", content=b"x").status_code == 401
        for wrong in ("Bearer wrong", f"Basic {TOKEN}", "Bearer", TOKEN):
            assert client.get("/api/v1/jobs", headers={"Authorization": wrong}).status_code == 401
        answer = client.post("/api/v1/session", json={"token": "wrong"})
        assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
        answer = client.post("/api/v1/session", json={"token": TOKEN})
        cookie = answer.headers["set-cookie"]
        assert answer.status_code == 204
        assert TOKEN not in cookie
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert client.get("/api/v1/jobs").status_code == 200
        assert client.delete("/api/v1/session").status_code == 204
        assert client.get("/api/v1/jobs").status_code == 401
    finally:
        client.headers["Authorization"] = f"Bearer {TOKEN}"


def test_only_local_addresses_need_no_token(tmp_path: Path) -> None:
    from gfrnet.errors import ConfigError

    with pytest.raises(ConfigError, match="a token is needed"):
        Settings(data=tmp_path, host="0.0.0.0")
    with pytest.raises(ConfigError, match="16 letters"):
        Settings(data=tmp_path, token="short")


def test_bombs_do_not_explode(server: Served, guide: bytes) -> None:
    """A picture of 900 megapixels in a few kilobytes is refused before it is decoded."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10**6)))
        + chunk(b"IEND", b"")
    )
    order = {"photo": server.picture(bomb, "bomb.png")}
    answer = server.client.post("/api/v1/preview", json=order)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:gfrnet:problem:image-too-large"
    job = server.ended(server.restore(bomb, guide))
    assert job["state"] == "failed"
    deep = b'{"kind":' + b"[" * 100_000
    headers = {"Content-Type": "application/json"}
    assert server.client.post("/api/v1/jobs", content=deep, headers=headers).status_code in (400, 422)
    digits = b'{"kind":"restore","photos":' + b"9" * 10_000 + b"}"
    assert server.client.post("/api/v1/jobs", content=digits, headers=headers).status_code in (400, 422)


def test_a_form_of_many_parts_is_refused(server: Served) -> None:
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="box"\r\n\r\n{number}\r\n' for number in range(2000)
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = server.client.post("/api/v1/restore", content=f"{parts}--x--\r\n", headers=headers)
    assert answer.status_code in (400, 413, 422)
    for broken in (b"--x\r\n", b"nothing", b"--x\r\nContent-Disposition: form-data\r\n\r\n\r\n--x--"):
        answer = server.client.post("/api/v1/restore", content=broken, headers=headers)
        assert answer.status_code in (400, 422)


def test_an_upload_that_ends_early_leaves_nothing(server: Served) -> None:
    sha256 = hashlib.sha256(b"whole").hexdigest()
    before = server_files(server.settings.data / "files")
    with server.raw() as connection:
        request = head("PUT", f"/api/v1/files/{sha256}", Host="localhost", Content_Length="100000")
        connection.sendall(request + b"only a part")
    until = time.monotonic() + 10
    while server_files(server.settings.data / "files") != before and time.monotonic() < until:
        time.sleep(0.05)
    assert server_files(server.settings.data / "files") == before
    assert server.client.head(f"/api/v1/files/{sha256}").status_code == 404


def test_all_combinations_of_wrong_places_are_refused(server: Served) -> None:
    methods, sites = ("POST", "PUT", "DELETE"), ({"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"})
    for method, site, path in itertools.product(
        methods, sites, ("/api/v1/jobs", f"/api/v1/files/{'0' * 64}")
    ):
        assert server.client.request(method, path, headers=site).status_code == 403


def test_numbers_of_a_million_digits_are_refused(server: Served) -> None:
    digits = "9" * 20_000
    for name in ("Content-Length", "Last-Event-ID", "Range"):
        path = f"/api/v1/jobs/{'0' * 32}/events"
        answer = server.sent(head("GET", path, **{name: digits}, Host="localhost", Connection="close"))
        assert 400 <= status(answer) < 500
