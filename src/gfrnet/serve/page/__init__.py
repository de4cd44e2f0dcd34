"""Serve the page. It uses the public API only, as any other client could."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

_HERE = Path(__file__).parent


def add_page(app: FastAPI) -> None:
    """Add the page and its static files."""
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")

    @app.get("/", include_in_schema=False)
    def index() -> FileResponse:
        """Give the page."""
        return FileResponse(_HERE / "templates" / "index.html", headers={"Cache-Control": "no-cache"})
