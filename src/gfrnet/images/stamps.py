"""Read dates as files write them, which may be a year or a month alone, or no date at all."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.utils import parsedate

FIRST_DAY = date(1826, 1, 1)
"""Day before which there is no photo: the oldest one that is left was taken in 1826 or 1827."""

_DAY = timedelta(days=1)

_NO_DATES = {date(year, 1, 1) for year in (1904, 1970, 1980)}
_NO_DATES |= {day - _DAY for day in _NO_DATES}
"""Days from which computers count. A program writes them where it knows no date, west of Greenwich the day
before."""

_NO_TIMES = (None, time(0), time(12))
"""Times of day that people leave as they are when they set a year or a month."""

_STAMP = re.compile(
    r"\s*([0-9]{4})(?:[-:/.]?([0-9]{2}|  )(?:[-:/.]?([0-9]{2}|  ))?)?"
    r"(?:[T ]\s*([0-9]{2}):?([0-9]{2})(?::?([0-9]{2}))?(?:[.,][0-9]{1,9})?"
    r"\s*(Z|[+-][0-9]{2}:?[0-9]{2})?)?[\s:]*"
)


@dataclass(frozen=True)
class Stamp:
    """Hold a date as it is written.

    Attributes:
        first: First day that it may mean.
        last: Last day that it may mean.
        moment: Time of the clock at the place, where it is stated.
    """

    first: date
    last: date
    moment: datetime | None = None

    @property
    def is_day(self) -> bool:
        """Return whether a day is stated, and not a month or a year alone."""
        return self.last - self.first <= 2 * _DAY

    @property
    def as_set_by_people(self) -> Stamp:
        """Return what a date means that somebody typed.

        The first of January without a time of day stands for its year, the first of a month for that.
        """
        clock = self.moment.time() if self.moment else None
        if self.first != self.last or self.first.day != 1 or clock not in _NO_TIMES:
            return self
        return Stamp(
            self.first, last_day(self.first.year, None if self.first.month == 1 else self.first.month)
        )

    def far_from(self, other: Stamp) -> bool:
        """Return whether more than a day lies between two dates, which no time zone explains."""
        return self.first > other.last + _DAY or other.first > self.last + _DAY


def stamp(text: str, today: date) -> Stamp | None:
    """Return a date of EXIF, XMP or IPTC, such as "2019:05:24 12:34:56", "1974-08" or "19740000".

    Returns:
        The date. None where it is none, lies in the future or before the first photo. None also for the
        days from which computers count.
    """
    found = _STAMP.fullmatch(text[:64])
    if not found:
        return None
    year, month, day, hour, minute, second = (
        int(part) if part and part.strip() else 0 for part in found.groups()[:6]
    )
    with suppress(ValueError, OverflowError):
        if not month or not day:
            return plausible(Stamp(date(year, month or 1, 1), last_day(year, month or None)), today)
        if date(year, month, day) in _NO_DATES:
            return None
        moment = datetime(year, month, day, hour, minute, min(second, 59)) if found[4] else None
        # Programs write the zone of Greenwich where they do not know the one of the place.
        margin = _DAY if found[7] == "Z" else timedelta()
        days = (date(year, month, day) - margin, date(year, month, day) + margin)
        return plausible(Stamp(*days, moment), today)
    return None


def letter_stamp(text: str, today: date) -> Stamp | None:
    """Return a date of a letter or of the web, such as "Fri, 24 May 2019 12:34:56 GMT"."""
    with suppress(Exception):
        parts = parsedate(text[:64])
        return stamp("{:04}-{:02}-{:02} {:02}:{:02}:{:02}".format(*parts[:6]), today) if parts else None
    return None


def last_day(year: int, month: int | None) -> date:
    """Return the last day of a month, or of a year."""
    following = (year + 1, 1) if month in (None, 12) else (year, (month or 0) + 1)
    return date(*following, 1) - _DAY


def plausible(found: Stamp, today: date) -> Stamp | None:
    """Return a date; None if it lies in the future or before the first photo."""
    return found if found.last >= FIRST_DAY and found.first <= today + _DAY else None
