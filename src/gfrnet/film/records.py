"""Define what is known about a film: its shots, the tracks of faces in them, and its people.

A frame is named by its index in order of presentation, from 0. Places are in pixels of the upright picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from gfrnet.faces import CropPlace, Quality
from gfrnet.types import Box, FloatArray


@dataclass(frozen=True, order=True)
class Shot:
    """Hold a run of frames without a cut.

    Attributes:
        start: Index of the first frame, 0 or more.
        stop: Index after the last frame, more than ``start``.

    Raises:
        ValueError: The shot holds no frame.
    """

    start: int
    stop: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.stop:
            raise ValueError(f"A shot needs 0 <= start < stop, got {self.start} and {self.stop}.")

    def __contains__(self, frame: int) -> bool:
        return self.start <= frame < self.stop

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True)
class Spot:
    """Hold the place of a face on one frame.

    Attributes:
        frame: Index of the frame.
        box: The detector's box, smoothed over time.
        angle: Turn of the head, degrees, clockwise as seen; 0 for a head that is nearly upright.
        score: The detector's confidence, 0..1; 0 where the face was not found.
        found: Whether the detector found the face on this frame. Else the place is carried over from others.
    """

    frame: int
    box: Box
    angle: float
    score: float
    found: bool


@dataclass(frozen=True, eq=False)
class Track:
    """Hold one face through one shot.

    Attributes:
        number: Number of the track, from 0 in order of the first frames; unique in its film.
        shot: The shot.
        spots: One place for every frame from the first to the last.
        embedding: (128,) mean identity of the sharpest frames.
        embeddings: (K, 128) identities of the sharpest frames, in the order of ``sharpest``.
        sharpest: Indices of frames of a clear face, the clearest first; at least one.
        quality: Quality of the face on the first of them.
        pictures: Small pictures of the face on them, JPEG files; fewer or none where they are not kept.

    Raises:
        ValueError: Frames are missing, or lie outside the shot.
    """

    number: int
    shot: Shot
    spots: tuple[Spot, ...] = field(repr=False)
    embedding: FloatArray = field(repr=False)
    embeddings: FloatArray = field(repr=False)
    sharpest: tuple[int, ...]
    quality: Quality
    pictures: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not self.spots or any(b.frame != a.frame + 1 for a, b in pairwise(self.spots)):
            raise ValueError(f"Track {self.number} needs one spot for every frame from first to last.")
        if self.first not in self.shot or self.last not in self.shot:
            raise ValueError(f"Track {self.number} reaches over a cut.")
        if not self.sharpest or any(not self.first <= frame <= self.last for frame in self.sharpest):
            raise ValueError(f"The sharpest frames of track {self.number} must be frames of it.")

    @property
    def first(self) -> int:
        """Return the index of the first frame."""
        return self.spots[0].frame

    @property
    def last(self) -> int:
        """Return the index of the last frame."""
        return self.spots[-1].frame

    def __len__(self) -> int:
        return len(self.spots)

    def spot(self, frame: int) -> Spot | None:
        """Return the place on a frame; None before the first and after the last."""
        return self.spots[frame - self.first] if self.first <= frame <= self.last else None

    def place(self, frame: int) -> CropPlace:
        """Return the protocol's crop on a frame.

        Raises:
            KeyError: The track does not show on this frame.
        """
        spot = self.spot(frame)
        if spot is None:
            raise KeyError(frame)
        return CropPlace.around(spot.box, spot.angle)

    def meets(self, other: Track) -> bool:
        """Return whether both tracks show on one frame, so that they are different people."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Person:
    """Hold the tracks of one person.

    Attributes:
        number: Number of the person, from 1: the person with the most frames first.
        name: The name from portraits or from a cast file; None while it is unknown.
        tracks: Numbers of the tracks, in order of the film.
        similarity: Similarity to the portraits that named the person, 0..1; None where none did.
        by_hand: Whether a cast file named the person or chose the tracks.
    """

    number: int
    name: str | None
    tracks: tuple[int, ...]
    similarity: float | None = None
    by_hand: bool = False

    @property
    def title(self) -> str:
        """Return the name, or ``person 3``."""
        return self.name or f"person {self.number}"


@dataclass(frozen=True)
class FilmSize:
    """Hold the measures of a film.

    Attributes:
        width: Width of the upright picture in pixels.
        height: Height of the upright picture in pixels.
        frames: Number of frames.
        seconds: Playing time.
    """

    width: int
    height: int
    frames: int
    seconds: float

    @property
    def rate(self) -> float:
        """Return the frames a second on average, or 25 where no time passes."""
        return self.frames / self.seconds if self.seconds > 0 else 25.0


@dataclass(frozen=True, eq=False)
class FilmScan:
    """Hold what was found in a film.

    Attributes:
        film: Its measures.
        shots: The shots in order; together they hold every frame once.
        tracks: The tracks by their numbers.
        people: The people; each track belongs to one of them.
        scan_seconds: Time that the scan took.
    """

    film: FilmSize
    shots: tuple[Shot, ...]
    tracks: tuple[Track, ...] = field(repr=False)
    people: tuple[Person, ...] = field(repr=False)
    scan_seconds: float

    def tracks_of(self, shot: Shot) -> tuple[Track, ...]:
        """Return the tracks of one shot."""
        return tuple(track for track in self.tracks if track.shot == shot)

    def person_of(self, track: Track) -> Person:
        """Return the person that a track shows."""
        return next(person for person in self.people if track.number in person.tracks)

    def frames_of(self, person: Person) -> int:
        """Return the number of frames of all tracks of a person."""
        return sum(len(self.tracks[number]) for number in person.tracks)

    @property
    def face_frames(self) -> int:
        """Return the number of faces on all frames together."""
        return sum(len(track) for track in self.tracks)
