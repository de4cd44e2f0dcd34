"""Offer ``gfrnet data``: build, show, check, pack or invent data sets."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from gfrnet.cli.console import event_bar, remark, say
from gfrnet.cli.document import Json, show
from gfrnet.types import CROP_SIZE

app = typer.Typer(no_args_is_help=True, help="Folders of photographs as training and evaluation pairs.")


@app.command("build")
def build(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SRC", help="Photos: a folder per person, name_0001.jpg in one folder, or a CSV file."
        ),
    ],
    target: Annotated[Path, typer.Option("--output", "-o", metavar="DST", help="Where the data set goes.")],
    layout: Annotated[
        Literal["auto", "folders", "csv", "flat", "person", "singles"],
        typer.Option(help="How the photos lie; singles: each of another person, for self-guided samples."),
    ] = "auto",
    size: Annotated[int, typer.Option(min=64, max=4096, help="Side of the crops, pixels.")] = CROP_SIZE,
    image_format: Annotated[Literal["png", "jpg", "webp"], typer.Option(help="Format of the crops.")] = "png",
    manifest: Annotated[
        Literal["csv", "parquet"], typer.Option("--format", help="Format of the manifest.")
    ] = "csv",
    per_person: Annotated[
        int,
        typer.Option(
            min=0, max=1_000_000, help="Most photos of each person with the guide; 0 for all, 5 in the paper."
        ),
    ] = 0,
    min_resolution: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=4096,
            help="Least pixels of real detail along the side of a crop.",
            show_default="0.375 of the side",
        ),
    ] = None,
    self_guide: Annotated[
        bool, typer.Option("--self-guide", help="Keep people of one photo, for self-guided samples.")
    ] = False,
    val: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the people in the split val; 0 for no splits.")
    ] = 0,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Processes.")] = 2,
    json: Json = False,
) -> None:
    """Find, crop and measure every face; drop strangers, copies and bad photos; choose each person's guide.

    Interrupted, it goes on where it stopped when it is run again. The 68-point landmark model is for
    non-commercial use.
    """
    from gfrnet.data import BuildSettings, build_dataset, write_report
    from gfrnet.data.build import ONLY_PHOTO

    settings = BuildSettings(
        layout=layout,
        size=size,
        image_format=image_format,
        per_person=per_person,
        min_resolution=min_resolution,
        self_guide=self_guide,
        val=val,
        manifest=manifest,
    )
    with event_bar("photos") as on_event:
        built = build_dataset(source, target, settings, workers, on_event)
    with event_bar("report") as on_event:
        page = write_report(target, on_event)
    for note in built.notes:
        remark(f"Note: {note}")
    if json:
        from gfrnet.cli.documents import DataBuilt

        show(DataBuilt.model_validate(asdict(built) | {"used": built.used, "report": page}))
        return
    for reason, count in built.dropped.items():
        remedy = " of a person (--self-guide keeps it)" if reason == ONLY_PHOTO else ""
        say(f"{count:6d} dropped: {reason}{remedy}")
    people = "person" if built.people == 1 else "people"
    say(
        f"{built.used:6d} of {built.photos} photos in use, of {built.people} {people}. "
        f"{built.manifest} tells of every photo; open {page} in a browser."
    )


@app.command("check")
def check(
    data: Annotated[
        list[Path],
        typer.Argument(metavar="DST...", help="Data sets that gfrnet data build made; several are compared."),
    ],
    json: Json = False,
) -> None:
    """Check data sets: files, landmarks, guides, splits, and photos that are there twice.

    Exit code 1 if anything is wrong; every finding says what to do.
    """
    from gfrnet.data import check_datasets

    with event_bar("photos") as on_event:
        findings = check_datasets(data, on_event)
    if json:
        from gfrnet.cli.documents import DataChecked

        show(DataChecked(findings=tuple(findings)))
    for finding in findings:
        say(finding)
    if findings:
        remark(f"Findings: {len(findings)}.")
        raise typer.Exit(1)
    say("Nothing is wrong.")


@app.command("report")
def report(
    data: Annotated[Path, typer.Argument(metavar="DST", help="A data set that gfrnet data build made.")],
    json: Json = False,
) -> None:
    """Write pages for a browser: guides, people, dropped photos with reasons, histograms."""
    from gfrnet.data import write_report

    with event_bar("photos") as on_event:
        page = write_report(data, on_event)
    if json:
        from gfrnet.cli.documents import DataReported

        show(DataReported(page=page))
        return
    say(f"Open {page} in a browser.")


@app.command("synthetic")
def synthetic(
    target: Annotated[Path, typer.Option("--output", "-o", metavar="DST", help="Where the data set goes.")],
    people: Annotated[int, typer.Option(min=2, max=1_000_000, help="Number of people.")] = 20,
    photos: Annotated[int, typer.Option(min=2, max=1000, help="Photos of each person.")] = 5,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Another seed draws other people.")] = 0,
    json: Json = False,
) -> None:
    """Draw a data set of invented faces with exact landmarks, to try training without photographs."""
    from gfrnet.data import write_synthetic

    written = write_synthetic(target, people, photos, seed)
    if json:
        from gfrnet.cli.documents import DataDrawn

        show(DataDrawn(folder=target, people=people, pictures=len(written)))
        return
    say(f"{len(written)} pictures of {people} invented people. Train on them: --set 'data=[{target}]'")


@app.command("pack")
def pack(
    data: Annotated[Path, typer.Argument(metavar="DST", help="A data set that gfrnet data build made.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="SHARDS", help="Folder of the shards.")],
    shard_mb: Annotated[float, typer.Option(min=1, max=100_000, help="Megabytes of a shard, about.")] = 64,
    json: Json = False,
) -> None:
    """Pack a data set into WebDataset shards, for training from networks and slow disks.

    A config names the folder or URL of the shards under data. Interrupted, the same command goes on.
    """
    from gfrnet.data import pack_dataset

    with event_bar("photos") as on_event:
        shards = pack_dataset(data, output, shard_mb, on_event)
    index = output / "shards.json"
    if json:
        from gfrnet.cli.documents import DataPacked

        show(DataPacked(index=index, shards=shards))
        return
    say(f"Shards: {shards}. {index} lists them; copy the folder wherever training reads it.")
