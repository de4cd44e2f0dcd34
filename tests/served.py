"""A server that runs in a thread, and a client that knows its way around."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from PIL import Image

from gfrnet.serve import Settings, bound, make_server
from gfrnet.types import UInt8Image

ENDED = ("done", "failed", "cancelled")


@dataclass
class Served:
    """A running server."""

    settings: Settings
    port: int
    client: httpx2.Client
    service: Any

    def put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        answer = self.client.put(f"/api/v1/files/{sha256}", content=content)
        assert answer.status_code in (200, 201), answer.text
        return sha256

    def picture(self, content: bytes, name: str) -> dict[str, str]:
        return {"file": self.put(content), "name": name}

    def order(self, **order: object) -> dict[str, Any]:
        answer = self.client.post("/api/v1/jobs", json=order)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def restore(self, photo: bytes, *guides: bytes, **options: object) -> dict[str, Any]:
        return self.order(
            kind="restore",
            photos=[self.picture(photo, "old.png")],
            guides=[self.picture(guide, f"good {index}.png") for index, guide in enumerate(guides)],
            options=options,
        )

    def events(self, job: str, after: int = 0) -> Iterator[dict[str, Any]]:
        headers = {"Last-Event-ID": str(after)} if after else {}
        with self.client.stream("GET", f"/api/v1/jobs/{job}/events", headers=headers) as stream:
            assert stream.status_code == 200
            event: dict[str, Any] = {}
            for line in stream.iter_lines():
                field, _, value = line.partition(": ")
                if not line and event:
                    yield event
                    event = {}
                elif field == "data":
                    event |= json.loads(value)
                elif field in ("event", "id"):
                    event[field] = value

    def ended(self, job: dict[str, Any] | str) -> dict[str, Any]:
        name = job if isinstance(job, str) else job["id"]
        assert list(self.events(name))[-1]["state"] in ENDED
        return self.client.get(f"/api/v1/jobs/{name}").json()

    def get(self, address: str) -> httpx2.Response:
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.text
        return answer

    def pixels(self, address: str) -> np.ndarray:
        return np.asarray(Image.open(BytesIO(self.get(address).content)))

    @contextmanager
    def raw(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            yield connection

    def sent(self, request: bytes) -> bytes:
        """Send bytes as they are, and return the answer until the server closes."""
        with self.raw() as connection:
            connection.sendall(request)
            return received(connection)


def received(connection: socket.socket) -> bytes:
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    with bound(settings) as listening:
        started = threading.Event()
        server = make_server(settings, started.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            assert started.wait(60)
            port = listening.getsockname()[1]
            headers = {} if settings.token is None else {"Authorization": f"Bearer {settings.token}"}
            with httpx2.Client(
                base_url=f"http://127.0.0.1:{port}", timeout=60, headers=headers, trust_env=False
            ) as client:
                yield Served(settings, port, client, server._app.state.service)
        finally:
            server.should_exit = True
            thread.join()


def until_ready(client: httpx2.Client) -> None:
    until = time.monotonic() + 60
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < until
        time.sleep(0.1)


def png(pixels: UInt8Image) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


def degraded(pixels: UInt8Image, side: int = 160) -> UInt8Image:
    """A photo that has lost its detail."""
    small = Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(small.resize((side * 2, side * 2), Image.Resampling.BICUBIC))


def server_files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
