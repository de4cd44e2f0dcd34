"""Keep the glasses of a guide out of the result: fine detail there comes from the photo alone."""

from __future__ import annotations

import cv2
import numpy as np

from gfrnet.faces import face_box, landmarks5
from gfrnet.runtime import Restoration
from gfrnet.types import AnyArray, FloatArray, FloatImage, UInt8Image

BETWEEN_EYES, SIDE, EYE_LINE = 44, 128, 40
"""Distance of the eyes, side, and height of the eye line in the picture in which rims are looked for."""

BRIDGE = np.s_[28:54, 58:70]
"""Where the bridge of glasses lies in that picture."""

UNDER_EYES = (np.s_[50:74, 28:54], np.s_[50:74, 74:100])
"""Where the lower rims lie in that picture."""

CONTRAST = (np.s_[28:80, 24:104], np.s_[56:100, 30:98])
"""Where the contrast of the face is measured in that picture: around the eyes, and below them."""

RIMS = (0.95, 1.02)
"""Two strengths of rims. From the first on, a growing share of a guide counts as covered by glasses.

Of 629 training photos without glasses, 9 reach the second, and 17 the first. Of 21 with frames, 19 reach the
second. Of 20 with rimless glasses, 6 do. `benchmarks/glasses.py` measures what the rule costs.
"""

ABOVE, BELOW, SOFT = 0.6, 1.0, 0.2
"""How far glasses reach above and below the eye line, and how softly that ends, in distances of the eyes."""

FINE = 3.0
"""Standard deviation, in pixels of the crop, of the Gaussian that removes rims from what the guide changes.

With 2, bridges of sunglasses remain visible on 8x degraded photos. `benchmarks/glasses.py` shows it.
"""


def find_glasses(guide: UInt8Image) -> FloatImage | None:
    """Return where glasses cover a guide; None for a guide without glasses.

    A rim is an unbroken line: across the nose, and under each eye from the nose to the temple. The strongest
    such lines are compared with the contrast of the face. Wrinkles and lashes are weaker, or end.
    Jiang, Binkert, Achermann, Bunke: Towards detection of glasses in facial images (ICPR 1998).

    Args:
        guide: (256, 256, 3) RGB, 0..255, face crop.

    Returns:
        (256, 256) share, 0..1, to which detail of the guide is not to be trusted.
    """
    points = landmarks5(guide, face_box(guide.shape[0])).astype(np.float64)
    right, left = sorted((points[:2].mean(axis=0), points[2:4].mean(axis=0)), key=lambda eye: float(eye[0]))
    share = float(np.interp(_rims(guide, right, left), RIMS, (0, 1)))
    return share * _band(guide.shape[0], right, left) if share else None


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


def _rims(guide: UInt8Image, right: AnyArray, left: AnyArray) -> float:
    """Return the strength of rims: the mean slope along three lines over the face's contrast, summed."""
    across = left - right
    width = max(float(np.hypot(*across)), 1.0)
    smooth = cv2.GaussianBlur(guide, (0, 0), max(0.5, 0.5 * width / BETWEEN_EYES))
    middle = (right + left) / 2
    turn = float(np.degrees(np.arctan2(across[1], across[0])))
    to_picture = np.asarray(cv2.getRotationMatrix2D((middle[0], middle[1]), turn, BETWEEN_EYES / width))
    to_picture[:, 2] += (SIDE / 2 - middle[0], EYE_LINE - middle[1])
    picture = cv2.warpAffine(smooth, to_picture, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    grey: AnyArray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = cv2.GaussianBlur(grey, (0, 0), 0.8)
    slope = np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1)) / 8
    lines = sum((_line(slope[place], 2) for place in UNDER_EYES), _line(slope[BRIDGE], 1))
    # Lenses raise the contrast around the eyes, beards that of the lower face. Eight levels more keep noise
    # in a flat picture from passing for rims.
    contrasts = [float(grey[place].std()) + 8 for place in CONTRAST]
    return float(lines / np.sqrt(np.prod(contrasts)))


def _line(slope: AnyArray, steepest: int) -> float:
    """Return the mean slope along the best line from left to right, by dynamic programming."""
    reach = np.ones((2 * steepest + 1, 1), np.uint8)
    best: AnyArray = slope[:, :1]
    for column in range(1, slope.shape[1]):
        best = cv2.dilate(best, reach).reshape(-1, 1) + slope[:, column : column + 1]
    return float(best.max() / slope.shape[1])


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
