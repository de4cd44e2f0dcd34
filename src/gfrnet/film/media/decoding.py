"""Decode the frames of a film by their numbers, as many as can be had of a broken one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from av.error import FFmpegError
from av.video.frame import VideoFrame

from gfrnet.errors import UnreadableFilmError
from gfrnet.film.media.index import FrameIndex
from gfrnet.film.media.opening import decoded, opened_film
from gfrnet.film.media.planes import copy_of, laid_out

_KEYFRAMES_BACK = (0, 1, 4, 16)
"""Keyframes to go back, one after the other, where a seek lands too late or the first frames are missing."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """Hold a frame from the decoder.

    Attributes:
        number: Number of the frame in the file.
        picture: Its samples in planes.
        stands_in: Whether it is a neighbour of a frame that cannot be decoded.
    """

    number: int
    picture: VideoFrame = field(repr=False)
    stands_in: bool = False


@dataclass(frozen=True, eq=False)
class Decoder:
    """Hold what it takes to decode the video of a film.

    Attributes:
        path: The file.
        stream: Number of the video in it.
        index: The place of every frame.
        threads: Threads; 0 for as many as there are processors.
    """

    path: Path
    stream: int
    index: FrameIndex = field(repr=False)
    threads: int

    def frames(self, start: int, stop: int) -> Iterator[Decoded]:
        """Yield the frames of a range, in order and without a gap.

        Raises:
            UnreadableFilmError: Not one frame near the range can be decoded.
        """
        expected, held = start, None
        for number, picture in self._from(start):
            if number >= stop:
                held = held or picture
                break
            while (held is not None and expected < number) or (held is None and start <= expected < number):
                yield Decoded(expected, copy_of(held or picture), stands_in=True)
                expected += 1
            held = picture
            if number == expected:
                yield Decoded(number, picture)
                expected += 1
        if expected < stop and held is None:
            raise UnreadableFilmError(f"No frame of {self.path} can be decoded from frame {start} on.")
        while expected < stop and held is not None:
            yield Decoded(expected, copy_of(held), stands_in=True)
            expected += 1

    def _from(self, start: int) -> Iterator[tuple[int, VideoFrame]]:
        """Yield decoded frames with their numbers, from at most ``start`` on where the file has them."""
        if not self.index.seekable:
            yield from self._run(None)
            return
        for back in _KEYFRAMES_BACK:
            key = self.index.keyframe_before(self.index.places[start], back)
            if key is None:
                break
            run = self._run(key)
            first = next(run, None)
            if first is not None and first[0] <= start:
                yield first
                yield from run
                return
            run.close()
        yield from self._run(None)

    def _run(self, key: int | None) -> Generator[tuple[int, VideoFrame]]:
        with opened_film(self.path) as container:
            if key is not None:
                try:
                    container.seek(key, stream=container.streams[self.stream])
                except FFmpegError:  # it is tried from the beginning then
                    return
            last = -1
            for frame in decoded(container, self.stream, self.threads):
                number = self._number(frame, last)
                if number > last:
                    yield number, laid_out(frame)
                    last = number

    def _number(self, frame: VideoFrame, last: int) -> int:
        if frame.pts is None or not self.index.seekable:
            return last + 1
        places = self.index.places
        found = min(bisect_left(places, frame.pts), len(places) - 1)
        if found and frame.pts - places[found - 1] < places[found] - frame.pts:
            return found - 1
        return found
