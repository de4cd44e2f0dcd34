"""Define what an album tells about faces and people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, TypeAlias

from gfrnet.faces.choose import GOOD_SHARPNESS
from gfrnet.images import Frame, PersonRegion
from gfrnet.types import Box

By: TypeAlias = Literal["person", "file", "group", "likeness", "suggested", "alone", "no face"]
"""Who says whom a face shows, the surest first.

- ``person``: Somebody decided it.
- ``file``: The photo's own metadata name the face there.
- ``group``: The face is good, and resembles the others of its group.
- ``likeness``: The face is bad, and almost certainly shows this person.
- ``suggested``: The face is bad, and probably shows this person.
- ``alone``: Nobody is known to whom the face could belong.
- ``no face``: Somebody decided that it is no face.
"""

SURE: tuple[By, ...] = ("person", "file", "group", "likeness")
"""Grounds on which a face is restored without being asked about."""

_LETTERS = 10
"""Letters of a photo's hash in the label of a face.

Of 100,000 photos two are alike in one of 200 albums.
"""


@dataclass(frozen=True)
class AlbumFace:
    """Hold a face of an album.

    Attributes:
        id: Number in the index. It holds until the photo is looked at again.
        label: Name of the face for people, such as ``9f2c4a1b07-2``: its photo, and its place there in
            reading order.
        photo: File that shows it; the first by name where the photo lies in several places.
        box: Box in pixels of the upright photo.
        turn: Angle by which the head is turned, degrees, clockwise as seen.
        score: The detector's confidence, 0..1; 0 where somebody gave the place.
        sharpness: Fine over coarse detail (`faces.sharpness`).
        size: Side of the face in pixels of its photo.
        taken: First and last day on which the photo may have been taken; None where that is unknown.
        likely: First and last day on which it probably was; None where nothing speaks for any.
        person: Label of the person; empty where nobody is known.
        by: Who says so.
        probability: Probability that it is this person, 0..1.
        guide: ``pinned`` or ``banned`` as guide by a decision; empty where it is free.
    """

    id: int
    label: str
    photo: Path
    box: Box
    turn: float
    score: float
    sharpness: float
    size: float
    taken: tuple[date, date] | None
    likely: tuple[date, date] | None
    person: str
    by: By
    probability: float
    guide: str = ""

    @property
    def worn(self) -> float:
        """Return how bad the face is, 0..1 (`worn`)."""
        return worn(self.sharpness)


@dataclass(frozen=True)
class Person:
    """Hold a person of an album.

    Attributes:
        label: The name, or the number of the group, such as ``G12``.
        name: The name; None where nobody gave one.
        born: Year of birth; None where it is unknown.
        faces: Number of faces that surely show the person.
        suggested: Number of bad faces that probably do.
        cover: Number in the index of the face that stands for the person.
    """

    label: str
    name: str | None
    born: int | None
    faces: int
    suggested: int
    cover: int = field(repr=False)


@dataclass(frozen=True)
class NamedPhoto:
    """Hold the people with names who surely are on a photo.

    Attributes:
        path: The file; a photo that lies in several places comes once for each.
        frame: Its size and turn.
        regions: Faces and their names; none where names were written into its sidecar that hold no more.
        content: Hash of the content that was scanned.
        size: Bytes of the file then.
        changed: Time of its last change before, nanoseconds.
    """

    path: Path
    frame: Frame
    regions: tuple[PersonRegion, ...]
    content: str
    size: int
    changed: int


@dataclass(frozen=True)
class Question:
    """Ask whether two groups show one person.

    Attributes:
        one: Label of the one.
        other: Label of the other.
        probability: Probability of a yes, 0..1.
        faces: A face of each that can be compared best.
    """

    one: str
    other: str
    probability: float
    faces: tuple[AlbumFace, AlbumFace]


def worn(sharpness: float) -> float:
    """Return how bad a face is, by the fine detail that it lacks.

    Args:
        sharpness: Fine over coarse detail (`faces.sharpness`), which counts small faces as blurred.

    Returns:
        0 for a face with all the detail of a sharp photo, to 1 for a face without any. Photos that are
        degraded 2, 4 and 8 times have about 0.36, 0.43 and 0.64.
    """
    return min(1.0, max(0.0, 1 - sharpness / GOOD_SHARPNESS))


def face_label(content: str, number: int) -> str:
    """Return the label of a face.

    Args:
        content: Hash of its photo.
        number: Place in the photo, from 1.
    """
    return f"{content[:_LETTERS]}-{number}"
