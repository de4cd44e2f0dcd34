"""Serve the page. It uses the public API only, as any other client could."""

from __future__ import annotations

import hashlib
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gfrnet.serve.page.words import best_language, spoken

_HERE = Path(__file__).parent

SCREENS = {
    "/": "restore.html",
    "/jobs/{name}": "restore.html",
    "/album": "album.html",
    "/album/{name}": "album.html",
    "/album/{name}/{part}": "album.html",
    "/film": "film.html",
    "/film/{name}": "film.html",
}
"""Template by the pattern of its address. What an address names is asked for by the scripts."""


class LastingFiles(StaticFiles):
    """Serve files that browsers keep for good: their address changes with their content."""

    async def get_response(self, path: str, scope: MutableMapping[str, Any]) -> Response:
        """Return a file that never has to be asked for again."""
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def add_page(app: FastAPI) -> None:
    """Add the screens and their static files."""
    static = f"/static/{content_hash(_HERE / 'static')}"
    app.mount(static, LastingFiles(directory=_HERE / "static"), name="static")
    loader = FileSystemLoader(_HERE / "templates")
    templates = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    languages = spoken(_HERE)

    def show(request: Request) -> Response:
        """Give a screen, in the language that the browser asks for."""
        language = best_language(request.headers.get("accept-language", ""), languages)
        template = templates.get_template(SCREENS[request.scope["route"].path])
        html = template.render(static=static, language=language, t=languages[language], path=request.url.path)
        headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language"}
        return Response(html, media_type="text/html; charset=utf-8", headers=headers)

    for address in SCREENS:
        app.add_api_route(address, show, include_in_schema=False)


def content_hash(folder: Path) -> str:
    """Return a short hash of the names and contents of all files in a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
