"""Run ``gfrnet reproduce``: make the tables of the paper anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.console import progress_bar, remark, say, say_lines
from gfrnet.cli.document import Json, show
from gfrnet.cli.evaluate import Work, as_document, open_work, tell_failures
from gfrnet.cli.extras import require
from gfrnet.cli.interrupt import INTERRUPTED, stoppable

if TYPE_CHECKING:
    from gfrnet.evaluate import Measured, Protocol, Table
    from gfrnet.reproduce import Cost, RunBegun, RunProgress, TableOne, TableRow
    from gfrnet.train import TrainConfig

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
    recipes: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Configs of the compared rows; compared beside the base if none."),
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,NAME,...",
            help="Only these rows, such as ours, compared, full, minus_w, srgan, mdncnn, dcp, unet.",
        ),
    ] = None,
    samples: Annotated[
        int | None, typer.Option(min=1, max=10**12, help="Samples of each row; those of the base if none.")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            min=0.1, max=1_000_000, help="Minutes for all trainings together; sets --samples by timed steps."
        ),
    ] = None,
    scale: Annotated[
        list[int] | None,
        typer.Option(min=4, max=8, help="Downsampling factor, 4 or 8; repeat it. Both if none."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(metavar="SPLIT", help="Only the people of this split, such as val.")
    ] = None,
    vgg: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Weights of a VGG-19: rows learn from it, and its distance is measured."
        ),
    ] = None,
    lpips: Annotated[
        bool, typer.Option("--lpips", help="Measure LPIPS; needs torchmetrics and torchvision.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Processes that train and measure.")] = 2,
    json: Json = False,
) -> None:
    """Train the rows of table 1 alike and measure them by both protocols. The same command goes on."""
    with require("train"):
        from gfrnet import reproduce
        from gfrnet.train import load_config
    if samples and minutes:
        raise typer.BadParameter("Give --samples or --minutes, not both.", param_hint="--minutes")
    scales = sorted(set(scale or reproduce.SCALES))
    if unknown := set(scales) - set(reproduce.SCALES):
        raise typer.BadParameter(f"Table 1 has 4 and 8, not {unknown.pop()}.", param_hint="--scale")
    config = load_config(base)
    if vgg is not None:
        seen = config.perceptual.model_copy(update={"weights": vgg})
        config = config.model_copy(update={"perceptual": seen})
    chosen = reproduce.choose_rows(rows.split(",") if rows else ())
    work = open_work(data, split, scales, workers, vgg=vgg, lpips=lpips, output=output)
    recipes = recipes or base.parent / "compared"
    if minutes is not None:
        samples = _planned(config, chosen, recipes, output, minutes, workers)
    if samples is not None:
        config = reproduce.with_budget(config, samples)
    _train(config, chosen, recipes, output, workers)
    found = _measure(work, chosen, scales, output)
    measured = {column: both[0] for column, both in found.items()}
    costs = _costs(config, recipes, output, chosen, scales)
    table = reproduce.build_table(measured, chosen, lambda row, scale: costs[row.name].get(scale))
    reproduce.make_part(config, measured, costs).save(output)
    _show_table(table, found, output, json)


@app.command("join")
def join(
    parts: Annotated[
        list[Path], typer.Argument(metavar="PART...", help="Folders of results, or their measured.json.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", file_okay=False, help="Folder of the table.")
    ],
    json: Json = False,
) -> None:
    """Join rows of table 1 that were measured apart, on several machines or one after another."""
    with require("train"):
        from gfrnet.reproduce import Part, join_parts
    table, whole = join_parts({str(path): Part.load(path) for path in parts})
    whole.save(output)
    path, text = _write_table(table, output)
    if json:
        from gfrnet.cli.documents import Reproduced

        show(Reproduced(table=path, samples=_samples(table), protocols=()))
    else:
        say_lines(text)
        say(f"Table: {path}")


def _planned(
    config: TrainConfig,
    rows: Sequence[TableRow],
    recipes: Path,
    output: Path,
    minutes: float,
    workers: int,
) -> int:
    """Return the samples of the plan in the output folder, which is made where it is missing."""
    from gfrnet.reproduce import RUNS, list_tracks, load_plan, make_plan, write_plan

    plan = load_plan(output, minutes, workers)
    if plan is None:
        tracks = list_tracks(config, recipes, output / RUNS, rows)
        with progress_bar("trainings timed", sum(map(len, tracks))) as advance:
            plan = make_plan(tracks, minutes, workers, lambda _: advance())
        write_plan(plan, output)
    say(f"{plan.samples} samples a row. Plan: {output / 'plan.md'}")
    return plan.samples


def _train(config: TrainConfig, rows: Sequence[TableRow], recipes: Path, output: Path, workers: int) -> None:
    """Train all rows; leave the program where it is interrupted."""
    from gfrnet.reproduce import RUNS, list_tracks, train_rows, write_chains

    tracks = list_tracks(config, recipes, output / RUNS, rows)
    with stoppable() as stopped:
        ended = train_rows(tracks, workers, _show, stopped)
    if not ended:
        remark("Stopped. Go on: the same command")
        raise typer.Exit(INTERRUPTED)
    write_chains(output / RUNS, rows)


def _measure(
    work: Work, rows: Sequence[TableRow], scales: Sequence[int], output: Path
) -> dict[tuple[Protocol, int], tuple[Measured, tuple[Table, ...]]]:
    from gfrnet.reproduce import RUNS, contenders

    protocols: tuple[Protocol, ...] = ("blind", "bicubic")
    return {
        (protocol, scale): work.at(scale).measure(
            contenders(output / RUNS, rows, scale), protocol, output / f"{protocol}-{scale}x"
        )
        for protocol in protocols
        for scale in scales
    }


def _costs(
    config: TrainConfig, recipes: Path, output: Path, rows: Sequence[TableRow], scales: Sequence[int]
) -> dict[str, dict[int, Cost]]:
    from gfrnet.reproduce import RUNS, cost_of

    runs = output / RUNS
    return {
        row.name: {
            scale: cost_of(row, scale, tuple(row.trainings(config, recipes, runs)), runs)
            for scale in scales
            if scale in row.scales
        }
        for row in rows
    }


def _write_table(table: TableOne, output: Path) -> tuple[Path, str]:
    """Write the table in three formats; return the file that people read, and its text."""
    from gfrnet import images
    from gfrnet.reproduce import to_csv, to_latex, to_markdown

    path, text = output / "table1.md", to_markdown(table)
    images.write_text(text, path)
    images.write_text(to_csv(table), path.with_suffix(".csv"))
    images.write_text(to_latex(table), path.with_suffix(".tex"))
    return path, text


def _samples(table: TableOne) -> dict[str, tuple[int, ...]]:
    """Return the samples of each training of a row, by its title."""
    trained = [line for line in table.lines if line.contender == line.title]
    return {line.title: cost.samples for line in trained for cost in line.costs.values()}


def _show_table(
    table: TableOne,
    found: dict[tuple[Protocol, int], tuple[Measured, tuple[Table, ...]]],
    output: Path,
    json: bool,
) -> None:
    """Write the table, and print it."""
    path, text = _write_table(table, output)
    if json:
        from gfrnet.cli.documents import Reproduced

        parts = {column: output / f"{column[0]}-{column[1]}x" for column in found}
        documents = (as_document(column[0], *both, parts[column]) for column, both in found.items())
        show(Reproduced(table=path, samples=_samples(table), protocols=tuple(documents)))
    else:
        say_lines(text)
        for protocol, scale in found:
            say(f"Report: {output / f'{protocol}-{scale}x' / 'report' / 'index.html'}")
    tell_failures([both[0] for both in found.values()])


def _show(event: RunBegun | RunProgress) -> None:
    from gfrnet.reproduce import RunBegun

    if isinstance(event, RunBegun):
        remark(f"{event.name}: {event.samples} of {event.length} samples done.")
    else:
        progress = event.progress
        remark(f"{event.name}: {progress.samples} samples, {progress.samples_per_second:.1f}/s")
