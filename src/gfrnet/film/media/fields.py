"""Make whole frames of the two fields of interlaced film."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice, pairwise
from typing import NamedTuple

import numpy as np
from av.error import BlockingIOError as NotYetError
from av.error import EOFError as EndedError
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame

from gfrnet.film.media.decoding import Decoded, Decoder
from gfrnet.film.media.index import FrameIndex
from gfrnet.film.media.planes import laid_out, plane_array

DEINTERLACERS = ("auto", "no", "bwdif", "ivtc")
"""What to do with fields."""

_RUN_IN = 2
"""Frames, or groups of five with pulldown, that a filter sees before those that count."""

_LOOKS = 3
"""Places of a film at which fields are looked at."""

_LOOKED_AT = 24
"""Frames that are looked at in each place."""


_KIND = "lavfi.idet.single.current_frame"
"""Where FFmpeg's filter idet writes what it takes a frame for."""

_MOVED = 0.5
"""Mean difference of two frames, of 255, above which something moves."""

_SAME_FIELD = 0.5
"""Difference of one field over that of the other below which it is the same field again.

With 3:2 pulldown it is 0 and the grain; else both fields move alike.
"""


class Seen(NamedTuple):
    """Hold what looking at fields found."""

    progressive: int
    top_first: int
    bottom_first: int
    repeated: int
    moved: int

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
        stood: set[int] = set()
        made = _filtered(_noting(decoder.frames(begin, min(end, total)), stood), self._filters())
        numbered = zip(count(first), made, strict=False)
        for number, picture in islice(numbered, start - first, stop - first):
            origin = number if self.mode == "bwdif" else number * 5 // 4
            yield Decoded(number, picture, origin in stood)

    def _filters(self) -> tuple[tuple[str, str], ...]:
        parity = "tff" if self.top_first else "bff"
        if self.mode == "bwdif":
            return (("bwdif", f"mode=send_frame:parity={parity}:deint=all"),)
        return (
            ("fieldmatch", f"order={parity}:combmatch=full"),
            ("bwdif", f"mode=send_frame:parity={parity}:deint=interlaced"),  # what found no match
            ("decimate", "cycle=5"),
        )


def _noting(frames: Iterator[Decoded], stood: set[int]) -> Iterator[Decoded]:
    """Note the numbers of frames for which a neighbour stands in."""
    for frame in frames:
        if frame.stands_in:
            stood.add(frame.number)
        yield frame


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
    found = Seen(0, 0, 0, 0, 0)
    total = len(decoder.index)
    middles = (total * (2 * place + 1) // (2 * _LOOKS) for place in range(_LOOKS))
    for start in sorted({max(min(middle, total - _LOOKED_AT), 0) for middle in middles}):
        frames = list(decoder.frames(start, min(start + _LOOKED_AT, total)))
        repeats = [_repeats(one.picture, other.picture) for one, other in pairwise(frames)]
        kinds = [each.metadata.get(_KIND) for each in _filtered(iter(frames), (("idet", ""),))]
        found = Seen(
            found.progressive + kinds.count("progressive"),
            found.top_first + kinds.count("tff"),
            found.bottom_first + kinds.count("bff"),
            found.repeated + repeats.count(True),
            found.moved + len(repeats) - repeats.count(None),
        )
    return found


def _repeats(one: VideoFrame, other: VideoFrame) -> bool | None:
    """Return whether one field alone stays the same from frame to frame; None without movement."""
    before, after = (plane_array(each, 0).astype(np.float32) for each in (one, other))
    if before.shape != after.shape:
        return None
    gap = np.abs(after - before)
    least, most = sorted((float(gap[::2].mean()), float(gap[1::2].mean())))
    if most < _MOVED * (1 << (one.format.components[0].bits - 8)):
        return None
    return least < _SAME_FIELD * most


def choose_work(wanted: str, scan: str, top_first: bool) -> FieldWork:
    """Return what is done with fields, of what was asked for and what the film is."""
    chosen = {"interlaced": "bwdif", "telecine": "ivtc"}.get(scan, "no") if wanted == "auto" else wanted
    return FieldWork(chosen, top_first)
