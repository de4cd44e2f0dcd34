"""Describe what ``gfrnet album`` prints with ``--json``."""

from __future__ import annotations

from typing import Literal

from gfrnet.cli.documents.base import Document, Figure, Name


class BadFile(Document):
    """Hold a file that cannot be read.

    Attributes:
        path: The file.
        reason: What is wrong with it, and what to do.
    """

    path: Name
    reason: Name


class AlbumScanned(Document):
    """Hold the result of ``gfrnet album scan``.

    Attributes:
        album: Folder of the album.
        folders: Folders of photos that belong to the album.
        listed: Photos in the folders of this scan.
        looked: Photos that were looked at, because they are new or changed.
        moved: Known photos at a new place, whose earlier file is gone.
        copies: Further files of known photos whose earlier file is still there.
        gone: Files whose photo is nowhere any more.
        stopped: Whether it was interrupted, with exit code 130. The same command then goes on.
        failures: Files that cannot be read, of all scans.
    """

    album: Name
    folders: tuple[Name, ...]
    listed: int
    looked: int
    moved: int
    copies: int
    gone: int
    stopped: bool
    failures: tuple[BadFile, ...]


class AlbumPerson(Document):
    """Hold a person of an album.

    Attributes:
        label: The name, or the number of a group without one, such as ``G12``.
        name: The name; null where nobody gave one.
        born: Year of birth; null where it is unknown.
        faces: Number of faces that surely show the person.
        suggested: Number of bad faces that probably do.
    """

    label: Name
    name: Name | None
    born: int | None
    faces: int
    suggested: int


class AlbumFaceLine(Document):
    """Hold a face of an album.

    Attributes:
        label: Name of the face, such as ``9f2c4a1b07-2``.
        photo: The file; the first by name where the photo lies in several places.
        box: Left, top, right, bottom in pixels of the upright photo.
        turn: Angle by which the head is turned, degrees, clockwise as seen.
        size: Side of the face in pixels of its photo.
        sharpness: Fine over coarse detail.
        worn: How bad the face is, 0..1, as ``--worse-than`` takes it.
        taken: First and last day on which the photo may have been taken; null where that is unknown.
        person: Label of the person; empty where nobody is known.
        by: Who says so. ``person``: you. ``file``: its metadata. ``group``: it resembles the others.
            ``likeness``: bad, but almost certain. ``suggested``: bad, and probable. ``alone``: nobody is
            known. ``no face``: you said that it is none.
        probability: Probability that it is this person, 0..1.
        guide: ``pinned`` or ``banned`` as guide; empty where it is free.
    """

    label: str
    photo: Name
    box: tuple[float, float, float, float]
    turn: float
    size: float
    sharpness: Figure
    worn: float
    taken: tuple[str, str] | None
    person: Name
    by: Literal["person", "file", "group", "likeness", "suggested", "alone", "no face"]
    probability: float
    guide: str


class AlbumQuestion(Document):
    """Ask whether two groups show one person.

    Attributes:
        one: Label of the one.
        other: Label of the other.
        probability: Probability of a yes, 0..1.
        faces: A face of each that can be compared best.
    """

    one: Name
    other: Name
    probability: float
    faces: tuple[AlbumFaceLine, AlbumFaceLine]


class AlbumPeople(Document):
    """Hold the result of ``gfrnet album people``.

    Attributes:
        album: Folder of the album.
        done: A sentence on each thing that was decided.
        taken_back: A sentence on each decision that ``--undo`` took back.
        people: The people, or those that were asked for; null where the command only decided.
        faces: Faces of the people that were asked for, and with ``--nobody`` those of nobody.
        questions: Questions, those first whose answer helps most.
        sheets: Pictures that were written.
    """

    album: Name
    done: tuple[Name, ...]
    taken_back: tuple[Name, ...]
    people: tuple[AlbumPerson, ...] | None
    faces: tuple[AlbumFaceLine, ...]
    questions: tuple[AlbumQuestion, ...]
    sheets: tuple[Name, ...]


class AlbumExported(Document):
    """Hold the result of ``gfrnet album export``.

    Attributes:
        people: Number of people with names whose faces were written.
        faces: Number of their faces.
        file: The file of people; null where none was asked for.
        sidecars: Sidecars that were written or changed.
        failures: Photos whose sidecar cannot be written, or whose file names another person.
    """

    people: int
    faces: int
    file: Name | None
    sidecars: tuple[Name, ...]
    failures: tuple[BadFile, ...]
