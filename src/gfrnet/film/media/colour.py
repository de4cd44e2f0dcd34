"""Carry a change of red, green and blue over to luma and chroma.

The transform is linear, so a change needs no knowledge of the picture below it. Its source is ITU-T H.273,
section 8.3::

    Y = Kr R + Kg G + Kb B
    Cb = (B - Y) / (2 - 2 Kb)
    Cr = (R - Y) / (2 - 2 Kr)
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from gfrnet.types import FloatArray

_WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
"""Kr and Kb by the number of the matrix in H.273, table 4."""

_UNSPECIFIED = 2

_MOST_STANDARD_LINES = 576
"""Most lines of standard definition. Players take the matrix of BT.601 up to here, and BT.709 above."""


@dataclass(frozen=True)
class Colours:
    """Hold how luma and chroma are made of red, green and blue.

    Attributes:
        matrix: Number of the matrix in H.273.
        full: Whether samples use their whole range. Else luma has 219 of 255 steps and chroma 224.
        depth: Bits of a sample, 8..16.
    """

    matrix: int
    full: bool
    depth: int

    @property
    def swscale(self) -> int:
        """Return the number that FFmpeg's scaler has for the matrix; it takes all others as BT.601."""
        return self.matrix if self.matrix in (1, 4, 7, 9) else 5

    @property
    def peak(self) -> int:
        """Return the largest value of a sample."""
        return (1 << self.depth) - 1

    @property
    def luma_span(self) -> float:
        """Return the distance from black to white in steps of a sample."""
        return float(self.peak) if self.full else 219.0 * (1 << (self.depth - 8))

    @property
    def black(self) -> float:
        """Return the luma of black."""
        return 0.0 if self.full else 16.0 * (1 << (self.depth - 8))

    @property
    def chroma_span(self) -> float:
        """Return the distance from the least to the greatest chroma in steps of a sample."""
        return float(self.peak) if self.full else 224.0 * (1 << (self.depth - 8))

    def luma(self, change: FloatArray) -> FloatArray:
        """Return the change of luma (h, w), in steps of a sample, of an RGB change (h, w, 3) in 0..1."""
        red, blue = _WEIGHTS[self.matrix]
        weights = np.array([red, 1 - red - blue, blue], np.float32)
        return np.asarray(change @ weights * np.float32(self.luma_span), np.float32)

    def chroma(self, change: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the changes of Cb and Cr (h, w), in steps of a sample."""
        red, blue = _WEIGHTS[self.matrix]
        luma = self.luma(change) / np.float32(self.luma_span)
        cb = (change[..., 2] - luma) * np.float32(self.chroma_span / (2 - 2 * blue))
        cr = (change[..., 0] - luma) * np.float32(self.chroma_span / (2 - 2 * red))
        return np.asarray(cb, np.float32), np.asarray(cr, np.float32)


def known_matrix(matrix: int, height: int) -> int | None:
    """Return the matrix that players use; None for one that is not linear or not known here.

    Args:
        matrix: Number of the matrix in H.273 that a stream names.
        height: Lines of the picture, which decide where a stream names none.
    """
    if matrix == _UNSPECIFIED:
        return 6 if height <= _MOST_STANDARD_LINES else 1
    return matrix if matrix in _WEIGHTS else None


def shrunk(change: FloatArray, left: int, top: int, across: int, down: int) -> tuple[FloatArray, int, int]:
    """Average a change (h, w) down to the grid of chroma samples.

    Args:
        change: The change at full resolution.
        left: Column of its left edge.
        top: Row of its upper edge.
        across: Columns that share a chroma sample: 1, 2 or 4.
        down: Rows that share a chroma sample: 1, 2 or 4.

    Returns:
        The smaller change, and column and row of its corner on the grid.
    """
    if across == down == 1:
        return change, left, top
    before, above = left % across, top % down
    height, width = change.shape
    after, below = -(before + width) % across, -(above + height) % down
    padded = np.pad(change, ((above, below), (before, after)))
    size = padded.shape[1] // across, padded.shape[0] // down
    return (
        np.asarray(cv2.resize(padded, size, interpolation=cv2.INTER_AREA), np.float32),
        left // across,
        top // down,
    )
