"""Describe what ``gfrnet data`` prints with ``--json``."""

from __future__ import annotations

from gfrnet.cli.documents.base import Document, Name


class DataBuilt(Document):
    """Hold the result of ``gfrnet data build``.

    Attributes:
        manifest: File that tells of every photo.
        report: Page about the data set.
        photos: Number of photos found.
        used: Number of photos in use.
        people: Number of people with a photo in use.
        roles: Number of photos by role.
        dropped: Number of dropped photos by reason.
        notes: Things that somebody should look at.
    """

    manifest: Name
    report: Name
    photos: int
    used: int
    people: int
    roles: dict[str, int]
    dropped: dict[str, int]
    notes: tuple[Name, ...]


class DataChecked(Document):
    """Hold the result of ``gfrnet data check``.

    Attributes:
        findings: Whatever is wrong, each with what to do; empty if all is well.
    """

    findings: tuple[Name, ...]


class DataReported(Document):
    """Hold the result of ``gfrnet data report``.

    Attributes:
        page: The page to begin with.
    """

    page: Name


class DataDrawn(Document):
    """Hold the result of ``gfrnet data synthetic``.

    Attributes:
        folder: The data set.
        people: Number of people.
        pictures: Number of pictures.
    """

    folder: Name
    people: int
    pictures: int


class DataPacked(Document):
    """Hold the result of ``gfrnet data pack``.

    Attributes:
        index: File that lists the shards.
        shards: Number of shards.
    """

    index: Name
    shards: int
