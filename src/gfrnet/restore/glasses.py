"""Keep the glasses of a guide out of the result: fine detail there comes from the photo alone."""

from __future__ import annotations

from functools import lru_cache
from math import sqrt

import cv2
import numpy as np

from gfrnet import weights
from gfrnet.faces import face_box, landmarks5
from gfrnet.runtime import Restoration
from gfrnet.types import AnyArray, FloatArray, FloatImage, UInt8Image

BETWEEN_EYES, SIDE, EYE_LINE = 44, 128, 40
"""Distance of the eyes, side, and height of the eye line in the picture in which glasses are looked for."""

AROUND = np.s_[0:80, 8:120]
"""The part of that picture that is described: from the forehead to below the rims, from temple to temple."""

CELL, DIRECTIONS = 8, 6
"""Side of the cells in which slopes are summed, pixels, and number of directions of slopes."""

EYES, CHEEKS = np.s_[28:80, 24:104], np.s_[56:100, 30:98]
"""Where the contrast of the face is measured in that picture: around the eyes, and below them."""

LIKELY = (1.0, 2.0)
"""Two log odds of glasses. From the first on, a growing share of a guide counts as covered by glasses.

Each half of 2,096 training people was judged by what the other half taught. Of 5,865 faces without glasses,
12 reach the second, and 16 the first. Of 667 with frames, 526 and 579 do; of 63 with sunglasses, 51 and 56.
`scripts/glasses.py` prints these figures. `benchmarks/glasses.py` measures what the rule costs.
"""

ABOVE, BELOW, SOFT = 0.6, 1.0, 0.2
"""How far glasses reach above and below the eye line, and how softly that ends, in distances of the eyes."""

FINE = 3.0
"""Standard deviation, in pixels of the crop, of the Gaussian that removes rims from what the guide changes.

With 2, bridges of sunglasses remain visible on 8x degraded photos. `benchmarks/glasses.py` shows it.
"""


def find_glasses(guide: UInt8Image) -> FloatImage | None:
    """Return where glasses cover a guide; None for a guide without glasses.

    A logistic regression weighs how steep a picture is in each direction and how bright, cell by cell. It
    learned from faces with frames, sunglasses, wrinkles, brows and shadows.
    Dalal, Triggs: Histograms of oriented gradients for human detection (CVPR 2005).

    Args:
        guide: (256, 256, 3) RGB, 0..255, face crop.

    Returns:
        (256, 256) share, 0..1, to which detail of the guide is not to be trusted.

    Raises:
        ModelError: The file of the weights is missing or damaged.
    """
    right, left = _eyes(guide)
    odds = float(_described(guide, right, left) @ _weights()[:-1] + _weights()[-1])
    share = float(np.interp(odds, LIKELY, (0, 1)))
    return share * _band(guide.shape[0], right, left) if share else None


def describe(guide: UInt8Image, low: float = 0.0) -> FloatArray:
    """Return what tells glasses in a face crop.

    Args:
        guide: (256, 256, 3) RGB, 0..255.
        low: How much too low to take the eyes, in distances of the eyes. Landmarks lie too low below dark
            lenses, so the regression learned from such pictures.

    Returns:
        (980,) values of 10 x 14 cells. First come roots of the mean slope in 6 directions over the contrast
        of the face. Then comes the brightness against the cheeks, -1..1.
    """
    return _described(guide, *_eyes(guide), low)


def _described(guide: UInt8Image, right: AnyArray, left: AnyArray, low: float = 0.0) -> FloatArray:
    grey = _upright(guide, right, left, low)
    right, down = (cv2.Sobel(grey, cv2.CV_32F, *order) / 8 for order in ((1, 0), (0, 1)))
    slope, turn = np.hypot(right, down), np.arctan2(down, right) % np.pi / np.pi * DIRECTIONS
    half = DIRECTIONS / 2
    away = [np.abs((turn - direction + half) % DIRECTIONS - half) for direction in range(DIRECTIONS)]
    # Eight levels more keep noise in a flat picture from passing for rims.
    contrast = sqrt(float(grey[EYES].std() + 8) * float(grey[CHEEKS].std() + 8))
    slopes = _in_cells(np.stack([slope * np.maximum(0, 1 - one) for one in away], axis=-1))
    brightness = (_in_cells(grey) - grey[CHEEKS].mean()) / (grey[CHEEKS].std() + 20)
    parts = (np.sqrt(slopes * (4 / contrast)), np.clip(brightness / 3, -1, 1))
    return np.concatenate([part.ravel() for part in parts]).astype(np.float32)


