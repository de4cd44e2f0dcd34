"""Say where the results of a film's job lie, and what is told of the film."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from gfrnet.errors import INSTALL_EXTRA, MissingExtraError

SCAN, FOUND, PREVIEW, REPORT, SIDE = "scan.npz", "film.json", "preview.jpg", "film-report.json", "side.mp4"
"""Names of files in the folder of the results of a job."""

RESULT = "film"
"""Name of the folder that holds the restored film and nothing else, once it is finished."""


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class FoundTrack(_Told):
    """Tell about one face through one shot.

    Attributes:
        track: Its number, from 0.
        start: Second at which it begins.
        time: When it shows, such as ``0:01:07-0:01:12``.
        frames: Number of its frames.
        width: Width of the face in pixels, where it is clearest.
        sharpness: How sharp the face is there, 0..1.
        picture: Whether there is a small picture of it.
    """

    track: int
    start: float
    time: str
    frames: int
    width: float
    sharpness: float
    picture: bool


class FoundPerson(_Told):
    """Tell about a person who was found.

    Attributes:
        person: Number of the person, from 1: the one with the most frames first.
        frames: Number of frames of all tracks.
        tracks: The tracks, in order of the film.
    """

    person: int
    frames: int
    tracks: tuple[FoundTrack, ...]


class FoundFilm(_Told):
    """Tell about a film that was scanned.

    Attributes:
        name: Its name.
        width: Width of the upright picture in pixels.
        height: Height of the upright picture in pixels.
        frames: Number of frames.
        seconds: Playing time.
        rate: Frames a second, on average.
        codec: How the video is coded.
        words: What a person should know of it, whole sentences.
        shots: Number of shots.
        estimate: Seconds that it takes to restore all faces of the film.
    """

    name: str
    width: int
    height: int
    frames: int
    seconds: float
    rate: float
    codec: str
    words: tuple[str, ...]
    shots: int
    estimate: float


class Found(FoundFilm):
    """Hold all that a scan found.

    Attributes:
        people: The people, the one with the most frames first.
    """

    people: tuple[FoundPerson, ...]


def has_extra() -> bool:
    """Return whether films can be read."""
    return importlib.util.find_spec("av") is not None


def check_extra() -> None:
    """Refuse films where they cannot be read.

    Raises:
        MissingExtraError: The extra ``film`` is not installed.
    """
    if not has_extra():
        raise MissingExtraError(f"Films need the extra film. {INSTALL_EXTRA.format('film')}.")


def track_picture(out: Path, track: int) -> Path:
    """Return where the small picture of a track lies.

    Args:
        out: Folder of the results of the job.
        track: Number of the track.
    """
    return out / "tracks" / f"{track}.jpg"


def result_film(out: Path) -> Path | None:
    """Return the restored film of a job; None where there is none (yet)."""
    found = [path for path in sorted((out / RESULT).glob("*")) if path.is_file() and path.name[0] != "."]
    return found[0] if found and (out / REPORT).is_file() else None
