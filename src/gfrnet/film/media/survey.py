"""Find out what is known of a film by its tags, its first frame and its fields."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.container import InputContainer
from av.sidedata.sidedata import SideData
from av.stream import Stream
from av.video.frame import VideoFrame

from gfrnet.errors import UnreadableFilmError
from gfrnet.film.media.colour import Colours, known_matrix
from gfrnet.film.media.decoding import Decoder
from gfrnet.film.media.facts import ColourTags, FilmFacts, Mastering, StreamFacts
from gfrnet.film.media.fields import FieldWork, Seen, choose_work, seen_fields
from gfrnet.film.media.frame import Look
from gfrnet.film.media.opening import is_cover, opened_film, video_of
from gfrnet.film.media.orientation import UPRIGHT, orientation_of, read_matrix

_INTERLACED_PART = 0.25
"""Part of the frames with movement that must show two moments for a film to be interlaced.

Films of `tests/filmfiles.py` have .00 to .08 when whole, .78 with pulldown and .85 when interlaced.
"""

_PULLDOWN_PART = 0.25
"""Part of the frames that must repeat a field for a film to have 3:2 pulldown. There 2 of 5 do."""

_PULLDOWN_RATES = (29.5, 30.5)
"""Frames a second of films that can have 3:2 pulldown."""

_SHORT_SECONDS, _SHORT_PART = 0.5, 0.01
"""Least seconds, and least part of the film, by which pictures that end early are told of; set by hand.

Sound is often a little longer than the pictures.
"""

_TOP_FIRST, _BOTTOM_FIRST = (2, 4), (3, 5)
"""FFmpeg's field orders whose upper, or lower, field shows first."""


@dataclass(frozen=True)
class Survey:
    """Hold what a film is, and what is done with its fields."""

    facts: FilmFacts
    fields: FieldWork


def facts_of(decoder: Decoder, deinterlace: str) -> Survey:
    """Find out what is known of a film.

    Args:
        decoder: Its video.
        deinterlace: What was asked for, one of `DEINTERLACERS`.

    Raises:
        UnreadableFilmError: No frame can be decoded.
    """
    first = next(iter(decoder.frames(0, 1))).picture
    seen = seen_fields(decoder)
    with opened_film(decoder.path) as container:
        stream = video_of(container, decoder.stream)
        rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
        scan, top_first = _scan(seen, stream.codec_context.field_order, first, rate)
        fields = choose_work(deinterlace, scan, top_first)
        return Survey(_facts(decoder, container, first, rate, fields, scan), fields)


def _facts(
    decoder: Decoder,
    container: InputContainer,
    first: VideoFrame,
    rate: Fraction,
    fields: FieldWork,
    scan: str,
) -> FilmFacts:
    stream = video_of(container, decoder.stream)
    data = _side_data(first)
    matrix = read_matrix(data["DISPLAYMATRIX"]) if "DISPLAYMATRIX" in data else None
    orientation = orientation_of(matrix)
    index = fields.index(decoder.index)
    last = len(index) - 1
    seconds = float((index.places[last] - index.places[0] + index.duration(last)) * index.time_base)
    if fields.mode == "ivtc":
        rate = rate * 4 / 5
    return FilmFacts(
        width=first.width,
        height=first.height,
        pixel_format=first.format.name,
        depth=first.format.components[0].bits,
        codec=stream.codec_context.name,
        container=container.format.name,
        rate=rate,
        is_variable=index.is_variable,
        pixel_aspect=Fraction(stream.sample_aspect_ratio or 1) or Fraction(1),
        orientation=orientation or UPRIGHT,
        colours=ColourTags(
            int(first.colorspace), int(first.color_primaries), int(first.color_trc), int(first.color_range)
        ),
        mastering=Mastering(_display(data), _light(data)),
        scan=scan,
        top_first=fields.top_first,
        frames=len(index),
        seconds=seconds or float(1 / rate),
        offset=float(index.places[0] * index.time_base),
        streams=tuple(_stream_facts(each) for each in container.streams if each.index != stream.index),
        chapters=len(container.chapters()),
        words=_words(decoder, container, known=orientation is not None),
    )


