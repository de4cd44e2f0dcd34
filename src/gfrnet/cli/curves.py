"""Run ``gfrnet curves``: draw how a training run goes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gfrnet.cli.console import say
from gfrnet.cli.document import Json, show
from gfrnet.cli.extras import require
from gfrnet.cli.names import file_name


def curves(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The output folder of gfrnet train.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            parser=file_name,
            help="A .png, .svg or .pdf; RUN/curves.png if none.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing FILE; RUN/curves.png always is.")
    ] = False,
    json: Json = False,
) -> None:
    """Draw a run's losses, learning rate, gradient, speed and data wait; also while it trains."""
    from gfrnet.images import check_free

    if output is not None:
        check_free(output, overwrite)
    with require("train"):
        from gfrnet.train import plot_curves

        drawn = plot_curves(run, output or run / "curves.png")
    if json:
        from gfrnet.cli.documents import Picture

        show(Picture(output=drawn))
        return
    say(f"Curves: {drawn}")