def without_glasses(guided: Restoration, plain: Restoration, cover: FloatImage) -> Restoration:
    """Take fine detail from the result without a guide, where glasses cover the guide.

    Args:
        guided: Result of one face with its guides, without the batch axis.
        plain: Result of the same face without a guide.
        cover: (256, 256) share, 0..1, from `find_glasses` of the first guide.
    """
    share = _moved(cover, guided.flow)[..., None]
    change = plain.restored - guided.restored
    restored = guided.restored + share * (change - cv2.GaussianBlur(change, (0, 0), FINE))
    textured = guided.textured
    if textured is not None and plain.textured is not None:
        texture = textured - guided.restored
        texture += share * (plain.textured - plain.restored - texture)
        textured = np.clip(restored + texture, -1, 1)
    return Restoration(np.clip(restored, -1, 1), guided.warped, guided.flow, textured)


def _eyes(guide: UInt8Image) -> tuple[AnyArray, AnyArray]:
    """Return the middles of both eyes, the one at the left of the picture first."""
    points = landmarks5(guide, face_box(guide.shape[0])).astype(np.float64)
    right, left = sorted((points[:2].mean(axis=0), points[2:4].mean(axis=0)), key=lambda eye: float(eye[0]))
    return right, left


def _upright(guide: UInt8Image, right: AnyArray, left: AnyArray, low: float) -> AnyArray:
    """Return the (128, 128) grey picture in which both eyes have their fixed places."""
    across, middle = left - right, (right + left) / 2
    width = max(float(np.hypot(*across)), 1.0)
    smooth = cv2.GaussianBlur(guide, (0, 0), max(0.5, 0.5 * width / BETWEEN_EYES))
    turn = float(np.degrees(np.arctan2(across[1], across[0])))
    to_picture = np.asarray(cv2.getRotationMatrix2D((middle[0], middle[1]), turn, BETWEEN_EYES / width))
    to_picture[:, 2] += (SIDE / 2 - middle[0], EYE_LINE - middle[1] - low * BETWEEN_EYES)
    picture = cv2.warpAffine(smooth, to_picture, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.float32)


def _in_cells(values: AnyArray) -> AnyArray:
    """Return the means of the cells around the eyes."""
    around = values[AROUND]
    size = (around.shape[1] // CELL, around.shape[0] // CELL)
    return np.asarray(cv2.resize(around, size, interpolation=cv2.INTER_AREA))


@lru_cache(maxsize=1)
def _weights() -> FloatArray:
    """Return the (981,) weights of the logistic regression; the last one is added alone."""
    path = weights.check_installed(weights.GLASSES)
    return np.asarray(np.load(path, allow_pickle=False), dtype=np.float32)


def _band(side: int, right: AnyArray, left: AnyArray) -> FloatImage:
    """Return 1 in the band along the eye line that glasses can cover, 0 outside, soft between."""
    across = left - right
    width = max(float(np.hypot(*across)), 1.0)
    rows, columns = np.mgrid[:side, :side]
    x, y = columns - right[0], rows - right[1]
    below = (y * across[0] - x * across[1]) / width**2
    band = np.minimum((below + ABOVE) / SOFT, (BELOW - below) / SOFT) + 0.5
    return np.asarray(np.clip(band, 0, 1), dtype=np.float32)


def _moved(cover: FloatImage, flow: FloatArray | None) -> FloatImage:
    """Move a cover as the network moved the guide."""
    if flow is None:
        return cover
    places = ((flow + 1) * (cover.shape[0] - 1) / 2).astype(np.float32)
    moved = cv2.remap(
        cover, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, dtype=np.float32)
