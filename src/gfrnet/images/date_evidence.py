"""Gather the dates that the parts of a photo's file state, with what each of them is worth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum

from gfrnet.images import exif, iptc
from gfrnet.images.chunks import Text
from gfrnet.images.elements import fields, text_of, tree
from gfrnet.images.stamps import Stamp, letter_stamp, stamp

_FIRST_DIGITAL_YEAR = 1990
"""Year in which digital cameras and scanners came to be sold. Earlier dates were typed by people."""

_SCANNER = re.compile(
    r"scan|perfection|opticfilm|plustek|coolscan|super coolscan|noritsu|frontier|silverfast|naps2|photomyne"
    r"|photo restor|digitaliz|digitiz",
    re.IGNORECASE,
)
"""What makers, models and programs of scanners, and of apps that photograph prints, are called."""

_SCANNERS, _CAMERA = (1, 2), 3
"""Numbers of scanners and of digital cameras among the sources of files of EXIF."""

_ORIGINAL = (b"photoshop:DateCreated", b"exif:DateTimeOriginal")
_STORED = (b"xmp:CreateDate", b"exif:DateTimeDigitized")
_SIGNS = (b"DateCreated", b"DateTimeOriginal", b"CreateDate", b"DateTimeDigitized")
_MOST_IPTC = 2**16
_IPTC_CREATED, _IPTC_TIME, _IPTC_DIGITISED = 55, 60, 62
_TEXTS = {"exif:datetimeoriginal": True, "creation time": False, "create-date": False}
"""Keywords of texts of a PNG that hold dates, in small letters, and whether it is that of the picture."""

_NAMED = re.compile(
    r"(1[89][0-9]{2}|20[0-9]{2})(?:[-.](0[1-9]|1[0-2])(?:[-.](0[1-9]|[12][0-9]|3[01]))?)?(?![0-9]|x[0-9]|px)"
)
"""How people begin names: "1974.jpg", "1974-08 Garten.jpg", "1974-08-12_3.jpg"."""

_NUMBERED = re.compile(
    r"(?<![0-9])(19[89][0-9]|20[0-9]{2})([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12][0-9]|3[01])"
    r"(?:(?:[-_ .T]|at){0,4}([01][0-9]|2[0-3])[-_.:h]?([0-5][0-9])[-_.:m]?([0-5][0-9]))?(?![0-9])"
)
"""How cameras and programs name: "IMG_20190524_123456.jpg", "Screenshot 2019-05-24 at 12.34.56.png"."""


class DateSource(StrEnum):
    """Say where a date was found."""

    EXIF = "exif"
    XMP = "xmp"
    IPTC = "iptc"
    TEXT = "text"
    NAME = "name"


class Kind(Enum):
    """Say what a date is worth."""

    CAMERA = "the clock of a camera at the exposure"
    PEOPLE = "typed by somebody"
    STATED = "the day of the picture by a file that does not tell whether a camera or a scanner made it"
    STORED = "when the picture became a file"
    NAMED = "typed by somebody into the name of the file"
    NUMBERED = "put into the name of the file by a program"


@dataclass(frozen=True)
class Evidence:
    """Hold a date, where it was found, and what it is worth."""

    stamp: Stamp
    source: DateSource
    kind: Kind


def _original(found: Stamp | None, source: DateSource, kind: Kind = Kind.STATED) -> Iterator[Evidence]:
    """Yield a date that a file states as that of the picture.

    One from before digital cameras, and a month or a year alone, were typed by somebody.
    """
    if found is not None:
        typed = not found.is_day or found.last.year < _FIRST_DIGITAL_YEAR
        yield Evidence(found.as_set_by_people, source, Kind.PEOPLE if typed else kind)


def _stored(found: Stamp | None, source: DateSource) -> Iterator[Evidence]:
    """Yield a date that a file states as the one when it was made."""
    return _original(found, source, Kind.STORED)


def is_scan(taking: exif.Taking) -> bool:
    """Return whether a scanner made a picture, or a program that photographs prints."""
    return taking.source in _SCANNERS or bool(_SCANNER.search(taking.device))


def of_exif(taking: exif.Taking, scanned: bool, today: date) -> Iterator[Evidence]:
    """Yield the dates of EXIF. The clock of a scanner only tells when the picture became a file."""
    original = stamp(taking.original, today)
    by_camera = (taking.exposed or taking.source == _CAMERA) and not scanned
    if original and by_camera and original.is_day and original.first.year >= _FIRST_DIGITAL_YEAR:
        # A clock that was reset begins on the first of January of some year.
        if (original.first.month, original.first.day) != (1, 1):
            yield Evidence(original, DateSource.EXIF, Kind.CAMERA)
    else:
        yield from _original(original, DateSource.EXIF, Kind.STORED if scanned else Kind.STATED)
    yield from _stored(stamp(taking.digitised, today), DateSource.EXIF)


def of_xmp(xmp: bytes | None, today: date) -> Iterator[Evidence]:
    """Yield the dates of XMP; none of XMP that is damaged."""
    if xmp is None or not any(sign in xmp for sign in _SIGNS):
        return
    try:
        root = tree(xmp)
    except ValueError:
        return
    for block in root.outermost(b"rdf:RDF"):
        for description in block.children:
            places = fields(xmp, description)
            for names, kind in ((_ORIGINAL, _original), (_STORED, _stored)):
                for name in names:
                    if name in places:
                        yield from kind(stamp(text_of(xmp, places[name]), today), DateSource.XMP)


def of_iptc(records: bytes | None, today: date) -> Iterator[Evidence]:
    """Yield the dates of IPTC."""
    sets = iptc.datasets((records or b"")[:_MOST_IPTC])
    found = {number: value[:64].decode("latin-1") for number, value in sets}
    time = found.get(_IPTC_TIME, "")
    moment = (
        f"{found.get(_IPTC_CREATED, '')} {time[:6]}" if time[:6].isdigit() else found.get(_IPTC_CREATED, "")
    )
    yield from _original(stamp(moment, today), DateSource.IPTC)
    yield from _stored(stamp(found.get(_IPTC_DIGITISED, ""), today), DateSource.IPTC)


def of_texts(texts: Iterable[Text], today: date) -> Iterator[Evidence]:
    """Yield the dates of the texts of a PNG."""
    for text in texts:
        of_the_picture = _TEXTS.get(text.keyword.lower())
        if of_the_picture is not None:
            found = stamp(text.value, today) or letter_stamp(text.value, today)
            yield from (_original if of_the_picture else _stored)(found, DateSource.TEXT)


def of_name(name: str, today: date) -> Iterator[Evidence]:
    """Yield the date in the name of a file."""
    if found := _NAMED.match(name):
        written = "-".join(filter(None, found.groups()))
        kind = Kind.NAMED
    elif found := _NUMBERED.search(name):
        year, _, month, day, *clock = found.groups()
        written = f"{year}-{month}-{day}" + (" {}:{}:{}".format(*clock) if clock[0] else "")
        kind = Kind.NUMBERED
    else:
        return
    if read := stamp(written, today):
        yield Evidence(read, DateSource.NAME, kind)
