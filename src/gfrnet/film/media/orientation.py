"""Turn pictures upright that a camera stored lying or mirrored."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gfrnet.types import AnyArray


@dataclass(frozen=True)
class Orientation:
    """Hold how a stored picture becomes upright: a mirror from left to right, then quarter turns.

    Attributes:
        turns: Quarter turns against the clock, 0..3.
        mirrored: Whether the stored picture is mirrored before it is turned.
    """

    turns: int = 0
    mirrored: bool = False

    @property
    def swaps(self) -> bool:
        """Return whether width and height change places."""
        return self.turns % 2 == 1

    def upright(self, stored: AnyArray) -> AnyArray:
        """Return the upright picture of a stored one, (H, W) or (H, W, C)."""
        return np.rot90(stored[:, ::-1] if self.mirrored else stored, self.turns)

    def stored(self, upright: AnyArray) -> AnyArray:
        """Return the stored picture of an upright one. This is the inverse of `upright`."""
        turned = np.rot90(upright, -self.turns)
        return turned[:, ::-1] if self.mirrored else turned

    def stored_corner(
        self, left: int, top: int, size: tuple[int, int], picture: tuple[int, int]
    ) -> tuple[int, int]:
        """Return left and top of a rectangle in the stored picture.

        Args:
            left: Left edge in the upright picture.
            top: Upper edge in the upright picture.
            size: Height and width of the rectangle in the upright picture.
            picture: Height and width of the upright picture.
        """
        height, width = picture
        for _ in range(self.turns):  # each undoes a quarter turn against the clock
            left, top = height - top - size[0], left
            size, (height, width) = size[::-1], (width, height)
        return (width - left - size[1] if self.mirrored else left), top


UPRIGHT = Orientation()
"""Orientation of a picture that is stored upright."""


def orientation_of(matrix: Sequence[int] | None) -> Orientation | None:
    """Return the orientation that a display matrix asks for; None for a turn that is no quarter turn.

    Args:
        matrix: Nine numbers of FFmpeg's ``AV_PKT_DATA_DISPLAYMATRIX``; None for none.
    """
    if matrix is None:
        return UPRIGHT
    a, b, c, d = (int(np.sign(matrix[place])) for place in (0, 1, 3, 4))
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    turns = {(1, 0, 0, 1): 0, (0, -1, 1, 0): 1, (-1, 0, 0, -1): 2, (0, 1, -1, 0): 3}
    found = turns.get((a, b, c, d))
    return None if found is None else Orientation(found, mirrored)


def read_matrix(data: bytes) -> tuple[int, ...]:
    """Return the nine numbers of a display matrix in memory."""
    return struct.unpack("=9i", data[:36])
