"""Draw the records and events of a batch: a few lines for every photo."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.progress import Progress

from gfrnet.batch import FaceRecord, PhotoRecord, Task
from gfrnet.cli.advice import with_options
from gfrnet.cli.console import complain, progress_console, remark, say
from gfrnet.restore import GuideSkipped, fell
from gfrnet.work import Noted

NAMED = 3
"""Number of guides whose names are printed for a face, the fittest; the report names all."""

_ORDER = ("restored", "kept", "failed", "not reached")


def with_progress(records: Iterable[PhotoRecord], total: int) -> Iterable[PhotoRecord]:
    """Pass the records on, with a bar on stderr for several photos on a terminal."""
    console = progress_console()
    if total == 1 or not console.is_terminal:
        yield from records
        return
    # A piped stdout must stay a pipe: only a terminal shares its lines with the progress bar.
    with Progress(console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        yield from progress.track(records, total=total, description="Restoring")


def hear(event: object) -> None:
    """Print an event of a batch that a person should know of."""
    if isinstance(event, GuideSkipped):
        remark(f"Guide left out. {with_options(event.reason, event.advice)}")
    elif isinstance(event, Noted):
        remark(event.text)


def announce(task: Task, record: PhotoRecord, *, advised: bool) -> None:
    """Print what became of a photo.

    Args:
        task: The photo and its files.
        record: Outcome of the photo.
        advised: Whether the program chose the strength itself.
    """
    if record.status == "kept":
        say(f"{task.output} is kept.{_what_is_missing(record)}")
    elif record.status == "failed":
        complain(with_options(_about(record), record.advice))
    else:
        _announce_result(task, record, advised)
    _complain_of_faces(record)
    # `exists` of a Path raises where a folder may not be looked into.
    if task.sheet is not None and not os.path.exists(task.sheet):
        remark(f"{task.sheet} is not written: nothing of {task.photo} was restored this time.")


def summary(records: Sequence[PhotoRecord]) -> str:
    """Return the figures of a batch in a line."""
    counts = Counter[str](record.status for record in records)
    parts = [f"{counts[status]} {status}" for status in _ORDER if counts[status]]
    return f"{len(records)} photos: " + ", ".join(parts)


def _announce_result(task: Task, record: PhotoRecord, advised: bool) -> None:
    restored, total = sum(face.status == "restored" for face in record.faces), len(record.faces)
    say(f"{task.output}: {restored} of {total} {'face' if total == 1 else 'faces'} restored")
    for face in record.faces:
        person = f" ({face.person})" if face.person else ""
        say(f"  face at {face.box[0]:.0f},{face.box[1]:.0f}{person}: {_fate(face, advised)}")
        if face.remark:
            say(f"    {face.remark}")
    if task.sheet is not None:
        say(f"{task.sheet}: before, guide, after")


def _about(record: PhotoRecord) -> str:
    return record.reason if record.photo in record.reason else f"{record.photo}: {record.reason}"


def _complain_of_faces(record: PhotoRecord) -> None:
    """Print failed faces beside restored ones; the reason of a failed photo names them already."""
    for face in record.faces:
        if face.status == "failed" and record.status != "failed":
            reason = with_options(face.reason, face.advice)
            complain(f"{record.photo}, face at {face.box[0]:.0f},{face.box[1]:.0f}: {reason}")


def _what_is_missing(kept: PhotoRecord) -> str:
    missing = sum(face.status != "restored" for face in kept.faces)
    if not missing:
        return ""
    verb = "was" if missing == 1 else "were"
    return f" {missing} of its {len(kept.faces)} faces {verb} not restored; --overwrite tries again."


def _fate(face: FaceRecord, advised: bool) -> str:
    if face.similarity_after is None:
        return f"{face.status}. {with_options(face.reason, face.advice)}"
    guides = "guide" if len(face.guides) == 1 else "guides"
    named, others = face.guides[:NAMED], len(face.guides[NAMED:])
    names = ", ".join(named) + (f" and {others} more" if others else "")
    why = ": more would cost detail (--strength 1 applies all)" if advised else ""
    strength = "1.00" if face.strength is None else f"{face.strength:.2f}"
    part = "" if strength == "1.00" else f", strength {strength}{why}"
    if not face.guides:
        return f"without a guide{part}"
    less = " (clearly less)" if fell(face.similarity, face.similarity_after) else ""
    return (
        f"{guides} {names}, {_certainty(face)}similarity {face.similarity:.2f} before, "
        f"{face.similarity_after:.2f}{less} after{part}"
    )


def _certainty(face: FaceRecord) -> str:
    if face.confirmed:
        return "you said so, "
    return "" if face.probability is None else f"{face.certainty} ({face.probability:.0%}), "
