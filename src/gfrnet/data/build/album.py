"""The photos of one person, as a family has them, as a data set to fine-tune on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from gfrnet.data.build import Settings, build
from gfrnet.data.manifest import USED, Portrait, kind_of_reason, read_rows
from gfrnet.data.select import OTHER_FACE
from gfrnet.errors import DataError

FEWEST = 3
"""Photos of a person, at least: two make one pair, and a network learns that by heart and not the face."""

SETTINGS = Settings(layout="person")
"""All photos of the person that are good enough; there is nobody else to hold back for a split."""


def build_album(folder: Path, target: Path, workers: int, on_remark: Callable[[str], None]) -> None:
    """Make a data set of all usable photos in a folder and below it; only what has changed is done again.

    Other people may be on the photos: the person is who is in most of them.

    Args:
        folder: The photos; nothing in it is touched.
        target: Where the data set goes; must not be inside ``folder``.
        workers: Processes.
        on_remark: Told what is done, how many photos are used and why others are not, and what somebody
            should look at.

    Raises:
        DataError: There are too few usable photos, or as `build`.
        WriteError: A crop cannot be written.
    """
    on_remark(f"Finding faces in {folder}.")
    built = build(folder, target, SETTINGS, workers)
    summary = f"{built.used} of {built.photos} photos in {folder} can be used{_why(read_rows(target))}"
    if built.used < FEWEST:
        raise DataError(
            f"Only {summary}, and a face is learnt from {FEWEST} or more: two photos make one pair, which "
            "would be learnt by heart. Add photos that show it sharp, unobstructed and at least "
            f"{SETTINGS.detail:g} pixels wide."
        )
    on_remark(f"{summary}. {built.manifest} tells of every photo.")
    for note in built.notes:
        on_remark(f"Note: {note}")


def _why(rows: Iterable[Portrait]) -> str:
    """The photos that are not used, counted by reason, in brackets; empty if all are."""
    reasons: dict[str, str] = {}
    for row in rows:
        reason = "" if row.role in USED else kind_of_reason(row.dropped)
        if reason != OTHER_FACE:  # the person's own face is in another row
            reasons[row.source] = reason
    counts = Counter(filter(None, reasons.values())).most_common()
    said = ", ".join(f"{reason} {count}" for reason, count in counts)
    return f" (not used: {said})" if said else ""
