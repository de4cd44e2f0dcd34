"""Join videos to a film, with the sound and all else of another copied packet by packet."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import AttachmentStream, Stream
from av.video.stream import VideoStream

from gfrnet.errors import FilmError, FilmWriteError
from gfrnet.files import as_path
from gfrnet.film.media.coding import SUFFIXES, Coding
from gfrnet.film.media.opening import check_unchanged, is_cover, main_video, opened_film
from gfrnet.film.media.outfile import container_of, written_film
from gfrnet.film.media.reading import FilmSource
from gfrnet.film.media.segments import Span, video_packets
from gfrnet.film.media.writing import turn_stream

_OWN_TAGS = {"encoder", "major_brand", "minor_version", "compatible_brands", "creation_time", "duration"}
"""Tags that a container writes itself."""


@dataclass(frozen=True)
class Joined:
    """Hold a film that was written.

    Attributes:
        path: The file.
        frames: Number of frames.
        lost: What the container does not hold, whole sentences; empty if everything was copied.
    """

    path: Path
    frames: int
    lost: tuple[str, ...]


@dataclass(frozen=True)
class Fitting:
    """Hold the ending that suits a film.

    Attributes:
        suffix: One of `SUFFIXES`.
        words: Why it is not that of the film, whole sentences.
    """

    suffix: str
    words: tuple[str, ...]


@dataclass(eq=False)
class _Plan:
    copied: dict[int, Stream] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def join(
    segments: Sequence[Path], source: FilmSource, out: Path | str, *, start: int = 0, stop: int | None = None
) -> Joined:
    """Put videos behind each other without coding them again, and copy the other streams of a film.

    The place in time of every frame is that of the film, so nothing drifts.

    Args:
        segments: Videos of `FilmSink` in order, all coded alike.
        source: The film that they come from.
        out: File to write, with one of the endings of `SUFFIXES`.
        start: Index of the first frame. The other streams are cut there too, and times begin as in the film.
        stop: Index after the last frame; None for the end.

    Raises:
        FilmError: The segments do not fit each other, or do not hold as many frames as the range.
        FilmChangedError: Another program changed the film.
        FilmWriteError: The file cannot be written.
    """
    out = as_path(out)
    container_of(out)
    if not segments:
        raise FilmError("There are no segments to join. Write one first.")
    span = Span(source.index, start, len(source.index) if stop is None else stop)
    check_unchanged(source.path, source.stamp)
    with opened_film(source.path) as film, opened_film(segments[0]) as first, written_film(out) as container:
        head = main_video(segments[0], first)
        video = _add_video(container, film, source, head)
        plan = _add_others(container, film, source.stream)
        _copy_tags(film, container, span)
        others = _other_packets(film, plan, span)
        frames = _mux(container, video_packets(segments, video, head, span), others)
        check_unchanged(source.path, source.stamp)
    return Joined(out, frames, tuple(plan.lost))


def fitting_suffix(source: FilmSource, coding: Coding) -> Fitting:
    """Return the ending of the film's own container where it holds everything, else that of MKV."""
    names = source.facts.container.split(",")
    own = source.path.suffix.lower()
    suffix = (
        own if SUFFIXES.get(own, "-") in names else next((s for s, n in SUFFIXES.items() if n in names), None)
    )
    if suffix is None:
        return Fitting(".mkv", (f"{source.facts.container} is not written. The film becomes an MKV.",))
    if suffix == ".mkv":
        return Fitting(suffix, ())
    lost = not_held(source, coding, suffix)
    if lost:
        what = f"{suffix[1:].upper()} does not hold {', '.join(lost)}. The film becomes an MKV."
        return Fitting(".mkv", (what,))
    return Fitting(suffix, ())


def not_held(source: FilmSource, coding: Coding, suffix: str) -> tuple[str, ...]:
    """Return what a container does not hold of a film: the codec alone, else names of streams.

    Args:
        source: The film.
        coding: How its video is coded.
        suffix: One of `SUFFIXES`.
    """
    name = SUFFIXES[suffix]
    try:
        with av.open(io.BytesIO(), "w", format=name) as container:
            container.add_stream(coding.encoder)
    except (ValueError, FFmpegError):
        return (coding.codec,)
    with opened_film(source.path) as film:
        beside = [each for each in film.streams if each.index != source.stream]
        lost = [each for each in beside if not (_tells_chapters(film, each) or _holds(name, each))]
        return tuple(map(_name, lost))


def check_ending(out: Path, source: FilmSource, coding: Coding) -> tuple[str, ...]:
    """Check that a film can be written under a name, and return what its container does not hold.

    Raises:
        FilmWriteError: No film is written with this ending, or its container does not hold the video.
    """
    container_of(out)
    suffix = out.suffix.lower()
    lost = not_held(source, coding, suffix)
    if lost == (coding.codec,):
        raise FilmWriteError(f"{suffix[1:].upper()} does not hold {coding.codec}. Choose .mkv or .mov.")
    return lost


