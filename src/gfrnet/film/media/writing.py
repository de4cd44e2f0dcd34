"""Write frames as a video without sound."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gfrnet.errors import FilmError, FilmWriteError
from gfrnet.files import as_path
from gfrnet.film.media.coding import Coding, choose_coding
from gfrnet.film.media.facts import FilmFacts
from gfrnet.film.media.frame import Frame
from gfrnet.film.media.orientation import UPRIGHT, Orientation
from gfrnet.film.media.outfile import container_of, written_film
from gfrnet.film.media.reading import FilmSource

_INTERLACED_DCT = 1 << 18
"""FFmpeg's ``AV_CODEC_FLAG_INTERLACED_DCT``: code the fields of a frame apart."""


class FilmSink:
    """Write frames as a video, with the times, tags and shape of the film that they come from.

    >>> with FilmSink(path, like=source, codec="ffv1") as sink:  # doctest: +SKIP
    ...     for frame in source.frames():
    ...         sink.write(frame)

    The video begins with a closed group of pictures, so `join` can put several behind each other.

    Attributes:
        path: The file. It appears when the block ends without an error.
        coding: How it is coded, and what a person should know of it.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        like: FilmSource,
        codec: str = "same",
        crf: int | None = None,
        threads: int = 0,
    ) -> None:
        """Prepare to write; nothing is written before the block begins.

        Args:
            path: File with one of the endings of `SUFFIXES`.
            like: The film.
            codec: One of `CODECS`.
            crf: Quality of x264 and x265, 0..51, less is better; None for 17 and 18.
            threads: Threads that code; 0 for as many as there are processors.

        Raises:
            ConfigError: The codec is not known, or the quality is not one of it.
            FilmWriteError: No film is written with this ending.
        """
        self.path = as_path(path)
        container_of(self.path)
        facts = like.facts
        self.coding: Coding = choose_coding(facts, codec, crf, like.is_interlaced)
        self._like = like
        self._threads = threads
        self._stack = ExitStack()
        self._last: int | None = None

    def __enter__(self) -> Self:
        self._container = self._stack.enter_context(written_film(self.path))
        try:
            self._stream = _video_stream(self._container, self._like, self.coding, self._threads)
        except ValueError as error:
            self._stack.close()
            raise FilmWriteError(f"{self.path}: {error}. Choose MKV.") from error
        return self

    def write(self, frame: Frame) -> None:
        """Write one frame.

        Raises:
            FilmError: Its place in time is not after that of the frame before.
            FilmWriteError: The disk is full.
        """
        if self._last is not None and frame.pts <= self._last:
            raise FilmError(f"Frame {frame.index} does not follow the one before. Write frames in order.")
        self._last = frame.pts
        picture = converted(frame.picture, self._like.facts, self.coding.pixel_format)
        picture.pts, picture.time_base = frame.pts, self._like.index.time_base
        picture.pict_type = 0  # else the encoder repeats the kinds of frames of the film
        self._container.mux(self._stream.encode(picture))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            try:
                self._container.mux(self._stream.encode(None))
            except BaseException as failure:
                if not self._stack.__exit__(type(failure), failure, failure.__traceback__):
                    raise
                return
        self._stack.__exit__(kind, error, trace)


def converted(picture: VideoFrame, facts: FilmFacts, pixel_format: str) -> VideoFrame:
    """Return a picture in a pixel format; the same picture where it has it."""
    if picture.format.name == pixel_format:
        return picture
    changed = picture.reformat(
        format=pixel_format,
        src_color_range=facts.colours.range or None,
        dst_color_range=facts.colours.range or None,
    )
    changed.duration = picture.duration
    return changed


def _video_stream(container: OutputContainer, like: FilmSource, coding: Coding, threads: int) -> VideoStream:
    facts = like.facts
    stream = container.add_stream(coding.encoder, rate=facts.rate, options=dict(coding.options))
    assert isinstance(stream, VideoStream)
    context = stream.codec_context
    context.width, context.height = facts.width, facts.height
    context.pix_fmt = coding.pixel_format
    stream.time_base = context.time_base = like.index.time_base
    context.thread_count = threads
    context.sample_aspect_ratio = Fraction(facts.pixel_aspect)
    tags = facts.colours
    context.color_primaries, context.color_trc = tags.primaries, tags.transfer
    if coding.pixel_format.startswith(("gb", "bgr")) == facts.pixel_format.startswith("gb"):
        context.colorspace, context.color_range = tags.matrix, tags.range
    if like.is_interlaced and coding.codec != "x265":
        context.flags |= _INTERLACED_DCT
    turn_stream(stream, facts.orientation)
    return stream


def turn_stream(stream: VideoStream, orientation: Orientation) -> None:
    """Tell players how to turn a video upright."""
    if orientation != UPRIGHT:
        degrees = 90 * orientation.turns
        stream.set_display_rotation(-degrees if orientation.mirrored else degrees, hflip=orientation.mirrored)
