"""Define what is known about a film before its frames are looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from gfrnet.film.media.orientation import Orientation


@dataclass(frozen=True)
class StreamFacts:
    """Hold what is known of a stream beside the video.

    Attributes:
        number: Number of the stream in its file.
        kind: ``audio``, ``subtitle``, ``attachment``, ``data`` or ``cover``.
        codec: Name of the codec; empty where it is not known.
        language: Language as the file names it; None for none.
        title: Title; None for none.
    """

    number: int
    kind: str
    codec: str
    language: str | None
    title: str | None


@dataclass(frozen=True)
class ColourTags:
    """Hold the numbers of ITU-T H.273 that a stream carries; 2 says that it names none.

    Attributes:
        matrix: How luma and chroma are made.
        primaries: The colours of red, green and blue.
        transfer: The curve; 16 is PQ and 18 is HLG.
        range: 1 for limited, 2 for full, 0 for not named.
    """

    matrix: int
    primaries: int
    transfer: int
    range: int


@dataclass(frozen=True)
class Mastering:
    """Hold the static metadata of high dynamic range, as x265 takes them.

    Attributes:
        display: Text such as ``G(x,y)B(x,y)R(x,y)WP(x,y)L(max,min)``; None for none.
        light: Text such as ``1000,400``; None for none.
    """

    display: str | None
    light: str | None


@dataclass(frozen=True)
class FilmFacts:
    """Hold what is known of a film.

    Attributes:
        width: Width in pixels as coded, before it is turned upright.
        height: Height in pixels as coded.
        pixel_format: FFmpeg's name of the pixel format.
        depth: Bits of a sample.
        codec: Name of the codec.
        container: FFmpeg's name of the container.
        rate: Frames a second, on average.
        is_variable: Whether the distances of frames differ.
        pixel_aspect: Width of a pixel over its height.
        orientation: How the stored picture becomes upright.
        colours: Tags of colour.
        mastering: Metadata of high dynamic range.
        scan: ``progressive``, ``interlaced`` or ``telecine``.
        top_first: Whether the upper field is the earlier one, where there are fields.
        frames: Number of frames.
        seconds: Playing time.
        offset: Seconds at which the video begins.
        streams: Streams beside the video.
        chapters: Number of chapters.
        words: What a person should know, whole sentences.
    """

    width: int
    height: int
    pixel_format: str
    depth: int
    codec: str
    container: str
    rate: Fraction
    is_variable: bool
    pixel_aspect: Fraction
    orientation: Orientation
    colours: ColourTags
    mastering: Mastering
    scan: str
    top_first: bool
    frames: int
    seconds: float
    offset: float
    streams: tuple[StreamFacts, ...] = field(repr=False)
    chapters: int
    words: tuple[str, ...]

    @property
    def upright_size(self) -> tuple[int, int]:
        """Return width and height of the upright picture."""
        return (self.height, self.width) if self.orientation.swaps else (self.width, self.height)
