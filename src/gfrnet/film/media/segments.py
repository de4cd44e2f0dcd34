"""Give the packets of joined videos their places in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from gfrnet.errors import FilmError
from gfrnet.film.media.index import FrameIndex
from gfrnet.film.media.opening import main_video, opened_film

if TYPE_CHECKING:
    from av.container.core import Chapter  # it is known to type checkers alone


@dataclass(frozen=True, eq=False)
class Span:
    """Hold a range of a film that is written, and move what lies in it to the beginning.

    Attributes:
        index: Places of all frames of the film.
        start: Index of the first frame.
        stop: Index after the last.
    """

    index: FrameIndex
    start: int
    stop: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.stop <= len(self.index):
            raise FilmError(f"The film has frames 0 to {len(self.index)}, not {self.start} to {self.stop}.")

    @property
    def moved(self) -> int:
        """Return by how much times are moved forward, in units of the video's time base."""
        return self.index.places[self.start] - self.index.places[0]

    @property
    def whole(self) -> bool:
        """Return whether the range is the whole film."""
        return self.start == 0 and self.stop == len(self.index)

    def place(self, frame: int) -> int:
        """Return where a frame of the range goes; frames before the first continue its rhythm."""
        if frame < 0:
            return self.place(0) + frame * max(self.index.duration(self.start), 1)
        return self.index.places[self.start + frame] - self.moved

    @cached_property
    def bounds(self) -> tuple[Fraction, Fraction]:
        """Return the seconds at which the range begins and ends in the film."""
        end = self.index.places[self.stop - 1] + self.index.duration(self.stop - 1)
        return self.index.places[self.start] * self.index.time_base, end * self.index.time_base

    def take(self, packet: Packet[Stream]) -> bool:
        """Move a packet of another stream; return whether it lies in the range."""
        if self.whole:
            return True
        place = packet.pts if packet.pts is not None else packet.dts
        begin, end = self.bounds
        if place is None or not begin <= place * packet.time_base < end:
            return False
        shift = round(self.moved * self.index.time_base / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts - shift
        packet.dts = None if packet.dts is None else packet.dts - shift
        return True

    def chapter(self, chapter: Chapter) -> Chapter | None:
        """Return a chapter cut to the range and moved; None for one outside."""
        base = chapter["time_base"] or Fraction(1, 1000)
        if self.whole:
            return chapter
        begin, end = (round(each / base) for each in self.bounds)
        first, last = max(chapter["start"], begin), min(chapter["end"], end)
        if first >= last:
            return None
        shift = round(self.moved * self.index.time_base / base)
        return {**chapter, "start": first - shift, "end": last - shift}


def video_packets(
    segments: Sequence[Path], video: VideoStream, head: VideoStream, span: Span
) -> Iterator[Packet[VideoStream]]:
    """Yield the packets of videos, in order of decoding, for one stream.

    A packet's place among those of its segment tells its frame, so rounded times of a segment do no harm.

    Raises:
        FilmError: A segment is coded differently, or there are more or fewer frames than in the range.
    """
    settings, delay = head.codec_context.extradata, head.codec_context.reorder_depth
    done = 0
    for path in segments:
        with opened_film(path) as container:
            stream = main_video(path, container)
            if stream.codec_context.extradata != settings or stream.codec_context.reorder_depth != delay:
                raise FilmError(f"{path} is coded differently from the first segment. Write it again.")
            ranks = _ranks(path) if delay else None
            for number, packet in enumerate(each for each in container.demux(stream) if each.size):
                rank = done + (ranks[number] if ranks else number)
                if max(rank, done + number) >= span.stop - span.start:
                    raise FilmError(f"The segments hold more frames than the film from {span.start} on.")
                yield _placed(packet, video, span, rank, done + number - delay)
            done += number + 1
    if done != span.stop - span.start:
        raise FilmError(
            f"The segments hold {done} frames, and the film {span.stop - span.start}. Write them again."
        )


def _placed(
    packet: Packet[VideoStream], video: VideoStream, span: Span, rank: int, decoded: int
) -> Packet[VideoStream]:
    packet.stream = video
    packet.time_base = span.index.time_base
    packet.pts, packet.dts = span.place(rank), span.place(decoded)
    packet.duration = span.index.duration(span.start + rank)
    if packet.pts < packet.dts:
        raise FilmError("A segment holds its frames in an order that is not possible. Write it again.")
    return packet


def _ranks(path: Path) -> list[int]:
    """Return the place of every packet of a video in order of presentation."""
    with opened_film(path) as container:
        places = [packet.pts or 0 for packet in container.demux(main_video(path, container)) if packet.size]
    ranks = [0] * len(places)
    for rank, number in enumerate(sorted(range(len(places)), key=places.__getitem__)):
        ranks[number] = rank
    return ranks
