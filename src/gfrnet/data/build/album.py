"""Build a data set of one person's photos, as a family has them, to fine-tune on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from gfrnet.data.build.build import build_dataset
from gfrnet.data.build.select import OTHER_FACE
from gfrnet.data.build.settings import BuildSettings
from gfrnet.data.manifest import USED, Portrait, kind_of_reason, read_rows
from gfrnet.errors import DataError
from gfrnet.work import Advanced, Noted, unheard

FEWEST = 3
"""Least photos of a person: two make one pair, and a network learns that by heart and not the face."""

SETTINGS = BuildSettings(layout="person")
"""Settings that use every photo good enough; nobody else is there to hold back for a split."""


def build_album(
    folder: Path,
    target: Path,
    workers: int,
    on_event: Callable[[Advanced | Noted], None] = unheard,
) -> None:
    """Make a data set of all usable photos in a folder and below it; only what has changed is done again.

    Other people may be on the photos: the person is the one on most of them.

    Args:
        folder: The photos; nothing in it is touched.
        target: Folder of the data set; must not be inside ``folder``.
        workers: Number of processes.
        on_event: Called after every photo, and with notes: how many photos are used, why others are not, and
            what somebody should look at.

    Raises:
        DataError: There are too few usable photos, or as `build_dataset`.
        WorkerDiedError: A process died.
        WriteError: A crop cannot be written.
    """
    on_event(Noted(f"Finding faces in {folder}."))
    built = build_dataset(folder, target, SETTINGS, workers, on_event)
    summary = f"{built.used} of {built.photos} photos in {folder} can be used{_why(read_rows(target))}"
    if built.used < FEWEST:
        raise DataError(
            f"Only {summary}, and a face is learnt from {FEWEST} or more: two photos make one pair, which "
            "would be learnt by heart. Add photos that show it sharp, unobstructed and at least "
            f"{SETTINGS.detail:g} pixels wide."
        )
    on_event(Noted(f"{summary}. {built.manifest} tells of every photo."))
    for note in built.notes:
        on_event(Noted(f"Note: {note}"))


def _why(rows: Iterable[Portrait]) -> str:
    """Count the unused photos by reason, in brackets; return an empty text if all are used."""
    reasons: dict[str, str] = {}
    for row in rows:
        reason = "" if row.role in USED else kind_of_reason(row.dropped)
        if reason != OTHER_FACE:  # the person's own face is in another row
            reasons[row.source] = reason
    counts = Counter(filter(None, reasons.values())).most_common()
    said = ", ".join(f"{reason} {count}" for reason, count in counts)
    return f" (not used: {said})" if said else ""
