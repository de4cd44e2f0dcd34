"""A data set as pages that somebody looks through in a browser, from the disk and without a network.

``index.html`` sums up and draws the measures. Beside it lie pages of all guides, of everybody's photos, and
of what was dropped and why. Pages are of limited length and their small pictures load as they come into
view, so that collections of any size can be looked through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np

from gfrnet import images
from gfrnet.data.histogram import draw_histogram
from gfrnet.data.manifest import (
    COLUMNS,
    USED,
    Card,
    Portrait,
    by_person,
    kind_of_reason,
    read_card,
    read_rows,
)
from gfrnet.errors import DataError, UnreadableImageError
from gfrnet.webpage import webpage

FOLDER = "report"
"""Folder of the report in a data set."""

THUMB = 128
"""Side of the small pictures, pixels."""

PER_PAGE = 1000
"""Photos on a page; only a person with more has a longer one."""

_STYLE = Path(__file__).with_suffix(".css")
_ROLES = ("guide", "target", "single", "spare")
_MEANINGS = {column.name: column.meaning for column in COLUMNS}
_MEASURES = tuple(column.name for column in COLUMNS if column.kind == "float")


@dataclass(frozen=True)
class _Section:
    """Photos that belong together.

    Attributes:
        heading: The person, or the reason.
        remark: Beside the heading.
        portraits: The photos.
    """

    heading: str
    remark: str
    portraits: tuple[Portrait, ...]


@dataclass(frozen=True)
class _Series:
    """Pages of one kind.

    Attributes:
        name: What the names of their files begin with.
        title: Of every page.
        pages: The sections of each page.
    """

    name: str
    title: str
    pages: tuple[tuple[_Section, ...], ...]

    def file(self, number: int) -> str:
        """Name of a page, the first being 0."""
        return f"{self.name}-{number + 1}.html"

    def places(self) -> dict[str, str]:
        """Where each heading stands first, as a link."""
        places: dict[str, str] = {}
        for number, page in enumerate(self.pages):
            for place, section in enumerate(page):
                places.setdefault(section.heading, f"{self.file(number)}#s{place}")
        return places


def write_report(root: Path, on_photo: Callable[[], None] = lambda: None) -> Path:
    """Write the report of a data set into its folder ``report``; an older one is replaced.

    Args:
        root: What ``gfrnet data build`` made.
        on_photo: Called after every photo.

    Returns:
        The page to begin with.

    Raises:
        DataError: There is no data set, or one of its crops cannot be read.
        WriteError: The folder cannot be written to.
    """
    card, rows = read_card(root), read_rows(root, embeddings=False)
    folder = root / FOLDER
    thumbs = {folder / "thumbs" / f"{p.crop.relative_to(root)}.jpg": p.crop for p in rows if p.crop}
    for thumb, crop in thumbs.items():
        _write_thumb(crop, thumb)
        on_photo()
    images.write_text(_STYLE.read_text(encoding="utf-8"), folder / _STYLE.name)
    guides, people, dropped = _guides(rows), _people(rows), _dropped(rows)
    figures = _Figures(root, people.places(), _originals(rows))
    pages = {
        *_write_series(folder, guides, figures.guide),
        *_write_series(folder, people, figures.photo),
        *_write_series(folder, dropped, figures.dropped),
    }
    body = (
        _summary(rows, card)
        + _notes(card)
        + _contents(guides)
        + _contents(people)
        + _reasons(dropped)
        + _plots(rows, card.size)
    )
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
        pixels = images.read(crop).rgb8
    except UnreadableImageError as error:
        raise DataError(f"{crop} is of no use ({error}). Delete it and build the data set again.") from error
    small = cv2.resize(pixels, (THUMB, THUMB), interpolation=cv2.INTER_AREA)
    images.write(images.Photo(np.asarray(small, dtype=np.uint8)), thumb, quality=80)


def _guides(rows: Sequence[Portrait]) -> _Series:
    """The guide, or the only photo, of everybody."""
    guides = [portrait for portrait in rows if portrait.role in ("guide", "single")]
    sections = (_Section(_span(part[0].person, part[-1].person), "", part) for part in _parts(guides))
    return _Series("guides", "Guides", _paginated(sections))


def _people(rows: Sequence[Portrait]) -> _Series:
    """Everybody's photos, the guide first, then targets, single and spare photos."""
    sections = (
        _Section(
            person,
            _counted(group),
            tuple(portrait for role in _ROLES for portrait in group if portrait.role == role),
        )
        for person, group in by_person(rows).items()
    )
    return _Series("people", "People", _paginated(sections))


