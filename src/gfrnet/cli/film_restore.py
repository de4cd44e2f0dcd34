"""Run ``gfrnet film preview`` and ``gfrnet film restore``: restore the faces of a film with portraits."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.batch_options import Fidelity, Overwrite, Strength, existing_results
from gfrnet.cli.console import events_bar, remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.extras import require
from gfrnet.cli.film_open import Known, check_new, open_film, scanned
from gfrnet.cli.film_options import (
    CastName,
    Codec,
    Crf,
    Deinterlace,
    FilmName,
    Portrait,
    ScanName,
    Stable,
    seconds_of,
    shots_of,
    wishes_of,
)
from gfrnet.cli.film_words import doubt_lines, report_lines
from gfrnet.cli.interrupt import INTERRUPTED, stoppable
from gfrnet.cli.models import ModelName
from gfrnet.cli.names import file_name
from gfrnet.weights import DEFAULT

if TYPE_CHECKING:
    from gfrnet.film import Film, FilmOptions, FilmReport, FilmScan
    from gfrnet.restore import GuideSet, RestoreOptions

Force = Annotated[
    bool, typer.Option("--force", help="Restore even where a face does not resemble its portraits.")
]


def preview(
    film: FilmName,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT.png", parser=file_name, help="The new picture.")
    ],
    guides: Portrait = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="T", help="Moment to show, such as 1:07:30. Without it: the worst faces."),
    ] = None,
    cast: CastName = None,
    kept: ScanName = None,
    strength: Strength = None,
    fidelity: Fidelity = None,
    stable: Stable = 1.0,
    force: Force = False,
    deinterlace: Deinterlace = "auto",
    model: ModelName = DEFAULT,
    json: Json = False,
) -> None:
    """Draw faces of a film before and after, beside their portraits, to look at before hours of work.

    With --at, only about a second of the film is read.
    """
    moment = seconds_of(at, "--at")
    known = Known.of(guides, cast, kept)
    _need_people(known)
    _check_picture(output, (film, *known.files))
    from gfrnet.film import FilmOptions

    opened = open_film(film, deinterlace)
    portraits = known.open()
    scan = scanned(opened, known, portraits) if known.scan or moment is None else None
    options = FilmOptions(restore=_restoring(strength, fidelity, force), stable=stable, cast=known.notes)
    _draw(opened, output, portraits, options, moment, scan, model, json=json)


def _check_picture(output: Path, inputs: Sequence[Path]) -> None:
    """Refuse a picture that exists, unless it is an earlier preview."""
    from gfrnet.images import is_sheet

    if not is_sheet(output):
        check_new(output, inputs)


def _draw(
    opened: Film,
    output: Path,
    portraits: Mapping[str, GuideSet],
    options: FilmOptions,
    moment: float | None,
    scan: FilmScan | None,
    model: str,
    *,
    json: bool,
) -> None:
    """Draw a preview, and tell where it is; leave the program where it is interrupted."""
    with stoppable() as stopped, events_bar() as on_event:
        found = opened.preview(
            output,
            portraits,
            options,
            at=moment,
            scan=scan,
            model=model,
            on_event=on_event,
            stopped=stopped,
        )
    if found is None:
        remark("Interrupted.")
        raise typer.Exit(INTERRUPTED)
    if json:
        from gfrnet.cli.documents import FilmWritten

        show(FilmWritten(film=opened.source.path, written=found))
        return
    say(f"Preview: {found}")


def restore(
    film: FilmName,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="OUT", parser=file_name, help="The new film: MKV, MP4, MOV or TS."
        ),
    ],
    guides: Portrait = None,
    cast: CastName = None,
    kept: ScanName = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="T", help="Begin here, such as 1:07:30 or 90s.")
    ] = None,
    stop: Annotated[str | None, typer.Option("--to", metavar="T", help="End before here.")] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--preview",
            metavar="T",
            help="Draw only this moment into the picture OUT.png, as gfrnet film preview --at does.",
        ),
    ] = None,
    stable: Stable = 1.0,
    strength: Strength = None,
    fidelity: Fidelity = None,
    wishes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="WHO:KEY=VALUE",
            help="What differs for a person or a shot: anna:strength=0.5, 'shot 12:stable=0', anna:leave. "
            "Repeat it.",
            show_default=False,
        ),
    ] = None,
    codec: Codec = "same",
    crf: Crf = None,
    deinterlace: Deinterlace = "auto",
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes; each restores a shot.")] = 1,
    shots: Annotated[
        str | None,
        typer.Option(
            metavar="N,N-N", help="Restore only these shots again, and join the film anew. Needs OUT.gfrnet."
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", parser=file_name, help="Write what became of every face."),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", parser=file_name, help="Write a film of before and after, side by side."
        ),
    ] = None,
    force: Force = False,
    tidy: Annotated[
        bool,
        typer.Option("--tidy", help="Delete the work folder OUT.gfrnet in the end; --shots needs it."),
    ] = False,
    overwrite: Overwrite = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier run stopped.")] = False,
    model: ModelName = DEFAULT,
    json: Json = False,
) -> None:
    """Restore the faces of people in a film with their portraits. Sound and all else is copied.

    Finished shots are kept in the folder OUT.gfrnet beside OUT. If the program stops, the same command with
    --resume goes on. People without portraits stay as they are.
    """
    first, last, again = seconds_of(start, "--from"), seconds_of(stop, "--to"), shots_of(shots)
    moment = seconds_of(at, "--preview")
    people, of_shots = wishes_of(wishes)
    existing = existing_results(overwrite, resume or again is not None)
    known = Known.of(guides, cast, kept)
    _need_people(known)
    new = not (overwrite or resume or again)
    _check_outputs(film, output, report, compare, known, new=new, picture=moment is not None)
    from gfrnet.film import FilmOptions

    opened = open_film(film, deinterlace)
    portraits = known.open()
    _check_names(people, known)
    options = FilmOptions(
        restore=_restoring(strength, fidelity, force),
        stable=stable,
        codec=codec,
        crf=crf,
        workers=workers,
        start=first,
        stop=last,
        shots=again,
        cast=known.notes,
        people=people,
        shot_wishes=of_shots,
        existing=existing,
        keep=not tidy,
    )
    scan = scanned(opened, known, portraits) if known.scan else None
    if moment is not None:
        _draw(opened, output, portraits, options, moment, scan, model, json=json)
        return
    done = _restored(opened, output, portraits, options, scan, model)
    if report is not None:
        from gfrnet import images

        images.write_text(done.model_dump_json(indent=2) + "\n", report)
    if done.status == "finished" and compare is not None:
        _compared(opened, output, compare, first)
    _tell(done, report, compare, json)


def _need_people(known: Known) -> None:
    if not known.portraits:
        raise typer.BadParameter(
            "Give at least one portrait with a name: --guide anna=anna.jpg", param_hint="--guide"
        )


def _restoring(strength: float | None, fidelity: float | None, force: bool) -> RestoreOptions:
    from gfrnet.restore import RestoreOptions

    return RestoreOptions(strength=strength, fidelity=fidelity, force=force)


def _check_outputs(
    film: Path,
    output: Path,
    report: Path | None,
    compare: Path | None,
    known: Known,
    *,
    new: bool,
    picture: bool,
) -> None:
    """Refuse outputs that are inputs, that are one, that exist or cannot be, before hours of work."""
    with require("film"):
        from gfrnet.film import container_of
    from gfrnet.images import check_place

    inputs = (film, *known.files)
    if picture:
        _check_picture(output, inputs)
        return
    if compare is not None:
        container_of(compare)
    outputs = [path for path in (output, report, compare) if path is not None]
    if len({os.path.realpath(path) for path in outputs}) < len(outputs):
        raise typer.BadParameter("OUT, --report and --compare need names of their own.", param_hint="OUT")
    for path in outputs:
        if new or path == compare:
            check_new(path, inputs)
        else:
            check_place(path, inputs)


def _check_names(people: Mapping[str, object], known: Known) -> None:
    notes = known.notes
    seen = [who.name for who in notes.recognised.values()] if notes else []
    names = {*known.portraits, *(notes.tracks if notes else ()), *seen}
    if unknown := sorted(set(people) - names):
        raise typer.BadParameter(
            f"Nobody is called {unknown[0]}. There are: {', '.join(sorted(names))}.", param_hint="--set"
        )


def _restored(
    film: Film,
    output: Path,
    portraits: Mapping[str, GuideSet],
    options: FilmOptions,
    scan: FilmScan | None,
    model: str,
) -> FilmReport:
    with stoppable() as stopped, events_bar() as on_event:
        return film.restore(
            output, portraits, options, scan=scan, model=model, on_event=on_event, stopped=stopped
        )


def _compared(film: Film, output: Path, compare: Path, start: float | None) -> None:
    """Write both films side by side; leave the program where it is interrupted."""
    with stoppable() as stopped, events_bar() as on_event:
        joined = film.compare(output, compare, start=start, on_event=on_event, stopped=stopped)
    if joined is None:
        remark(f"Interrupted; {compare} was not written.")
        raise typer.Exit(INTERRUPTED)


def _tell(done: FilmReport, report: Path | None, compare: Path | None, json: bool) -> None:
    """Print what became of the film, and leave the program where it is not whole."""
    if json:
        show(done)
    else:
        for line in (*report_lines(done), *doubt_lines(done)):
            say(line)
        if report is not None:
            say(f"Report: {report}")
    if done.status == "stopped":
        remark("Stopped. Go on: the same command with --resume")
        raise typer.Exit(INTERRUPTED)
    if not json:
        say(f"Film: {done.output}")
        if compare is not None:
            say(f"Before and after: {compare}")
    if any(shot.status == "failed" for shot in done.shots):
        raise typer.Exit(1)