def _words(decoder: Decoder, container: InputContainer, *, known: bool) -> tuple[str, ...]:
    """Return what a person should know; ``known`` tells whether the film is turned by quarter turns."""
    turned = "The film is turned by an angle that is no quarter turn. Its faces are looked for as stored."
    broken = "The film is broken or ends early. The frames that can be read are used."
    ends = [broken] if decoder.index.broken else _cut_off(decoder, container)
    return (*([] if known else [turned]), *ends)


def _cut_off(decoder: Decoder, container: InputContainer) -> list[str]:
    """Return a word on a film whose pictures end before the time that it states: a copy that broke off."""
    index, last = decoder.index, len(decoder.index) - 1
    if container.duration is None or not index.seekable:
        return []
    stated = container.duration / av.time_base
    begins = (container.start_time or 0) / av.time_base
    ends = float((index.places[last] + index.duration(last)) * index.time_base) - begins
    if stated - ends <= max(_SHORT_SECONDS, _SHORT_PART * stated):
        return []
    return [
        f"The film says that it plays {stated:.1f} seconds, but its pictures end after {ends:.1f}. If it is "
        "cut off, give a complete file. Now the pictures that are there are used."
    ]


def look_of(path: Path, facts: FilmFacts) -> Look:
    """Return how the samples of a film are to be read.

    Raises:
        UnreadableFilmError: Its colours are made in a way that is not known here.
    """
    matrix = known_matrix(facts.colours.matrix, facts.height)
    if facts.pixel_format.startswith("gb"):
        matrix = 1
    if matrix is None:
        raise UnreadableFilmError(
            f"{path} makes its colours with matrix {facts.colours.matrix}, which is not known here. "
            "Convert the film to BT.709."
        )
    full = facts.colours.range == 2 or facts.pixel_format.startswith("yuvj")
    gray = facts.pixel_format.startswith("gray") and facts.colours.range != 1
    return Look(Colours(matrix, full or gray, facts.depth), facts.orientation)


def _scan(seen: Seen, order: int, first: VideoFrame, rate: Fraction) -> tuple[str, bool]:
    tagged = order in _TOP_FIRST + _BOTTOM_FIRST or first.interlaced_frame
    top_first = order not in _BOTTOM_FIRST
    if not tagged and seen.known:
        top_first = seen.top_first >= seen.bottom_first
    if seen.known == 0:
        return ("interlaced" if tagged else "progressive"), top_first
    if seen.interlaced <= _INTERLACED_PART * seen.known:
        return "progressive", top_first
    pulldown = _PULLDOWN_RATES[0] < rate < _PULLDOWN_RATES[1]
    if pulldown and seen.repeated >= _PULLDOWN_PART * seen.moved:
        return "telecine", top_first
    return "interlaced", top_first


def _side_data(frame: VideoFrame) -> Mapping[str, bytes]:
    return {each.type.name: bytes(each) for each in cast("Iterable[SideData]", frame.side_data)}


def _display(data: Mapping[str, bytes]) -> str | None:
    """Return the display of mastering as x265 takes it, from FFmpeg's ``AVMasteringDisplayMetadata``."""
    raw = data.get("MASTERING_DISPLAY_METADATA", b"")
    if len(raw) < 88:
        return None
    numbers = struct.unpack("=22i", raw[:88])
    values = [
        Fraction(a, b) if b else Fraction(0) for a, b in zip(numbers[:20:2], numbers[1:20:2], strict=True)
    ]
    red_x, red_y, green_x, green_y, blue_x, blue_y, white_x, white_y = (
        round(each * 50000) for each in values[:8]
    )
    least, most = (round(each * 10000) for each in values[8:])
    colours = f"G({green_x},{green_y})B({blue_x},{blue_y})R({red_x},{red_y})"
    return f"{colours}WP({white_x},{white_y})L({most},{least})"


def _light(data: Mapping[str, bytes]) -> str | None:
    raw = data.get("CONTENT_LIGHT_LEVEL", b"")
    if len(raw) < 8:
        return None
    most, average = struct.unpack("=2I", raw[:8])
    return f"{most},{average}"


def _stream_facts(stream: Stream) -> StreamFacts:
    kind = "cover" if stream.type == "video" and is_cover(stream) else stream.type
    context = stream.codec_context
    told = stream.metadata
    return StreamFacts(
        stream.index, kind, context.name if context else "", told.get("language"), told.get("title")
    )
