"""Run ``gfrnet restore``: the main job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.advice import wrong_use
from gfrnet.cli.console import remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.interrupt import INTERRUPTED, stoppable, undisturbed
from gfrnet.cli.models import ModelName
from gfrnet.cli.names import file_name, file_or_folder_name
from gfrnet.types import Box
from gfrnet.version import __version__
from gfrnet.weights import DEFAULT

if TYPE_CHECKING:
    from gfrnet.batch import PhotoRecord, ReportFile, Saving, Task
    from gfrnet.restore import RestoreOptions, Restorer
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
    strength: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Share of the change to apply. Without it: 1, or less, down to 0.25, where a face would "
            "lose detail.",
        ),
    ] = None,
    fidelity: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="1: what is likeliest, smooth; 0: like a photograph, partly invented. Without it: 0.5.",
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
            parser=file_name,
            help="Write a sheet: before, guide, after. With several photos sheet.png means one "
            "sheet_NAME.png for each.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            parser=file_name,
            help="Write the outcome of every face; --resume goes on with the file.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Use a guide even if it shows another person.")
    ] = False,
    thorough: Annotated[
        bool,
        typer.Option(
            "--thorough", help="Search longer for faces (seconds a photo), and accept doubtful ones."
        ),
    ] = False,
    max_megabytes: Annotated[
        float,
        typer.Option(
            min=1, max=100_000, metavar="MB", help="Largest decoded size of a picture; it bounds the memory."
        ),
    ] = 300,
    quality: Annotated[
        int, typer.Option(min=1, max=100, help="Quality of JPEG, WebP and AVIF; less makes smaller files.")
    ] = 95,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Keep results that exist, do the others.")] = False,
    model: ModelName = DEFAULT,
    json: Json = False,
) -> None:
    """Restore the faces of photos from good photos of the same people.

    Every face takes the guides of its own person. A face that no guide shows stays as it is, and is
    reported. A folder stands for the pictures directly in it. Inputs are never overwritten, and
    existing results only with --overwrite.
    """
    boxes = tuple(_parse_box(text) for text in box) if box else None
    _check_combination(boxes, cropped, overwrite, resume)
    from gfrnet.batch import Existing, Saving, inputs_of, open_report, plan
    from gfrnet.cli.announce import hear

    restorer = None if guides else _without_guide(model)
    existing = Existing.REPLACE if overwrite else Existing.KEEP if resume else Existing.REFUSE
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
    batch = _Batch(restorer or Restorer.load(model), tasks, options, Saving(existing, quality), file)
    records = batch.run()
    if json:
        from gfrnet.batch import Report

        show(Report(gfrnet=__version__, model=model, photos=tuple(records)))
    _end(records, batch.interrupted)


def _without_guide(model: str) -> Restorer:
    """Open a model that needs no guide."""
    from gfrnet.restore import Restorer

    restorer = Restorer.load(model)
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


def _check_combination(boxes: tuple[Box, ...] | None, cropped: bool, overwrite: bool, resume: bool) -> None:
    if boxes and cropped:
        raise typer.BadParameter("Give --box or --cropped, not both.", param_hint="--box")
    if overwrite and resume:
        raise typer.BadParameter("Give --overwrite or --resume, not both.", param_hint="--resume")


@dataclass
class _Batch:
    """Run a batch, draw its records, and keep its report.

    Attributes:
        restorer: Restores, with its model loaded.
        tasks: What to restore.
        options: How to restore.
        saving: How to write results.
        report: Where records are kept; None for no report.
        interrupted: Whether Ctrl-C was pressed.
    """

    restorer: Restorer
    tasks: Sequence[Task]
    options: RestoreOptions
    saving: Saving
    report: ReportFile | None
    interrupted: bool = False

    def run(self) -> list[PhotoRecord]:
        """Restore all photos, or until Ctrl-C, and return a record of each."""
        records: list[PhotoRecord] = []
        with stoppable() as stopped:
            try:
                self._restore(records, stopped)
            except KeyboardInterrupt:
                self.interrupted = True
            finally:
                # Also where the output cannot be printed, as after a closed pipe.
                with undisturbed():
                    rest = self._write_rest(len(records))
            self.interrupted |= stopped()
        return [*records, *rest]

    def _write_rest(self, done: int) -> tuple[PhotoRecord, ...]:
        """Complete the report with the photos that were not reached, and return their records."""
        from gfrnet.batch import not_reached

        rest = tuple(not_reached(self.tasks[done:], self.saving, self._earlier))
        if self.report is not None:
            self.report.write(rest)
        return rest

    def _restore(self, records: list[PhotoRecord], stopped: Stopped) -> None:
        from gfrnet import batch
        from gfrnet.cli.announce import announce, hear, with_progress

        found = batch.run(
            self.restorer,
            self.tasks,
            self.options,
            saving=self.saving,
            earlier=self._earlier,
            on_event=hear,
            stopped=stopped,
        )
        # The records come first: only asked for another one after the last, they end the bar.
        for record, task in zip(with_progress(found, len(self.tasks)), self.tasks, strict=False):
            records.append(record)
            if self.report is not None:
                self.report.add(record)
            announce(task, record, advised=self.options.strength is None)

    @property
    def _earlier(self) -> Sequence[PhotoRecord]:
        return self.report.earlier if self.report is not None else ()


def _end(records: Sequence[PhotoRecord], interrupted: bool) -> None:
    from gfrnet.batch import complete
    from gfrnet.cli.announce import summary

    if interrupted:
        remark(f"Interrupted. {summary(records)}. Go on with --resume.")
        raise typer.Exit(INTERRUPTED)
    if len(records) > 1:
        say(summary(records))
    if not complete(records):
        raise typer.Exit(1)
