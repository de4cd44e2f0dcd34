"""Make whole frames of the two fields of interlaced film."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import NamedTuple

from av.error import BlockingIOError as NotYetError
from av.error import EOFError as EndedError
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame

from gfrnet.film.media.decoding import Decoded, Decoder
from gfrnet.film.media.index import FrameIndex
from gfrnet.film.media.planes import laid_out

DEINTERLACERS = ("auto", "no", "bwdif", "ivtc")
"""What to do with fields."""

_RUN_IN = 2
"""Frames, or groups of five with pulldown, that a filter sees before those that count."""

_LOOKS = 3
"""Places of a film at which fields are looked at."""

_LOOKED_AT = 24
"""Frames that are looked at in each place."""


class Seen(NamedTuple):
    """Hold what looking at fields found."""

    progressive: int
    top_first: int
    bottom_first: int
    repeated: int

    @property
    def interlaced(self) -> int:
        """Return the number of frames with two moments in them."""
        return self.top_first + self.bottom_first

    @property
    def known(self) -> int:
        """Return the number of frames that tell: those with movement."""
        return self.progressive + self.interlaced


@dataclass(frozen=True)
class FieldWork:
    """Hold what is done with the fields of a film.

    Attributes:
        mode: ``no``, ``bwdif`` or ``ivtc``.
        top_first: Whether the upper field is the earlier one.
    """

    mode: str
    top_first: bool

    def index(self, index: FrameIndex) -> FrameIndex:
        """Return the index of the frames that are delivered, of that of the frames in the file.

        Of five frames with pulldown four are left, and they share the time of the five evenly.
        """
        if self.mode != "ivtc":
            return index
        groups, rest = divmod(len(index), 5)
        places, ends = array("q"), [*index.places, index.places[-1] + index.duration(len(index) - 1)]
        for group in range(groups):
            first, end = ends[5 * group], ends[5 * group + 5]
            places.extend(first + (end - first) * part // 4 for part in range(4))
        places.extend(index.places[len(index) - rest :])
        return replace(index, places=places)

    def frames(self, decoder: Decoder, start: int, stop: int) -> Iterator[Decoded]:
        """Yield the delivered frames from ``start`` to ``stop``."""
        if self.mode == "no" or start == stop:
            yield from decoder.frames(start, stop)
            return
        total = len(decoder.index)
        if self.mode == "bwdif":
            first = begin = max(start - _RUN_IN, 0)
            end = stop + 1
        else:
            group = max(min(start // 4, total // 5) - _RUN_IN, 0)
            first, begin, end = 4 * group, 5 * group, 5 * (stop // 4 + 2)
        made = _filtered(decoder.frames(begin, min(end, total)), self._filters())
        numbered = zip(count(first), made, strict=False)
        for number, picture in islice(numbered, start - first, stop - first):
            yield Decoded(number, picture)

    def _filters(self) -> tuple[tuple[str, str], ...]:
        parity = "tff" if self.top_first else "bff"
        if self.mode == "bwdif":
            return (("bwdif", f"mode=send_frame:parity={parity}:deint=all"),)
        return ("fieldmatch", f"order={parity}:combmatch=full"), ("decimate", "cycle=5")


def _filtered(frames: Iterator[Decoded], filters: tuple[tuple[str, str], ...]) -> Iterator[VideoFrame]:
    source: FilterContext | None = None
    sink: FilterContext | None = None
    graph = Graph()
    for position, frame in enumerate(frames):
        if source is None:
            source, sink = _connected(graph, frame.picture, filters)
        frame.picture.pts = position
        source.push(frame.picture)
        yield from _pulled(sink)
    if source is not None:
        source.push(None)
        yield from _pulled(sink)


def _connected(
    graph: Graph, like: VideoFrame, filters: tuple[tuple[str, str], ...]
) -> tuple[FilterContext, FilterContext]:
    source = graph.add(
        "buffer",
        video_size=f"{like.width}x{like.height}",
        pix_fmt=like.format.name,
        time_base="1/30",
        frame_rate="30",
        colorspace=str(int(like.colorspace)),
        range=str(int(like.color_range)),
    )
    chain = [source, *(graph.add(name, args) for name, args in filters), graph.add("buffersink")]
    graph.link_nodes(*chain)
    graph.configure()
    return source, chain[-1]


def _pulled(sink: FilterContext | None) -> Iterator[VideoFrame]:
    while sink is not None:
        try:
            picture = sink.pull()
        except (NotYetError, EndedError):
            return
        assert isinstance(picture, VideoFrame)
        yield laid_out(picture)


def seen_fields(decoder: Decoder) -> Seen:
    """Look at the fields of a film in a few places."""
    found = Seen(0, 0, 0, 0)
    total = len(decoder.index)
    starts = sorted(
        {max(min(total * (2 * place + 1) // (2 * _LOOKS), total - _LOOKED_AT), 0) for place in range(_LOOKS)}
    )
    for start in starts:
        frames = decoder.frames(start, min(start + _LOOKED_AT, total))
        for picture in _filtered(frames, (("idet", ""),)):
            found = _counted(found, picture.metadata)
    return found


def _counted(found: Seen, told: dict[str, str]) -> Seen:
    kind = told.get("lavfi.idet.multiple.current_frame")
    repeated = told.get("lavfi.idet.repeated.current_frame", "neither") != "neither"
    return Seen(
        found.progressive + (kind == "progressive"),
        found.top_first + (kind == "tff"),
        found.bottom_first + (kind == "bff"),
        found.repeated + repeated,
    )


def choose_work(wanted: str, scan: str, top_first: bool) -> FieldWork:
    """Return what is done with fields, of what was asked for and what the film is."""
    chosen = {"interlaced": "bwdif", "telecine": "ivtc"}.get(scan, "no") if wanted == "auto" else wanted
    return FieldWork(chosen, top_first)
