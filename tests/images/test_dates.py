from __future__ import annotations

import struct
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gfrnet.images import DateSource, Photo, Sidecar, Taken, Text, read, taken
from gfrnet.images.stamps import FIRST_DAY, Stamp, stamp
from xmps import document

TODAY = date(2024, 6, 1)
EXPOSED = {0x829A: 0.01, 0x829D: 2.8}


def exif(first: dict[int, Any] | None = None, **details: Any) -> bytes:
    """Return EXIF with tags of the first directory, and with dates and tags of the second."""
    tags = Image.Exif()
    tags.update(first or {})
    known = {"original": 0x9003, "digitised": 0x9004, "source": 0xA300}
    tags[0x8769] = {known[key]: value for key, value in details.items() if key in known} | details.get(
        "more", {}
    )
    return tags.tobytes()


def of_camera(day: str, **first: Any) -> bytes:
    return exif({0x010F: "Nikon"}, original=day, digitised=day, more=EXPOSED)


def when(name: str = "p.jpg", sidecar: str = "", **parts: Any) -> Taken | None:
    photo = Photo(np.zeros((4, 6, 3), np.uint8), path=Path(name), **parts)
    sidecars = [Sidecar(Path("p.jpg.xmp"), sidecar.encode())] if sidecar else []
    return taken(photo, sidecars, TODAY)


def days(found: Taken | None) -> tuple[str, str] | None:
    return None if found is None else (str(found.earliest), str(found.latest))


def likely(found: Taken | None) -> tuple[str, str] | None:
    return None if found is None or found.likely is None else (str(found.likely[0]), str(found.likely[1]))


def xmp(**dates: str) -> bytes:
    names = {
        "created": "photoshop:DateCreated",
        "original": "exif:DateTimeOriginal",
        "stored": "xmp:CreateDate",
    }
    return document("", " ".join(f'{names[key]}="{value}"' for key, value in dates.items())).encode()


def test_the_day_of_a_camera_is_certain() -> None:
    day = date(2019, 5, 24)
    assert when(exif=of_camera("2019:05:24 12:34:56")) == Taken(
        day, day, (day, day), datetime(2019, 5, 24, 12, 34, 56), DateSource.EXIF
    )
    agreeing = xmp(original="2019-05-24T12:34:56.123+02:00", created="2019-05-24T10:34:56Z")
    assert days(when("IMG_20190525_003456.jpg", exif=of_camera("2019:05:24 12:34:56"), xmp=agreeing)) == (
        "2019-05-24",
        "2019-05-24",
    )


def test_the_day_of_a_scan_only_tells_that_the_photo_is_not_younger() -> None:
    makers = [{0x010F: "EPSON", 0x0110: "Perfection V600"}, {0x0131: "VueScan 9 x64"}, {0x010F: "CanoScan"}]
    scans = [exif(maker, original="2012:03:04 10:00:00", more=EXPOSED) for maker in makers]
    scans += [exif(original="2012:03:04 10:00:00", source=number) for number in (b"\1", b"\2")]
    for scan in scans:
        found = when(exif=scan)
        assert (days(found), likely(found)) == ((str(FIRST_DAY), "2012-03-04"), None)
        assert found is not None
        assert found.moment is None
    for block in (exif(digitised="2012:03:04 10:00:00"), exif(original="2012:03:04 10:00:00")):
        assert days(when(exif=block)) == (str(FIRST_DAY), "2012-03-04")
    assert likely(when(exif=exif(original="2012:03:04 10:00:00"))) == ("2012-03-04", "2012-03-04")


def test_what_somebody_typed_into_a_scan_is_its_date() -> None:
    scan = exif({0x0131: "VueScan"}, original="2012:03:04 10:00:00")
    for stated in (xmp(created="1974-08-12"), xmp(original="1974-08-12T12:00:00")):
        assert days(when(exif=scan, xmp=stated)) == ("1974-08-12", "1974-08-12")
        assert days(when(exif=scan, sidecar=stated.decode())) == ("1974-08-12", "1974-08-12")
    assert days(when(exif=scan, xmp=xmp(created="1995-07"))) == ("1995-07-01", "1995-07-31")
    assert days(when(exif=scan, iptc=iptc((55, b"19740800")))) == ("1974-08-01", "1974-08-31")
    assert days(when(exif=scan, xmp=xmp(created="1974"), iptc=iptc((55, b"19740812")))) == (
        "1974-08-12",
        "1974-08-12",
    )


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("1974:08:12 15:03:00", "1974-08-12", "1974-08-12"),
        ("1974:08:01 00:00:00", "1974-08-01", "1974-08-31"),
        ("1974:01:01 12:00:00", "1974-01-01", "1974-12-31"),
        ("1974:00:00 00:00:00", "1974-01-01", "1974-12-31"),
        ("1974:12:  :  :  ", "1974-12-01", "1974-12-31"),
        ("1972:02:00 00:00:00", "1972-02-01", "1972-02-29"),
    ],
)
def test_what_people_leave_open_stays_open(written: str, first: str, last: str) -> None:
    assert days(when(exif=exif(original=written))) == (first, last)


@pytest.mark.parametrize(
    "written",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "1970:01:01 00:00:00",
        "1969:12:31 19:00:00",
        "1980:01:01 00:03:00",
        "1904:01:01 00:00:00",
        "9999:12:31 23:59:59",
        "2024:06:03 00:00:00",
        "1825:01:01 00:00:00",
        "2019:13:01 00:00:00",
        "2019:02:30 00:00:00",
        "2019:05:24 25:00:00",
        "yesterday",
        "",
        "\u0661\u0669\u0667\u0664",
        "2" * 10_000,
    ],
)
def test_impossible_dates_say_nothing(written: str) -> None:
    assert stamp(written, TODAY) is None
    assert when(exif=exif(original=written.encode("latin-1", "replace"))) is None
    assert when(xmp=document(f"<xmp:CreateDate>{written}</xmp:CreateDate>").encode()) is None


