"""List what a person should look at in a restored film, the worst first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gfrnet.film.cast_file import clock
from gfrnet.film.outcome import FilmReport, TrackRecord

UNLIKE = 0.05
"""How much less than needed, or than before, a face may resemble its portraits after; set by hand."""

UNEVEN = 0.08
"""Standard deviation of the similarity within a track above which it is uneven; set by hand."""

FLICKERS = 1.1
"""Ratio of the flicker after to that before above which a face flickers; set by hand."""

Kind = Literal["failed", "refused", "unlike", "uneven", "flickers"]


@dataclass(frozen=True)
class Doubt:
    """Hold a face of a restored film that a person should look at.

    Attributes:
        kind: ``failed`` by a fault; ``refused``, because no portrait fits; ``unlike`` its portraits;
            ``uneven`` over time; or ``flickers``.
        shot: Number of the shot.
        track: Number of the track.
        person: Name of the person, or ``person 3``.
        time: When the face shows, such as ``0:01:07-0:01:12``.
        text: What is wrong, and what to do; whole sentences.
    """

    kind: Kind
    shot: int
    track: int
    person: str
    time: str
    text: str


def doubts(report: FilmReport, most: int = 20) -> tuple[Doubt, ...]:
    """Return the faces of a film that a person should look at, the worst first.

    People without portraits are meant to stay as they are, and are not listed.

    Args:
        report: What became of the film.
        most: Largest number of them.
    """
    with_portraits = {person.person for person in report.people if person.portraits}
    found: list[tuple[int, float, Doubt]] = []
    for shot in report.shots:
        for track in shot.tracks:
            judged = _judged(track, track.person in with_portraits)
            if judged is not None:
                rank, badness, kind, text = judged
                time = f"{clock(track.start / report.rate)}-{clock(track.stop / report.rate)}"
                found.append((rank, -badness, Doubt(kind, shot.shot, track.track, track.person, time, text)))
    found.sort(key=lambda row: (row[0], row[1], row[2].shot, row[2].track))
    return tuple(doubt for _, _, doubt in found[:most])


def _judged(track: TrackRecord, known: bool) -> tuple[int, float, Kind, str] | None:
    """Return rank, badness, kind and words; None for a face that is well."""
    if track.status == "failed":
        return 0, 0.0, "failed", track.reason
    if track.status == "skipped":
        if not known or track.similarity is None:
            return None
        return 1, (track.needed or 0) - track.similarity, "refused", track.reason
    after, before = track.similarity_after, track.similarity
    if after is not None and before is not None and after < max(before, track.needed or 0) - UNLIKE:
        text = f"Similarity {after:.2f} after {before:.2f}. Restore the shot with less strength, or leave it."
        return 2, max(before, track.needed or 0) - after, "unlike", text
    if track.spread is not None and track.spread > UNEVEN:
        text = (
            f"Similarity varies by {track.spread:.2f}. Look at the shot, and restore it with less strength."
        )
        return 3, track.spread, "uneven", text
    if (
        track.flicker_before is not None
        and track.flicker_after is not None
        and track.flicker_after > FLICKERS * track.flicker_before
    ):
        ratio = track.flicker_after / max(track.flicker_before, 1e-6)
        text = f"It flickers {ratio:.1f} times as much as before. Restore the shot with less strength."
        return 4, ratio, "flickers", text
    return None
