"""Run ``gfrnet evaluate``: measure models by the protocol, and reproduce the paper's table 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gfrnet.cli.console import complain, progress_bar, remark, say
from gfrnet.cli.extras import require
from gfrnet.cli.interrupt import INTERRUPTED, stoppable

if TYPE_CHECKING:
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
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    reproduce: Annotated[
        Literal["table1"] | None,
        typer.Option(help="Train the paper's variants and measure them by both protocols, instead of MODEL."),
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(metavar="CONFIG.yaml", help="With --reproduce: what all variants have in common."),
    ] = None,
    samples: Annotated[
        int | None, typer.Option(min=1, help="With --reproduce: samples of each variant; the base's if none.")
    ] = None,
) -> None:
    """Measure models on the pairs of a data set. The same command again goes on where it was interrupted."""
    from gfrnet.data import CARD, read_manifests
    from gfrnet.evaluate import Contender, Extras, alone, list_pairs, to_markdown

    _refuse_mixture(models or [], reproduce, base, samples)
    if (output / CARD).exists():
        raise typer.BadParameter(f"{output} holds a data set. Choose another folder.", param_hint="--output")
    contenders = [Contender.parse(model) for model in models or []]
    with require("train"):
        import matplotlib  # noqa: F401 - of the report, which is written when all is measured
    portraits = read_manifests(data, split)
    if split and not any(portrait.split for portrait in portraits):
        remark(f"No data set has splits, so --split {split} leaves nobody out.")
    work = _Work(list_pairs(portraits), scale or [4.0, 8.0], data, workers, Extras(vgg, lpips))
    if lonely := alone(portraits):
        remark(f"Left out, because one photo makes no pair: {len(lonely)} people, {lonely[0]} among them.")
    if base is not None:
        _reproduce_table1(work, base, samples, output)
        return
    measured, tables = work.measure(contenders, protocol, output)
    say("\n".join(to_markdown(table) for table in tables if table.kind in ("guide gap", "means")))
    say(f"Report: {output / 'report' / 'index.html'}")
    _tell_failures([measured])


def _refuse_mixture(
    models: Sequence[str], reproduce: str | None, base: Path | None, samples: int | None
) -> None:
    """Refuse options that do not belong together: models to measure, or a table to reproduce."""
    if reproduce is None and not models:
        raise typer.BadParameter("Name a model to measure, such as gfrnet-slim.", param_hint="MODEL")
    if reproduce is None and (base is not None or samples is not None):
        raise typer.BadParameter("--base and --samples belong to --reproduce table1.")
    if reproduce is not None and models:
        raise typer.BadParameter("--reproduce trains its own models. Leave MODEL out.", param_hint="MODEL")
    if reproduce is not None and base is None:
        raise typer.BadParameter("Add --base CONFIG.yaml; configs/table1.yaml is one.", param_hint="--base")


@dataclass(frozen=True)
class _Work:
    """Hold what to measure on, and how, for any models and protocol."""

    pairs: Sequence[Pair]
    scales: Sequence[float]
    data: Sequence[Path]
    workers: int
    extras: Extras

    def measure(
        self, contenders: Sequence[Contender], protocol: Protocol, output: Path
    ) -> tuple[Measured, tuple[Table, ...]]:
        """Measure and write everything; leaves the program where it is interrupted."""
        from gfrnet.evaluate import measure, pin, write_measured, write_pairs, write_results

        with require("train"):
            contenders = [pin(contender) for contender in contenders]
        done, total = 0, len(self.pairs)
        with require("train"), stoppable() as stopped, progress_bar(f"{protocol} pairs", total) as advance:

            def tell() -> None:
                nonlocal done
                done += 1
                advance()

            measured = measure(
                contenders,
                self.pairs,
                protocol,
                self.scales,
                output / "cache",
                self.workers,
                tell,
                self.extras,
                stopped,
            )
        if done < total:
            remark(f"Stopped after {done} of {total} pairs. Go on: the same command")
            raise typer.Exit(INTERRUPTED)
        write_pairs(self.pairs, output / "pairs.csv")
        write_measured(measured, output)
        with require("train"):
            tables = write_results(measured, self.pairs, contenders, protocol, self.data, output)
        return measured, tables


def _reproduce_table1(work: _Work, base: Path, samples: int | None, output: Path) -> None:
    with require("train"):
        from gfrnet import images, reproduce
        from gfrnet.train import load_config
    config = load_config(base)
    if samples is not None:
        config = reproduce.with_budget(config, samples)
    with stoppable() as stopped:
        samples_of = reproduce.train_rows(
            config,
            output / "runs",
            lambda row, run: remark(f"{row.title}: {run.samples} of {run.length} samples done."),
            lambda progress: remark(f"{progress.samples} samples, {progress.samples_per_second:.1f}/s"),
            stopped,
        )
    if samples_of is None:
        remark("Stopped. Go on: the same command")
        raise typer.Exit(INTERRUPTED)
    rows = reproduce.contenders(output / "runs")
    protocols: tuple[Protocol, ...] = ("blind", "bicubic")
    measured = {protocol: work.measure(rows, protocol, output / protocol)[0] for protocol in protocols}
    table = reproduce.compare(measured, samples_of)
    images.write_text(table, output / "table1.md")
    say(table)
    for protocol in protocols:
        say(f"Report: {output / protocol / 'report' / 'index.html'}")
    _tell_failures(measured[protocol] for protocol in protocols)


def _tell_failures(runs: Iterable[Measured]) -> None:
    if failed := sum(len(measured.failures) for measured in runs):
        complain(f"{failed} restorations failed; failures.csv beside the tables says why.")
        raise typer.Exit(1)
