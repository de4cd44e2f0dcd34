"""Open films that strangers made: one plain file, no other file and no network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from gfrnet.errors import FilmChangedError, UnreadableFilmError
from gfrnet.files import opened

_FORMATS = (
    "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,avi,mpegts,mpeg,mpegvideo,mxf,asf,flv,ogg,nut,dv,ivf,"
    "h264,hevc,m4v,rm,wtv,gif,yuv4mpegpipe"
)
"""Demuxers that may read. Lists of other files, scripts and devices are not among them."""

_MOST_STREAMS = 200

MOST_PIXELS = 2**26
"""Most pixels of a frame. A frame of 8K has half of that."""

_CLOSED = {"protocol_whitelist": "none", "format_whitelist": _FORMATS, "max_streams": str(_MOST_STREAMS)}
"""Options with which FFmpeg opens nothing but the file that it is given."""


@dataclass(frozen=True)
class Stamp:
    """Hold what tells whether a file changed.

    Attributes:
        size: Number of bytes.
        changed: Time of the last change in nanoseconds.
        inode: Number of the file in its file system.
    """

    size: int
    changed: int
    inode: int


def stamp(path: Path) -> Stamp:
    """Return what tells whether a file changed.

    Raises:
        FilmChangedError: The file is gone.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise FilmChangedError(f"{path} is gone: {error.strerror}. Put it back and begin again.") from error
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ino)


def check_unchanged(path: Path, before: Stamp) -> None:
    """Check that a film is as it was when it was opened.

    Raises:
        FilmChangedError: It is not.
    """
    if stamp(path) != before:
        raise FilmChangedError(
            f"{path} changed while it was read. Wait until it is complete, and begin again."
        )


@contextmanager
def opened_film(path: Path) -> Iterator[InputContainer]:
    """Open the streams of a film. What is decoded in the block may raise errors of PyAV.

    Raises:
        UnreadableFilmError: There is no such file, or it is none that films come in.
    """
    try:
        with opened(path, float("inf")) as file, _container(path, file) as container:
            yield container
    except OSError as error:
        if isinstance(error, FFmpegError):
            raise
        raise UnreadableFilmError(
            f"{path} cannot be read: {error.strerror or error}. Give a film that can be read."
        ) from error


def _container(path: Path, file: object) -> InputContainer:
    try:
        return av.open(
            file,
            "r",
            container_options=dict(_CLOSED),
            metadata_errors="replace",
            io_open=_refuse,
            buffer_size=2**18,
        )
    except (FFmpegError, ValueError) as error:
        raise UnreadableFilmError(
            f"{path} is not a film that can be read, or it is broken: {_reason(error)}. "
            "Give a video file such as MKV or MP4."
        ) from error


def _refuse(url: str, flags: int, options: object) -> NoReturn:
    raise PermissionError("a film may open no other file")


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def main_video(path: Path, container: InputContainer) -> VideoStream:
    """Return the video of a film, the largest where there are several. Cover pictures are none.

    Raises:
        UnreadableFilmError: There is none, or it is larger than can be decoded.
    """
    streams = [stream for stream in container.streams.video if not is_cover(stream) and stream.codec_context]
    if not streams:
        raise UnreadableFilmError(f"{path} holds no video. Give a file with moving pictures.")
    stream = max(streams, key=lambda each: (each.width * each.height, -each.index))
    pixels = stream.width * stream.height
    if not 0 < pixels <= MOST_PIXELS:
        raise UnreadableFilmError(
            f"{path} says that its pictures have {stream.width} x {stream.height} pixels. "
            f"1 to {MOST_PIXELS} pixels can be decoded."
        )
    return stream


def video_of(container: InputContainer, number: int) -> VideoStream:
    """Return the video of this number in a film that was looked at before."""
    stream = container.streams[number]
    assert isinstance(stream, VideoStream)
    return stream


def is_cover(stream: object) -> bool:
    """Return whether a stream is the picture of a cover, not a video."""
    return bool(int(getattr(stream, "disposition", 0)) & int(av.stream.Disposition.attached_pic))


def decoded(container: InputContainer, number: int, threads: int) -> Iterator[VideoFrame]:
    """Yield all frames of a video that can be decoded, and pass over packets that cannot.

    Args:
        container: The open film.
        number: Number of the video in it.
        threads: Threads that decode; 0 for as many as there are processors.
    """
    stream = video_of(container, number)
    stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
    stream.thread_type = "AUTO"
    stream.thread_count = threads
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError:  # the file ends early
            packet = None
            yield from _of(stream, None)
        if packet is None:
            return
        # The last packet is empty, and makes the decoder deliver the frames that it holds back.
        yield from _of(stream, packet)


def _of(stream: VideoStream, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
    try:
        return stream.decode(packet)
    except FFmpegError:
        return []
