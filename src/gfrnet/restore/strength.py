"""How much of the change to apply where the user does not say: less where little is missing."""

from __future__ import annotations

import cv2
import numpy as np

from gfrnet.faces import face_box
from gfrnet.types import BoolArray, FloatImage

FINE = 1.5
"""Standard deviation, in pixels of the crop, of the Gaussian that fine detail does not pass."""

CHANGES, STRENGTHS = (1.6, 3.0), (0.25, 1.0)
"""Change of a face over its fine detail, and the strength there; between them in proportion.

Where the change is small beside the detail that is there, most of it is loss of that detail. Both are
medians over pixels, so that scratches on a blurred face do not pass for its detail. Chosen on training
people; `benchmarks/strength.py` measures what they bring.
"""


def advised_strength(degraded: FloatImage, likeliest: FloatImage, real: BoolArray) -> float:
    """How much of the change a face gains by.

    Args:
        degraded: (256, 256, 3) the crop before, [-1, 1].
        likeliest: (256, 256, 3) what the network makes of it at fidelity 1, [-1, 1].
        real: (256, 256), where the crop is photo and not padding.

    Returns:
        0.25 for a sharp face to 1 for a bad one.
    """
    box = face_box(degraded.shape[0])
    inside = np.s_[round(box.top) : round(box.bottom), round(box.left) : round(box.right)]
    face = np.zeros_like(real)
    face[inside] = real[inside]
    grey = cv2.cvtColor(degraded, cv2.COLOR_RGB2GRAY)
    fine = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), FINE))[face]
    change = np.sqrt(np.mean((likeliest[face] - degraded[face]) ** 2, axis=1))
    if not fine.size:
        return STRENGTHS[-1]
    ratio = float(np.median(change)) / max(float(np.median(fine)), 1e-6)
    return float(np.interp(ratio, CHANGES, STRENGTHS))
