"""Write films of every kind again, and compare what must not change."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from filmfiles import Recipe, fields, make_film, pulled_down, stream_hashes, stream_times
from gfrnet.film import FilmSink, FilmSource, join

FINE = Fraction(1, 24000)
BARS = {"colorspace": 1, "color_primaries": 1, "color_trc": 1, "color_range": 1}
HDR = {"colorspace": 9, "color_primaries": 9, "color_trc": 16, "color_range": 1}
MASTERING = (
    "log-level=none:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    ":max-cll=1000,400"
)

KINDS: dict[str, Recipe] = {
    "mkv": Recipe(),
    "mp4": Recipe(".mp4", time_base=FINE, rate=Fraction(24000, 1001)),
    "mov": Recipe(".mov", time_base=FINE, rate=Fraction(24000, 1001)),
    "ts": Recipe(".ts", time_base=Fraction(1, 90000)),
    "variable rate mkv": Recipe(times=[0, 40, 80, 200, 210, 250, 600, 601, 700]),
    "variable rate mp4": Recipe(".mp4", time_base=FINE, times=[0, 1001, 2002, 9009, 9010, 11000]),
    "10 bit x265": Recipe(codec="libx265", pixel_format="yuv420p10le"),
    "12 bit x265": Recipe(codec="libx265", pixel_format="yuv422p12le"),
    "10 bit x264 4:2:2": Recipe(pixel_format="yuv422p10le"),
    "10 bit x264 4:4:4 mp4": Recipe(".mp4", pixel_format="yuv444p10le"),
    "high dynamic range PQ": Recipe(
        codec="libx265", pixel_format="yuv420p10le", context=HDR, options={"x265-params": MASTERING}
    ),
    "high dynamic range HLG mp4": Recipe(
        ".mp4", codec="libx265", pixel_format="yuv420p10le", context={**HDR, "color_trc": 18}
    ),
    "turned 90": Recipe(".mp4", rotation=90),
    "turned 180": Recipe(".mp4", rotation=180),
    "turned 270": Recipe(rotation=-90),
    "mirrored": Recipe(".mp4", mirrored=True),
    "mirrored and turned": Recipe(".mp4", mirrored=True, rotation=90),
    "wide pixels mkv": Recipe(context={"sample_aspect_ratio": Fraction(16, 15)}),
    "narrow pixels mp4": Recipe(".mp4", context={"sample_aspect_ratio": Fraction(8, 9)}),
    "5.1 mkv": Recipe(sound=("ac3", "5.1", 48000)),
    "5.1 mp4": Recipe(".mp4", sound=("ac3", "5.1", 48000)),
    "lossless sound": Recipe(sound=("flac", "stereo", 44100)),
    "mp4 sound": Recipe(".mp4", sound=("aac", "stereo", 44100)),
    "subrip": Recipe(subtitles="subrip"),
    "ass": Recipe(subtitles="ass"),
    "mp4 text": Recipe(".mp4", subtitles="mov_text"),
    "offset mkv": Recipe(offset=10_000, sound=("ac3", "stereo", 48000)),
    "offset ts": Recipe(".ts", time_base=Fraction(1, 90000), offset=900_000),
    "offset mp4": Recipe(".mp4", offset=5_000, time_base=Fraction(1, 1000)),
    "odd size": Recipe(codec="ffv1", size=(95, 63)),
    "one frame": Recipe(frames=1),
    "one frame mp4 with sound": Recipe(".mp4", frames=1, sound=("aac", "mono", 48000)),
    "chapters": Recipe(chapters=2),
    "chapters mp4": Recipe(".mp4", chapters=2),
    "attachment": Recipe(attachment=b"not really a font" * 50),
    "cover mkv": Recipe(cover=True, sound=("flac", "stereo", 44100)),
    "open groups": Recipe(frames=40, options={"x264-params": "open-gop=1:keyint=10:bframes=3:scenecut=0"}),
    "full range": Recipe(context={**BARS, "color_range": 2}),
    "tags": Recipe(".mp4", context=BARS),
    "grey": Recipe(codec="ffv1", pixel_format="gray"),
    "red green blue": Recipe(codec="ffv1", pixel_format="bgr0", context={"color_range": 2, "colorspace": 0}),
    "ProRes": Recipe(
        ".mov", codec="prores_ks", pixel_format="yuv422p10le", time_base=FINE, rate=Fraction(24)
    ),
    "interlaced": Recipe(codec="ffv1", picture=fields, frames=14),
    "telecine": Recipe(codec="ffv1", picture=pulled_down, frames=30, rate=Fraction(30000, 1001)),
    "fields of MPEG-2": Recipe(
        codec="mpeg2video",
        picture=fields,
        options={"flags": "+ildct+ilme"},
        time_base=Fraction(1, 25),
        context={"bit_rate": 2_000_000},
    ),
}


def written_again(source: FilmSource, out: Path, codec: str = "same") -> Path:
    """Write a film in two segments and join them."""
    total = len(source.index)
    cuts = sorted({0, total // 2, total})
    segments = []
    for start, stop in pairwise(cuts):
        segments.append(out.with_name(f"segment-{start}.mkv"))
        with FilmSink(segments[-1], like=source, codec=codec, threads=1) as sink:
            for frame in source.frames(start, stop):
                sink.write(frame)
    assert join(segments, source, out).lost == ()
    return out


@pytest.mark.parametrize("kind", KINDS)
def test_a_film_keeps_all_but_its_pictures(kind: str, tmp_path: Path) -> None:
    recipe = KINDS[kind]
    path = make_film(tmp_path / f"film{recipe.suffix}", recipe)
    source = FilmSource.open(path, deinterlace="no", threads=1)
    again = FilmSource.open(
        written_again(source, tmp_path / f"out{recipe.suffix}"), deinterlace="no", threads=1
    )
    assert len(again.index) == len(source.index) == len(recipe.times or range(recipe.frames))
    places = [place * source.index.time_base for place in source.index.places]
    assert [place * again.index.time_base for place in again.index.places] == places
    before, after = source.facts, again.facts
    for name in (
        "width",
        "height",
        "depth",
        "pixel_aspect",
        "orientation",
        "mastering",
        "offset",
        "chapters",
    ):
        assert getattr(after, name) == getattr(before, name), name
    assert after.colours == before.colours
    assert stream_hashes(again.path) == stream_hashes(path)
    for sort in ("audio", "subtitle"):
        assert stream_times(again.path, sort) == stream_times(path, sort)
