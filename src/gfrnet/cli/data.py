"""``gfrnet data``: folders of photographs as training pairs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gfrnet.cli.console import progress_bar, remark, say

app = typer.Typer(no_args_is_help=True, help="Folders of photographs as training and evaluation pairs.")


class LayoutName(StrEnum):
    """The layouts of `gfrnet.data.layouts`."""

    AUTO = "auto"
    FOLDERS = "folders"
    CSV = "csv"
    FLAT = "flat"


class ImageName(StrEnum):
    """Formats of crops."""

    PNG = "png"
    JPG = "jpg"
    WEBP = "webp"


class ManifestName(StrEnum):
    """Formats of the manifest."""

    CSV = "csv"
    PARQUET = "parquet"


@app.command("build")
def build(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SRC", help="Photos: a folder per person, name_0001.jpg in one folder, or a CSV file."
        ),
    ],
    target: Annotated[Path, typer.Option("--output", "-o", metavar="DST", help="Where the data set goes.")],
    layout: Annotated[LayoutName, typer.Option(help="How the photos lie.")] = LayoutName.AUTO,
    size: Annotated[int, typer.Option(min=64, help="Side of the crops, pixels.")] = 256,
    image_format: Annotated[ImageName, typer.Option(help="Format of the crops.")] = ImageName.PNG,
    manifest: Annotated[
        ManifestName, typer.Option("--format", help="Format of the manifest.")
    ] = ManifestName.CSV,
    per_person: Annotated[
        int, typer.Option(min=0, help="At most so many photos a person with the guide, 0 for all; paper: 5.")
    ] = 0,
    min_resolution: Annotated[
        float, typer.Option(min=0, help="Pixels of real detail that a crop must have along its side.")
    ] = 96,
    self_guide: Annotated[
        bool, typer.Option("--self-guide", help="Keep people of one photo, for self-guided samples.")
    ] = False,
    val: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the people in the split val; 0 for no splits.")
    ] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> None:
    """Find, crop and measure every face; drop strangers, copies and bad photos; choose each person's guide.

    Interrupted, it goes on where it stopped when it is run again. The 68-point landmark model is for
    non-commercial use.
    """
    from gfrnet.data import Settings, build, write_report

    settings = Settings(
        layout.value,
        size,
        image_format.value,
        per_person,
        min_resolution,
        self_guide,
        val,
        manifest.value,
    )
    with progress_bar("photos") as advance:
        built = build(source, target, settings, workers, on_photo=advance)
    with progress_bar("report") as advance:
        page = write_report(target, on_photo=advance)
    for note in built.notes:
        remark(f"Note: {note}")
    for reason, count in built.dropped.items():
        say(f"{count:6d} dropped: {reason}")
    say(
        f"{built.used:6d} of {built.photos} photos in use, of {built.people} people. "
        f"{built.manifest} tells of every photo; open {page} in a browser."
    )
