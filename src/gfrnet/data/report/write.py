"""Write a data set as pages for a browser, from the disk and without a network.

``index.html`` sums up and draws the measures. Beside it lie pages of all guides, of everybody's photos, and
of what was dropped and why. Pages are of limited length, and their small pictures load as they come into
view. So collections of any size can be looked through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape
from pathlib import Path

import cv2
import numpy as np

from gfrnet import images
from gfrnet.data.manifest import Portrait, read_card, read_rows
from gfrnet.data.report.figures import Figures
from gfrnet.data.report.overview import overview
from gfrnet.data.report.series import Section, Series, dropped_pages, guide_pages, people_pages
from gfrnet.errors import DataError, UnreadableImageError
from gfrnet.webpage import webpage
from gfrnet.work import Advanced, unheard

FOLDER = "report"
"""Folder of the report in a data set."""

THUMB = 128
"""Side of the small pictures, pixels."""

_STYLE = Path(__file__).with_name("report.css")


def write_report(root: Path, on_event: Callable[[Advanced], None] = unheard) -> Path:
    """Write the report of a data set into its folder ``report``; an older one is replaced.

    Args:
        root: The data set.
        on_event: Called after every photo.

    Returns:
        The page to begin with.

    Raises:
        DataError: There is no data set, or one of its crops cannot be read.
        WriteError: The folder cannot be written to.
    """
    card, rows = read_card(root), read_rows(root, embeddings=False)
    folder = root / FOLDER
    thumbs = {folder / "thumbs" / f"{p.crop.relative_to(root)}.jpg": p.crop for p in rows if p.crop}
    for done, (thumb, crop) in enumerate(thumbs.items(), 1):
        _write_thumb(crop, thumb)
        on_event(Advanced("photos", done, len(thumbs)))
    images.write_text(_STYLE.read_text(encoding="utf-8"), folder / _STYLE.name)
    guides, people, dropped = guide_pages(rows), people_pages(rows), dropped_pages(rows)
    figures = Figures(root, people.places(), _originals(rows))
    pages = {
        *_write_series(folder, guides, figures.guide),
        *_write_series(folder, people, figures.photo),
        *_write_series(folder, dropped, figures.dropped),
    }
    body = overview(rows, card, guides, people, dropped)
    index = images.write_text(
        webpage(f"Data set {root.resolve().name}", body, _STYLE.name), folder / "index.html"
    )
    _remove_old(folder, {*thumbs, *pages})
    return index


def _write_thumb(crop: Path, thumb: Path) -> None:
    """Write the small picture of a crop, unless there is one of the crop as it is now."""
    if thumb.is_file() and crop.is_file() and thumb.stat().st_mtime > crop.stat().st_mtime:
        return
    try:
        pixels = images.read(crop, mend=False).rgb8
    except UnreadableImageError as error:
        raise DataError(f"{crop} is of no use ({error}). Delete it and build the data set again.") from error
    small = cv2.resize(pixels, (THUMB, THUMB), interpolation=cv2.INTER_AREA)
    images.write(images.Photo(np.asarray(small, dtype=np.uint8)), thumb, quality=80)


def _originals(rows: Iterable[Portrait]) -> dict[tuple[str, str], Portrait]:
    """Find the photos that a reason may name, by person and source; of a photo's faces the one in use."""
    shown = sorted((portrait for portrait in rows if portrait.crop), key=lambda portrait: bool(portrait.role))
    return {(portrait.person, portrait.source): portrait for portrait in shown}


def _write_series(folder: Path, series: Series, figure: Callable[[Portrait], str]) -> Iterator[Path]:
    """Write the pages of a series, each linked with its neighbours."""
    last = len(series.pages) - 1
    for number, page in enumerate(series.pages):
        links = ['<a href="index.html">Overview</a>']
        links += [f'<a href="{series.file(number - 1)}">Previous</a>'] if number else []
        links += [f'<a href="{series.file(number + 1)}">Next</a>'] if number < last else []
        nav = f"<nav>{' '.join(links)}</nav>\n"
        sections = "".join(_section(place, section, figure) for place, section in enumerate(page))
        title = f"{series.title}, page {number + 1} of {last + 1}"
        yield images.write_text(
            webpage(title, nav + sections + nav, _STYLE.name), folder / series.file(number)
        )


def _section(place: int, section: Section, figure: Callable[[Portrait], str]) -> str:
    heading = f"<bdi>{escape(section.heading)}</bdi> <small>{escape(section.remark)}</small>"
    figures = "".join(map(figure, section.portraits))
    return f'<h2 id="s{place}">{heading}</h2>\n<div class="sheet">\n{figures}</div>\n'


def _remove_old(folder: Path, kept: Iterable[Path]) -> None:
    """Remove pages and small pictures that only an older report had."""
    older = ("guides-*.html", "people-*.html", "dropped-*.html", "thumbs/**/*.jpg")
    for path in {path for pattern in older for path in folder.glob(pattern)}.difference(kept):
        if not path.is_dir():  # a person may be called after a file
            path.unlink()
