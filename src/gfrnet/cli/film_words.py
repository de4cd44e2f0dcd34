"""Say what is known of a film and its people, in lines and in documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gfrnet.cli.documents import FilmPerson, FilmTrack
    from gfrnet.film import FilmFacts, FilmReport, FilmScan, Person, Track

MOST_LISTED = 12
"""People without a name that are listed on the terminal; the document and the sheets show all."""


def facts_line(path: object, facts: FilmFacts) -> str:
    """Return a line on a film: size, rate, time, codec, fields."""
    from gfrnet.film import clock

    width, height = facts.upright_size
    fields = {"interlaced": ", interlaced", "telecine": ", 3:2 pulldown"}.get(facts.scan, "")
    return (
        f"{path}: {width} x {height} pixels, {float(facts.rate):.5g} frames a second, "
        f"{clock(facts.seconds)}, {facts.codec}{fields}"
    )


def people_lines(scan: FilmScan) -> Iterator[str]:
    """Yield lines on the people of a film: named ones, then the others with the most frames."""
    named = [person for person in scan.people if person.name is not None]
    others = [person for person in scan.people if person.name is None]
    listed = [*named, *others[:MOST_LISTED]]
    widest = max((len(person.title) for person in listed), default=0)
    for person in listed:
        yield f"  {person.title.ljust(widest)}  {_about(scan, person)}"
    if len(others) > MOST_LISTED:
        frames = sum(scan.frames_of(person) for person in others[MOST_LISTED:])
        time = _long(frames / scan.film.rate)
        yield f"  and {len(others) - MOST_LISTED} more, {time} together"


def _about(scan: FilmScan, person: Person) -> str:
    tracks = [scan.tracks[number] for number in person.tracks]
    width = sorted(track.quality.size for track in tracks)[len(tracks) // 2]
    parts = [
        f"{_long(scan.frames_of(person) / scan.film.rate)} in {_counted(len(tracks), 'track')}",
        f"face {width:.0f} px wide",
        *([f"similarity {person.similarity:.2f}"] if person.similarity is not None else []),
        *(["by hand"] if person.by_hand else []),
    ]
    return ", ".join(parts)


def summary(scan: FilmScan) -> str:
    """Return a line with the counts of a scan."""
    named = sum(person.name is not None for person in scan.people)
    people = _counted(len(scan.people), "person", "people")
    return (
        f"{_counted(len(scan.shots), 'shot')}, {_counted(len(scan.tracks), 'track')} of faces, {people}"
        f"{f', {named} with names' if named else ''}."
    )


def _counted(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"


def _long(seconds: float) -> str:
    from gfrnet.film import clock

    return f"{seconds:.1f} s" if seconds < 60 else clock(seconds)


def in_words(seconds: float) -> str:
    """Return a span of time, rounded as an estimate deserves."""
    if seconds < 90:
        return "1 second" if seconds < 1.5 else f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def unseen_lines(names: Sequence[str]) -> Iterator[str]:
    """Yield what to do about portraits whose person was not found."""
    for name in names:
        yield (
            f"Nobody in the film surely resembles the portraits of {name}. Draw a cast sheet with gfrnet "
            f"film cast, and write {name} into its cast.yaml."
        )


def people_document(scan: FilmScan) -> tuple[FilmPerson, ...]:
    """Return the people of a film for a document."""
    from gfrnet.cli.documents import FilmPerson

    numbers = {shot: number for number, shot in enumerate(scan.shots)}
    return tuple(
        FilmPerson(
            label=person.title,
            name=person.name,
            by_hand=person.by_hand,
            similarity=person.similarity,
            frames=scan.frames_of(person),
            seconds=scan.frames_of(person) / scan.film.rate,
            tracks=tuple(
                _track_document(scan, scan.tracks[n], numbers[scan.tracks[n].shot]) for n in person.tracks
            ),
        )
        for person in scan.people
    )


def _track_document(scan: FilmScan, track: Track, shot: int) -> FilmTrack:
    from gfrnet.cli.documents import FilmTrack

    return FilmTrack(
        number=track.number,
        shot=shot,
        start=track.first / scan.film.rate,
        stop=(track.last + 1) / scan.film.rate,
        frames=len(track),
        found=sum(spot.found for spot in track.spots) / len(track),
        size=track.quality.size,
        sharpness=track.quality.sharpness,
    )


def report_lines(report: FilmReport) -> Iterator[str]:
    """Yield what became of the people of a film, and what its container does not hold."""
    yield from (*report.words, *report.lost)
    given = [person for person in report.people if person.portraits]
    for person in given:
        tracks = [t for shot in report.shots for t in shot.tracks if t.person == person.person]
        restored = [track for track in tracks if track.status == "restored"]
        after = [track.similarity_after for track in restored if track.similarity_after is not None]
        before = [track.similarity for track in restored if track.similarity is not None]
        likeness = (
            f", similarity {sum(before) / len(before):.2f} before, {sum(after) / len(after):.2f} after"
            if before and after
            else ""
        )
        yield (
            f"{person.person}: {_counted(len(restored), 'track')} of {len(tracks)} restored, "
            f"{_counted(person.restored, 'frame')}{likeness}"
        )
    others = sum(not person.portraits for person in report.people)
    if others:
        yield f"{_counted(others, 'person', 'people')} without portraits stay as they were."


def doubt_lines(report: FilmReport) -> Iterator[str]:
    """Yield the faces that a person should look at, the worst first."""
    from gfrnet.film import doubts

    found = doubts(report)
    if found:
        yield "Look at these faces, the worst first:"
    for doubt in found:
        yield f"  {doubt.time}  shot {doubt.shot}, track {doubt.track}, {doubt.person}: {doubt.text}"
