"""Write films from films: before and after side by side, and a viewing copy of a master."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from av.video.frame import VideoFrame

from gfrnet import images
from gfrnet.errors import FilmError
from gfrnet.film.media import FilmSink, FilmSource, Frame, Joined, check_ending, choose_coding, join
from gfrnet.film.media.orientation import UPRIGHT
from gfrnet.film.scanning import REPORT_EVERY
from gfrnet.film.settings import frame_range
from gfrnet.film.shot_work import CODING_THREADS
from gfrnet.types import UInt8Image
from gfrnet.work import Advanced, Stopped, never, unheard

LINE = 4
"""Width of the line between before and after, in pixels."""


def viewing_copy(
    source: FilmSource,
    out: Path,
    codec: str = "x264",
    crf: int | None = None,
    on_event: Callable[[object], None] = unheard,
    stopped: Stopped = never,
) -> Joined | None:
    """Write a film once more with another codec (see `Film.viewing_copy`)."""
    _check(out, source.path)
    count = len(source.index)
    told = _told(source.frames(on_event=on_event), count, on_event)
    return _written(told, source, out, (codec, crf), (0, count), stopped)


def compare(
    source: FilmSource,
    result: Path,
    out: Path,
    start: float | None = None,
    crf: int | None = None,
    on_event: Callable[[object], None] = unheard,
    stopped: Stopped = never,
) -> Joined | None:
    """Write a film of before and after side by side (see `Film.compare`)."""
    _check(out, source.path, result)
    after = FilmSource.open(result, deinterlace="no")
    first = frame_range(source, start, None)[0]
    last = first + len(after.index)
    if last > len(source.index) or after.facts.upright_size != source.facts.upright_size:
        raise FilmError(
            f"{result} is no result of {source.path}: it has {len(after.index)} frames of "
            f"{'x'.join(map(str, after.facts.upright_size))}. Give the restored film, and where it begins."
        )
    pairs = zip(source.frames(first, last, on_event), after.frames(), strict=True)
    frames = (_beside(before, restored) for before, restored in pairs)
    wide = _widened(source)
    told = _told(frames, last - first, on_event)
    return _written(told, wide, out, ("x264", crf), (first, last), stopped)


def _check(out: Path, *inputs: Path) -> None:
    images.check_place(out, inputs)
    images.check_free(out, overwrite=False)


def _told(frames: Iterator[Frame], total: int, on_event: Callable[[object], None]) -> Iterator[Frame]:
    for number, frame in enumerate(frames, start=1):
        yield frame
        if number % REPORT_EVERY == 0 or number == total:
            on_event(Advanced("frames", number, total))


def _written(
    frames: Iterator[Frame],
    source: FilmSource,
    out: Path,
    coding: tuple[str, int | None],
    span: tuple[int, int],
    stopped: Stopped,
) -> Joined | None:
    """Write frames aside, and join them with the sound."""
    codec, crf = coding
    check_ending(out, source, choose_coding(source.facts, codec, crf, source.is_interlaced))
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".gfrnet-", dir=out.parent) as aside:
        video = Path(aside) / "video.mkv"
        with FilmSink(video, like=source, codec=codec, crf=crf, threads=CODING_THREADS) as sink:
            for frame in frames:
                if stopped():
                    return None
                sink.write(frame)
        part = Path(aside) / f"joined{out.suffix.lower()}"
        joined = join([video], source, part, start=span[0], stop=span[1])
        images.put_in_place(part, out, replace=False)
    return replace(joined, path=out)


def _widened(source: FilmSource) -> FilmSource:
    """Return a film whose facts are those of both pictures beside each other, upright and of whole frames."""
    width, height = source.facts.upright_size
    facts = replace(
        source.facts,
        width=2 * (width + width % 2) + LINE,
        height=height + height % 2,
        pixel_format="yuv420p",
        depth=8,
        orientation=UPRIGHT,
        scan="progressive",
    )
    return replace(source, facts=facts)


def _beside(before: Frame, after: Frame) -> Frame:
    left, right = _even(before.rgb()), _even(after.rgb())
    line = np.full((left.shape[0], LINE, 3), 255, np.uint8)
    both = VideoFrame.from_ndarray(np.hstack([left, line, right]), "rgb24")
    colours = before.look.colours
    picture = both.reformat(
        format="yuv420p",
        src_color_range=2,
        dst_color_range=2 if colours.full else 1,
        dst_colorspace=colours.swscale,
        threads=1,
    )
    picture.pts, picture.time_base = before.picture.pts, before.picture.time_base
    picture.duration = before.picture.duration
    return replace(before, picture=picture)


def _even(picture: UInt8Image) -> UInt8Image:
    height, width = picture.shape[:2]
    return np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
