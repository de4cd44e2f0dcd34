"""Hold how a server is set up: where it listens, where it keeps files, and its limits."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from gfrnet.errors import ConfigError
from gfrnet.types import is_finite
from gfrnet.weights import DEFAULT

MEGABYTE = 1_000_000

LOCAL = ("127.0.0.1", "::1", "localhost")
"""Addresses that only this machine reaches."""

SHORTEST_TOKEN = 16
"""Least characters of a token. `secrets.token_urlsafe` gives 43."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Hold how a server is set up. Creating it checks the values.

    Attributes:
        data: Folder of the server's own, for uploads, jobs and results.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        names: More names under which clients may reach the server, as behind a proxy.
        proxies: Addresses or networks of proxies whose ``X-Forwarded-For`` tells clients apart.
        token: Secret that clients must show; None asks for none, which only local addresses allow.
        roots: Folders below which albums may lie.
        model: Name or path of the model.
        workers: Number of processes that restore; one more only looks at photos.
        file_bytes: Largest uploaded file.
        store_bytes: Largest size of all uploads and results together.
        keep: Seconds that files and ended jobs are kept after their last use.
        most_queued: Number of jobs that may wait.
        max_megabytes: Largest decoded size of a picture, as in `RestoreOptions`.
        patience: Seconds without any sign of life after which a worker counts as stuck.
        page: Whether to serve the page too.

    Raises:
        ConfigError: A value is out of its range, or an address needs a token.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    names: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    token: str | None = field(default=None, repr=False)
    roots: tuple[Path, ...] = ()
    model: str = DEFAULT
    workers: int = 1
    file_bytes: int = 64 * MEGABYTE
    store_bytes: int = 20_000 * MEGABYTE
    keep: float = 24 * 3600.0
    most_queued: int = 100
    max_megabytes: float = 300.0
    patience: float = 600.0
    page: bool = True

    def __post_init__(self) -> None:
        for name, lowest in (("port", 0), ("workers", 1), ("file_bytes", 1), ("most_queued", 1)):
            if getattr(self, name) < lowest:
                raise ConfigError(f"{name} must be {lowest} or more, got {getattr(self, name)}.")
        for name in ("keep", "patience"):
            value = getattr(self, name)
            if not (is_finite(value) and float(value) > 0):
                raise ConfigError(f"{name} must be a number of seconds above 0, got {value!r}.")
        if self.token is None and not self.is_local:
            raise ConfigError(
                f"{self.host} can be reached from other machines, so a token is needed. Give one, or listen "
                "on 127.0.0.1."
            )
        if self.token is not None and len(self.token) < SHORTEST_TOKEN:
            raise ConfigError(f"The token must have {SHORTEST_TOKEN} letters or more.")
        for proxy in self.proxies:
            try:
                ipaddress.ip_network(proxy, strict=False)
            except ValueError as error:
                raise ConfigError(
                    f"{proxy!r} is no address of a proxy. Give one such as 127.0.0.1, or a network such as "
                    "172.16.0.0/12."
                ) from error
        for root in self.roots:
            if not os.path.isdir(root):
                raise ConfigError(f"{root} is no folder. Name a folder that holds albums.")

    @property
    def is_local(self) -> bool:
        """Return whether only this machine reaches the address."""
        return self.host in LOCAL

    @property
    def request_bytes(self) -> int:
        """Return the largest body of a request that carries a photo and its guides."""
        return 4 * self.file_bytes
