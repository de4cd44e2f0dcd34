"""Hold one frame of a film, look at it, and add changes to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from av.video.frame import VideoFrame

from gfrnet.film.media.colour import Colours, shrunk
from gfrnet.film.media.orientation import Orientation
from gfrnet.film.media.planes import copy_of, plane_array
from gfrnet.types import AnyArray, FloatArray, UInt8Image


@dataclass(frozen=True, eq=False)
class Change:
    """Hold what to add to a part of an upright picture.

    Attributes:
        left: Column of its left edge in the upright picture. Parts outside the picture are left out.
        top: Row of its upper edge.
        values: (h, w, 3) RGB, to be added to values in 0..1. They are those of the film's own transfer.
    """

    left: int
    top: int
    values: FloatArray = field(repr=False)


@dataclass(frozen=True)
class Look:
    """Hold how the samples of a film are to be read.

    Attributes:
        colours: Matrix, range and depth.
        orientation: How the stored picture becomes upright.
    """

    colours: Colours
    orientation: Orientation


@dataclass(frozen=True, eq=False)
class Frame:
    """Hold one frame.

    Attributes:
        index: Number in order of presentation, from 0.
        time: Seconds since the first frame.
        pts: Place in time in units of the stream's time base.
        keyframe: Whether the film was coded so that decoding can begin here.
        look: How the samples are to be read.
        picture: The frame as decoded, its samples in planes.
    """

    index: int
    time: float
    pts: int
    keyframe: bool
    look: Look = field(repr=False)
    picture: VideoFrame = field(repr=False)

    def rgb(self) -> UInt8Image:
        """Return the upright picture (H, W, 3), pixels as coded.

        The values are those of the film's own transfer, also for high dynamic range (PQ, HLG).
        """
        colours = self.look.colours
        name = self.picture.format.name
        if name.startswith("gb"):
            stored = self.picture.to_ndarray(format="rgb24")
        else:
            stored = self.picture.reformat(
                format="rgb24",
                src_colorspace=colours.swscale,
                src_color_range=2 if colours.full else 1,
                dst_color_range=2,
                interpolation="BILINEAR",
                threads=1,
            ).to_ndarray()
        return np.ascontiguousarray(self.look.orientation.upright(stored))

    def luma(self, width: int) -> FloatArray:
        """Return a small grey picture (height, width) in 0..1, upright, of the same shape.

        Args:
            width: Columns of the small picture, 1 or more.
        """
        colours = self.look.colours
        rgb = self.picture.format.name.startswith("gb")
        plane = self.look.orientation.upright(plane_array(self.picture, 0))
        size = width, max(round(plane.shape[0] * width / plane.shape[1]), 1)
        small = cv2.resize(np.ascontiguousarray(plane), size, interpolation=cv2.INTER_AREA).astype(np.float32)
        black, span = (0.0, float(colours.peak)) if rgb else (colours.black, colours.luma_span)
        return np.asarray(np.clip((small - black) / span, 0, 1), np.float32)

    def changed(self, changes: Sequence[Change]) -> Frame:
        """Return a frame with changes added. Every sample under no change stays equal to the bit.

        Changes are added in the planes of the film itself. For chroma they are averaged down to its grid.
        """
        if not changes:
            return self
        picture = copy_of(self.picture)
        for change in changes:
            self._add(picture, change)
        return replace(self, picture=picture)

    def _add(self, picture: VideoFrame, change: Change) -> None:
        orientation = self.look.orientation
        height, width = picture.height, picture.width
        upright = (width, height) if orientation.swaps else (height, width)
        left, top = max(change.left, 0), max(change.top, 0)
        if left >= upright[1] or top >= upright[0]:
            return
        values = change.values[
            top - change.top : upright[0] - change.top, left - change.left : upright[1] - change.left
        ]
        if values.size == 0:
            return
        size = values.shape[0], values.shape[1]
        corner = orientation.stored_corner(left, top, size, upright)
        _add_stored(picture, self.look.colours, np.ascontiguousarray(orientation.stored(values)), corner)


def _add_stored(picture: VideoFrame, colours: Colours, values: FloatArray, corner: tuple[int, int]) -> None:
    name = picture.format.name
    if name.startswith("gb"):
        for plane, channel in ((0, 1), (1, 2), (2, 0)):  # their order is green, blue, red
            _add_plane(plane_array(picture, plane), values[..., channel] * colours.peak, corner, colours.peak)
        return
    luma = plane_array(picture, 0)
    _add_plane(luma, colours.luma(values), corner, colours.peak)
    if name.startswith("gray") or name.startswith("ya"):
        return
    across, down = 8 // picture.format.chroma_width(8), 8 // picture.format.chroma_height(8)
    for plane, part in zip((1, 2), colours.chroma(values), strict=True):
        small, *place = shrunk(part, *corner, across, down)
        _add_plane(plane_array(picture, plane), small, (place[0], place[1]), colours.peak)


def _add_plane(plane: AnyArray, change: FloatArray, corner: tuple[int, int], peak: int) -> None:
    left, top = corner
    part = plane[top : top + change.shape[0], left : left + change.shape[1]]
    change = change[: part.shape[0], : part.shape[1]]
    part[...] = np.clip(np.rint(part + change), 0, peak).astype(plane.dtype)
