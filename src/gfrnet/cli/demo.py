"""``gfrnet demo``: see the program work without any photo of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gfrnet.weights import DEFAULT


def demo(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Folder for the pictures; old ones are replaced."),
    ] = Path("gfrnet-demo"),
    model: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="A model of `gfrnet models`, or a file.")
    ] = DEFAULT,
) -> None:
    """Degrade a photo, restore it, write the pictures of every step and print figures. Needs no input."""
    from gfrnet.cli.demonstration import demonstrate

    demonstrate(output, model)
