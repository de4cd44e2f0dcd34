"""Hold what became of a film, its shots and its faces, as a report stores it in JSON."""

from __future__ import annotations

from typing import Literal

from gfrnet.batch.records import AdviceName, Record

VERSION: Literal[1] = 1
"""Version of the report's schema. It grows when a reader of the old one would stumble."""


class TrackRecord(Record):
    """Hold what became of one face through one shot.

    Attributes:
        track: Number of the track, from 0.
        person: Name of the person, or ``person 3``.
        status: ``restored``; ``skipped`` where it stays as it was; or ``failed``.
        reason: Why it was not restored; empty for a restored face.
        advice: Remedies for that, the best first, by name, such as ``CHOOSE_ANOTHER_GUIDE``.
        start: Index of the first frame that shows the face.
        stop: Index after the last.
        frames: Number of frames that were changed.
        width: Width of the face in pixels, where it is clearest.
        guides: Names of the guides that were used, the most important first.
        strength: Share of the change that was applied, 0..1; null where it was not restored.
        similarity: Mean similarity to the portraits before, 0..1; null without portraits.
        needed: Similarity that this person needs, 0..1; null without portraits.
        similarity_after: Mean similarity after; null where it was not restored or not measured.
        spread: Standard deviation of the similarity after, over the frames; null as above.
        flicker_before: Difference of the face from frame to frame along its movement before, 0..255; null as
            above.
        flicker_after: The same after; null as above.
    """

    track: int
    person: str
    status: Literal["restored", "skipped", "failed"]
    reason: str = ""
    advice: tuple[AdviceName, ...] = ()
    start: int
    stop: int
    frames: int = 0
    width: float = 0.0
    guides: tuple[str, ...] = ()
    strength: float | None = None
    similarity: float | None = None
    needed: float | None = None
    similarity_after: float | None = None
    spread: float | None = None
    flicker_before: float | None = None
    flicker_after: float | None = None


class ShotRecord(Record):
    """Hold what became of one shot.

    Attributes:
        shot: Number of the shot, from 0.
        start: Index of the first frame that was written.
        stop: Index after the last.
        time: When it begins in the film, such as ``0:12:07``.
        status: ``restored`` if a face was; ``unchanged`` where none was; ``failed`` where a fault left
            all faces as they were.
        kept: Whether an earlier run made it.
        tracks: One record a face, in order of their numbers.
        seconds: Time that the shot took.
    """

    shot: int
    start: int
    stop: int
    time: str
    status: Literal["restored", "unchanged", "failed"]
    kept: bool = False
    tracks: tuple[TrackRecord, ...] = ()
    seconds: float = 0.0


class PersonRecord(Record):
    """Hold one person of a film.

    Attributes:
        person: The name, or ``person 3``.
        portraits: Number of portraits that were given.
        tracks: Numbers of all tracks.
        frames: Number of frames that show the person.
        restored: Number of those that were changed.
        similarity: Similarity to the portraits that named the person, 0..1; null where none did.
    """

    person: str
    portraits: int
    tracks: tuple[int, ...]
    frames: int
    restored: int
    similarity: float | None = None


class FilmReport(Record):
    """Hold all of a run.

    Attributes:
        version: Version of this schema.
        gfrnet: Version of the program.
        model: Name or path of the model.
        film: Path of the film.
        status: ``finished``; or ``stopped`` where shots are left, and no film was joined.
        output: Path of the result; null where there is none.
        codec: How the video is coded, such as ``ffv1``.
        width: Width of the upright picture in pixels.
        height: Height of the upright picture in pixels.
        rate: Frames a second, on average.
        frames: Number of frames of the result.
        lost: What the container does not hold, whole sentences.
        words: What else a person should know, whole sentences.
        people: One record a person, the one with the most frames first.
        shots: One record a finished shot, in order.
        seconds: Time of this run.
    """

    version: Literal[1] = VERSION
    gfrnet: str
    model: str
    film: str
    status: Literal["finished", "stopped"]
    output: str | None
    codec: str
    width: int
    height: int
    rate: float
    frames: int
    lost: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    people: tuple[PersonRecord, ...]
    shots: tuple[ShotRecord, ...]
    seconds: float
