"""Refuse hostile requests before anything of them is parsed: who asks, from where, how much and how slowly.

`Gate` looks at the head of a request, `Intake` at its body. Both are plain ASGI, so nothing else runs before.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeAlias

import anyio.to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from gfrnet.serve.problems import MEDIA_TYPE, ProblemError
from gfrnet.serve.room import Held, Room
from gfrnet.serve.settings import MEGABYTE, Settings

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

API = "/api/v1"
"""Where the API lies."""

SESSION = f"{API}/session"
"""Where a browser changes the token for a cookie."""

RESTORE = f"{API}/restore"
"""Where one request restores one photo."""

COOKIE = "gfrnet"
"""Name of the cookie."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
}
"""Headers of every answer. No script or style stands in the page itself, so none that is injected runs."""

MOST_JSON = MEGABYTE // 2
"""Longest body of JSON. 1000 decisions take less."""

MOST_JSON_OF = {SESSION: 8_000, f"{API}/preview": MEGABYTE, f"{API}/jobs": 4 * MEGABYTE}
"""The same for routes that need less or more: a token; a photo with 500 guides; 1000 photos with places."""

MOST_COMMAS = 100_000
"""Most commas in a body of JSON, and so nearly its values. 1000 photos of 10 faces each have 80,000.

Each value takes a thousand times as long as a byte. A body is taken apart in the thread of all clients.
"""

IDLE_SECONDS = 20.0
"""Longest pause within a body."""

SLOWEST = 2_000.0
"""Bytes a second that a body must bring on average, after `IDLE_SECONDS`. A bad mobile line brings more."""

_LINGER_SECONDS, _LINGER_BYTES = 1.0, 2 * MEGABYTE
"""How long, and how much, a refused client may still send. A cut connection would lose the answer."""

_OPEN = ("/healthz", "/readyz", SESSION)
_WRITING = ("POST", "PUT", "PATCH", "DELETE")


def cookie_value(token: str) -> str:
    """Return the value of the cookie for a token. The token cannot be found from it."""
    return hmac.new(token.encode(), b"gfrnet cookie", hashlib.sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compare two secrets in a time that tells nothing about them."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


async def refuse(error: ProblemError, receive: Receive, send: Send) -> None:
    """Answer with a problem, close the connection, and take what the client still sends for a moment."""
    body = JSONResponse(error.problem.model_dump(mode="json")).body
    headers = (
        HEADERS
        | error.headers
        | {
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Connection": "close",
        }
    )
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.problem.status, "headers": raw})
    await send({"type": "http.response.body", "body": bytes(body), "more_body": True})
    taken = 0
    try:
        async with asyncio.timeout(_LINGER_SECONDS):
            while taken < _LINGER_BYTES:
                message = await receive()
                taken += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body"):
                    break
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b""})


