"""Pictures about pictures: a row with captions, and a flow in colours."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gfrnet.types import FloatArray, UInt8Image

_GAP = 8
_STILL = 0.01
"""Pixels. A flow that moves nothing farther is drawn as still, not as amplified rounding."""


def contact_sheet(pictures: Sequence[UInt8Image], captions: Sequence[str], height: int = 256) -> UInt8Image:
    """Pictures in one row, a caption under each, on white.

    Args:
        pictures: (H, W, 3) each, of any size.
        captions: One for each picture.
        height: Of every picture in the sheet, in pixels.

    Raises:
        ValueError: There is no picture, or not as many captions as pictures.
    """
    if not pictures or len(pictures) != len(captions):
        raise ValueError(f"Give as many captions as pictures, got {len(captions)} and {len(pictures)}.")
    font = ImageFont.load_default(size=max(11, height // 16))
    columns = [_column(*pair, height, font) for pair in zip(pictures, captions, strict=True)]
    tallest = max(column.height for column in columns)
    width = sum(column.width for column in columns) + _GAP * (len(columns) + 1)
    sheet = Image.new("RGB", (width, tallest + 2 * _GAP), "white")
    left = _GAP
    for column in columns:
        sheet.paste(column, (left, _GAP))
        left += column.width + _GAP
    return np.array(sheet)


def _column(
    picture: UInt8Image, caption: str, height: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> Image.Image:
    scaled = _of_height(picture, height)
    draw = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    _, _, text_width, text_height = (
        int(np.ceil(edge)) for edge in draw.multiline_textbbox((0, 0), caption, font)
    )
    width = max(scaled.shape[1], text_width)
    column = Image.new("RGB", (width, height + _GAP + text_height), "white")
    column.paste(Image.fromarray(scaled), ((width - scaled.shape[1]) // 2, 0))
    place = ((width - text_width) / 2, height + _GAP)
    ImageDraw.Draw(column).multiline_text(place, caption, "black", font, align="center")
    return column


def _of_height(picture: UInt8Image, height: int) -> UInt8Image:
    if picture.shape[0] == height:
        return picture
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    smaller = height < picture.shape[0]
    resized = cv2.resize(
        picture, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    )
    return np.asarray(resized, dtype=np.uint8)


def draw_flow(flow: FloatArray) -> UInt8Image:
    """The displacement of a flow in the colours of Middlebury: hue is direction, saturation is length.

    White does not move; the longest displacement, in pixels, is fully saturated. Red points right,
    yellow down, cyan left, blue up: from the target pixel to where the guide is sampled.

    Args:
        flow: (H, W, 2) absolute sampling coordinates x, y in [-1, 1], align_corners=True: -1 and 1 are
            the centres of the first and of the last pixel.

    Returns:
        (H, W, 3).
    """
    height, width = flow.shape[:2]
    x = (flow[..., 0] - np.linspace(-1, 1, width)) * (width - 1) / 2
    y = (flow[..., 1] - np.linspace(-1, 1, height)[:, None]) * (height - 1) / 2
    length = np.hypot(x, y)
    saturation = length / max(float(length.max()), _STILL) if length.max() > _STILL else np.zeros_like(length)
    colours = 1 - saturation[..., None] * (1 - _hue(np.arctan2(y, x)))
    return np.asarray(np.rint(255 * colours), dtype=np.uint8)


def _hue(angle: FloatArray) -> FloatArray:
    """(..., 3) colours in 0..1 for directions in radians, between the neighbours on the wheel."""
    wheel = _colour_wheel()
    position = (angle / (2 * np.pi)) % 1 * len(wheel)
    index = position.astype(np.int64) % len(wheel)
    part = (position % 1)[..., None]
    mixed = (1 - part) * wheel[index] + part * wheel[(index + 1) % len(wheel)]
    return np.asarray(mixed, dtype=np.float32)


def _colour_wheel() -> FloatArray:
    """(55, 3) in 0..1: six ramps between red, yellow, green, cyan, blue and magenta (Baker et al., 2007)."""
    corners = np.array([(1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 0, 0)])
    steps = (15, 6, 4, 11, 13, 6)
    ramps = [
        start + np.arange(count)[:, None] / count * (end - start)
        for start, end, count in zip(corners[:-1], corners[1:], steps, strict=True)
    ]
    return np.concatenate(ramps).astype(np.float32)
