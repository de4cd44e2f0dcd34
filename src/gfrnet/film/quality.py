"""List what a person should look at in a restored film, the worst first."""

from __future__ import annotations

from dataclasses import dataclass

from gfrnet.film.outcome import FilmReport


@dataclass(frozen=True)
class Doubt:
    """Hold one face of a restored film that a person should look at.

    Attributes:
        kind: ``failed``, ``refused``, ``unlike``, ``uneven``, ``flickers`` or ``unknown``.
        shot: Number of the shot.
        track: Number of the track.
        person: Name of the person, or ``person 3``.
        time: When the face shows, such as ``0:01:07-0:01:12``.
        text: What is wrong, and what to do; whole sentences.
    """

    kind: str
    shot: int
    track: int
    person: str
    time: str
    text: str


def doubts(report: FilmReport, most: int = 20) -> tuple[Doubt, ...]:
    """Return the faces of a film that a person should look at, the worst first.

    Args:
        report: What became of the film.
        most: Largest number of them.
    """
