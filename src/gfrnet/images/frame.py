"""Turn places in a photo between its pixels as they are stored and the upright ones."""

from __future__ import annotations

from dataclasses import dataclass

from gfrnet.images.photo import Photo
from gfrnet.images.regions import FLIPPED_ACROSS, FLIPPED_DOWN, TRANSPOSED, same_shape
from gfrnet.types import Box

Shares = tuple[float, float, float, float]
"""Left, top, right and bottom of a box, as shares of the width and height of a picture."""


@dataclass(frozen=True)
class Frame:
    """Hold the size and the turn of a photo, which its regions depend on.

    Attributes:
        width: Of the upright photo, pixels.
        height: Of the upright photo, pixels.
        orientation: The EXIF tag of the pixels as they are stored, 1..8.
    """

    width: int
    height: int
    orientation: int = 1

    @classmethod
    def of(cls, photo: Photo) -> Frame:
        """Return the frame of a photo as it was read."""
        return cls(photo.width, photo.height, photo.orientation)

    @property
    def stored_size(self) -> tuple[int, int]:
        """Return the width and height of the pixels as they are stored."""
        size = (self.width, self.height)
        return size[::-1] if self.orientation in TRANSPOSED else size

    def orientation_of(self, size: tuple[float, float] | None) -> int | None:
        """Return how a list of regions must be turned to lie upright.

        Regions belong to the picture as it is stored. Some programs state them for the upright one, and with
        them the size of that.

        Args:
            size: Width and height that the list applies to, where it states them.

        Returns:
            The orientation, 1..8; None for a list of a picture of another shape.
        """
        if size is None or same_shape(size, self.stored_size):
            return self.orientation
        return 1 if same_shape(size, (self.width, self.height)) else None

    def box(self, shares: Shares, orientation: int) -> Box:
        """Return the place of shares of the stored picture in the upright one."""
        left, top, right, bottom = _upright(shares, orientation)
        return Box(left * self.width, top * self.height, right * self.width, bottom * self.height)

    def shares(self, box: Box, orientation: int) -> Shares:
        """Return the place of a box of the upright picture in the stored one, cut at its edges."""
        across = (min(max(x / self.width, 0.0), 1.0) for x in (box.left, box.right))
        down = (min(max(y / self.height, 0.0), 1.0) for y in (box.top, box.bottom))
        (left, right), (top, bottom) = across, down
        return _lying((left, top, right, bottom), orientation)


def _upright(shares: Shares, orientation: int) -> Shares:
    """Return shares of a stored picture as those of the upright one."""
    left, top, right, bottom = shares
    if orientation in TRANSPOSED:
        left, top, right, bottom = top, left, bottom, right
    if orientation in FLIPPED_ACROSS:
        left, right = 1 - right, 1 - left
    if orientation in FLIPPED_DOWN:
        top, bottom = 1 - bottom, 1 - top
    return left, top, right, bottom


def _lying(shares: Shares, orientation: int) -> Shares:
    """Return shares of an upright picture as those of the stored one."""
    left, top, right, bottom = shares
    if orientation in FLIPPED_ACROSS:
        left, right = 1 - right, 1 - left
    if orientation in FLIPPED_DOWN:
        top, bottom = 1 - bottom, 1 - top
    return (top, left, bottom, right) if orientation in TRANSPOSED else (left, top, right, bottom)
