"""Choose how the video is coded, and in what container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from av.codec import Codec
from av.video.format import VideoFormat

from gfrnet.errors import ConfigError
from gfrnet.film.media.facts import FilmFacts

CODECS = ("same", "x264", "x265", "ffv1", "prores")
"""How video can be coded. ``same`` is the codec of the film where it is one of these, else x264."""

SUFFIXES: Mapping[str, str] = {
    ".mkv": "matroska",
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".ts": "mpegts",
}
"""Endings of films that can be written, with FFmpeg's names of their containers."""

_ENCODERS = {"x264": "libx264", "x265": "libx265", "ffv1": "ffv1", "prores": "prores_ks"}

_SAME = {"h264": "x264", "hevc": "x265", "ffv1": "ffv1", "prores": "prores"}

_CRF = {"x264": 17, "x265": 18}
"""Quality of viewing copies, finer than the encoders' own 23 and 28, so that grain stays."""

_FORMATS = {"gbrp": "bgr0", "gbrap": "bgra"}
"""Formats of 8 bits that FFV1 takes in another order, without loss."""


@dataclass(frozen=True)
class Coding:
    """Hold how video is coded.

    Attributes:
        codec: One of `CODECS` but ``same``.
        encoder: FFmpeg's name of the encoder.
        pixel_format: FFmpeg's name of the pixel format.
        options: Options of the encoder.
        words: What a person should know, whole sentences.
    """

    codec: str
    encoder: str
    pixel_format: str
    options: Mapping[str, str] = field(repr=False)
    words: tuple[str, ...]


def choose_coding(facts: FilmFacts, codec: str, crf: int | None, interlaced: bool) -> Coding:
    """Choose how the video of a film is coded.

    Args:
        facts: The film.
        codec: One of `CODECS`.
        crf: Quality of x264 and x265, 0..51, less is better; None for 17 and 18.
        interlaced: Whether frames keep their two fields.

    Raises:
        ConfigError: The codec is not known, or the quality is not one of it.
    """
    if codec not in CODECS:
        raise ConfigError(f"The codec must be one of {', '.join(CODECS)}, got {codec!r}.")
    words: list[str] = []
    if codec == "same" and facts.codec not in _SAME:
        words.append(f"Video of {facts.codec} is not written. It is coded with x264.")
    chosen = _SAME.get(facts.codec, "x264") if codec == "same" else codec
    if crf is not None and (chosen not in _CRF or not 0 <= crf <= 51):
        raise ConfigError(
            f"A quality of 0 to 51 belongs to x264 or x265, got {crf} with {chosen}. Leave it out."
        )
    encoder = _ENCODERS[chosen]
    pixel_format = _pixel_format(facts, chosen, encoder)
    if _FORMATS.get(facts.pixel_format, facts.pixel_format) != pixel_format:
        words.append(f"{chosen} does not take {facts.pixel_format}. Samples are converted to {pixel_format}.")
    if (facts.mastering.display or facts.mastering.light) and chosen in ("ffv1", "prores"):
        words.append(
            f"The mastering metadata of high dynamic range are not kept with {chosen}. x265 keeps them."
        )
    if interlaced and chosen == "x265":
        words.append("x265 does not mark fields. Choose another codec, or make whole frames of the fields.")
    return Coding(chosen, encoder, pixel_format, _options(facts, chosen, crf, interlaced), tuple(words))


def _options(facts: FilmFacts, codec: str, crf: int | None, interlaced: bool) -> dict[str, str]:
    order = "tff" if facts.top_first else "bff"
    display, light = facts.mastering.display, facts.mastering.light
    if codec == "x264":
        params = [f"{order}=1"] if interlaced else []
        params += [f"mastering-display={display}"] if display else []
        params += [f"cll={light}"] if light else []
        return {
            "crf": str(_CRF[codec] if crf is None else crf),
            # Without it x264's macroblock tree differs from run to run, on one machine with one thread too.
            "x264-params": ":".join(["open-gop=0", "cpu-independent=1", *params]),
        }
    if codec == "x265":
        params = ["open-gop=0", "log-level=none"]
        params += [f"master-display={display}"] if display else []
        params += [f"max-cll={light}"] if light else []
        return {"crf": str(_CRF[codec] if crf is None else crf), "x265-params": ":".join(params)}
    if codec == "ffv1":
        return {"level": "3", "g": "1", "slicecrc": "1"}
    profile = "4444" if not facts.pixel_format.startswith(("yuv420", "yuv422", "yuv41", "gray")) else "hq"
    return {"profile": profile, "vendor": "apl0"}


def _pixel_format(facts: FilmFacts, codec: str, encoder: str) -> str:
    formats = Codec(encoder, "w").video_formats or ()
    # x264 and x265 take no odd number of columns or rows where two share a sample of chroma.
    taken = [each.name for each in formats if not codec.startswith("x") or _divides(each, facts)]
    name = _FORMATS.get(facts.pixel_format, facts.pixel_format) if codec == "ffv1" else facts.pixel_format
    return name if name in taken else min(taken, key=lambda each: _loss(VideoFormat(name), VideoFormat(each)))


def _loss(before: VideoFormat, after: VideoFormat) -> tuple[int, ...]:
    """Measure what a conversion loses, the worst first, then what it wastes."""
    kinds = before.is_rgb != after.is_rgb
    depths = [format.components[0].bits for format in (before, after)]
    grids = [
        1 if _is_grey(format) else format.chroma_width(8) * format.chroma_height(8)
        for format in (before, after)
    ]
    colour = _is_grey(after) and not _is_grey(before)
    return (
        int(colour),
        max(grids[0] - grids[1], 0),
        max(depths[0] - depths[1], 0),
        int(kinds),
        max(grids[1] - grids[0], 0),
        max(depths[1] - depths[0], 0),
        len(after.components),
        int(after.name.startswith(("nv", "yuvj"))),
    )


def _divides(format: VideoFormat, facts: FilmFacts) -> bool:
    across, down = 8 // format.chroma_width(8), 8 // format.chroma_height(8)
    return _is_grey(format) or facts.width % across == 0 == facts.height % down


def _is_grey(format: VideoFormat) -> bool:
    return len(format.components) < 3
