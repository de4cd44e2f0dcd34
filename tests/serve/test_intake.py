"""Test that bodies which dawdle are cut, with a clock that runs fast."""

import asyncio
from pathlib import Path

import anyio
import pytest

from gfrnet.serve.room import Room
from gfrnet.serve.safety import Intake, Message, Receive, Scope, Send
from gfrnet.serve.settings import Settings


async def take_all(scope: Scope, receive: Receive, send: Send) -> None:
    """Read a body and answer 200, as a route does."""
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def answer(pauses: list[float], size: int, idle: float, slowest: float, tmp: Path) -> int:
    scope = {
        "type": "http",
        "method": "PUT",
        "path": "/api/v1/files/0",
        "headers": [(b"content-length", str(size).encode())],
    }
    pieces = iter(pauses)
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(next(pieces, 60))
        return {"type": "http.request", "body": b"x" * (size // len(pauses)), "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    async def finishing(scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0
        while taken < size and (message := await receive())["type"] == "http.request":
            taken += len(message["body"])
        await take_all(scope, closed, send)

    async def closed() -> Message:
        return {"type": "http.disconnect"}

    settings = Settings(data=tmp)
    intake = Intake(finishing, settings, Room(tmp, settings, lambda: 0), idle, slowest)
    anyio.run(intake, scope, receive, send)
    (status,) = {message["status"] for message in sent if "status" in message}
    return status


@pytest.mark.parametrize(
    ("pauses", "idle", "slowest", "expected"),
    [
        ([0.01] * 10, 0.5, 1e6, 200),
        ([0.01, 5], 0.1, 1e6, 408),
        ([0.05] * 40, 0.2, 1e9, 408),
        ([0.05] * 10, 0.2, 100.0, 200),
    ],
)
def test_a_body_must_come_in_time(
    tmp_path: Path, pauses: list[float], idle: float, slowest: float, expected: int
) -> None:
    assert answer(pauses, 100 * len(pauses), idle, slowest, tmp_path) == expected
