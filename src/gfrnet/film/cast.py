"""Tell who is who in a film: tracks of one person, and the portraits that name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from gfrnet.errors import DataError
from gfrnet.faces import likeness, needed_similarity
from gfrnet.film.records import FilmScan, Person, Track
from gfrnet.restore import GuideSet
from gfrnet.types import AnyArray, BoolArray, FloatArray

SHARP_LIMIT, BLURRED_LIMIT = 0.5, 0.42
"""Largest distance of the mean faces of two groups of one person, from sharp tracks to blurred ones.

Means of several frames lie nearer than single photos do, and blur moves all people towards each other.
So these limits lie below those of `faces.identity`. They are not measured on films of many people.
"""

SHARP, BLURRED = 0.36, 0.15
"""Sharpness of tracks to which these limits belong."""


class Recognised(NamedTuple):
    """Hold whom portraits recognised in a track, and the similarity, 0..1; None where it is not known."""

    name: str
    similarity: float | None = None


@dataclass(frozen=True)
class CastNotes:
    """Hold what is known of the people of a film before portraits are compared.

    Attributes:
        tracks: Numbers of tracks by the name of their person, as put right by hand. These tracks show nobody
            else.
        recognised: Whom portraits recognised earlier, by the number of the track. These names hold where
            portraits of that name are not given anew.
    """

    tracks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    recognised: Mapping[int, Recognised] = field(default_factory=dict)


def notes_of(scan: FilmScan) -> CastNotes:
    """Return what was put right by hand, and whom portraits recognised, when a scan was made."""
    named = [person for person in scan.people if person.name]
    hand = {str(person.name): person.tracks for person in named if person.by_hand}
    seen = {
        track: Recognised(str(person.name), person.similarity)
        for person in named
        if not person.by_hand
        for track in person.tracks
    }
    return CastNotes(hand, seen)


@dataclass(frozen=True, eq=False)
class Portraits:
    """Hold the identities of the portraits of one named person, (K, 128), at least one."""

    name: str
    embeddings: FloatArray = field(repr=False)

    @classmethod
    def of(cls, name: str, guides: GuideSet) -> Portraits:
        """Return the identities of a guide set, all of whose faces show one person."""
        return cls(name, np.stack([guide.face.portrait.embedding for guide in guides.guides]))


def cast(
    tracks: Sequence[Track], portraits: Sequence[Portraits] = (), notes: CastNotes | None = None
) -> tuple[Person, ...]:
    """Group tracks to people, and name the people.

    Two tracks on one frame are different people. What was put right by hand is never broken.

    Args:
        tracks: All tracks of a film, by their numbers.
        portraits: Named people.
        notes: What was put right by hand.

    Returns:
        The people, the one with the most frames first. Each track belongs to one of them.

    Raises:
        DataError: The notes name a track that does not exist, or name one twice.
    """
    notes = CastNotes() if notes is None else notes
    _check(notes, len(tracks))
    fixed = {number: name for name, numbers in notes.tracks.items() for number in numbers}
    groups = _grouped(tracks, fixed)
    names = _named(tracks, groups, portraits, fixed)
    given = {person.name for person in portraits}
    seen = {number: who for number, who in notes.recognised.items() if who.name not in given}
    _remember(tracks, groups, names, seen)
    return _people(tracks, groups, names, fixed)


def _check(notes: CastNotes, count: int) -> None:
    seen: dict[int, str] = {}
    for name, numbers in notes.tracks.items():
        for number in numbers:
            if not 0 <= number < count:
                raise _unknown(name, number, count)
            if number in seen:
                raise DataError(f"Track {number} is given to {seen[number]} and to {name}. Keep one of them.")
            seen[number] = name
    for number, who in notes.recognised.items():
        if not 0 <= number < count:
            raise _unknown(who.name, number, count)


def _unknown(name: str, number: int, count: int) -> DataError:
    return DataError(
        f"In the cast {name} has track {number}, but the film has tracks 0 to {count - 1}. "
        "Correct the number."
    )


def _grouped(tracks: Sequence[Track], fixed: Mapping[int, str]) -> list[list[int]]:
    """Join the groups that are nearest in mean, until none is near enough."""
    groups = _begun(tracks, fixed)
    if not groups:
        return []
    points = np.stack([_mean(tracks, group) for group in groups])
    weights = np.array([sum(len(tracks[n].embeddings) for n in group) for group in groups], np.float64)
    limits = np.array([np.mean([_limit(tracks[n]) for n in group]) for group in groups])
    apart = _apart(tracks, groups, fixed)
    while True:
        excess = _distances(points) - np.minimum(limits[:, None], limits)
        a, b = sorted(np.unravel_index(np.argmin(np.where(apart, np.inf, excess)), apart.shape))
        if apart[a, b] or excess[a, b] >= 0:
            return groups
        shares = weights[[a, b]] / weights[[a, b]].sum()
        points[a], limits[a] = shares @ points[[a, b]], shares @ limits[[a, b]]
        weights[a] += weights[b]
        apart[a] |= apart[b]
        apart[:, a] |= apart[:, b]
        groups[a] += groups.pop(b)
        points, weights, limits = (np.delete(values, b, axis=0) for values in (points, weights, limits))
        apart = np.delete(np.delete(apart, b, axis=0), b, axis=1)


def _begun(tracks: Sequence[Track], fixed: Mapping[int, str]) -> list[list[int]]:
    """Return a group for each name that was given by hand, and one for each other track."""
    named: dict[str, list[int]] = {}
    for number, name in fixed.items():
        named.setdefault(name, []).append(number)
    return [*named.values(), *([n] for n in range(len(tracks)) if n not in fixed)]


def _limit(track: Track) -> float:
    return float(np.interp(track.quality.sharpness, (BLURRED, SHARP), (BLURRED_LIMIT, SHARP_LIMIT)))


def _apart(tracks: Sequence[Track], groups: Sequence[Sequence[int]], fixed: Mapping[int, str]) -> BoolArray:
    """Return which groups cannot be one person, (G, G): they meet, or have different names by hand."""
    count = len(groups)
    apart = np.eye(count, dtype=bool)
    for a in range(count):
        for b in range(a):
            named = groups[a][0] in fixed and groups[b][0] in fixed
            apart[a, b] = apart[b, a] = named or _meet(tracks, groups[a], groups[b])
    return apart


def _distances(points: FloatArray) -> AnyArray:
    squares = (points.astype(np.float64) ** 2).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(squares[:, None] + squares - 2 * points @ points.T, 0)))


def _mean(tracks: Sequence[Track], group: Sequence[int]) -> FloatArray:
    weights = np.array([len(tracks[n].embeddings) for n in group], np.float64)
    mean = np.average([tracks[n].embedding for n in group], axis=0, weights=weights)
    return np.asarray(mean, np.float32)


def _named(
    tracks: Sequence[Track],
    groups: Sequence[Sequence[int]],
    portraits: Sequence[Portraits],
    fixed: Mapping[int, str],
) -> dict[int, tuple[str, float | None]]:
    """Return name and similarity of groups: those by hand, then the most similar pairs of group and portrait.

    Several groups may have one name, where a person was not recognised as one, but not groups that meet.
    """
    names: dict[int, tuple[str, float | None]] = {}
    for n, group in enumerate(groups):
        by_hand = next((fixed[track] for track in group if track in fixed), None)
        if by_hand is not None:
            names[n] = (by_hand, None)
    for similarity, n, name in sorted(_matches(tracks, groups, portraits), reverse=True):
        others = [m for m, (given, _) in names.items() if given == name]
        if n not in names and not any(_meet(tracks, groups[n], groups[m]) for m in others):
            names[n] = (name, similarity)
    return names


def _remember(
    tracks: Sequence[Track],
    groups: Sequence[Sequence[int]],
    names: dict[int, tuple[str, float | None]],
    seen: Mapping[int, Recognised],
) -> None:
    """Give groups without a name the one that portraits gave most of their tracks earlier."""
    for n, group in enumerate(groups):
        found = [seen[number] for number in group if number in seen]
        if n in names or not found:
            continue
        who = max(found, key=lambda one: (sum(other.name == one.name for other in found), one.name))
        others = [m for m, (given, _) in names.items() if given == who.name]
        if not any(_meet(tracks, group, groups[m]) for m in others):
            names[n] = (who.name, who.similarity)


def _matches(
    tracks: Sequence[Track], groups: Sequence[Sequence[int]], portraits: Sequence[Portraits]
) -> list[tuple[float, int, str]]:
    """Return the pairs of group and portrait that the identity check accepts."""
    found = []
    for n, group in enumerate(groups):
        for person in portraits:
            similarity, sharpness = resemblance(tracks, group, person)
            if similarity >= needed_similarity(sharpness):
                found.append((similarity, n, person.name))
    return found


def resemblance(tracks: Sequence[Track], group: Sequence[int], person: Portraits) -> tuple[float, float]:
    """Return how similar the tracks of a group are to portraits, 0..1, and how sharp they are, 0..1."""
    sharpness = float(np.median([tracks[track].quality.sharpness for track in group]))
    return likeness(_mean(tracks, group), person.embeddings), sharpness


def _meet(tracks: Sequence[Track], left: Sequence[int], right: Sequence[int]) -> bool:
    return any(tracks[a].meets(tracks[b]) for a in left for b in right)


def _people(
    tracks: Sequence[Track],
    groups: Sequence[Sequence[int]],
    names: Mapping[int, tuple[str, float | None]],
    fixed: Mapping[int, str],
) -> tuple[Person, ...]:
    """Join groups of one name, and number the people."""
    joined: dict[str | int, list[int]] = {}
    for n in range(len(groups)):
        joined.setdefault(names[n][0] if n in names else n, []).append(n)
    rows = []
    for members in joined.values():
        numbers = tuple(sorted(track for n in members for track in groups[n]))
        name, _ = names.get(members[0], (None, None))
        measured = [names[n][1] for n in members if n in names]
        similarities = [value for value in measured if value is not None]
        similarity = max(similarities) if similarities else None
        rows.append((numbers, name, similarity, any(track in fixed for track in numbers)))
    rows.sort(key=lambda row: (-sum(len(tracks[n]) for n in row[0]), row[0]))
    return tuple(Person(n, name, numbers, s, hand) for n, (numbers, name, s, hand) in enumerate(rows, 1))
