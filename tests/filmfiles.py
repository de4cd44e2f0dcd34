"""Make small films of every kind for tests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import AttachmentStream

SIZE = (96, 64)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


@dataclass(frozen=True)
class Recipe:
    """Say what a film is made of."""

    suffix: str = ".mkv"
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    size: tuple[int, int] = SIZE
    frames: int = 12
    rate: Fraction = Fraction(25)
    time_base: Fraction = Fraction(1, 1000)
    times: Sequence[int] | None = None
    offset: int = 0
    options: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    rotation: int = 0
    mirrored: bool = False
    sound: tuple[str, str, int] | None = None
    subtitles: str | None = None
    chapters: int = 0
    attachment: bytes = b""
    cover: bool = False
    container: str | None = None
    picture: Callable[[int, tuple[int, int]], np.ndarray] | None = None


def moving(number: int, size: tuple[int, int]) -> np.ndarray:
    """Draw a coloured square that moves over a gradient."""
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(40, 200, width)
    image[..., 1] = np.linspace(60, 180, height)[:, None]
    image[..., 2] = 90 + 5 * (number % 20)
    left = (4 * number) % max(width - 20, 1)
    image[height // 4 : height // 2, left : left + 20] = (220, 60, 40)
    return image


def fields(number: int, size: tuple[int, int], top_first: bool = True) -> np.ndarray:
    """Draw a frame of two moments, one on the even lines and one on the odd."""
    early, late = moving(2 * number, size), moving(2 * number + 1, size)
    whole = early.copy() if top_first else late.copy()
    whole[1::2] = (late if top_first else early)[1::2]
    return whole


def pulled_down(number: int, size: tuple[int, int]) -> np.ndarray:
    """Draw a frame of film with 3:2 pulldown: of every five, two mix two pictures."""
    group, place = divmod(number, 5)
    top = 4 * group + (0, 1, 1, 2, 3)[place]
    bottom = 4 * group + (0, 1, 2, 3, 3)[place]
    whole = moving(top, size)
    whole[1::2] = moving(bottom, size)[1::2]
    return whole


def make_film(path: Path, recipe: Recipe = Recipe()) -> Path:
    """Write a film."""
    options = {"mpegts_copyts": "1"} if recipe.suffix == ".ts" else {}
    with av.open(str(path), "w", format=recipe.container, container_options=options) as container:
        video = _video(container, recipe)
        sound = _sound(container, recipe)
        text = _text(container, recipe.subtitles) if recipe.subtitles else None
        cover = _cover(container) if recipe.cover and recipe.suffix == ".mp4" else None
        if recipe.attachment:
            container.add_attachment("font.ttf", "application/x-truetype-font", recipe.attachment)
        if recipe.cover and recipe.suffix == ".mkv":
            container.add_attachment("cover.png", "image/png", PNG)
        if recipe.chapters:
            container.metadata["title"] = "A small film"
            container.set_chapters([_chapter(number) for number in range(recipe.chapters)])
        _write(container, recipe, video)
        if sound:
            _write_sound(container, sound, recipe)
        if text and recipe.subtitles:
            _write_text(container, text, recipe.subtitles)
        if cover:
            packet = av.Packet(PNG)
            packet.stream, packet.pts, packet.dts, packet.is_keyframe = cover, 0, 0, True
            container.mux(packet)
    return path


def _video(container: Any, recipe: Recipe) -> Any:
    options = dict(recipe.options)
    if recipe.codec == "libx265":
        options.setdefault("x265-params", "log-level=none")
    video = container.add_stream(recipe.codec, rate=recipe.rate, options=options)
    context = video.codec_context
    context.width, context.height = recipe.size
    context.pix_fmt, context.thread_count = recipe.pixel_format, 1
    video.time_base = context.time_base = recipe.time_base
    for name, value in recipe.context.items():
        setattr(context, name, value)
    if recipe.rotation or recipe.mirrored:
        video.set_display_rotation(recipe.rotation, hflip=recipe.mirrored)
    return video


def _write(container: Any, recipe: Recipe, video: Any) -> None:
    step = round(1 / recipe.rate / recipe.time_base)
    times = recipe.times or [step * number for number in range(recipe.frames)]
    draw = recipe.picture or moving
    for number, place in enumerate(times):
        frame = av.VideoFrame.from_ndarray(draw(number, recipe.size), "rgb24")
        frame = frame.reformat(format=recipe.pixel_format)
        frame.pts, frame.time_base = place + recipe.offset, recipe.time_base
        for name in ("colorspace", "color_range", "color_trc", "color_primaries"):
            if name in recipe.context:
                setattr(frame, name, recipe.context[name])
        container.mux(video.encode(frame))
    container.mux(video.encode(None))


def _sound(container: Any, recipe: Recipe) -> Any:
    if recipe.sound is None:
        return None
    codec, layout, rate = recipe.sound
    sound = container.add_stream(codec, rate=rate)
    sound.codec_context.layout = layout
    sound.metadata["language"] = "deu"
    return sound


def _write_sound(container: Any, sound: Any, recipe: Recipe) -> None:
    rate, layout = sound.codec_context.sample_rate, sound.codec_context.layout
    format_ = sound.codec_context.format.name
    resampler = av.AudioResampler(format_, layout, rate)
    wave = np.sin(np.arange(rate // 2) / 20).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(np.tile(wave, (layout.nb_channels, 1)), "fltp", layout.name)
    frame.sample_rate = rate
    frame.pts, frame.time_base = round(recipe.offset * recipe.time_base * rate), Fraction(1, rate)
    for part in (*resampler.resample(frame), None):
        container.mux(sound.encode(part))


def _text(container: Any, codec: str) -> Any:
    # These two are muxed as they are: their encoders want a header.
    return container.add_stream(codec) if codec == "ass" else container.add_mux_stream(codec)


def _write_text(container: Any, text: Any, codec: str) -> None:
    lines = {"ass": b"0,0,Default,,0,0,0,,Good evening", "mov_text": b"\x00\x0cGood evening"}
    for number in range(2):
        packet = av.Packet(lines.get(codec, b"Good evening"))
        packet.stream, packet.time_base = text, Fraction(1, 1000)
        packet.pts = packet.dts = 100 + 150 * number
        packet.duration = 100
        container.mux(packet)


def _cover(container: Any) -> Any:
    cover = container.add_stream("png")
    cover.codec_context.width = cover.codec_context.height = 1
    cover.codec_context.pix_fmt = "rgb24"
    cover.disposition = av.stream.Disposition.attached_pic
    return cover


def _chapter(number: int) -> dict[str, Any]:
    start, base = 200 * number, Fraction(1, 1000)
    return {
        "id": number + 1,
        "start": start,
        "end": start + 200,
        "time_base": base,
        "metadata": {"title": f"Part {number}"},
    }


def stream_hashes(path: Path, kinds: Sequence[str] = ("audio", "subtitle")) -> list[tuple[str, str]]:
    """Return the SHA-256 of all packets of each stream, and of attachments."""
    with av.open(str(path)) as container:
        found = {each.index: hashlib.sha256() for each in container.streams if each.type in kinds}
        for packet in container.demux():
            if packet.stream_index in found:
                found[packet.stream_index].update(bytes(packet))
        names = {each.index: each.type for each in container.streams}
        attached = [
            hashlib.sha256(each.data).hexdigest()
            for each in container.streams
            if isinstance(each, AttachmentStream)
        ]
        return [(names[each], digest.hexdigest()) for each, digest in found.items()] + [
            ("attachment", each) for each in attached
        ]


def stream_times(path: Path, kind: str) -> list[Fraction]:
    """Return the seconds of all packets of one kind of stream."""
    with av.open(str(path)) as container:
        return sorted(
            packet.pts * packet.time_base
            for packet in container.demux()
            if packet.stream.type == kind and packet.size and packet.pts is not None
        )


def planes_of(path: Path) -> list[list[bytes]]:
    """Return the samples of every frame, read without gfrnet."""
    with av.open(str(path)) as container:
        return [[_tight(plane, frame) for plane in frame.planes] for frame in container.decode(video=0)]


def _tight(plane: Any, frame: Any) -> bytes:
    wide = 2 if frame.format.components[0].bits > 8 else 1
    wide *= 4 if len(frame.planes) == 1 and frame.format.is_rgb else 1
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width * wide].tobytes()
