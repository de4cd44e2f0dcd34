"""Describe what ``gfrnet album guides`` and ``gfrnet album restore --dry-run`` print with ``--json``."""

from __future__ import annotations

from gfrnet.cli.documents.base import Document, Figure, Name


class PersonPlanned(Document):
    """Count the bad faces of a person.

    Attributes:
        person: The name, or the number of a group without one, such as ``G12``.
        restorable: Faces that can be restored.
        no_guide: Faces without a good photo of the person.
        unsure: Faces that probably show the person; somebody must confirm it first.
    """

    person: Name
    restorable: int
    no_guide: int
    unsure: int


class AlbumPlan(Document):
    """Hold the result of ``gfrnet album restore --dry-run``.

    Attributes:
        output: Folder of the results.
        photos: Photos that would be restored.
        restorable: Bad faces that can be restored.
        no_guide: Bad faces without a good photo of their person.
        unsure: Bad faces that somebody must confirm first.
        nobody: Bad faces of whom nobody is known.
        good: Faces that are good enough.
        seconds: About how long it takes, measured on a few photos; null where all of those failed.
        people: Counts of each person with a bad face.
    """

    output: Name
    photos: int
    restorable: int
    no_guide: int
    unsure: int
    nobody: int
    good: int
    seconds: Figure
    people: tuple[PersonPlanned, ...]


class AlbumGuide(Document):
    """Hold a face that may guide.

    Attributes:
        label: Name of the face, such as ``9f2c4a1b07-2``.
        photo: Its file.
        sharpness: Fine over coarse detail.
        size: Side of the face in pixels of its photo.
        taken: First and last day on which the photo may have been taken; null where that is unknown.
        guide: ``pinned`` or ``banned``; empty where it is free.
    """

    label: str
    photo: Name
    sharpness: Figure
    size: Figure
    taken: tuple[str, str] | None
    guide: str


class AlbumGuides(Document):
    """Hold the result of ``gfrnet album guides``.

    Attributes:
        person: The name, or the number of a group without one.
        guides: Faces that may guide, pinned ones first and banned ones last.
        sheet: Picture of them; null without ``--sheet``.
    """

    person: Name
    guides: tuple[AlbumGuide, ...]
    sheet: Name | None
