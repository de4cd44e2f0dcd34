"""Number the frames of a film without decoding them."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from gfrnet.errors import UnreadableFilmError
from gfrnet.film.media.opening import decoded, opened_film, video_of

_MOST_FRAMES = 10_000_000
"""Most frames: 46 hours of 60 frames a second. Their index takes 160 MB."""


_LOOKED_AT = 60
"""Frames that are decoded to see whether each is one packet."""


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """Hold the place in time of every frame, in order of presentation.

    Attributes:
        places: Place of each frame in units of the time base, rising.
        keyframes: Places of the frames at which decoding can begin, rising.
        time_base: Seconds of a unit.
        seekable: Whether frames can be told by their places. Else they are counted from the beginning.
        broken: Whether the file ended early, or packets were marked as broken.
    """

    places: Sequence[int] = field(repr=False)
    keyframes: Sequence[int] = field(repr=False)
    time_base: Fraction
    seekable: bool
    broken: bool

    def __len__(self) -> int:
        return len(self.places)

    def seconds(self, frame: int) -> float:
        """Return the seconds from the first frame to another."""
        return float((self.places[frame] - self.places[0]) * self.time_base)

    @property
    def is_variable(self) -> bool:
        """Return whether the distances of frames differ by more than the rounding of a time base does."""
        steps = [after - before for before, after in pairwise(self.places)]
        return bool(steps) and max(steps) - min(steps) > max(1, round(0.02 * sorted(steps)[len(steps) // 2]))

    def duration(self, frame: int) -> int:
        """Return for how long a frame shows, in units of the time base.

        The last shows as long as that before.
        """
        if len(self) < 2:
            return 0
        frame = min(frame, len(self) - 2)
        return self.places[frame + 1] - self.places[frame]

    def keyframe_before(self, place: int, back: int = 0) -> int | None:
        """Return the last keyframe not after a place, or one ``back`` keyframes earlier; None for none."""
        found = bisect_right(self.keyframes, place) - 1 - back
        return self.keyframes[found] if found >= 0 else None


def index_of(path: Path, number: int) -> FrameIndex:
    """Read the place of every frame from the packets of a film, in constant memory for each.

    Args:
        path: The film.
        number: Number of the video in its file.

    Raises:
        UnreadableFilmError: There are no frames, or more than are read.
    """
    places, keyframes = array("q"), array("q")
    with opened_film(path) as container:
        stream = video_of(container, number)
        base = stream.time_base or Fraction(1, 90000)
        timed, broken = _read_places(path, container.demux(stream), places, keyframes)
    ordered: Sequence[int] = array("q", sorted(places))
    timed = timed and all(before < after for before, after in pairwise(ordered))
    if timed and keyframes and not _are_fields(path, number, ordered):
        return FrameIndex(ordered, array("q", sorted(keyframes)), base, True, broken)
    return FrameIndex(_counted(path, number), array("q"), base, False, broken)


def _read_places(
    path: Path, packets: Iterator[Packet[VideoStream]], places: array[int], keyframes: array[int]
) -> tuple[bool, bool]:
    """Gather places; return whether all packets have one, and whether the file is broken."""
    timed, broken = True, False
    try:
        for packet in packets:
            if packet.size == 0 or packet.is_discard:
                continue
            broken = broken or packet.is_corrupt
            timed = timed and packet.pts is not None
            places.append(packet.pts or 0)
            if packet.is_keyframe:
                keyframes.append(packet.pts or 0)
            _check_count(path, places)
    except FFmpegError:
        broken = True
    return timed, broken


def _check_count(path: Path, places: Sequence[int]) -> None:
    if len(places) > _MOST_FRAMES:
        raise UnreadableFilmError(f"{path} has over {_MOST_FRAMES} frames. Cut it into parts.")


def _are_fields(path: Path, number: int, places: Sequence[int]) -> bool:
    """Decode the beginning to see whether two packets make one frame, as in some interlaced H.264."""
    seen: list[int] = []
    with opened_film(path) as container:
        for frame in islice(decoded(container, number, 1), _LOOKED_AT):
            seen += [] if frame.pts is None else [frame.pts]
    passed = bisect_right(places, max(seen)) if seen else 0
    return len(seen) < 0.75 * passed


def _counted(path: Path, number: int) -> Sequence[int]:
    """Decode all frames to count them. This is for files whose packets have no times, or doubled ones."""
    places = array("q")
    with opened_film(path) as container:
        stream = video_of(container, number)
        rate = stream.guessed_rate or stream.average_rate or Fraction(25)
        step = max(round(1 / rate / (stream.time_base or Fraction(1, 90000))), 1)
        for frame in decoded(container, number, 1):
            following = places[-1] + step if places else 0
            place = frame.pts if frame.pts is not None else following
            places.append(place if not places or place > places[-1] else following)
            _check_count(path, places)
    return places
