"""Run ``gfrnet cluster restore`` and ``gfrnet cluster report``: photos in bulk, on processes or machines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.advice import with_options, wrong_use
from gfrnet.cli.batch_options import Fidelity, Force, MaxMegabytes, Quality, Strength
from gfrnet.cli.console import complain, events_bar, remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.extras import require
from gfrnet.cli.interrupt import INTERRUPTED, stoppable
from gfrnet.cli.models import ModelName
from gfrnet.errors import Advice, ConfigError
from gfrnet.weights import DEFAULT

if TYPE_CHECKING:
    from gfrnet.cluster import ClusterJob, Crew, Row, Shard, Summary

app = typer.Typer(
    help="Restore photos in bulk, on many processes or machines, from and to any storage.",
    no_args_is_help=True,
)

MOST_TOLD = 20
"""Number of failed photos that are printed; the report holds all."""


@app.command()
def restore(
    source: Annotated[
        str, typer.Argument(metavar="SRC", help="Folder of photos: a path, or a URL such as s3://in/photos.")
    ],
    output: Annotated[str, typer.Option("--output", "-o", metavar="OUT", help="Folder of the results.")],
    report: Annotated[str, typer.Option(metavar="FOLDER", help="Folder of the report, which shards share.")],
    guides: Annotated[
        list[str] | None,
        typer.Option(
            "--guide",
            "-g",
            metavar="GUIDES",
            help="Folder of good photos, also with a subfolder for each person; repeat -g for more.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[str, typer.Option(metavar="local|ray", help="Plain processes here, or Ray Data.")] = (
        "local"
    ),
    address: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT|auto", help="Cluster of Ray. Without it Ray runs on this machine."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="Number of processes. Without it: as many as there are cores."),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, max=1024, help="Threads of each process.")] = None,
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="Do only part I of N, for arrays of Slurm and the like.")
    ] = "1/1",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a report: keep results that are right.")
    ] = False,
    scale: Annotated[float, typer.Option(min=1, max=16, help="Enlarge the photos by this factor.")] = 1,
    strength: Strength = None,
    fidelity: Fidelity = None,
    force: Force = False,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Search longer for faces, and accept doubtful ones.")
    ] = False,
    max_megabytes: MaxMegabytes = 300,
    quality: Quality = 95,
    model: ModelName = DEFAULT,
    json: Json = False,
) -> None:
    """Restore all photos of a folder and its subfolders, and report each exactly once.

    A photo that fails is a line of the report, and the others go on. A process that dies is replaced. No
    connection is opened, unless a URL or Ray asks for it.
    """
    part, crew = _shard(shard), _crew(engine, workers, threads, address)
    from gfrnet.cluster import ClusterJob, How, Places
    from gfrnet.restore import RestoreOptions

    options = RestoreOptions(
        scale=scale,
        strength=strength,
        fidelity=fidelity,
        force=force,
        thorough=thorough,
        max_megabytes=max_megabytes,
    )
    places = Places(source, output, report, tuple(guides or ()))
    with events_bar() as on_event, stoppable() as stopped:
        with wrong_use():
            from gfrnet.cli.announce import hear

            job = ClusterJob.begin(
                places, How(model, options, quality), shard=part, resume=resume, on_event=hear
            )
        try:
            # Ray prints the deaths of its processes, and stdout is for results.
            with redirect_stdout(sys.stderr):
                _draw(job, job.run(crew, on_event=on_event, stopped=stopped))
        except KeyboardInterrupt:
            remark("Stopped at once.")
        interrupted = stopped()
    _end(job.finish(), interrupted, json)


@app.command("report")
def report_(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Folder of the report.")],
    json: Json = False,
) -> None:
    """Add up the reports of all shards, and tell which are missing."""
    with require("cluster"):
        from gfrnet.cluster import join_reports
    _end(join_reports(folder), False, json)


def _shard(text: str) -> Shard:
    with require("cluster"):
        from gfrnet.cluster import Shard
    try:
        return Shard.parse(text)
    except ConfigError as error:
        raise typer.BadParameter(str(error), param_hint="--shard") from error


def _crew(engine: str, workers: int | None, threads: int | None, address: str | None) -> Crew:
    from gfrnet.cluster import Crew

    hint = "--address" if address is not None and engine == "local" else "--engine"
    try:
        return Crew(engine, workers, threads, address)  # type: ignore[arg-type]
    except ConfigError as error:
        raise typer.BadParameter(str(error), param_hint=hint) from error


def _draw(job: ClusterJob, rows: Iterator[Row]) -> None:
    failed = 0
    for row in rows:
        if row.status != "failed":
            continue
        failed += 1
        if failed <= MOST_TOLD:
            complain(_about(row))
        elif failed == MOST_TOLD + 1:
            remark(f"More photos failed; {job.places.report} tells of all.")


def _about(row: Row) -> str:
    reason = row.reason if row.photo in row.reason else f"{row.photo}: {row.reason}"
    return with_options(reason, row.advice, frozenset({"--force", "--thorough", "--max-megabytes"}))


def _end(summary: Summary, interrupted: bool, json: bool) -> None:
    if json:
        show(summary)
    for line in _lines(summary):
        say(line)
    if interrupted or summary.not_reached:
        remark(with_options("Interrupted. The same job goes on.", (Advice.RESUME,)))
        raise typer.Exit(INTERRUPTED)
    if not summary.complete:
        raise typer.Exit(1)


def _lines(summary: Summary) -> list[str]:
    counts = {
        "restored": summary.restored,
        "kept": summary.kept,
        "failed": summary.failed,
        "not reached": summary.not_reached,
    }
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing to do"
    lines = [
        f"{summary.photos} photos: {told}",
        f"{summary.faces_restored} of {summary.faces} faces restored",
        f"Report: {', '.join(summary.files) or 'unfinished'} in {summary.report}",
    ]
    if summary.missing:
        numbers = ", ".join(map(str, summary.missing[:10])) + (" ..." if len(summary.missing) > 10 else "")
        lines.append(f"Without a report: shard {numbers} of {summary.shards}")
    if summary.twice:
        lines.append(f"{summary.twice} photos are in two reports: different jobs share the folder")
    return lines
