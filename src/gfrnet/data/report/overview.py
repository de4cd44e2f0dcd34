"""Sum up a data set on the first page of its report: counts, reasons, notes and histograms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from gfrnet.data.manifest import COLUMNS, USED, Card, Portrait, by_person
from gfrnet.data.report.histogram import draw_histogram
from gfrnet.data.report.series import ROLES, Series, span

_MEANINGS = {column.name: column.meaning for column in COLUMNS}


def overview(rows: Sequence[Portrait], card: Card, guides: Series, people: Series, dropped: Series) -> str:
    """Return the body of the first page.

    Args:
        rows: All rows of the data set.
        card: Its card.
        guides: Pages of the guides.
        people: Pages of everybody's photos.
        dropped: Pages of what was dropped.
    """
    return (
        _summary(rows, card)
        + _notes(card)
        + _contents(guides)
        + _contents(people)
        + _reasons(dropped)
        + _plots(rows, card.size)
    )


def _summary(rows: Sequence[Portrait], card: Card) -> str:
    """Count people and photos, in all and in each split."""
    splits = sorted({portrait.split for portrait in rows if portrait.split})
    columns = [[p for p in rows if p.role and split in ("", p.split)] for split in ("", *splits)]
    lines = [("people in use", *(str(len(by_person(p for p in c if p.role in USED))) for c in columns))]
    lines += [(f"{role} photos", *(str(sum(p.role == role for p in c)) for c in columns)) for role in ROLES]
    photos = len({(portrait.person, portrait.source) for portrait in rows})
    settings = ", ".join(f"{name} {value}" for name, value in card.settings.items())
    return (
        f"<p>{photos} photos of {len(by_person(rows))} people were looked at.</p>\n"
        f"{_table(('', 'all', *splits), lines)}"
        f'<p class="soft">Settings: {escape(settings) or "unknown"}.</p>\n'
    )


def _reasons(dropped: Series) -> str:
    """Count the dropped photos for each kind of reason."""
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
    """Return a table; ``head`` is text, ``lines`` are HTML."""
    rows = "".join(f"<tr>{''.join(f'<td>{cell}' for cell in line)}\n" for line in lines)
    return f"<table>\n<tr>{''.join(f'<th>{escape(cell)}' for cell in head)}\n{rows}</table>\n"


def _notes(card: Card) -> str:
    """List the things that somebody should look at."""
    notes = "".join(f"<li>{escape(note)}\n" for note in card.notes)
    return f"<h2>Notes</h2>\n<ul>\n{notes}</ul>\n" if notes else ""


def _contents(series: Series) -> str:
    """List links to the pages of a series."""
    links = "".join(
        f'<li><a href="{series.file(number)}">{escape(span(page[0].heading, page[-1].heading))}</a>\n'
        for number, page in enumerate(series.pages)
    )
    return f'<h2>{series.title}</h2>\n<ul class="pages">\n{links}</ul>\n' if links else ""


def _plots(rows: Iterable[Portrait], size: int) -> str:
    """Draw histograms of the measures of all photos with a face."""
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
