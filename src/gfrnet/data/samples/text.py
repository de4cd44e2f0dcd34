"""Draw pictures of printed text, from which MCGAN learns beside faces (Xu et al., ICCV 2017)."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gfrnet.types import CROP_SIZE, UInt8Image

LETTERS = "eeeeeeetttttaaaaaooooooiiiiinnnnnssssshhhhrrrrrddddlllluuucccmmmwwfffggyyppbbvkjxqz"
"""Letters, about as frequent as in English text."""

MOST_TURN = 5.0
"""Degrees by which lines may be turned, either way."""

BORDER = 1.15
"""Side of the sheet in sides of the picture, so that no corner is empty after a turn by `MOST_TURN`."""


def text_picture(rng: np.random.Generator, size: int = CROP_SIZE) -> UInt8Image:
    """Draw lines of random words in a random size, in dark on light grey, slightly turned.

    The typeface is the one inside Pillow.

    Args:
        rng: Source of all that is random.
        size: Side of the picture in pixels.

    Returns:
        (size, size, 3) RGB 0..255, grey.
    """
    height = size * float(rng.uniform(0.06, 0.16))
    spacing = height * float(rng.uniform(1.1, 1.6))
    sheet = _sheet(rng, round(size * BORDER), height, spacing)
    turned = sheet.rotate(float(rng.uniform(-MOST_TURN, MOST_TURN)), Image.Resampling.BILINEAR)
    edge = (turned.width - size) // 2
    cut = np.asarray(turned.crop((edge, edge, edge + size, edge + size)))
    paper = float(rng.uniform(150, 255))
    ink = float(rng.uniform(0, paper - 100))
    levels = np.rint(paper + (ink - paper) * np.arange(256) / 255).astype(np.uint8)
    return np.repeat(levels[cut][..., None], 3, axis=2)


def _sheet(rng: np.random.Generator, side: int, height: float, spacing: float) -> Image.Image:
    """Draw lines that fill a square sheet: 0 on paper, 255 where there is ink."""
    sheet = Image.new("L", (side, side))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=height)
    top = -spacing * float(rng.uniform())
    while top < side:
        # A letter is about half as wide as high.
        line = _line(rng, round(2.3 * side / height))
        draw.text((-height * float(rng.uniform()), top), line, fill=255, font=font)
        top += spacing
    return sheet


def _line(rng: np.random.Generator, length: int) -> str:
    """Return words of 2 to 10 letters, some with a capital or a full stop; together at least as long."""
    words: list[str] = []
    while length > 0:
        word = "".join(LETTERS[place] for place in rng.integers(len(LETTERS), size=int(rng.integers(2, 11))))
        word = word.capitalize() if rng.random() < 0.15 else word
        words.append(f"{word}." if rng.random() < 0.1 else word)
        length -= len(word) + 1
    return " ".join(words)
