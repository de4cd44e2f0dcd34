"""Draw pictures about pictures: tiles in rows and columns with words, and a flow in colours."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import ceil
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gfrnet.types import FloatArray, UInt8Image

_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

_GAP = 8
_LONGEST_NAME = 30
"""Characters that fit over or under a face."""

_STAND_INS = str.maketrans({"×": "x", "−": "-", "–": "-", "—": "-", "…": "..."})  # noqa: RUF001
"""Replacements for signs that Pillow's own font lacks; it has little more than ASCII."""

_STILL = 0.01
"""Longest displacement in pixels that is drawn as still, so that rounding is not amplified."""


@dataclass(frozen=True)
class Tile:
    """Hold a picture with words.

    Attributes:
        picture: (H, W, 3).
        title: Words above it, of one or more lines.
        caption: Words below it, likewise.
    """

    picture: UInt8Image
    title: str = ""
    caption: str = ""


def contact_sheet(rows: Sequence[Sequence[Tile]], text_size: int = 16) -> UInt8Image:
    """Draw tiles in rows and columns, on white.

    Pictures keep their size. A column is as wide as its widest picture or line of words.
    Each tile stands in the middle of its column, and the pictures of a row begin at one height.

    Args:
        rows: Rows of tiles, which may be of different lengths.
        text_size: Height of the letters in pixels.

    Returns:
        (H, W, 3).

    Raises:
        ValueError: There is no tile.
    """
    if not all(rows) or not rows:
        raise ValueError("A contact sheet needs at least one tile in every row.")
    font = ImageFont.load_default(size=text_size)
    columns = zip_longest(*rows)
    widths = [max(_width(tile, font) for tile in column if tile is not None) for column in columns]
    return np.concatenate([_strip(row, widths, font) for row in rows])


def _strip(row: Sequence[Tile], widths: Sequence[int], font: _Font) -> UInt8Image:
    """Draw one row of tiles, as wide as all columns."""
    above = max(_room(tile.title, font) for tile in row)
    below = max(_room(tile.caption, font) for tile in row)
    tallest = max(tile.picture.shape[0] for tile in row)
    size = (sum(widths) + _GAP * (len(widths) + 1), above + tallest + below + 2 * _GAP)
    strip = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(strip)
    top, left = _GAP + above, _GAP
    for tile, width in zip(row, widths, strict=False):
        height = tile.picture.shape[0]
        middle = left + width / 2
        strip.paste(Image.fromarray(tile.picture), (left + (width - tile.picture.shape[1]) // 2, top))
        _write(draw, tile.title, middle, top - _room(tile.title, font), font)
        _write(draw, tile.caption, middle, top + height + _GAP, font)
        left += width + _GAP
    return np.array(strip)


def _write(draw: ImageDraw.ImageDraw, text: str, middle: float, top: float, font: _Font) -> None:
    place = (middle - _text_size(text, font)[0] / 2, top)
    draw.multiline_text(place, _drawable(text), "black", font, align="center")


def _width(tile: Tile, font: _Font) -> int:
    words = max(_text_size(text, font)[0] for text in (tile.title, tile.caption))
    return max(words, int(tile.picture.shape[1]))


def _room(text: str, font: _Font) -> int:
    """Return the height of a text with the gap to its picture, or 0 without a text."""
    return _text_size(text, font)[1] + _GAP if text else 0


def _text_size(text: str, font: _Font) -> tuple[int, int]:
    """Return the width of a text, and the height of any text of as many lines, which keeps lines level."""
    draw = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    any_text = "\n".join("Ag" for _ in text.split("\n"))
    width = draw.multiline_textbbox((0, 0), _drawable(text), font)[2]
    height = draw.multiline_textbbox((0, 0), any_text, font)[3]
    return ceil(width), ceil(height)


def _drawable(text: str) -> str:
    """Remove what the font lacks: accents go, other signs become question marks."""
    plain = unicodedata.normalize("NFKD", text.translate(_STAND_INS))
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return bare.encode("ascii", "replace").decode()


def shortened(name: str) -> str:
    """Shorten a name until it fits over or under a face, by leaving out its middle."""
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half]}...{name[-half:]}"


def draw_flow(flow: FloatArray) -> UInt8Image:
    """Draw a flow in the colours of Middlebury: hue is direction, saturation is length.

    White does not move; the longest displacement, in pixels, is fully saturated. Red points right,
    yellow down, cyan left, blue up: from the target pixel to where the guide is sampled.

    Args:
        flow: (H, W, 2) absolute sampling coordinates x, y in [-1, 1]. With align_corners=True, -1 and 1
            are the centres of the first and of the last pixel.

    Returns:
        (H, W, 3).
    """
    x, y = _steps(flow)
    length = np.hypot(x, y)
    saturation = length / length.max() if length.max() > _STILL else np.zeros_like(length)
    colours = 1 - saturation[..., None] * (1 - _hue(np.arctan2(y, x)))
    return np.asarray(np.rint(255 * colours), dtype=np.uint8)


def longest_step(flow: FloatArray) -> float:
    """Return the longest displacement of a flow, in pixels, which `draw_flow` shows fully saturated.

    Args:
        flow: (H, W, 2), as `draw_flow` takes it.
    """
    return float(np.hypot(*_steps(flow)).max())


def _steps(flow: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the displacement of every pixel to the right and down, in pixels, (H, W) each."""
    height, width = flow.shape[:2]
    x = (flow[..., 0] - np.linspace(-1, 1, width)) * (width - 1) / 2
    y = (flow[..., 1] - np.linspace(-1, 1, height)[:, None]) * (height - 1) / 2
    return x, y


def _hue(angle: FloatArray) -> FloatArray:
    """Return (..., 3) colours in 0..1 for directions in radians, mixed from neighbours on the wheel."""
    wheel = _colour_wheel()
    position = (angle / (2 * np.pi)) % 1 * len(wheel)
    index = position.astype(np.int64) % len(wheel)
    part = (position % 1)[..., None]
    mixed = (1 - part) * wheel[index] + part * wheel[(index + 1) % len(wheel)]
    return np.asarray(mixed, dtype=np.float32)


def _colour_wheel() -> FloatArray:
    """Return (55, 3) in 0..1: six ramps between red, yellow, green, cyan, blue and magenta (Baker, 2007)."""
    corners = np.array([(1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 0, 0)])
    steps = (15, 6, 4, 11, 13, 6)
    ramps = [
        start + np.arange(count)[:, None] / count * (end - start)
        for start, end, count in zip(corners[:-1], corners[1:], steps, strict=True)
    ]
    return np.concatenate(ramps).astype(np.float32)
