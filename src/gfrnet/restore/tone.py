"""Keep toned photos toned: sepia prints, blue prints, black-and-white prints that were scanned in colour."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from gfrnet.images import to_signed
from gfrnet.restore.colour import LUMA
from gfrnet.types import AnyArray, BoolArray, FloatArray, FloatImage

KNOTS = 9
"""Number of brightnesses at which a tint is known; linear between them."""

SIDE = 64
"""Side to which a picture is shrunk before its tint is looked for: grain and scanner noise average out."""

SPREAD, SHARE = 1.8, 0.11
"""Largest spread of colour that brightness leaves unexplained in a toned picture.

The first is on the 0..255 scale. The second is a share of all spread of colour.

The share counts only for cool tints: in warm light, skin and hair have the colours of a sepia print.
`benchmarks/tone.py` measures both on photos in colours and on toned ones.
"""

FACE_SPREAD = 4.5
"""Largest spread, as `SPREAD`, of a blurred face in a photo that is toned as a whole."""


@dataclass(frozen=True, eq=False)
class Tone:
    """Hold a tint: the colour of every brightness.

    Attributes:
        offsets: (KNOTS, 3) of red, green and blue minus brightness, at even steps of brightness from -1 to 1.
    """

    offsets: FloatArray

    def applied(self, grey: FloatImage) -> FloatImage:
        """Tint a grey picture.

        Args:
            grey: (H, W, 3) with three equal channels, [-1, 1].
        """
        steps = np.linspace(-1, 1, KNOTS)
        tint = [np.interp(grey[..., 0], steps, channel) for channel in self.offsets.T]
        return np.asarray(np.clip(grey + np.stack(tint, axis=-1), -1, 1), dtype=np.float32)


GREY = Tone(np.zeros((KNOTS, 3), dtype=np.float32))
"""The tint of a photo without any."""


def find_tone(crop: FloatImage, real: BoolArray, photo: AnyArray) -> Tone | None:
    """Return the tint of a toned photo; None for a photo in colours.

    In a toned photo the colour follows from the brightness, up to noise. A blurred face has colours that
    blur and compression moved, so the whole photo is asked too.

    Args:
        crop: (S, S, 3) crop around a face, [-1, 1].
        real: (S, S), true where the crop shows the photo.
        photo: (H, W, 3) the whole photo, RGB of uint8 or uint16.
    """
    tone, spread, one_tint = _fitted(crop, real)
    if one_tint:
        return tone
    if spread > FACE_SPREAD:
        return None
    whole = to_signed(cv2.resize(photo, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    _, _, one_tint = _fitted(whole, np.ones((SIDE, SIDE), dtype=np.bool_))
    return tone if one_tint else None


def _fitted(picture: FloatImage, real: BoolArray) -> tuple[Tone, float, bool]:
    """Fit a tint; return it, the spread of colour that it leaves, 0..255, and whether it explains enough."""
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    seen = cv2.resize(real.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA) > 1 - 1e-3
    pixels = small[seen] if seen.any() else small.reshape(-1, 3)
    luma = pixels @ LUMA
    colour = pixels - luma[:, None]
    near = np.clip(1 - np.abs(luma[:, None] - np.linspace(-1, 1, KNOTS)) * (KNOTS - 1) / 2, 0, None)
    known = near.sum(axis=0) > 0.5
    if not known.any():
        return GREY, 0.0, True
    offsets = _least_squares(near[:, known], colour)
    spread, whole = (float(part.std()) * 127.5 for part in (colour - near[:, known] @ offsets, colour))
    cool = colour[:, 2].mean() > colour[:, 0].mean()
    one_tint = spread < SPREAD or (bool(cool) and spread < SHARE * whole)
    return Tone(_everywhere(offsets, known)), spread, one_tint


def _least_squares(terms: AnyArray, values: AnyArray) -> AnyArray:
    """Return the weights (T, C) with which terms (N, T) come nearest to values (N, C).

    The normal equations are so small that no thread of the algebra library wakes. Such threads wait busily
    for more work, and would take the cores from the network.
    """
    products = np.einsum("nt,nc->tc", terms, np.concatenate((terms, values), axis=1))
    count = terms.shape[1]
    return np.asarray(np.linalg.lstsq(products[:, :count], products[:, count:], rcond=None)[0])


def _everywhere(offsets: AnyArray, known: BoolArray) -> FloatArray:
    """Return the offsets at all knots; brightnesses that the picture lacks take those of their neighbours."""
    places = np.flatnonzero(known)
    channels = [np.interp(np.arange(KNOTS), places, channel) for channel in offsets.T]
    return np.asarray(np.stack(channels, axis=1), dtype=np.float32)
