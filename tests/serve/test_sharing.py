"""Test that one client cannot take the server from the others, directly and behind a proxy."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from gfrnet.errors import ConfigError
from gfrnet.serve import Settings, server
from gfrnet.serve.safety import Message, Receive, Scope, Send
from gfrnet.serve.sharing import MOST_OF_A_CLIENT, Clients, Share
from served import Served, received, serving

PROXY = "10.9.8.7"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, proxies=(PROXY, "172.16.0.0/12"))


def test_only_a_stated_proxy_is_believed(settings: Settings) -> None:
    named = Clients(settings).named
    assert named("198.51.100.1", ["203.0.113.5"]) == named("198.51.100.1")
    assert named(PROXY, ["203.0.113.5"]) == named("203.0.113.5")
    assert named("172.18.0.1", ["203.0.113.5"]) == named("203.0.113.5")
    assert named(f"::ffff:{PROXY}", ["203.0.113.5"]) == named("203.0.113.5")


def test_what_a_client_says_before_the_proxy_counts_for_nothing(settings: Settings) -> None:
    named = Clients(settings).named
    said = [named(PROXY, [f"192.0.2.{each}, 203.0.113.5, 172.18.0.2"]) for each in range(5)]
    assert set(said) == {named("203.0.113.5")}
    assert named(PROXY, ["203.0.113.5", "203.0.113.6"]) == named("203.0.113.6")
    assert named(PROXY, ["nonsense"]) == named(PROXY, ["other nonsense"])


def test_a_household_of_ipv6_is_one_client(settings: Settings) -> None:
    named = Clients(settings).named
    assert named("2001:db8:1:2::1") == named("2001:db8:1:2:ffff::9")
    assert named("2001:db8:1:2::1") != named("2001:db8:1:3::1")


def test_a_proxy_must_be_an_address(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no address of a proxy. Give one such as 127\.0\.0\.1"):
        Settings(data=tmp_path, proxies=("photos.example",))


def test_one_client_of_a_proxy_does_not_hinder_another(settings: Settings) -> None:
    statuses: list[tuple[bytes, int]] = []
    free = asyncio.Event()

    async def slow(scope: Scope, _: Receive, send: Send) -> None:
        await free.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def asked(share: Share, client: bytes) -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append((client, message["status"]))

        scope: dict[str, Any] = {"type": "http", "client": (PROXY, 5)}
        await share(scope | {"headers": [(b"x-forwarded-for", client)]}, receive, send)

    async def run() -> None:
        share = Share(slow, settings, most=3)
        greedy = [asyncio.create_task(asked(share, b"203.0.113.5")) for _ in range(5)]
        other = asyncio.create_task(asked(share, b"203.0.113.6"))
        await asyncio.sleep(0.1)
        assert statuses == [(b"203.0.113.5", 429)] * 2
        free.set()
        await asyncio.gather(*greedy, other)
        await asked(share, b"203.0.113.5")

    asyncio.run(run())
    assert sorted(statuses[2:]) == [(b"203.0.113.5", 200)] * 4 + [(b"203.0.113.6", 200)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Any:
    data = tmp_path_factory.mktemp("shared")
    with serving(Settings(data=data, port=0, model=str(tiny_model), page=False)) as served:
        yield served


def connected(served: Served, source: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), 10, source_address=(source, 0))


def healthy(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return received(connection).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False


def test_a_client_with_too_many_connections_is_cut_and_others_are_not(shared: Served) -> None:
    held = [connected(shared, "127.0.0.2") for _ in range(MOST_OF_A_CLIENT)]
    try:
        with connected(shared, "127.0.0.2") as one_more:
            assert not healthy(one_more)
        with connected(shared, "127.0.0.3") as other:
            assert healthy(other)
        held.pop().close()
        time.sleep(0.2)
        with connected(shared, "127.0.0.2") as again:
            assert healthy(again)
    finally:
        for each in held:
            each.close()


def test_who_takes_nothing_of_an_answer_is_cut(shared: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "STALLED_SECONDS", 0.5)
    sha256 = shared.put(bytes(30_000_000))
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        reader.settimeout(10)
        reader.connect(("127.0.0.1", shared.port))
        reader.sendall(f"GET /api/v1/files/{sha256} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(1.5)
        assert len(received(reader)) < 30_000_000
    answer = shared.client.get(f"/api/v1/files/{sha256}")
    assert len(answer.content) == 30_000_000