def _add_video(
    container: OutputContainer, film: InputContainer, source: FilmSource, head: VideoStream
) -> VideoStream:
    video = container.add_stream_from_template(head, opaque=True)
    video.time_base = source.index.time_base
    video.codec_context.framerate = source.facts.rate
    turn_stream(video, source.facts.orientation)
    _copy_stream_tags(film.streams[source.stream], video)
    return video


def _add_others(container: OutputContainer, film: InputContainer, number: int) -> _Plan:
    plan = _Plan()
    name = container.format.name
    for stream in film.streams:
        if stream.index == number or _tells_chapters(film, stream):
            continue
        if name == "matroska" and (isinstance(stream, AttachmentStream) or is_cover(stream)):
            _attach(container, film, stream, plan)
        elif _holds(name, stream):
            copy = container.add_stream_from_template(stream, opaque=True)
            _copy_stream_tags(stream, copy)
            plan.copied[stream.index] = copy
        else:
            plan.lost.append(f"{name} does not hold {_name(stream)}.")
    return plan


def _attach(container: OutputContainer, film: InputContainer, stream: Stream, plan: _Plan) -> None:
    tags = stream.metadata
    if isinstance(stream, AttachmentStream):
        data, kind, title = stream.data, "application/octet-stream", f"attachment-{stream.index}"
    else:
        packet = next((each for each in film.demux(stream) if each.size), None)
        film.seek(0)
        data = bytes(packet) if packet else b""
        png = data.startswith(b"\x89PNG")
        kind, title = ("image/png", "cover.png") if png else ("image/jpeg", "cover.jpg")
    if data:
        container.add_attachment(tags.get("filename", title), tags.get("mimetype", kind), data)
    else:
        plan.lost.append(f"{_name(stream)} is empty.")


def _tells_chapters(film: InputContainer, stream: Stream) -> bool:
    """Return whether a stream holds what the chapters say; MP4 keeps them twice."""
    timecode = stream.metadata.get("handler_name", "").startswith("Time")
    doubled = film.format.name.startswith("mov") and bool(film.chapters())
    return stream.type == "data" and doubled and not timecode


def _holds(name: str, stream: Stream) -> bool:
    """Try whether a container takes a stream, in memory."""
    if isinstance(stream, AttachmentStream) or (is_cover(stream) and name == "matroska"):
        return name == "matroska"
    if stream.codec_context is None and name != "mpegts":
        return False
    try:
        with av.open(io.BytesIO(), "w", format=name) as container:
            container.add_stream_from_template(stream, opaque=True)
            container.start_encoding()
    except (ValueError, FFmpegError):
        return False
    return True


def _name(stream: Stream) -> str:
    codec = stream.codec_context.name if stream.codec_context else ""
    return f"{stream.type} {stream.index}" + (f" ({codec})" if codec else "")


def _copy_stream_tags(stream: Stream, copy: Stream) -> None:
    copy.metadata.update({key: text for key, text in stream.metadata.items() if key.lower() not in _OWN_TAGS})
    copy.disposition = stream.disposition


def _copy_tags(film: InputContainer, container: OutputContainer, span: Span) -> None:
    tags = {key: text for key, text in film.metadata.items() if key.lower() not in _OWN_TAGS}
    container.metadata.update(tags)
    chapters = film.chapters()
    if chapters:
        container.set_chapters([each for each in map(span.chapter, chapters) if each is not None])


def _other_packets(film: InputContainer, plan: _Plan, span: Span) -> Iterator[Packet[Stream]]:
    streams = [stream for stream in film.streams if stream.index in plan.copied]
    if not streams:
        return
    for packet in film.demux(*streams):
        if packet.size == 0 or not span.take(packet):
            continue
        packet.stream = plan.copied[packet.stream_index]
        yield packet


def _mux(
    container: OutputContainer, video: Iterator[Packet[VideoStream]], others: Iterator[Packet[Stream]]
) -> int:
    """Write packets in order of time, so that few wait in memory."""
    frames, told = 0, 0.0
    coded, beside = next(video, None), next(others, None)
    while coded is not None or beside is not None:
        if beside is not None:
            told = _seconds(beside, told)
        if coded is not None and (beside is None or _seconds(coded, 0.0) <= told):
            container.mux_one(coded)
            frames += 1
            coded = next(video, None)
        elif beside is not None:
            container.mux_one(beside)
            beside = next(others, None)
    return frames


def _seconds(packet: Packet[Any], otherwise: float) -> float:
    place = packet.dts if packet.dts is not None else packet.pts
    return otherwise if place is None else float(place * packet.time_base)
