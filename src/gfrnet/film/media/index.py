"""Number the frames of a film without decoding them."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from gfrnet.errors import UnreadableFilmError

_MOST_FRAMES = 10_000_000
"""Most frames: 46 hours of 60 frames a second. Their index takes 160 MB."""


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


def index_of(path: Path, container: InputContainer, stream: VideoStream) -> FrameIndex:
    """Read the place of every frame from the packets of a film, in constant memory for each.

    Raises:
        UnreadableFilmError: There are no frames, or more than are read.
    """
    places, keyframes = array("q"), array("q")
    ordered: Sequence[int]
    timed, broken = True, False
    try:
        for packet in container.demux(stream):
            if packet.size == 0 or packet.is_discard:
                continue
            broken = broken or packet.is_corrupt
            timed = timed and packet.pts is not None
            places.append(packet.pts or 0)
            if packet.is_keyframe:
                keyframes.append(packet.pts or 0)
            if len(places) > _MOST_FRAMES:
                raise UnreadableFilmError(f"{path} has over {_MOST_FRAMES} frames. Cut it into parts.")
    except FFmpegError:
        broken = True
    ordered = array("q", sorted(places))
    timed = timed and all(before < after for before, after in pairwise(ordered))
    base = stream.time_base or Fraction(1, 90000)
    if not timed or not keyframes:
        ordered, more = _counted(container, stream)
        return FrameIndex(ordered, array("q"), base, False, broken or more)
    return FrameIndex(ordered, array("q", sorted(keyframes)), base, True, broken)


def _counted(container: InputContainer, stream: VideoStream) -> tuple[Sequence[int], bool]:
    """Decode all frames to count them. This is for files whose packets have no times, or doubled ones."""
    rate = stream.guessed_rate or stream.average_rate or Fraction(25)
    base = stream.time_base or Fraction(1, 90000)
    places, broken = array("q"), False
    container.seek(0)
    step = max(round(1 / rate / base), 1)
    for packet in container.demux(stream):
        try:
            frames = stream.decode(packet)
        except FFmpegError:
            broken = True
            continue
        for frame in frames:
            following = places[-1] + step if places else 0
            place = frame.pts if frame.pts is not None else following
            places.append(place if not places or place > places[-1] else following)
            if len(places) > _MOST_FRAMES:
                return places, True
    return places, broken
