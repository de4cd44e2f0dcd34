"""Run ``gfrnet evaluate``: measure models by the protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gfrnet.cli.console import complain, progress_bar, remark, say, say_lines
from gfrnet.cli.document import Json, show
from gfrnet.cli.extras import require
from gfrnet.cli.interrupt import INTERRUPTED, stoppable
from gfrnet.cli.models import complete_name
from gfrnet.work import Advanced

if TYPE_CHECKING:
    from gfrnet.cli.documents import Evaluated, ModelLine
    from gfrnet.evaluate import Contender, Extras, Measured, Pair, Protocol, Table


def evaluate(
    data: Annotated[list[Path], typer.Option(metavar="DST", help="What gfrnet data build made; repeat it.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", file_okay=False, help="Folder of the results.")
    ],
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL...",
            help="Installed names, ONNX files, checkpoints, runs' folders, or the controls bicubic, "
            "pasted-guide, warped-guide. Variants: MODEL:five-guides, MODEL:album, MODEL:stranger, "
            "MODEL:no-guide, MODEL:mirror, MODEL:warped-guide. A fidelity below 1 stands last: MODEL:0.5, "
            "MODEL:no-guide:0.5. TITLE=MODEL gives it a name.",
            autocompletion=complete_name,
        ),
    ] = None,
    protocol: Annotated[
        Literal["bicubic", "blind"], typer.Option(help="Downsampling only, or blind degradation.")
    ] = "blind",
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
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Processes.")] = 2,
    json: Json = False,
) -> None:
    """Measure models on the pairs of a data set. The same command again goes on where it was interrupted."""
    from gfrnet.evaluate import Contender, to_markdown

    if not models:
        raise typer.BadParameter("Name a model to measure, such as gfrnet-slim.", param_hint="MODEL")
    contenders = [Contender.parse(model) for model in models]
    work = open_work(data, split, scale, workers, vgg=vgg, lpips=lpips, output=output)
    measured, tables = work.measure(contenders, protocol, output)
    if json:
        show(as_document(protocol, measured, tables, output))
        tell_failures([measured])
        return
    for table in tables:
        if table.kind in ("guide gap", "means"):
            say_lines(to_markdown(table))
    say(f"Report: {output / 'report' / 'index.html'}")
    tell_failures([measured])


def open_work(
    data: Sequence[Path],
    split: str | None,
    scale: Sequence[float] | None,
    workers: int,
    *,
    vgg: Path | None,
    lpips: bool,
    output: Path,
) -> Work:
    """Find out what to measure on; refuse an output folder that holds a data set."""
    from gfrnet.data import CARD, read_manifests
    from gfrnet.evaluate import Extras, alone, list_pairs
    from gfrnet.plotting import load_matplotlib

    if (output / CARD).exists():
        raise typer.BadParameter(f"{output} holds a data set. Choose another folder.", param_hint="--output")
    # The report needs it, which is written when all is measured.
    with require("train"):
        load_matplotlib()
    portraits = read_manifests(data, split)
    if split and not any(portrait.split for portrait in portraits):
        remark(f"No data set has splits, so --split {split} leaves nobody out.")
    if lonely := alone(portraits):
        remark(f"Left out, because one photo makes no pair: {len(lonely)} people, {lonely[0]} among them.")
    return Work(list_pairs(portraits), scale or [4.0, 8.0], data, workers, Extras(vgg, lpips))


@dataclass(frozen=True)
class Work:
    """Say what to measure on, and how, whatever the models and the protocol."""

    pairs: Sequence[Pair]
    scales: Sequence[float]
    data: Sequence[Path]
    workers: int
    extras: Extras

    def at(self, scale: float) -> Work:
        """Return the same work at one scale."""
        return replace(self, scales=[scale])

    def measure(
        self, contenders: Sequence[Contender], protocol: Protocol, output: Path
    ) -> tuple[Measured, tuple[Table, ...]]:
        """Measure and write everything; leave the program where it is interrupted."""
        from gfrnet.evaluate import Evaluation, measure, pin, write_measured, write_pairs, write_results

        with require("train"):
            contenders = [pin(contender) for contender in contenders]
        evaluation = Evaluation(contenders, self.pairs, protocol, self.scales, self.extras, self.data)
        done, total = 0, len(self.pairs)
        with require("train"), stoppable() as stopped, progress_bar(f"{protocol} pairs", total) as advance:

            def show(event: Advanced) -> None:
                nonlocal done
                done = event.done
                advance()

            measured = measure(evaluation, output / "cache", self.workers, show, stopped)
        if done < total:
            remark(f"Stopped after {done} of {total} pairs. Go on: the same command")
            raise typer.Exit(INTERRUPTED)
        write_pairs(self.pairs, output / "pairs.csv")
        write_measured(measured, output)
        with require("train"):
            tables = write_results(measured, evaluation, output)
        return measured, tables


def tell_failures(runs: Iterable[Measured]) -> None:
    """Report failures, and leave the program where restorations failed."""
    if failed := sum(len(measured.failures) for measured in runs):
        complain(f"{failed} restorations failed; failures.csv beside the tables says why.")
        raise typer.Exit(1)


def as_document(protocol: Protocol, measured: Measured, tables: Sequence[Table], output: Path) -> Evaluated:
    """Return the tables of one protocol in the form of a document."""
    from gfrnet.cli.documents import Evaluated, ModelTable

    return Evaluated(
        protocol=protocol,
        report=output / "report" / "index.html",
        failures=len(measured.failures),
        tables=tuple(
            ModelTable(kind=table.kind, scale=table.scale, note=table.note, lines=tuple(_lines(table)))
            for table in tables
        ),
    )


def _lines(table: Table) -> Iterator[ModelLine]:
    from gfrnet.cli.documents import ModelLine

    names = [metric.name for metric in table.metrics]
    for line in table.lines:
        yield ModelLine(
            model=line.model,
            minus=line.minus,
            pose_gap=line.pose_gap,
            pairs=line.pairs,
            of=line.of,
            figures=dict(zip(names, line.estimates, strict=True)),
        )
