"""Describe what ``gfrnet film`` prints with ``--json``."""

from __future__ import annotations

from gfrnet.cli.documents.base import Document, Figure, Name


class FilmTrack(Document):
    """Hold a track: one face through one shot.

    Attributes:
        number: Number of the track, as the cast file and the cast sheet name it.
        shot: Number of the shot, from 0.
        start: Time of the first frame in seconds.
        stop: Time after the last frame in seconds.
        frames: Number of frames.
        found: Share of them on which the detector found the face, 0..1.
        size: Side of the face in pixels on its clearest frame.
        sharpness: Fine over coarse detail on that frame.
    """

    number: int
    shot: int
    start: float
    stop: float
    frames: int
    found: float
    size: float
    sharpness: Figure


class FilmPerson(Document):
    """Hold a person of a film.

    Attributes:
        label: The name, or ``person 3`` where nobody gave one.
        name: The name; null where it is unknown.
        by_hand: Whether a cast file named the person or chose the tracks.
        similarity: Similarity to the portraits that named the person, 0..1; null where none did.
        frames: Number of frames that show the person.
        seconds: Their time.
        tracks: The tracks, in order of the film.
    """

    label: Name
    name: Name | None
    by_hand: bool
    similarity: Figure
    frames: int
    seconds: float
    tracks: tuple[FilmTrack, ...]


class FilmScanned(Document):
    """Hold the result of ``gfrnet film scan``.

    Attributes:
        film: The file.
        width: Width of the upright picture in pixels.
        height: Height of the upright picture in pixels.
        frames: Number of frames.
        seconds: Playing time.
        rate: Frames a second on average.
        codec: Codec of the video.
        fields: ``progressive``, ``interlaced`` or ``telecine``.
        words: What is odd about the film.
        shots: First frame of each shot.
        people: The people, the one with the most frames first.
        unseen: Names of portraits whose person was not found.
        estimate: About how many seconds restoring takes, measured on a few frames of this film; null where
            no face was found. It counts the people with names, or all where nobody has one.
        scan: File of the scan; null where none was asked for.
    """

    film: Name
    width: int
    height: int
    frames: int
    seconds: float
    rate: float
    codec: str
    fields: str
    words: tuple[Name, ...]
    shots: tuple[int, ...]
    people: tuple[FilmPerson, ...]
    unseen: tuple[Name, ...]
    estimate: Figure
    scan: Name | None


class FilmCast(Document):
    """Hold the result of ``gfrnet film cast``.

    Attributes:
        film: The file.
        cast: File of names and tracks, to be put right by hand.
        sheets: Pictures of the people; none where the film shows nobody.
        scan: File of the scan, which saves the next command from scanning again.
        people: The people, the one with the most frames first.
        unseen: Names of portraits whose person was not found.
    """

    film: Name
    cast: Name
    sheets: tuple[Name, ...]
    scan: Name
    people: tuple[FilmPerson, ...]
    unseen: tuple[Name, ...]
