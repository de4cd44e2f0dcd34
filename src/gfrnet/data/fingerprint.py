"""Find near-duplicates: copies of one photo, cropped, mirrored, recoloured or compressed.

Two steps find them. Small fingerprints of all photos are compared with all others, which is quick. The few
pairs that are alike are then laid upon each other exactly and compared in detail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from gfrnet.types import AnyArray, BoolArray, FloatArray, UInt8Image

SIDE = 32
"""Side of a fingerprint, pixels."""

CANDIDATE = 0.78
"""Likeness of two fingerprints above which the faces are compared in detail: 98 % of all copies reach it."""

NEAR_DUPLICATE = 0.89
"""Likeness in detail above which two faces are one photograph.

Chosen from the curve that ``benchmarks/near_duplicates.py`` measures (docs/data.md).
"""

OVERLAP = 0.3
"""Least share of the face that both photos must show; with less, their likeness means nothing."""

FINE_SIDE = 96
"""Side of the faces that are compared in detail, pixels."""

_ROWS = 512
"""Number of fingerprints compared with all others at a time, so that memory stays small."""

_PLACES = np.array([[0.31, 0.35], [0.69, 0.35], [0.5, 0.52], [0.5, 0.76]], dtype=np.float64)
"""Places (x, y) of eyes, nose and mouth in an aligned face, shares of its side."""

_UNSEEN = -128
_STEPS = 40.0
"""Steps of a byte per unit of even contrast; three units fit."""


@dataclass(frozen=True)
class AlignedFace:
    """Hold a face with eyes, nose and mouth at fixed places, symmetric about the middle.

    Attributes:
        grey: (side, side), 0..255.
        seen: (side, side), 1 where the photo shows the face, 0 elsewhere.
    """

    grey: FloatArray
    seen: FloatArray

    def mirrored(self) -> AlignedFace:
        """Return the same face in a mirror."""
        return AlignedFace(np.ascontiguousarray(self.grey[:, ::-1]), np.ascontiguousarray(self.seen[:, ::-1]))


def aligned(pixels: UInt8Image, points: FloatArray, real: BoolArray, side: int = FINE_SIDE) -> AlignedFace:
    """Turn, scale and shift a face so that its parts stand at fixed places.

    Args:
        pixels: (S, S, 3) RGB, 0..255.
        points: (68, 2) in pixels of ``pixels``.
        real: (S, S), false in padding.
        side: Side of the result.
    """
    matrix = _alignment(points) * side
    scale = max(float(np.hypot(matrix[0, 0], matrix[1, 0])), 1e-3)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(grey, (0, 0), max(0.3, 0.6 / scale))
    face = cv2.warpAffine(smooth, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.warpAffine(real.astype(np.uint8), matrix, (side, side), flags=cv2.INTER_NEAREST)
    return AlignedFace(face.astype(np.float32), seen.astype(np.float32))


def fingerprint(pixels: UInt8Image, points: FloatArray, real: BoolArray) -> AnyArray:
    """Align a face and even out its brightness and contrast locally.

    Args:
        pixels: (S, S, 3) RGB, 0..255.
        points: (68, 2) in pixels of ``pixels``.
        real: (S, S), false in padding.

    Returns:
        (32, 32) int8; -128 where the photo does not show the face.
    """
    face = aligned(pixels, points, real, SIDE)
    steps = np.clip(np.rint(_evened(face.grey, face.seen, 2) * _STEPS), -127, 127)
    return np.where(face.seen > 0, steps, _UNSEEN).astype(np.int8)


def likeness(fingerprints: AnyArray) -> FloatArray:
    """Rate how alike photos are, whatever their colours and sides.

    Of each two it takes the largest correlation over the part that both show. One is shifted by up to a
    pixel, and mirrored too.

    Args:
        fingerprints: (N, 32, 32) int8, as `fingerprint` returns them.

    Returns:
        (N, N), symmetric, -1..1.
    """
    count = len(fingerprints)
    seen = (fingerprints != _UNSEEN).astype(np.float32)
    values = fingerprints.astype(np.float32) * seen / _STEPS
    best = np.full((count, count), -1, dtype=np.float32)
    for mirrored in (False, True):
        for shift in np.ndindex(3, 3):
            others = (_moved(values, shift, mirrored), _moved(seen, shift, mirrored))
            for start in range(0, count, _ROWS):
                rows = slice(start, start + _ROWS)
                np.maximum(best[rows], _correlations((values[rows], seen[rows]), others), out=best[rows])
    return np.maximum(best, best.T)


def likeness_in_detail(one: AlignedFace, other: AlignedFace) -> float:
    """Rate how alike two faces are in the quarter where they differ most.

    The other face, or its mirror image, is first laid upon the one by an affine map (ECC). The result is the
    lowest correlation of the four quarters. Another smile or look shows in one of them.

    Returns:
        -1..1.
    """
    return max(_lowest_quarter(one, _laid_upon(one, face)) for face in (other, other.mirrored()))


def pair_likeness(coarse: float, one: Callable[[], AlignedFace], other: Callable[[], AlignedFace]) -> float:
    """Rate how alike two faces are in detail; both are loaded only where their fingerprints are alike.

    Args:
        coarse: `likeness` of their fingerprints.
        one: Loads the one face.
        other: Loads the other.

    Returns:
        -1..1; -1 where the fingerprints are not alike.
    """
    return likeness_in_detail(one(), other()) if coarse > CANDIDATE else -1.0


def is_near_duplicate(
    coarse: float, one: Callable[[], AlignedFace], other: Callable[[], AlignedFace]
) -> bool:
    """Say whether two faces are one photograph; the arguments are those of `pair_likeness`."""
    return pair_likeness(coarse, one, other) > NEAR_DUPLICATE


def _alignment(points: FloatArray) -> AnyArray:
    """Return the (2, 3) turn, scale and shift that bring eyes, nose and mouth closest to their places."""
    groups = (points[36:42], points[42:48], points[27:36], points[48:60])
    found = np.stack([group.mean(axis=0) for group in groups]).astype(np.float64)
    middle, wanted = found.mean(axis=0), _PLACES.mean(axis=0)
    a, b = found - middle, _PLACES - wanted
    size = max(float((a**2).sum()), 1e-6)
    along, across = (a * b).sum() / size, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / size
    turn = np.array([[along, -across], [across, along]])
    return np.column_stack((turn, wanted - turn @ middle))


def _evened(face: FloatArray, seen: FloatArray, reach: float) -> FloatArray:
    """Subtract the local mean and divide by the local spread, over seen pixels alone; 0 elsewhere."""
    weight = np.maximum(cv2.GaussianBlur(seen, (0, 0), reach), 1e-3)
    detail = (face - cv2.GaussianBlur(face * seen, (0, 0), reach) / weight) * seen
    spread = np.sqrt(np.maximum(cv2.GaussianBlur(detail**2, (0, 0), reach) / weight, 0))
    usual = float(spread[seen > 0].mean()) if seen.any() else 0.0
    return np.asarray(detail / (spread + 0.15 * usual + 1) * seen, dtype=np.float32)


def _moved(pictures: FloatArray, shift: tuple[int, ...], mirrored: bool) -> FloatArray:
    """Shift pictures by -1..1 pixels down and right, and mirror them if asked; zeros come in."""
    padded = np.pad(pictures[:, :, ::-1] if mirrored else pictures, ((0, 0), (1, 1), (1, 1)))
    return padded[:, shift[0] : shift[0] + SIDE, shift[1] : shift[1] + SIDE]


def _correlations(ones: tuple[FloatArray, FloatArray], others: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Return the (M, N) correlations over the part that both show; -1 where that is too small."""
    a, seen_a, b, seen_b = (array.reshape(len(array), -1) for array in (*ones, *others))
    energy = (a**2 @ seen_b.T) * (seen_a @ (b**2).T)
    enough = (seen_a @ seen_b.T > OVERLAP * SIDE**2) & (energy > 0)
    return np.where(enough, a @ b.T / np.sqrt(np.maximum(energy, 1e-6)), -1).astype(np.float32)


