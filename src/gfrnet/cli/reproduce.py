"""Run ``gfrnet reproduce``: make the tables of the paper anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.console import remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.evaluate import as_document, open_work, tell_failures
from gfrnet.cli.extras import require
from gfrnet.cli.interrupt import INTERRUPTED, stoppable

if TYPE_CHECKING:
    from gfrnet.evaluate import Protocol
    from gfrnet.reproduce import RowBegun
    from gfrnet.train import Progress

app = typer.Typer(
    help="Make the tables of the paper anew: train their rows and measure them.", no_args_is_help=True
)


@app.command("table1")
def table1(
    data: Annotated[
        list[Path], typer.Option(metavar="DST", help="What to measure on, by gfrnet data build; repeat it.")
    ],
    base: Annotated[
        Path,
        typer.Option(metavar="CONFIG.yaml", help="What all rows have in common; configs/table1.yaml is one."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", file_okay=False, help="Folder of the results.")
    ],
    rows: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME,...",
            help="Only these rows: full, minus_f, minus_w2, minus_w, minus_wg2, minus_wg.",
        ),
    ] = None,
    samples: Annotated[
        int | None, typer.Option(min=1, max=10**12, help="Samples of each row; those of the base if none.")
    ] = None,
    scale: Annotated[
        list[float] | None,
        typer.Option(min=1, max=32, help="Downsampling factor; repeat it. 4 and 8 if none."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(metavar="SPLIT", help="Only the people of this split, such as val.")
    ] = None,
    vgg: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights of a VGG-19: measures the distance of its features."),
    ] = None,
    lpips: Annotated[
        bool, typer.Option("--lpips", help="Measure LPIPS; needs torchmetrics and torchvision.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Processes that measure.")] = 2,
    json: Json = False,
) -> None:
    """Train the rows of table 1 alike and measure them by both protocols. The same command goes on."""
    with require("train"):
        from gfrnet import images, reproduce
        from gfrnet.train import load_config
    config = load_config(base)
    if samples is not None:
        config = reproduce.with_budget(config, samples)
    chosen = reproduce.choose_rows(rows.split(",") if rows else ())
    work = open_work(data, split, scale, workers, vgg=vgg, lpips=lpips, output=output)
    with stoppable() as stopped:
        samples_of = reproduce.train_rows(config, output / "runs", chosen, _show, stopped)
    if samples_of is None:
        remark("Stopped. Go on: the same command")
        raise typer.Exit(INTERRUPTED)
    contenders = reproduce.contenders(output / "runs", chosen)
    protocols: tuple[Protocol, ...] = ("blind", "bicubic")
    found = {protocol: work.measure(contenders, protocol, output / protocol) for protocol in protocols}
    measured = {protocol: both[0] for protocol, both in found.items()}
    table = reproduce.compare(measured, samples_of, chosen)
    images.write_text(table, output / "table1.md")
    if json:
        from gfrnet.cli.documents import Reproduced

        documents = (as_document(protocol, *both, output / protocol) for protocol, both in found.items())
        show(Reproduced(table=output / "table1.md", samples=samples_of, protocols=tuple(documents)))
        tell_failures(measured.values())
        return
    say(table)
    for protocol in protocols:
        say(f"Report: {output / protocol / 'report' / 'index.html'}")
    tell_failures(measured[protocol] for protocol in protocols)


def _show(event: RowBegun | Progress) -> None:
    from gfrnet.reproduce import RowBegun

    if isinstance(event, RowBegun):
        remark(f"{event.title}: {event.samples} of {event.length} samples done.")
    else:
        remark(f"{event.samples} samples, {event.samples_per_second:.1f}/s")
