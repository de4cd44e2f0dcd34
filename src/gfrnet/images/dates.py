"""Tell when a photo was taken: between which days for certain, and when probably.

Scans state when they were scanned, cameras what their clock showed, and people what they remember. Only what
cannot be wrong narrows the days that are possible; the rest is a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gfrnet.images import date_evidence as evidence
from gfrnet.images import exif
from gfrnet.images.date_evidence import DateSource, Evidence, Kind
from gfrnet.images.photo import Photo
from gfrnet.images.sidecars import Sidecar, read_sidecars
from gfrnet.images.stamps import FIRST_DAY


@dataclass(frozen=True)
class Taken:
    """Hold when a photo was taken.

    Attributes:
        earliest: First day that is possible.
        latest: Last day that is possible. Nobody who was born later is in the photo.
        likely: First and last day between which it was probably taken; None if nothing speaks for any.
        moment: Time of the camera's clock, where it is likely the time of the photo.
        source: Where the most telling date was found.
    """

    earliest: date
    latest: date
    likely: tuple[date, date] | None
    moment: datetime | None
    source: DateSource


def taken(photo: Photo, sidecars: Iterable[Sidecar] | None = None, today: date | None = None) -> Taken | None:
    """Return when a photo was taken, from its EXIF, XMP, IPTC, texts and name, and from its sidecars.

    A camera's date is certain, unless another date contradicts it. So is one from before digital cameras,
    which somebody typed. The date of a scan only says that the photo is not younger. A name is a guess.
    Where dates contradict each other, all days between them are possible.

    Args:
        photo: The photo as it was read.
        sidecars: Its sidecars, where they are read already; else those beside its path are read.
        today: The day after which no photo was taken yet; today by default.

    Returns:
        When it was taken; None if nothing tells.
    """
    today = today or date.today()
    if sidecars is None:
        sidecars = read_sidecars(photo.path) if photo.path else ()
    taking = exif.taking(photo.exif)
    scanned = evidence.is_scan(taking)
    found = [
        *evidence.of_exif(taking, scanned, today),
        *(each for sidecar in sidecars for each in evidence.of_xmp(sidecar.xmp, today)),
        *evidence.of_xmp(photo.xmp, today),
        *evidence.of_iptc(photo.iptc, today),
        *evidence.of_texts(photo.text, today),
        *(evidence.of_name(photo.path.name, today) if photo.path else ()),
    ]
    return _judged(found, scanned)


def _judged(found: Sequence[Evidence], scanned: bool) -> Taken | None:
    """Return when a photo was taken by all that is known.

    Args:
        found: The dates, the most telling kind of file first.
        scanned: Whether a scanner made the photo.
    """
    telling = [each for each in found if each.kind in (Kind.CAMERA, Kind.PEOPLE)]
    if not telling:
        return _bounded(found, scanned)
    best = telling[0]
    for each in telling[1:]:
        if best.stamp.first <= each.stamp.first and each.stamp.last <= best.stamp.last:
            best = each
    others = [each for each in found if _contradicts(each, best)]
    if not others:
        return _taken(best.stamp.first, best.stamp.last, best, best.source)
    days = [each.stamp for each in (best, *others)]
    typed = [each for each in (best, *others) if each.kind in (Kind.PEOPLE, Kind.NAMED)]
    first, last = min(day.first for day in days), max(day.last for day in days)
    return _taken(first, last, typed[0] if typed else None, best.source)


def _contradicts(one: Evidence, best: Evidence) -> bool:
    """Return whether a date speaks against the best one; a file may well be younger than its picture."""
    younger = one.stamp.first > best.stamp.last
    return one.stamp.far_from(best.stamp) and not (one.kind is Kind.STORED and younger)


def _bounded(found: Sequence[Evidence], scanned: bool) -> Taken | None:
    """Return when a photo was taken where no date of its file is certain: not after the last of them."""
    of_files = [each for each in found if each.kind in (Kind.STATED, Kind.STORED)]
    names = [each for each in found if each.kind in (Kind.NAMED, Kind.NUMBERED)]
    stated = [each for each in of_files if each.kind is Kind.STATED and not scanned]
    guesses = [*(each for each in names if each.kind is Kind.NAMED), *stated, *names]
    if of_files:
        latest = max(each.stamp.last for each in (*of_files, *names))
        return _taken(FIRST_DAY, latest, guesses[0] if guesses else None, of_files[0].source)
    return _taken(FIRST_DAY, date.max, guesses[0], DateSource.NAME) if guesses else None


def _taken(earliest: date, latest: date, guess: Evidence | None, source: DateSource) -> Taken:
    likely = (guess.stamp.first, guess.stamp.last) if guess else None
    return Taken(earliest, latest, likely, guess.stamp.moment if guess else None, source)
