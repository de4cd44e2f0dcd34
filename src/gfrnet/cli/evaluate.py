"""``gfrnet evaluate``: models measured by the protocol."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gfrnet.cli.console import progress_bar, say
from gfrnet.cli.extras import require


class ProtocolName(StrEnum):
    """How the targets are degraded."""

    BICUBIC = "bicubic"
    BLIND = "blind"


def evaluate(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="Installed names, ONNX files, checkpoints or bicubic; MODEL:stranger, MODEL:no-guide.",
        ),
    ],
    data: Annotated[list[Path], typer.Option(metavar="DST", help="What gfrnet data build made; repeat it.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="Folder of the results.")],
    protocol: Annotated[
        ProtocolName, typer.Option(help="Downsampling only, or blind degradation.")
    ] = ProtocolName.BLIND,
    scale: Annotated[
        list[float] | None,
        typer.Option(min=1, max=32, help="Downsampling factor; repeat it. 4 and 8 if none."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> None:
    """Measure models on the pairs of a data set: rows.csv, pairs.csv and table.md, the guide gap first."""
    from gfrnet import images
    from gfrnet.data import read_manifests
    from gfrnet.evaluate import Contender, list_pairs, measure, open_model, report, write_pairs, write_rows

    contenders = [Contender.parse(model) for model in models]
    with require("train"):  # what a checkpoint needs
        for name in {contender.model for contender in contenders}:
            open_model(name, threads=1)
    pairs = list_pairs(read_manifests(data))
    with progress_bar("pairs", len(pairs)) as advance:
        rows = measure(contenders, pairs, protocol.value, scale or [4.0, 8.0], workers, advance)
    write_pairs(pairs, output / "pairs.csv")
    write_rows(rows, output / "rows.csv")
    table = report(rows)
    images.write_text(table, output / "table.md")
    say(table)
