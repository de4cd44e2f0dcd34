"""Run ``gfrnet album restore``: restore the bad faces of an album."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.advice import wrong_use
from gfrnet.cli.album_open import AlbumFolder, open_album, warn_of_damage
from gfrnet.cli.batch_options import (
    Fidelity,
    MaxMegabytes,
    Overwrite,
    Quality,
    ReportName,
    Resume,
    Strength,
    existing_results,
)
from gfrnet.cli.batches import BatchRun
from gfrnet.cli.console import remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.models import ModelName
from gfrnet.weights import DEFAULT

if TYPE_CHECKING:
    from gfrnet.album import Album, How, RestorePlan
    from gfrnet.batch import PhotoRecord
    from gfrnet.work import Stopped


def restore(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="OUT", help="Folder for the results, apart from the photos."),
    ],
    person: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only faces of this person; repeatable.", show_default=False),
    ] = None,
    worse_than: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Restore faces that lack this share of the detail of a sharp photo, or more. The picture "
            "worn.jpg of gfrnet album people --sheet DIR shows what it means. Without it: 0.3.",
            show_default=False,
        ),
    ] = None,
    unconfirmed: Annotated[
        bool, typer.Option("--unconfirmed", help="Also faces that only probably show their person.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing: count what can be restored, and time a few.")
    ] = False,
    strength: Strength = None,
    fidelity: Fidelity = None,
    sheets: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw pages of each person: before, guide, after."),
    ] = None,
    report: ReportName = None,
    max_megabytes: MaxMegabytes = 300,
    quality: Quality = 95,
    overwrite: Overwrite = False,
    resume: Resume = False,
    album: AlbumFolder = None,
    model: ModelName = DEFAULT,
    json: Json = False,
) -> None:
    """Restore the bad faces of an album, each with good photos of the same person.

    The results lie in OUT as the photos lie in their folders. The photos stay as they are, and other faces on
    them do. A face of whom it is only probable whom it shows is left out until you confirm it.
    """
    existing = existing_results(overwrite, resume)
    from gfrnet.album import WORSE_THAN, How, WhichFaces
    from gfrnet.batch import Saving
    from gfrnet.restore import RestoreOptions, Restorer

    limit = WORSE_THAN if worse_than is None else worse_than
    options = RestoreOptions(strength=strength, fidelity=fidelity, max_megabytes=max_megabytes)
    with open_album(album) as opened:
        warn_of_damage(opened)
        with wrong_use():
            plan = opened.plan(output, WhichFaces(tuple(person or ()), limit, unconfirmed))
        restorer = Restorer.load(model)
        how = How(restorer, options, Saving(existing, quality), sheets)
        if dry_run:
            _show_plan(plan, opened.estimate(plan, how), json)
        else:
            _run(opened, plan, how, report, (model, json))


def _run(album: Album, plan: RestorePlan, how: How, report: Path | None, shown: tuple[str, bool]) -> None:
    """Restore the photos of a plan, and end the command."""
    from dataclasses import replace

    from gfrnet.batch import open_report
    from gfrnet.cli.announce import hear

    model, json = shown
    with wrong_use():
        file = None if report is None else open_report(report, model, plan.inputs, how.saving.existing)
    given = how if file is None else replace(how, earlier=file.earlier)

    def begin(stopped: Stopped) -> Iterator[PhotoRecord]:
        return album.restore(plan, how=given, on_event=hear, stopped=stopped)

    for line in _left_out(plan):
        remark(line)
    if not plan.tasks:
        remark("There is no face to restore.")
    _tell_missing_pages(plan, how)
    BatchRun(plan.tasks, begin, how.saving, file, advised=how.options.strength is None).finish(model, json)


def _tell_missing_pages(plan: RestorePlan, how: How) -> None:
    """Say that no pages are drawn of results that are kept."""
    from gfrnet.batch import Existing

    if how.sheets is None or how.saving.existing is not Existing.KEEP:
        return
    kept = sum(task.output.exists() for task in plan.tasks)
    if kept:
        photos = "1 photo whose result is" if kept == 1 else f"{kept} photos whose results are"
        remark(f"No new pages are drawn of {photos} kept. Draw them with --overwrite instead of --resume.")


def _show_plan(plan: RestorePlan, seconds: float | None, json: bool) -> None:
    if json:
        from gfrnet.cli.documents import AlbumPlan, PersonPlanned

        show(
            AlbumPlan(
                output=plan.output,
                photos=len(plan.tasks),
                restorable=plan.restorable,
                no_guide=plan.no_guide,
                unsure=plan.unsure,
                nobody=plan.nobody,
                good=plan.good,
                seconds=seconds,
                people=tuple(PersonPlanned(**asdict(person)) for person in plan.people),
            )
        )
        return
    from gfrnet.album import is_group_name

    for person in plan.people:
        parts = [f"{person.restorable} to restore"]
        parts += [f"{person.no_guide} without a guide"] if person.no_guide else []
        parts += [f"{person.unsure} unsure"] if person.unsure else []
        say(f"{person.person}: {', '.join(parts)}")
    time = f", which takes about {_in_words(seconds)}" if seconds is not None and plan.tasks else ""
    say(f"{plan.restorable} faces on {len(plan.tasks)} photos can be restored{time}.")
    if any(is_group_name(person.person) and person.restorable for person in plan.people):
        say("Groups without a name are restored, too. --person NAME restores one person alone.")
    for line in _left_out(plan):
        say(line)


def _left_out(plan: RestorePlan) -> Iterator[str]:
    """Yield why other faces stay as they are, and what to do about it."""
    if plan.no_guide:
        yield (
            f"{plan.no_guide} {_have(plan.no_guide)} no good photo of their person. Add a good photo, or "
            "merge the person with the group that has one: gfrnet album people --merge A B"
        )
    if plan.unsure:
        yield (
            f"{plan.unsure} show their person only probably. Give --unconfirmed, or name them: "
            "gfrnet album people --name FACE=NAME"
        )
    if plan.nobody:
        yield f"{plan.nobody} show nobody who is known. Name them: gfrnet album people --name FACE=NAME"
    if plan.good:
        yield f"{plan.good} are good enough for --worse-than {plan.which.worse_than:g}."


def _have(number: int) -> str:
    return "has" if number == 1 else "have"


def _in_words(seconds: float) -> str:
    if seconds < 90:
        return "1 second" if seconds < 1.5 else f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
