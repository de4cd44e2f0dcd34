"""``gfrnet data``: folders of photographs as training pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gfrnet.cli.console import progress_bar, say

app = typer.Typer(no_args_is_help=True, help="Folders of photographs as training and evaluation pairs.")


@app.command("build")
def build(
    source: Annotated[
        Path, typer.Argument(metavar="SRC", help="A folder with one folder of photos per person.")
    ],
    target: Annotated[Path, typer.Option("--output", "-o", metavar="DST", help="Where the data set goes.")],
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> None:
    """Find, crop and landmark every face, drop near-duplicates, choose each person's guide.

    The 68-point landmark model is for non-commercial use.
    """
    from gfrnet.data import build

    with progress_bar("photos") as advance:
        used = build(source, target, workers, on_photo=advance)
    say(f"Photos in use: {used}. {target / 'manifest.csv'} tells of every photo, dropped ones too.")
