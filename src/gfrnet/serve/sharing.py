"""Share the server among its clients, so that none takes all connections or all answers at once."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import TypeAlias

from starlette.datastructures import Headers

from gfrnet.serve.problems import ProblemError
from gfrnet.serve.safety import App, Receive, Scope, Send, refuse
from gfrnet.serve.settings import Settings

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

MOST_CONNECTIONS = 1000
"""Most connections of all clients together."""

MOST_OF_A_CLIENT = 200
"""Most connections of one client, and most of its requests at a time.

A browser opens 6 connections, or 100 streams over a proxy. ``benchmarks/serve.py`` has 100 clients at once.
"""

_SUBNET = {4: 32, 6: 64}
"""Bits of an address that tell one client from another. One household has all of a /64."""

_FORWARDED = "x-forwarded-for"


class Clients:
    """Tell clients apart.

    Args:
        settings: Names the proxies whose word on the address of a client is believed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _proxies(self) -> tuple[Network, ...]:
        return tuple(ipaddress.ip_network(each, strict=False) for each in self._settings.proxies)

    def is_proxy(self, peer: str) -> bool:
        """Return whether an address is that of a trusted proxy."""
        return _in_any(peer, self._proxies)

    def named(self, peer: str, forwarded: Iterable[str] = ()) -> str:
        """Return a name for a client.

        Args:
            peer: Address from which the connection comes.
            forwarded: Values of ``X-Forwarded-For``. Each proxy adds at the end, so only the end is believed.
                It counts back to the first address that is no trusted proxy.
        """
        if not self.is_proxy(peer):
            return _household(peer)
        hops = [hop.strip() for value in forwarded for hop in value.split(",")]
        for hop in reversed(hops):
            if not self.is_proxy(hop):
                return _household(hop)
        return _household(peer)


class Share:
    """Refuse the requests of a client that has too many at a time, whoever else is served.

    Args:
        app: What to share.
        settings: Names the trusted proxies.
        most: As `MOST_OF_A_CLIENT`.
    """

    def __init__(self, app: App, settings: Settings, most: int = MOST_OF_A_CLIENT) -> None:
        self._app, self._most, self._clients = app, most, Clients(settings)
        self._open = Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request while it is answered, and hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        peer = (scope.get("client") or ("",))[0]
        client = self._clients.named(peer, Headers(scope=scope).getlist(_FORWARDED))
        if self._open[client] >= self._most:
            await refuse(_too_many(), receive, send)
            return
        self._open[client] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]


def _too_many() -> ProblemError:
    return ProblemError(
        429,
        "Too many requests of yours are being answered. Wait for some of them.",
        headers={"Retry-After": "5"},
    )


def _in_any(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        found = _plain(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


def _household(address: str) -> str:
    """Return the part of an address that tells clients apart; what is no address stands for itself."""
    try:
        found = _plain(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((found, _SUBNET[found.version]), strict=False))


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return an address; that of IPv4 where it is only written as one of IPv6.

    Raises:
        ValueError: It is none.
    """
    found = ipaddress.ip_address(address)
    mapped = found.ipv4_mapped if found.version == 6 else None
    return mapped or found