class Gate:
    """Let in only those who know the name of the server, come from its own page, and have the token.

    Args:
        app: What to protect.
        settings: How the server is set up.
    """

    def __init__(self, app: App, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._names = {name.lower() for name in own_names(settings)}
        self._cookie = None if settings.token is None else cookie_value(settings.token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, and hand it on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        try:
            self._check(scope["method"], scope["path"], Headers(scope=scope))
        except ProblemError as error:
            await refuse(error, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_safely)

    def _check(self, method: str, path: str, headers: Headers) -> None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._knows(hosts[0]):
            raise ProblemError(
                421, "The server does not answer to this name. Use the address that it printed.", name="host"
            )
        self._check_origin(method, path, headers, hosts[0])
        if self._settings.token is None or path in _OPEN or not _is_private(path):
            return
        if not self._shows_token(headers):
            raise ProblemError(
                401,
                "A token is needed. Ask the person who started the server for it.",
                name="token-needed",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def _knows(self, host: str) -> bool:
        """Return whether a host is this server. A foreign page that its DNS led here keeps its own name."""
        name = _without_port(host)
        if name is None:
            return False
        if name.lower() in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self._settings.is_local

    def _check_origin(self, method: str, path: str, headers: Headers, host: str) -> None:
        site = headers.get("sec-fetch-site", "none")
        origins = headers.getlist("origin")
        own = all(
            origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower()) for origin in origins
        )
        walks_in = method == "GET" and not _is_private(path)
        if own and (site in ("same-origin", "none") or (walks_in and not origins)):
            return
        raise ProblemError(
            403, "This request comes from another page. Use the server's own page.", name="other-origin"
        )

    def _shows_token(self, headers: Headers) -> bool:
        token, cookie = self._settings.token, self._cookie
        assert token is not None, "the caller asked"
        assert cookie is not None, "it follows from the token"
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and same(given.strip(), token):
            return True
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return found is not None and same(found.value, cookie)


class Intake:
    """Take in a body only as far as its kind may go, and not from clients that dawdle.

    Args:
        app: What to protect.
        settings: Limits.
        room: Room for forms, whose files are laid down before anything else looks at them.
        idle_seconds: As `IDLE_SECONDS`.
        slowest: As `SLOWEST`.
    """

    def __init__(
        self,
        app: App,
        settings: Settings,
        room: Room,
        idle_seconds: float = IDLE_SECONDS,
        slowest: float = SLOWEST,
    ) -> None:
        self._app, self._settings, self._room = app, settings, room
        self._idle, self._slowest = idle_seconds, slowest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the body of a request while it arrives."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            size = self._checked(scope["method"], scope["path"], Headers(scope=scope))
            is_form = size > 0 and scope["path"] == RESTORE
            held = await anyio.to_thread.run_sync(self._room.hold, size) if is_form else None
        except ProblemError as error:
            await refuse(error, receive, send)
            return
        if size == 0:
            await self._app(scope, receive, send)
            return
        try:
            is_json = self._expected(scope["method"], scope["path"])[0] == "application/json"
            body = _Body(receive, size, is_json, held, (self._idle, self._slowest))
            await self._taken_in(scope, body, send)
        finally:
            if held:
                held.release()

    def _checked(self, method: str, path: str, headers: Headers) -> int:
        """Return the size of a body.

        Raises:
            ProblemError: The size is unknown or too large, or the body is of the wrong type.
        """
        if "transfer-encoding" in headers:
            raise ProblemError(411, "Say how long the body is, in Content-Length. Chunks are not taken.")
        size = int(headers.get("content-length", "0"))
        if size == 0:
            return 0
        kind, most = self._expected(method, path)
        if size > most:
            raise ProblemError(
                413,
                f"At most {most / MEGABYTE:g} MB are taken here. Send less at once.",
                name="body-too-large",
            )
        given = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind is not None and given != kind:
            raise ProblemError(415, f"The body must be {kind}, and its Content-Type must say so.")
        return size

    def _expected(self, method: str, path: str) -> tuple[str | None, int]:
        """Return the type of a body, None for any, and its largest size."""
        if path.startswith(f"{API}/files/") and method == "PUT":
            return None, self._settings.file_bytes
        if path == f"{API}/files":
            return "application/octet-stream", self._settings.file_bytes
        if path == RESTORE:
            return "multipart/form-data", self._settings.request_bytes
        return "application/json", MOST_JSON_OF.get(path, MOST_JSON) if method in _WRITING else 0

    async def _taken_in(self, scope: Scope, body: _Body, send: Send) -> None:
        async def send_unless_cut(message: Message) -> None:
            if not body.cut:
                await send(message)

        await self._app(scope, body.receive, send_unless_cut)
        if body.cut:
            await refuse(body.cut, body.whole, send)


class _Body:
    """Take in the body of one request, until there is a reason to cut it.

    Args:
        receive: Gives the pieces.
        size: Bytes in all.
        is_json: Whether it is JSON.
        held: Room for it on the disk; None where it is kept in memory.
        pace: Longest pause, and least bytes a second after it.

    Attributes:
        whole: Gives the pieces that still come after the cut.
        cut: Why it was cut; None while it is fine.
    """

    def __init__(
        self, receive: Receive, size: int, is_json: bool, held: Held | None, pace: tuple[float, float]
    ) -> None:
        self.whole = receive
        self.cut: ProblemError | None = None
        self._size, self._is_json, self._held = size, is_json, held
        self._idle, self._slowest = pace
        self._start, self._taken, self._commas = time.monotonic(), 0, 0

    async def receive(self) -> Message:
        """Return the next piece; a body that is cut looks as if the client had gone."""
        if self.cut:
            return {"type": "http.disconnect"}
        if self._taken >= self._size:
            return await self.whole()
        allowed = self._start + self._idle + self._taken / self._slowest - time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, min(self._idle, allowed))):
                message = await self.whole()
        except TimeoutError:
            self.cut = ProblemError(408, "The body came too slowly. Send it again over a better line.")
            return {"type": "http.disconnect"}
        return self._counted(message)

    def _counted(self, message: Message) -> Message:
        piece = message.get("body", b"")
        self._taken += len(piece)
        if self._held:
            self._held.arrived(len(piece))
            if self._taken >= self._size:
                self._held.release()
        self._commas += piece.count(b",") if self._is_json else 0
        if self._commas > MOST_COMMAS:
            self.cut = ProblemError(
                413, "The body holds too many values. Send less at once.", name="body-too-large"
            )
            return {"type": "http.disconnect"}
        return message


def own_names(settings: Settings) -> Iterable[str]:
    """Yield the names under which a server may be called."""
    yield from ("localhost", settings.host, *settings.names)
    if not settings.is_local:
        yield from {socket.gethostname(), socket.getfqdn()}


def _is_private(path: str) -> bool:
    return path.startswith("/api/") or path == "/metrics"


def _without_port(host: str) -> str | None:
    """Return the name in a Host header; None where it is none."""
    if host.startswith("["):
        name, bracket, port = host[1:].partition("]")
        valid = bool(bracket) and (not port or (port[0] == ":" and port[1:].isdecimal()))
        return name if valid else None
    name, colon, port = host.partition(":")
    return name if name and (not colon or (port.isascii() and port.isdecimal())) else None