def _counted(group: Sequence[Portrait]) -> str:
    counts = Counter[str](portrait.role or "dropped" for portrait in group)
    found = [f"{counts[role]} {role}" for role in (*_ROLES, "dropped") if counts[role]]
    return ", ".join([*found, *sorted({portrait.split for portrait in group if portrait.split})])


def _dropped(rows: Sequence[Portrait]) -> _Series:
    """What was dropped by the kind of reason, the most frequent first."""
    kinds: dict[str, list[Portrait]] = {}
    for portrait in rows:
        if portrait.dropped:
            kinds.setdefault(kind_of_reason(portrait.dropped), []).append(portrait)
    by_count = sorted(kinds.items(), key=lambda item: -len(item[1]))
    sections = (_Section(kind, str(len(group)), part) for kind, group in by_count for part in _parts(group))
    return _Series("dropped", "Dropped", _paginated(sections))


def _parts(portraits: Sequence[Portrait]) -> Iterator[tuple[Portrait, ...]]:
    for start in range(0, len(portraits), PER_PAGE):
        yield tuple(portraits[start : start + PER_PAGE])


def _paginated(sections: Iterable[_Section]) -> tuple[tuple[_Section, ...], ...]:
    """Sections by pages, as many on each as it holds."""
    pages: list[list[_Section]] = []
    room = 0
    for section in sections:
        if not pages or len(section.portraits) > room:
            pages.append([])
            room = PER_PAGE
        pages[-1].append(section)
        room -= len(section.portraits)
    return tuple(tuple(page) for page in pages)


def _originals(rows: Iterable[Portrait]) -> dict[tuple[str, str], Portrait]:
    """By person and source the photos that a reason may name; of a photo's faces the one in use."""
    shown = sorted((portrait for portrait in rows if portrait.crop), key=lambda portrait: bool(portrait.role))
    return {(portrait.person, portrait.source): portrait for portrait in shown}


@dataclass(frozen=True)
class _Figures:
    """Photos as HTML.

    Attributes:
        root: The data set.
        places: Link to the photos of each person.
        originals: By person and source the photos that a reason may name.
    """

    root: Path
    places: Mapping[str, str]
    originals: Mapping[tuple[str, str], Portrait]

    def guide(self, portrait: Portrait) -> str:
        """A photo with the name of the person."""
        return _figure(portrait.role, self._picture(portrait), self._person(portrait))

    def photo(self, portrait: Portrait) -> str:
        """A photo with its role and measures."""
        label = "" if portrait.role == "target" else f'<b class="label">{portrait.role}</b> '
        caption = (
            f"{label}{_name(portrait)}<br>yaw {round(portrait.yaw)}°, pitch {round(portrait.pitch)}°"
            f"<br>sharp {portrait.sharpness:.2f}, {portrait.resolution:.0f} px"
        )
        return _figure(portrait.role, self._picture(portrait), caption)

    def dropped(self, portrait: Portrait) -> str:
        """A photo with the reason, beside the photo that the reason names."""
        caption = f"{self._person(portrait)}<br>{_name(portrait)}<br>{escape(portrait.dropped)}"
        named = self.originals.get((portrait.person, portrait.dropped.partition(" of ")[2]))
        if named is None:
            return _figure("", self._picture(portrait), caption)
        return _figure("pair", self._picture(portrait) + self._picture(named), caption)

    def _person(self, portrait: Portrait) -> str:
        return f'<a href="{self.places[portrait.person]}">{escape(portrait.person)}</a>'

    def _picture(self, portrait: Portrait) -> str:
        if portrait.crop is None:
            return ""
        measures = ", ".join(f"{name} {getattr(portrait, name):.3g}" for name in _MEASURES)
        crop = portrait.crop.relative_to(self.root).as_posix()
        return (
            f'<a href="../{quote(crop)}" title="{escape(portrait.source)}: {measures}">'
            f'<img src="thumbs/{quote(crop)}.jpg" alt="{escape(portrait.source)}" loading="lazy"></a>'
        )


def _figure(kind: str, pictures: str, caption: str) -> str:
    return f'<figure class="{kind}">{pictures}<figcaption>{caption}</figcaption></figure>\n'


