"""Offer ``gfrnet album``: choose guides, and restore the bad faces of an album."""

from __future__ import annotations

import typer

from gfrnet.cli import album_guides, album_restore

app = typer.Typer(no_args_is_help=True, help="Thousands of photos: who is on them, and which are bad.")
app.command("guides")(album_guides.guides)
app.command("restore")(album_restore.restore)
