"""Serve gfrnet over HTTP: an API for programs, and a page for people.

>>> from pathlib import Path
>>> from gfrnet.serve import Settings, make_server
>>> make_server(Settings(data=Path("served")), on_started=print).run()  # doctest: +SKIP

The server itself decodes no picture. Processes do, which may die without harm to it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gfrnet.serve.app import make_app
    from gfrnet.serve.server import Server, bound, make_server
    from gfrnet.serve.settings import Settings

__all__ = ["Server", "Settings", "bound", "make_app", "make_server"]

_HOMES = {
    "Server": "server",
    "Settings": "settings",
    "bound": "server",
    "make_app": "app",
    "make_server": "server",
}


def __getattr__(name: str) -> object:
    # Names are loaded on demand: workers need nothing of the web.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
