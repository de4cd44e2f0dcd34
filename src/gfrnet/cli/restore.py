"""Run ``gfrnet restore``: the main job."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from gfrnet.cli.advice import wrong_use
from gfrnet.cli.batch_options import (
    Fidelity,
    Force,
    MaxMegabytes,
    Overwrite,
    Quality,
    ReportName,
    Resume,
    Strength,
    existing_results,
)
from gfrnet.cli.batches import BatchRun
from gfrnet.cli.document import Json
from gfrnet.cli.models import DeviceName, EngineName, ModelName
from gfrnet.cli.names import file_name, file_or_folder_name
from gfrnet.types import Box, Device, Engine
from gfrnet.weights import DEFAULT

if TYPE_CHECKING:
    from gfrnet.batch import PhotoRecord
    from gfrnet.restore import Restorer
    from gfrnet.work import Stopped


def restore(
    photos: Annotated[
        list[Path],
        # One that may not be read is reported as any other bad photo, and the others go on.
        typer.Argument(
            metavar="PHOTO", help="Photos to restore, or folders of them.", show_default=False, readable=False
        ),
    ],
    guides: Annotated[
        list[Path] | None,
        typer.Option(
            "--guide",
            "-g",
            metavar="IMAGE",
            help="Good photo of the person, or a folder of them; repeat -g for each. Only models that see no "
            "guide need none.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            parser=file_or_folder_name,
            help="File, or folder for several photos. Without it: NAME_restored.EXT beside each photo.",
        ),
    ] = None,
    scale: Annotated[float, typer.Option(min=1, max=16, help="Enlarge the whole photo by this factor.")] = 1,
    strength: Strength = None,
    fidelity: Fidelity = None,
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
            parser=file_name,
            help="Write a sheet: before, guide, after. With several photos sheet.png means one "
            "sheet_NAME.png for each.",
        ),
    ] = None,
    report: ReportName = None,
    force: Force = False,
    thorough: Annotated[
        bool,
        typer.Option(
            "--thorough", help="Search longer for faces (seconds a photo), and accept doubtful ones."
        ),
    ] = False,
    max_megabytes: MaxMegabytes = 300,
    quality: Quality = 95,
    overwrite: Overwrite = False,
    resume: Resume = False,
    model: ModelName = DEFAULT,
    runtime: EngineName = Engine.ONNXRUNTIME,
    device: DeviceName = Device.CPU,
    json: Json = False,
) -> None:
    """Restore the faces of photos from good photos of the same people.

    Every face takes the guides of its own person. A face that no guide shows stays as it is, and is
    reported. A folder stands for the pictures directly in it. Inputs are never overwritten, and
    existing results only with --overwrite.
    """
    boxes = tuple(_parse_box(text) for text in box) if box else None
    _check_combination(boxes, cropped)
    existing = existing_results(overwrite, resume)
    from gfrnet.batch import Saving, inputs_of, open_report, plan, run
    from gfrnet.cli.announce import hear

    how: _How = {"engine": runtime, "providers": device.providers}
    restorer = None if guides else _without_guide(model, how)
    with wrong_use():
        tasks = plan(photos, guides or (), output, sheet=compare, report=report, places=boxes, on_event=hear)
        file = open_report(report, model, inputs_of(tasks), existing) if report is not None else None

    from gfrnet.restore import RestoreOptions, Restorer

    options = RestoreOptions(
        scale=scale,
        strength=strength,
        fidelity=fidelity,
        cropped=cropped,
        force=force,
        thorough=thorough,
        max_megabytes=max_megabytes,
    )
    saving = Saving(existing, quality)
    given = (restorer or Restorer.load(model, **how), tasks, options)
    earlier = file.earlier if file is not None else ()

    def begin(stopped: Stopped) -> Iterator[PhotoRecord]:
        return run(*given, saving=saving, earlier=earlier, on_event=hear, stopped=stopped)

    BatchRun(tasks, begin, saving, file, advised=strength is None).finish(model, json)


class _How(TypedDict):
    """Name what runs the model."""

    engine: Engine
    providers: tuple[str, ...] | None


def _without_guide(model: str, how: _How) -> Restorer:
    """Open a model that needs no guide."""
    from gfrnet.restore import Restorer

    restorer = Restorer.load(model, **how)
    if restorer.takes_guide:
        raise typer.BadParameter("Give at least one good photo of the person.", param_hint="--guide")
    return restorer


def _parse_box(text: str) -> Box:
    try:
        left, top, width, height = (float(part) for part in text.split(","))
        return Box(left, top, left + width, top + height)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not left,top,width,height in pixels, for example 120,80,64,64.", param_hint="--box"
        ) from error


def _check_combination(boxes: tuple[Box, ...] | None, cropped: bool) -> None:
    if boxes and cropped:
        raise typer.BadParameter("Give --box or --cropped, not both.", param_hint="--box")
