"""Run the application with uvicorn, until it is asked to end."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from gfrnet.serve.app import make_app
from gfrnet.serve.settings import Settings

HEAD_SECONDS = 10.0
"""Longest time from the beginning of a connection or of a request until the end of its head."""

_MOST_HEAD = 32_768
"""Longest head of a request, bytes. Browsers send less than 4 kB."""

_MOST_CONNECTIONS = 1000
_GRACE_SECONDS = 10


class _Protocol(H11Protocol):
    """Close connections that bring no whole head in time. uvicorn alone would wait for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._close_in_time(None)

    def on_response_complete(self) -> None:
        """Begin to wait for the next head."""
        before = self.cycle
        super().on_response_complete()
        self._close_in_time(before)

    def _close_in_time(self, before: object) -> None:
        def close() -> None:
            if self.cycle is before and not self.transport.is_closing():
                self.transport.close()

        self.loop.call_later(HEAD_SECONDS, close)


class Server(uvicorn.Server):
    """Run a server. Requests that follow a job end first, so that the end waits for nobody.

    Args:
        app: The application.
        config: How uvicorn is set up.
        on_started: Called once connections are taken.
    """

    def __init__(self, app: FastAPI, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._app, self._on_started = app, on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections."""
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, after those who follow jobs were told."""
        self._app.state.service.bell.close()
        await super().shutdown(sockets)


def bound(settings: Settings) -> socket.socket:
    """Return a socket that listens where the settings say.

    Raises:
        OSError: The port is taken, or the address is none of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError:
        listening.close()
        raise
    return listening


def make_server(settings: Settings, on_started: Callable[[], None]) -> Server:
    """Make a server, which ``run`` runs.

    Args:
        settings: How it is set up.
        on_started: Called once connections are taken.

    Raises:
        DataError: The folder of the server cannot be used.
    """
    app = make_app(settings)
    options: dict[str, Any] = {
        "http": _Protocol,
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "limit_concurrency": _MOST_CONNECTIONS,
        "timeout_graceful_shutdown": _GRACE_SECONDS,
        "h11_max_incomplete_event_size": _MOST_HEAD,
    }
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    return Server(app, uvicorn.Config(app, **options), on_started)