def _name(portrait: Portrait) -> str:
    return escape(portrait.source.rpartition("/")[2])


def _write_series(folder: Path, series: _Series, figure: Callable[[Portrait], str]) -> Iterator[Path]:
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


def _section(place: int, section: _Section, figure: Callable[[Portrait], str]) -> str:
    heading = f"<bdi>{escape(section.heading)}</bdi> <small>{escape(section.remark)}</small>"
    figures = "".join(map(figure, section.portraits))
    return f'<h2 id="s{place}">{heading}</h2>\n<div class="sheet">\n{figures}</div>\n'


def _summary(rows: Sequence[Portrait], card: Card) -> str:
    """How many people and photos there are, in all and in each split."""
    splits = sorted({portrait.split for portrait in rows if portrait.split})
    columns = [[p for p in rows if p.role and split in ("", p.split)] for split in ("", *splits)]
    lines = [("people in use", *(str(len(by_person(p for p in c if p.role in USED))) for c in columns))]
    lines += [(f"{role} photos", *(str(sum(p.role == role for p in c)) for c in columns)) for role in _ROLES]
    photos = len({(portrait.person, portrait.source) for portrait in rows})
    settings = ", ".join(f"{name} {value}" for name, value in card.settings.items())
    return (
        f"<p>{photos} photos of {len(by_person(rows))} people were looked at.</p>\n"
        f"{_table(('', 'all', *splits), lines)}"
        f'<p class="soft">Settings: {escape(settings) or "unknown"}.</p>\n'
    )


def _reasons(dropped: _Series) -> str:
    """How many were dropped for each kind of reason."""
    counts = Counter[str]()
    for page in dropped.pages:
        for section in page:
            counts[section.heading] += len(section.portraits)
    if not counts:
        return "<p>Nothing was dropped.</p>\n"
    places = dropped.places()
    lines = [(f'<a href="{places[kind]}">{escape(kind)}</a>', str(count)) for kind, count in counts.items()]
    heading = "<h2>Dropped <small>of photos with several faces each face counts</small></h2>\n"
    return heading + _table(("reason", "photos"), lines)


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table; ``head`` is text, ``lines`` are HTML."""
    rows = "".join(f"<tr>{''.join(f'<td>{cell}' for cell in line)}\n" for line in lines)
    return f"<table>\n<tr>{''.join(f'<th>{escape(cell)}' for cell in head)}\n{rows}</table>\n"


def _notes(card: Card) -> str:
    """What somebody should look at."""
    notes = "".join(f"<li>{escape(note)}\n" for note in card.notes)
    return f"<h2>Notes</h2>\n<ul>\n{notes}</ul>\n" if notes else ""


def _contents(series: _Series) -> str:
    """Links to the pages of a series."""
    links = "".join(
        f'<li><a href="{series.file(number)}">{escape(_span(page[0].heading, page[-1].heading))}</a>\n'
        for number, page in enumerate(series.pages)
    )
    return f'<h2>{series.title}</h2>\n<ul class="pages">\n{links}</ul>\n' if links else ""


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first} … {last}"


def _plots(rows: Iterable[Portrait], size: int) -> str:
    """Histograms of the measures of all photos with a face."""
    seen = [portrait for portrait in rows if portrait.crop]
    ranges = {
        "yaw": (-60, 60),
        "pitch": (-60, 60),
        "sharpness": (0.2, 0.8),
        "resolution": (0, size),
        "occlusion": (0, 0.6),
        "brightness": (0, 1),
    }
    plots = []
    for name, (low, high) in ranges.items():
        used, unused = ([getattr(p, name) for p in seen if (p.role in USED) is use] for use in (True, False))
        plots.append(draw_histogram(name.capitalize(), _MEANINGS[name], used, unused, low, high))
    return (
        '<h2>Measures <small><span class="key used"></span>in use<span class="key unused"></span>spare or '
        "dropped; what lies outside a plot is in its first or last bar</small></h2>\n"
        f'<div class="plots">\n{"".join(plots)}</div>\n'
    )


def _remove_old(folder: Path, kept: Iterable[Path]) -> None:
    """Remove pages and small pictures of an older report that this one has not."""
    older = ("guides-*.html", "people-*.html", "dropped-*.html", "thumbs/**/*.jpg")
    for path in {path for pattern in older for path in folder.glob(pattern)}.difference(kept):
        if not path.is_dir():  # a person may be called after a file
            path.unlink()
