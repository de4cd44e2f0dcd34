"""Put the photos of a data set into series of pages: guides, people, and what was dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gfrnet.data.manifest import Portrait, by_person, kind_of_reason

PER_PAGE = 1000
"""Most photos on a page; only a person with more has a longer one."""

ROLES = ("guide", "target", "single", "spare")
"""Roles in the order of the pages."""


@dataclass(frozen=True)
class Section:
    """Hold photos that belong together.

    Attributes:
        heading: The person, or the reason.
        remark: Text beside the heading.
        portraits: The photos.
    """

    heading: str
    remark: str
    portraits: tuple[Portrait, ...]


@dataclass(frozen=True)
class Series:
    """Hold pages of one kind.

    Attributes:
        name: Beginning of the names of their files.
        title: Title of every page.
        pages: The sections of each page.
    """

    name: str
    title: str
    pages: tuple[tuple[Section, ...], ...]

    def file(self, number: int) -> str:
        """Return the file name of a page; the first is number 0."""
        return f"{self.name}-{number + 1}.html"

    def places(self) -> dict[str, str]:
        """Return a link to the first place of each heading."""
        places: dict[str, str] = {}
        for number, page in enumerate(self.pages):
            for place, section in enumerate(page):
                places.setdefault(section.heading, f"{self.file(number)}#s{place}")
        return places


def guide_pages(rows: Sequence[Portrait]) -> Series:
    """Show the guide, or the only photo, of everybody."""
    guides = [portrait for portrait in rows if portrait.role in ("guide", "single")]
    sections = (Section(span(part[0].person, part[-1].person), "", part) for part in _parts(guides))
    return Series("guides", "Guides", _paginated(sections))


def people_pages(rows: Sequence[Portrait]) -> Series:
    """Show everybody's photos: the guide first, then targets, single and spare photos."""
    sections = (
        Section(
            person,
            _counted(group),
            tuple(portrait for role in ROLES for portrait in group if portrait.role == role),
        )
        for person, group in by_person(rows).items()
    )
    return Series("people", "People", _paginated(sections))


def _counted(group: Sequence[Portrait]) -> str:
    counts = Counter[str](portrait.role or "dropped" for portrait in group)
    found = [f"{counts[role]} {role}" for role in (*ROLES, "dropped") if counts[role]]
    return ", ".join([*found, *sorted({portrait.split for portrait in group if portrait.split})])


def dropped_pages(rows: Sequence[Portrait]) -> Series:
    """Show what was dropped by the kind of reason, the most frequent first."""
    kinds: dict[str, list[Portrait]] = {}
    for portrait in rows:
        if portrait.dropped:
            kinds.setdefault(kind_of_reason(portrait.dropped), []).append(portrait)
    by_count = sorted(kinds.items(), key=lambda item: -len(item[1]))
    sections = (Section(kind, str(len(group)), part) for kind, group in by_count for part in _parts(group))
    return Series("dropped", "Dropped", _paginated(sections))


def _parts(portraits: Sequence[Portrait]) -> Iterator[tuple[Portrait, ...]]:
    for start in range(0, len(portraits), PER_PAGE):
        yield tuple(portraits[start : start + PER_PAGE])


def _paginated(sections: Iterable[Section]) -> tuple[tuple[Section, ...], ...]:
    """Divide sections into pages, as many on each as it holds."""
    pages: list[list[Section]] = []
    room = 0
    for section in sections:
        if not pages or len(section.portraits) > room:
            pages.append([])
            room = PER_PAGE
        pages[-1].append(section)
        room -= len(section.portraits)
    return tuple(tuple(page) for page in pages)


def span(first: str, last: str) -> str:
    """Name what stands between two headings."""
    return first if first == last else f"{first} … {last}"
