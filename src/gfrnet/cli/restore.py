"""``gfrnet restore``: the main job."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.console import remark, say
from gfrnet.cli.interrupt import INTERRUPTED
from gfrnet.errors import WriteError
from gfrnet.types import Box
from gfrnet.weights import DEFAULT

if TYPE_CHECKING:
    from gfrnet.cli.batch import Batch
    from gfrnet.cli.report import PhotoRecord


def restore(
    photos: Annotated[
        list[Path],
        # One that may not be read is reported as any other bad photo, and the others go on.
        typer.Argument(
            metavar="PHOTO", help="Photos to restore, or folders of them.", show_default=False, readable=False
        ),
    ],
    guides: Annotated[
        list[Path],
        typer.Option(
            "--guide",
            "-g",
            metavar="IMAGE",
            help="Good photo of the person, or a folder of them; repeat -g for each.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="File, or folder for several photos. Without it: NAME_restored.EXT beside each photo.",
        ),
    ] = None,
    scale: Annotated[float, typer.Option(min=1, max=16, help="Enlarge the whole photo by this factor.")] = 1,
    strength: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="How much of the change to apply. Without it: 1, or less, down to 0.25, where a face "
            "would lose by it.",
        ),
    ] = None,
    fidelity: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="1: as sure as can be, smooth; 0: like a photograph, partly invented. Without it: 0.5.",
        ),
    ] = None,
    box: Annotated[
        list[str] | None,
        typer.Option(metavar="L,T,W,H", help="Place of a face in pixels, where it is not found; repeatable."),
    ] = None,
    cropped: Annotated[
        bool, typer.Option("--cropped", help="Photos and guides already are square face crops.")
    ] = False,
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a sheet: before, guide, after. With several photos sheet.png means one "
            "sheet_NAME.png for each.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json", help="Write the outcome of every face; with --resume go on with the file."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Use a guide even if it shows another person.")
    ] = False,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Search harder (seconds a photo) where no face is found.")
    ] = False,
    quality: Annotated[
        int, typer.Option(min=1, max=100, help="Of results in JPEG, WebP and AVIF; less makes smaller files.")
    ] = 95,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Keep results that exist, do the others.")] = False,
    model: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="A model of `gfrnet models`, or a file.")
    ] = DEFAULT,
) -> None:
    """Restore the faces of photos from good photos of the same people.

    Every face takes the guide of its own person; a face that no guide shows stays as it is and is
    reported. A folder stands for the pictures directly in it. Inputs are never overwritten, and
    existing results only with --overwrite.
    """
    boxes = tuple(_parse_box(text) for text in box) if box else None
    from gfrnet.cli.outputs import find_guides, find_photos, plan, remark_on_unread

    remark_on_unread([*photos, *guides])
    every_photo = find_photos(photos, compare)
    _check_combination(every_photo, boxes, cropped, overwrite, resume)
    tasks = plan(every_photo, output, compare, report)
    every_guide = find_guides(guides, compare, tasks)
    if report is not None:
        _check_report(report, [*every_photo, *every_guide], overwrite or resume)

    from gfrnet.cli.batch import Batch, Wishes
    from gfrnet.restore import Restorer

    wishes = Wishes(every_guide, scale, strength, fidelity, boxes, cropped, force, thorough, quality)
    records = _earlier_records(report) if report is not None and resume else ()
    batch = Batch(Restorer.load(model), wishes, tasks, overwrite, resume, records)
    _run(batch, model, report)
    _end(batch)


def _parse_box(text: str) -> Box:
    try:
        left, top, width, height = (float(part) for part in text.split(","))
        return Box(left, top, left + width, top + height)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not left,top,width,height in pixels, for example 120,80,64,64.", param_hint="--box"
        ) from error


def _check_combination(
    photos: Sequence[Path], boxes: tuple[Box, ...] | None, cropped: bool, overwrite: bool, resume: bool
) -> None:
    if boxes and len(photos) > 1:
        raise typer.BadParameter("Restore the photo that it belongs to alone.", param_hint="--box")
    if boxes and cropped:
        raise typer.BadParameter("Give --box or --cropped, not both.", param_hint="--box")
    if overwrite and resume:
        raise typer.BadParameter("Give --overwrite or --resume, not both.", param_hint="--resume")


def _check_report(path: Path, inputs: list[Path], replace: bool) -> None:
    from gfrnet import images
    from gfrnet.cli.outputs import check_free

    if path.suffix.lower() != ".json":
        raise typer.BadParameter(
            f"{path} does not end in .json. Choose another name, for example report.json.",
            param_hint="--report",
        )
    images.check_place(path, inputs)
    check_free(path, replace)


def _earlier_records(path: Path) -> tuple[PhotoRecord, ...]:
    from gfrnet.cli.report import read_report

    if not path.exists():
        return ()
    earlier = read_report(path)
    if earlier is None:
        raise WriteError(
            f"{path} is no report that this version can go on with. Choose another name, or replace it and "
            "all results with --overwrite."
        )
    return earlier.photos


def _run(batch: Batch, model: str, report: Path | None) -> None:
    from gfrnet.cli.report import ReportFile

    if report is None:
        batch.run()
        return
    file = ReportFile(report, model, batch.inputs, batch.all_records)
    batch.run(file.update)
    file.write()


def _end(batch: Batch) -> None:
    if batch.interrupted:
        remark(f"Interrupted. {batch.summary()}. Go on with --resume.")
        raise typer.Exit(INTERRUPTED)
    if len(batch.tasks) > 1:
        say(batch.summary())
    if not batch.complete():
        raise typer.Exit(1)
