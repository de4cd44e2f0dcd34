"""Run ``gfrnet serve``: the page and the HTTP API."""

from __future__ import annotations

import os
import re
import secrets
import socket
import sys
import tempfile
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.console import remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.extras import require
from gfrnet.cli.interrupt import stoppable
from gfrnet.cli.models import ModelName
from gfrnet.files import read_text
from gfrnet.weights import DEFAULT

if TYPE_CHECKING:
    from gfrnet.serve import Settings, make_server  # noqa: F401

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MEGABYTE = 1_000_000
_MOST_TOKEN = 4096

_HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses that stand for all of this machine, and where a browser on it finds the server."""

_ELSEWHERE = {"0.0.0.0": (socket.AF_INET, "192.0.2.1"), "::": (socket.AF_INET6, "2001:db8::1")}
"""Addresses that belong to nobody (RFC 5737, RFC 3849), by those that stand for all of this machine."""


def _duration(text: str) -> float:
    """Return the seconds of a time such as ``24h``.

    Raises:
        typer.BadParameter: It is none.
    """
    found = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)([smhd])", text.strip())
    if found is None or float(found[1]) == 0:
        raise typer.BadParameter(
            f"{text!r} is no time. Give a number and s, m, h or d, for example 24h.", param_hint="--keep"
        )
    return float(found[1]) * _SECONDS[found[2]]


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on. Others than this machine's own need a token.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    root: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Folder below which albums may lie; repeatable. Without it, no folder is shown.",
            show_default=False,
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for uploads, jobs and results. Without it: a private one among the user's caches.",
            show_default=False,
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File with the token that clients must show. Without it, one is made where it is needed.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST",
            help="One more name of this server, as behind a proxy; repeatable.",
            show_default=False,
        ),
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS",
            help="Address or network of a proxy whose X-Forwarded-For tells clients apart; repeatable.",
            show_default=False,
        ),
    ] = None,
    limit_mb: Annotated[float, typer.Option(min=0.001, max=2000, metavar="N", help="Largest file, MB.")] = 64,
    store_mb: Annotated[
        float,
        typer.Option(min=1, max=10_000_000, metavar="N", help="Largest size of all files and results, MB."),
    ] = 20_000,
    keep: Annotated[
        str,
        typer.Option(metavar="TIME", help="Time that files and results are kept after their last use."),
    ] = "24h",
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes that restore; one more looks at photos.")
    ] = 1,
    no_page: Annotated[bool, typer.Option("--no-page", help="Serve the API only.")] = False,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    model: ModelName = DEFAULT,
    json: Json = False,
) -> None:
    """Serve a page for people, and an HTTP API for programs, until Ctrl-C.

    Only this machine reaches the server, unless --host names another address. Then clients need a token,
    which is printed once. Files and results lie in one folder, which is printed too. They are deleted some
    time after their last use. A server that is stopped or killed goes on with its jobs at its next start.
    """
    from gfrnet.serve import Settings

    token = _token(host, token_file)
    settings = Settings(
        data=(data or cache_folder()).absolute(),
        host=host,
        port=port,
        names=tuple(name or ()),
        proxies=tuple(proxy or ()),
        token=token,
        roots=tuple(folder.absolute() for folder in root or ()),
        model=model,
        workers=workers,
        file_bytes=round(limit_mb * _MEGABYTE),
        store_bytes=round(store_mb * _MEGABYTE),
        keep=_duration(keep),
        page=not no_page,
    )
    _run(settings, _Telling(token if token_file is None else None, keep, open_page, json))


@dataclass(frozen=True)
class _Telling:
    """Say how a person or program learns where the server is.

    Attributes:
        token: Token that was made now, which nobody knows yet; None where there is none.
        keep: Time that files are kept, as it was given.
        open_page: Whether to open the page.
        json: Whether a program listens.
    """

    token: str | None
    keep: str
    open_page: bool
    json: bool

    def tell(self, settings: Settings, port: int) -> None:
        """Tell where the server is, and open the page."""
        # What follows # stays in the browser, and so in no log.
        key = f"#token={self.token}" if self.token and settings.page else ""
        address, here = _address(_outside(settings.host), port), _address(_inside(settings.host), port)
        say(f"Serving {address}{key}. End with Ctrl-C.")
        if here != address:
            say(f"On this machine it is {here}{key}.")
        if self.token:
            say(f"The token is {self.token}. It is shown only now, and is another one at the next start.")
        if settings.token:
            say("Whoever has the token sees and deletes all photos here. Give it to nobody else.")
        say(f"Files and results lie in {settings.data}, and are kept {self.keep} after their last use.")
        if self.json:
            self._show(settings, address)
        if self.open_page and settings.page and not webbrowser.open(here + key):
            remark("No browser can be opened here. Open the address yourself.")

    def _show(self, settings: Settings, address: str) -> None:
        from gfrnet.cli.documents import Serving

        show(
            Serving(
                address=address,
                token=self.token,
                data=str(settings.data),
                keep_seconds=settings.keep,
                page=settings.page,
            )
        )


def _inside(host: str) -> str:
    """Return the address at which this machine finds a server that listens on ``host``."""
    return _HERE.get(host, host)


def _outside(host: str) -> str:
    """Return the address at which other machines find a server that listens on ``host``.

    The system is asked from where it would send to another network. Nothing is sent.
    """
    if host not in _HERE:
        return host
    kind, elsewhere = _ELSEWHERE[host]
    try:
        with socket.socket(kind, socket.SOCK_DGRAM) as asking:
            asking.connect((elsewhere, 9))
            return str(asking.getsockname()[0])
    except OSError:
        return _inside(host)


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _run(settings: Settings, telling: _Telling) -> None:
    with require("serve"):
        from gfrnet.serve import bound, make_server

    try:
        listening = bound(settings)
    except OSError as error:
        raise typer.BadParameter(
            f"{settings.host} port {settings.port} cannot be used ({error.strerror or error}). Choose "
            "another port or address.",
            param_hint="--port",
        ) from error
    with listening:
        port = listening.getsockname()[1]
        server = make_server(settings, lambda: telling.tell(settings, port))
        # Uploads of a form wait here until they are read, and nowhere else.
        tempfile.tempdir = str(settings.data / "tmp")
        with stoppable():
            server.run(sockets=[listening])
    say("Ended. Jobs that were not done go on at the next start.")


def _token(host: str, file: Path | None) -> str | None:
    from gfrnet.serve.settings import LOCAL

    if file is None:
        return None if host in LOCAL else secrets.token_urlsafe(32)
    try:
        return read_text(file, _MOST_TOKEN).strip()
    except (OSError, ValueError) as error:
        raise typer.BadParameter(
            f"{file} cannot be read ({error}). Write a long random word into a file.",
            param_hint="--token-file",
        ) from error


def cache_folder() -> Path:
    """Return the folder of the user's caches in which a server keeps files."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        given = os.environ.get("XDG_CACHE_HOME", "")
        base = Path(given) if os.path.isabs(given) else home / ".cache"
    return base / "gfrnet" / "served"