def test_a_clock_that_was_reset_says_nothing() -> None:
    assert when(exif=exif(original="2005:01:01 00:12:00", more=EXPOSED)) is None
    found = when("2015-08-02.jpg", exif=of_camera("2005:03:04 10:00:00"))
    assert (days(found), likely(found)) == (("2005-03-04", "2015-08-02"), ("2015-08-02", "2015-08-02"))


def test_dates_that_contradict_each_other_leave_all_between_possible() -> None:
    photographed_print = of_camera("2020:05:06 10:00:00")
    found = when("1974-08 Garten.jpg", exif=photographed_print)
    assert (days(found), likely(found)) == (("1974-08-01", "2020-05-06"), ("1974-08-01", "1974-08-31"))
    found = when(exif=photographed_print, sidecar=xmp(created="1974").decode())
    assert (days(found), likely(found)) == (("1974-01-01", "2020-05-06"), ("1974-01-01", "1974-12-31"))
    found = when(exif=of_camera("2005:03:04 10:00:00"), sidecar=xmp(original="2015-08-01T10:00:00").decode())
    assert (days(found), likely(found)) == (("2005-03-04", "2015-08-01"), None)
    before = exif(original="2019:05:24 12:00:00", digitised="2001:05:24 12:00:00", more=EXPOSED)
    assert days(when(exif=before)) == ("2001-05-24", "2019-05-24")


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("1974.jpg", "1974-01-01", "1974-12-31"),
        ("1974-08.jpg", "1974-08-01", "1974-08-31"),
        ("1974-08-12 Hochzeit.jpg", "1974-08-12", "1974-08-12"),
        ("1974_03.jpg", "1974-01-01", "1974-12-31"),
        ("IMG_20190524_1234.jpg", "2019-05-24", "2019-05-24"),
        ("IMG_20190524_123456.jpg", "2019-05-24", "2019-05-24"),
        ("IMG-20190524-WA0001.jpg", "2019-05-24", "2019-05-24"),
        ("PXL_20190524_123456789.jpg", "2019-05-24", "2019-05-24"),
        ("Screenshot 2019-05-24 at 12.34.56.png", "2019-05-24", "2019-05-24"),
        ("20190524123456.jpg", "2019-05-24", "2019-05-24"),
    ],
)
def test_a_name_is_a_guess(name: str, first: str, last: str) -> None:
    found = when(name)
    assert likely(found) == (first, last)
    assert days(found) == (str(FIRST_DAY), str(date.max))
    scan = when(name, exif=exif({0x0131: "VueScan"}, original="2020:01:02 10:00:00"))
    assert (likely(scan), days(scan)) == ((first, last), (str(FIRST_DAY), "2020-01-02"))


@pytest.mark.parametrize(
    "name",
    [
        "IMG_1974.jpg",
        "DSC02019.jpg",
        "1920x1080.jpg",
        "2048.jpg",
        "20191341.jpg",
        "12019052412.jpg",
        "19740.jpg",
    ],
)
def test_numbers_are_no_dates(name: str) -> None:
    assert when(name) is None


def iptc(*sets: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(value)) + value for number, value in sets)


def test_iptc_and_texts_are_read() -> None:
    found = when(iptc=iptc((5, b"Title"), (55, b"20190524"), (60, b"123456+0200")))
    assert found is not None
    assert (found.moment, days(found), found.source) == (
        datetime(2019, 5, 24, 12, 34, 56),
        (str(FIRST_DAY), "2019-05-24"),
        DateSource.IPTC,
    )
    for broken in (b"\x1c", b"\x1c\2\x37\xff\xff", iptc((55, b"20190524"))[:-3], b"x" * 99):
        assert when(iptc=broken) is None
    for value in ("Fri, 24 May 2019 12:34:56 GMT", "2019-05-24T12:34:56"):
        assert days(when(text=(Text("Creation Time", value),))) == (str(FIRST_DAY), "2019-05-24")
    assert when(text=(Text("Comment", "2019-05-24"), Text("Creation Time", "May"))) is None


def test_the_zone_of_greenwich_may_stand_for_an_unknown_one() -> None:
    assert stamp("2019-05-24T23:30:00Z", TODAY) == Stamp(
        date(2019, 5, 23), date(2019, 5, 25), datetime(2019, 5, 24, 23, 30)
    )


def test_broken_exif_says_nothing() -> None:
    whole = of_camera("2019:05:24 12:34:56")
    for end in range(0, len(whole), 3):
        when(exif=whole[:end])
    assert when(exif=b"Exif\0\0" + b"\xff" * 100) is None
    assert when(exif=whole[:40]) is None


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_files_tell_their_date(suffix: str, tmp_path: Path) -> None:
    tags = Image.Exif()
    tags.load(of_camera("2019:05:24 12:34:56"))
    Image.new("RGB", (60, 40)).save(tmp_path / f"p{suffix}", exif=tags)
    assert days(taken(read(tmp_path / f"p{suffix}"))) == ("2019-05-24", "2019-05-24")


def test_dates_of_history_and_of_other_elements_are_none_of_the_photo() -> None:
    item = "<rdf:li><rdf:Description xmp:CreateDate='1974'/></rdf:li>"
    inside = f"<dc:creator><rdf:Seq>{item}</rdf:Seq></dc:creator>"
    assert when(xmp=document(inside).encode()) is None
    assert days(when(xmp=document("<xmp:CreateDate>1974</xmp:CreateDate>").encode())) == (
        "1974-01-01",
        "1974-12-31",
    )
