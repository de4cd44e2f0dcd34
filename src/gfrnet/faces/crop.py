"""Cut a face out of a photo and put it back, with one geometry for both directions.

Photo coordinates are edge coordinates, as in `Box`: the centre of the pixel in column i lies at i + 0.5.
A crop of size S maps its own edge coordinates (u, v) in 0..S to the photo by

    (x, y) = center + R(angle) ((u, v) - S / 2) * side / S

A crop is a plain cut, without resampling, if its side equals its size and its angle is 0. Its corner must
also have whole coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, dist, floor, radians, sin, sqrt
from typing import Any

import cv2
import numpy as np

from gfrnet.types import CROP_SIZE, AnyArray, BoolArray, Box, FloatArray

CONTEXT = 1.3
"""Ratio of the crop's side to the larger side of the detector's box, as the protocol sets it."""

BAND = 256
"""Rows of the photo that `paste` works on at a time, so that a giant face needs little memory."""

FEATHER = 0.12
"""Ratio of the soft edge's width to the side of a pasted crop: about the margin around the detector's box."""

_DEPTHS = {"uint8": cv2.CV_8U, "uint16": cv2.CV_16U, "float32": cv2.CV_32F}


def face_box(size: int = CROP_SIZE) -> Box:
    """Return the place of the detector's box in the protocol's crop of ``size`` pixels."""
    margin = size * (1 - 1 / CONTEXT) / 2
    return Box(margin, margin, size - margin, size - margin)


@dataclass(frozen=True)
class CropPlace:
    """Describe where a square crop lies in its photo.

    Attributes:
        center: (x, y) in photo pixels, edge coordinates.
        side: Side in photo pixels.
        angle: Rotation of the crop in the photo, degrees, clockwise as seen.
        size: Side of the crop itself in pixels.
    """

    center: tuple[float, float]
    side: float
    angle: float = 0.0
    size: int = CROP_SIZE

    @classmethod
    def around(cls, box: Box, angle: float = 0.0, size: int = CROP_SIZE) -> CropPlace:
        """Return the protocol's crop, centred on the box: its side is 1.3 times the box's larger side."""
        return cls(box.center, CONTEXT * max(box.width, box.height), angle, size)

    def scaled(self, factor: float) -> CropPlace:
        """Return the same place in a photo enlarged by ``factor``."""
        x, y = self.center
        return CropPlace((x * factor, y * factor), self.side * factor, self.angle, self.size)

    def may_overlap(self, other: CropPlace) -> bool:
        """Return whether the circles around both squares overlap. If they do not, neither do the squares."""
        return dist(self.center, other.center) < (self.side + other.side) / sqrt(2)

    def crop_to_photo(self) -> AnyArray:
        """Return the (2, 3) matrix from the crop to the photo, in pixel-centre coordinates of both."""
        ratio = self.side / self.size
        a, b = ratio * cos(radians(self.angle)), ratio * sin(radians(self.angle))
        half = (self.size - 1) / 2
        x, y = self.center[0] - 0.5, self.center[1] - 0.5
        return np.array([[a, -b, x - (a - b) * half], [b, a, y - (b + a) * half]], dtype=np.float64)

    def photo_to_crop(self) -> AnyArray:
        """Return the (2, 3) matrix from the photo to the crop, in pixel-centre coordinates of both."""
        return np.asarray(cv2.invertAffineTransform(self.crop_to_photo()), dtype=np.float64)

    def points_to_photo(self, points: FloatArray) -> FloatArray:
        """Move landmarks (N, 2) from the crop to the photo, in pixel-centre coordinates of both."""
        matrix = self.crop_to_photo()
        return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)

    def points_to_crop(self, points: FloatArray) -> FloatArray:
        """Move landmarks (N, 2) from the photo to the crop, in pixel-centre coordinates of both."""
        matrix = self.photo_to_crop()
        return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)

    def real(self, height: int, width: int) -> BoolArray:
        """Return a (size, size) mask: true where the crop shows a photo of this size, false in padding."""
        rows, columns = np.ogrid[: self.size, : self.size]
        m = self.crop_to_photo()
        x = m[0, 0] * columns + m[0, 1] * rows + m[0, 2]
        y = m[1, 0] * columns + m[1, 1] * rows + m[1, 2]
        return np.asarray((x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5))


@dataclass(frozen=True)
class Crop:
    """Hold a square that was cut out of a photo.

    Attributes:
        pixels: (size, size, 3) of the photo's dtype.
        place: Place of the square in the photo.
        real: (size, size) mask, true where the pixels come from the photo, false in padding.
    """

    pixels: AnyArray
    place: CropPlace
    real: BoolArray


def cut(image: AnyArray, place: CropPlace) -> Crop:
    """Cut a square out of a photo, resized with an antialiased filter.

    Outside the photo, its edge pixels are repeated and blurred more and more outwards. No second face and
    no hard streak appears there.

    Args:
        image: (H, W, 3) of uint8, uint16 or float32.
        place: Where to cut.
    """
    real = place.real(*image.shape[:2])
    patch, left, top = _surroundings(image, place)
    matrix = place.crop_to_photo()
    matrix[:, 2] -= (left, top)
    patch, matrix = _antialiased(patch, matrix, place.side / place.size)
    patch, matrix = _oversampled(patch, matrix)
    pixels = _sampled(patch, matrix, place.size, place.size)
    return Crop(_as_dtype(_blur_padding(pixels, real), image.dtype), place, real)


def paste(image: AnyArray, crop: Crop, changed: FloatArray, feather: float = FEATHER) -> AnyArray:
    """Put a changed crop back into its photo, with the inverse geometry of `cut`.

    Only the *change* travels: the difference between the changed crop and the crop as it was cut. The
    difference is resized to the photo's resolution, multiplied by a soft mask and added. An unchanged crop
    therefore changes no pixel, at any scale. Detail of the photo that the crop could not hold stays.

    Args:
        image: (H, W, 3), the photo that the crop was cut from.
        crop: Crop from `cut`.
        changed: (size, size, 3) new pixels in the units of ``image``.
        feather: Ratio of the soft edge's width to the side of the crop.

    Returns:
        A new (H, W, 3) array of the photo's dtype. Pixels outside the crop are untouched, except at
        an edge of the photo. There, pixels up to half a crop pixel beyond the crop may change.
    """
    if not crop.real.any():
        return image.copy()
    patch, left, top = _surroundings(image, crop.place)
    difference = changed.astype(np.float32) - crop.pixels.astype(np.float32)
    change, matrix = _masked(difference, crop.place, image.shape[:2], (left, top), feather)
    result = image.copy()
    height, width = patch.shape[:2]
    for start in range(0, height, BAND):
        rows = min(BAND, height - start)
        moved = _sampled(change, matrix + matrix[:, 1:2] * (0, 0, start), rows, width)
        target = result[top + start : top + start + rows, left : left + width]
        # One pass that adds, rounds and clips; numpy takes three and twice the time.
        target[:] = cv2.add(target, moved, dtype=_DEPTHS[image.dtype.name])
    return result


def spread_change(
    change: FloatArray, place: CropPlace, height: int, width: int, feather: float = FEATHER
) -> tuple[FloatArray, int, int]:
    """Return what `paste` adds to a photo, for a picture that is not held as such pixels.

    Args:
        change: (size, size, 3) difference of the changed crop and the crop as it was cut.
        place: Place of the crop.
        height: Height of the photo in pixels.
        width: Width of the photo in pixels.
        feather: Ratio of the soft edge's width to the side of the crop.

    Returns:
        (h, w, 3) differences, and the left column and top row of the part of the photo that they are for.
    """
    rows, columns = _reach(place, height, width)
    change, matrix = _masked(change, place, (height, width), (columns.start, rows.start), feather)
    size = (rows.stop - rows.start, columns.stop - columns.start)
    return _sampled(change, matrix, *size), columns.start, rows.start


def _masked(
    change: FloatArray, place: CropPlace, shape: tuple[int, ...], corner: tuple[int, int], feather: float
) -> tuple[FloatArray, AnyArray]:
    """Return a change under its soft mask, enlarged, and the matrix to it from a part of the photo.

    Args:
        change: (size, size, 3) change of the crop.
        place: Place of the crop.
        shape: Height and width of the photo.
        corner: Left column and top row of the part.
        feather: As in `paste`.
    """
    matrix = place.photo_to_crop()
    matrix[:, 2] += matrix[:, :2] @ corner
    change = _low_passed(change, place.side / place.size)
    # The mask comes after the blur, because the blur carries the change to the crop's border.
    change = change * soft_mask(place, shape[0], shape[1], feather)[..., None]
    return _oversampled(change, matrix)


def soft_mask(place: CropPlace, height: int, width: int, feather: float = FEATHER) -> FloatArray:
    """Return the weights of a crop in a photo of this size: 1 inside, falling to 0 at its border.

    The soft edge is ``feather`` of the crop's side wide, so it grows with the face. On a side where the
    photo ends before the crop, there is no seam to hide. The mask stays 1 there.

    Returns:
        (size, size), 0..1.
    """
    around = replace(place, side=place.side * (place.size + 2) / place.size, size=place.size + 2)
    real = around.real(height, width)
    columns = _ramp(place.size, feather, bool(real[:, 0].any()), bool(real[:, -1].any()))
    rows = _ramp(place.size, feather, bool(real[0].any()), bool(real[-1].any()))
    return np.asarray(np.outer(rows, columns), dtype=np.float32)


def uncovered(place: CropPlace, earlier: Sequence[CropPlace], height: int, width: int) -> FloatArray:
    """Return the share of its change that a crop may still add after other crops added theirs.

    Let m be the mask of this crop, and c the largest mask of the earlier crops. The share is
    max(m - c, 0) / m, so the change is added with the weight max(m - c, 0). Where crops overlap, the
    weights of all changes then sum to their largest mask.

    Args:
        place: The crop.
        earlier: The crops whose changes are in the photo already, at least one.
        height: Height of the photo in pixels.
        width: Width of the photo in pixels.

    Returns:
        (size, size), 0..1.
    """
    covered = np.max([_mask_seen_from(place, other, height, width) for other in earlier], axis=0)
    mask = soft_mask(place, height, width)
    return np.asarray(np.maximum(mask - covered, 0) / np.maximum(mask, 1e-6), dtype=np.float32)


def _mask_seen_from(place: CropPlace, other: CropPlace, height: int, width: int) -> FloatArray:
    """Return the soft mask of another crop at the pixels of this one, (size, size)."""
    to_photo, to_other = place.crop_to_photo(), other.photo_to_crop()
    matrix = to_other[:, :2] @ to_photo
    matrix[:, 2] += to_other[:, 2]
    return _sampled(soft_mask(other, height, width), matrix, place.size, place.size)


def _low_passed(change: FloatArray, ratio: float) -> FloatArray:
    """Blur a change that goes into a photo of fewer pixels than the crop, against aliasing."""
    if ratio >= 1:
        return change
    return np.asarray(cv2.GaussianBlur(change, (0, 0), 0.5 * np.sqrt(ratio**-2 - 1)), dtype=np.float32)


def _ramp(size: int, feather: float, first: bool, last: bool) -> FloatArray:
    # Bicubic enlargement overshoots. Two zeros at the end keep that inside the crop.
    rise = np.clip((np.arange(size, dtype=np.float32) - 1) / max(feather * size, 1), 0, 1)
    rise = rise * rise * (3 - 2 * rise)
    full = np.ones_like(rise)
    return np.asarray(np.minimum(rise if first else full, rise[::-1] if last else full), dtype=np.float32)


def _surroundings(image: AnyArray, place: CropPlace) -> tuple[AnyArray, int, int]:
    """Return the part of the photo under the crop, with a margin for the filters, and its left and top."""
    rows, columns = _reach(place, *image.shape[:2])
    return image[rows, columns], columns.start, rows.start


def _reach(place: CropPlace, height: int, width: int) -> tuple[slice, slice]:
    """Return the rows and columns of a photo under a crop, with a margin for the filters.

    At least one row and one column of the photo remain, so that there is an edge to repeat.
    """
    reach = place.side / 2 * (abs(cos(radians(place.angle))) + abs(sin(radians(place.angle))))
    reach += 4 + 3 * place.side / place.size
    x, y = place.center
    left = min(max(floor(x - reach), 0), width - 1)
    top = min(max(floor(y - reach), 0), height - 1)
    right = max(min(floor(x + reach) + 1, width), left + 1)
    bottom = max(min(floor(y + reach) + 1, height), top + 1)
    return slice(top, bottom), slice(left, right)


def _antialiased(patch: AnyArray, matrix: AnyArray, ratio: float) -> tuple[FloatArray, AnyArray]:
    """Blur a patch that will be sampled every ``ratio`` pixels, and shrink it where that loses nothing.

    The box filter of shrinking and the Gaussian blur together have the variance (ratio^2 - 1) / 4.
    """
    if ratio <= 1:
        return patch.astype(np.float32), matrix
    step = max(1, floor(ratio / 2))
    patch = _shrunk(patch, step).astype(np.float32)
    sigma = np.sqrt((ratio**2 - 1) / 4 - (step**2 - 1) / 12) / step
    patch = cv2.GaussianBlur(patch, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(patch, dtype=np.float32), _rescaled(matrix, 1 / step)


def _shrunk(patch: AnyArray, step: int) -> AnyArray:
    """Shrink a patch to the means of squares of ``step`` x ``step`` pixels."""
    if step == 1:
        return patch
    height, width = patch.shape[:2]
    patch = cv2.copyMakeBorder(patch, 0, -height % step, 0, -width % step, cv2.BORDER_REPLICATE)
    size = (patch.shape[1] // step, patch.shape[0] // step)
    return np.asarray(cv2.resize(patch, size, interpolation=cv2.INTER_AREA))


def _oversampled(pixels: FloatArray, matrix: AnyArray) -> tuple[FloatArray, AnyArray]:
    """Enlarge a source with bicubic interpolation, so that linear sampling of it is as good as bicubic.

    OpenCV's own bicubic warp rounds places to 1/32 pixel and is three times slower. A plain cut is not
    enlarged, because its pixels must be copied, not interpolated.
    """
    factor = 1 if _is_plain_cut(matrix) else min(4, max(1, round(4 / float(np.hypot(*matrix[:, 0])))))
    if factor == 1:
        return pixels, matrix
    enlarged = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return np.asarray(enlarged, dtype=np.float32), _rescaled(matrix, factor)


def _is_plain_cut(matrix: AnyArray) -> bool:
    whole = np.abs(matrix[:, 2] - np.round(matrix[:, 2])).max() < 1e-6
    return bool(whole and np.abs(matrix[:, :2] - np.eye(2)).max() < 1e-9)


def _rescaled(matrix: AnyArray, factor: float) -> AnyArray:
    """Return the matrix for a source enlarged by ``factor``, in pixel-centre coordinates."""
    scaled = matrix * factor
    scaled[:, 2] += (factor - 1) / 2
    return scaled


def _sampled(pixels: FloatArray, matrix: AnyArray, height: int, width: int) -> FloatArray:
    """Sample (height, width, ...) values linearly at the places that ``matrix`` gives. Edges are repeated."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    sampled = cv2.warpAffine(pixels, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, dtype=np.float32)


def _blur_padding(pixels: FloatArray, real: BoolArray) -> FloatArray:
    if real.all():
        return pixels
    distance = cv2.distanceTransform((~real).astype(np.uint8), cv2.DIST_L2, 3)
    result = pixels
    for sigma in (4, 10):
        weight = np.clip(distance / (3 * sigma), 0, 1)[..., None]
        blurred = cv2.GaussianBlur(result, (0, 0), sigma * pixels.shape[0] / CROP_SIZE)
        result = np.asarray(result * (1 - weight) + blurred * weight, dtype=np.float32)
    return result


def _as_dtype(pixels: FloatArray, dtype: np.dtype[Any]) -> AnyArray:
    if dtype.kind == "f":
        return pixels
    return np.clip(np.rint(pixels), 0, np.iinfo(dtype).max).astype(dtype)
