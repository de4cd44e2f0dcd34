"""Run the application with uvicorn, until it is asked to end."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from gfrnet.serve.app import make_app
from gfrnet.serve.settings import Settings
from gfrnet.serve.sharing import MOST_CONNECTIONS, MOST_OF_A_CLIENT, Clients

HEAD_SECONDS = 10.0
"""Longest time from the beginning of a connection or of a request until the end of its head."""

_MOST_HEAD = 32_768
"""Longest head of a request, bytes. Browsers send less than 4 kB."""

_GRACE_SECONDS = 10

STALLED_SECONDS = 60.0
"""Longest time in which a client takes nothing of an answer that waits for it.

The system and uvicorn keep some hundred kilobytes for it, so who reads slowly but steadily is never cut.
"""


class _Protocol(H11Protocol):
    """Close connections that bring no head or take no answer in time, and what one client has too many of.

    uvicorn alone would wait for ever.

    Args:
        clients: Tells clients apart.
        options: What uvicorn gives.
    """

    def __init__(self, clients: Clients, **options: Any) -> None:  # noqa: ANN401 (uvicorn says what it gives)
        super().__init__(**options)
        self._clients, self._household = clients, ""
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        peer = self.client[0] if self.client else ""
        if not self._clients.is_proxy(peer):
            self._household = self._clients.named(peer)
            others = (getattr(each, "_household", "") for each in self.connections)
            if sum(other == self._household for other in others) > MOST_OF_A_CLIENT:
                transport.abort()
                return
        self._close_in_time(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for this client no longer."""
        self._moves()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait until the client takes what was sent."""
        super().pause_writing()
        self._moves()
        self._stalled = self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on sending."""
        self._moves()
        super().resume_writing()

    def _moves(self) -> None:
        if self._stalled:
            self._stalled.cancel()
            self._stalled = None

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
        "http": partial(_Protocol, Clients(settings)),
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "limit_concurrency": MOST_CONNECTIONS,
        "timeout_graceful_shutdown": _GRACE_SECONDS,
        "h11_max_incomplete_event_size": _MOST_HEAD,
    }
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    return Server(app, uvicorn.Config(app, **options), on_started)
