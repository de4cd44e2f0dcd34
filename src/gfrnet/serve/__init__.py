"""Serve gfrnet over HTTP: an API for programs, and a page for people.

>>> from pathlib import Path
>>> from gfrnet.serve import Settings, make_server
>>> make_server(Settings(data=Path("served")), on_started=print).run()  # doctest: +SKIP

The server itself decodes no picture. Processes do, which may die without harm to it.
"""

from gfrnet.serve.app import make_app
from gfrnet.serve.server import Server, bound, make_server
from gfrnet.serve.settings import Settings

__all__ = ["Server", "Settings", "bound", "make_app", "make_server"]