def _laid_upon(one: AlignedFace, other: AlignedFace) -> AlignedFace:
    """Move the other face to where it fits the one best; return it as it is where nothing fits."""
    matrix: AnyArray = np.eye(2, 3, dtype=np.float32)
    template, picture = (_evened(face.grey, face.seen, 8) for face in (one, other))
    mask = one.seen.astype(np.uint8)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 30, 1e-4)
    try:
        for blur in (9, 5):
            _, matrix = cv2.findTransformECC(
                template, picture, matrix, cv2.MOTION_AFFINE, criteria, mask, blur
            )
    except cv2.error:  # it did not converge
        return other
    size, inverse = other.grey.shape[::-1], cv2.WARP_INVERSE_MAP
    grey = cv2.warpAffine(
        other.grey, matrix, size, flags=cv2.INTER_LINEAR | inverse, borderMode=cv2.BORDER_REPLICATE
    )
    seen = cv2.warpAffine(other.seen, matrix, size, flags=cv2.INTER_NEAREST | inverse)
    return AlignedFace(grey.astype(np.float32), seen.astype(np.float32))


def _lowest_quarter(one: AlignedFace, other: AlignedFace) -> float:
    """Return the lowest correlation of the quarters that both faces show; -1 where they show too little."""
    side, margin = one.grey.shape[0], one.grey.shape[0] // 16
    seen = one.seen * other.seen
    seen[:margin] = seen[-margin:] = seen[:, :margin] = seen[:, -margin:] = 0
    if seen.mean() < OVERLAP:
        return -1.0
    smooth = (cv2.GaussianBlur(face.grey, (0, 0), 1.5).astype(np.float32) for face in (one, other))
    a, b = (_evened(grey, seen, 5) for grey in smooth)
    halves = (slice(margin, side // 2), slice(side // 2, side - margin))
    quarters = [(rows, columns) for rows in halves for columns in halves]
    correlations = [
        (a[q] * b[q]).sum() / np.sqrt(max(float((a[q] ** 2).sum() * (b[q] ** 2).sum()), 1e-6))
        for q in quarters
        if seen[q].mean() > OVERLAP
    ]
    return float(min(correlations, default=-1.0))
