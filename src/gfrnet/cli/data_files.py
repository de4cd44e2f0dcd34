"""``gfrnet data report``, ``check``, ``pack`` and ``synthetic``: data sets shown, packed or invented."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gfrnet.cli.console import progress_bar, remark, say


def check(
    data: Annotated[
        list[Path],
        typer.Argument(metavar="DST...", help="What gfrnet data build made; several are compared."),
    ],
) -> None:
    """Look through data sets: files, landmarks, guides, splits, and photos that are there twice.

    Exit code 1 if anything is wrong; every finding says what to do.
    """
    from gfrnet.data import check

    with progress_bar("photos") as advance:
        findings = check(data, on_photo=advance)
    for finding in findings:
        say(finding)
    if findings:
        remark(f"Findings: {len(findings)}.")
        raise typer.Exit(1)
    say("Nothing is wrong.")


def report(
    data: Annotated[Path, typer.Argument(metavar="DST", help="What gfrnet data build made.")],
) -> None:
    """Write pages to look through in a browser: guides, people, what was dropped and why, histograms."""
    from gfrnet.data import write_report

    with progress_bar("photos") as advance:
        page = write_report(data, on_photo=advance)
    say(f"Open {page} in a browser.")


def synthetic(
    target: Annotated[Path, typer.Option("--output", "-o", metavar="DST", help="Where the data set goes.")],
    people: Annotated[int, typer.Option(min=2, help="How many people.")] = 20,
    photos: Annotated[int, typer.Option(min=2, help="Photos of each.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other people.")] = 0,
) -> None:
    """Draw a data set of invented faces with exact landmarks, to try training without photographs."""
    from gfrnet.data import write_synthetic

    written = write_synthetic(target, people, photos, seed)
    say(f"{len(written)} pictures of {people} invented people. Train on them: --set 'data=[{target}]'")


def pack(
    data: Annotated[Path, typer.Argument(metavar="DST", help="What gfrnet data build made.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="SHARDS", help="Folder of the shards.")],
    shard_mb: Annotated[float, typer.Option(min=1, help="Megabytes a shard, about.")] = 64,
) -> None:
    """Pack a data set into WebDataset shards, for training from networks and slow disks.

    A config names their folder or URL under data. Interrupted, the same command goes on.
    """
    from gfrnet.data import pack

    with progress_bar("photos") as advance:
        shards = pack(data, output, shard_mb, on_photo=advance)
    say(f"Shards: {shards}. {output / 'shards.json'} lists them; copy the folder wherever training reads it.")
