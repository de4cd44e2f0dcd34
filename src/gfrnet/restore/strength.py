"""Choose how much of the change to apply if the user does not say: less if little detail is missing."""

from __future__ import annotations

import cv2
import numpy as np

from gfrnet.faces import face_box
from gfrnet.types import BoolArray, FloatImage

FINE = 1.5
"""Standard deviation, in pixels of the crop, of the Gaussian blur that removes fine detail."""

CHANGES, STRENGTHS = (1.6, 3.0), (0.25, 1.0)
"""Two ratios of change to fine detail in a face, and the strength at each; linear between them.

A change that is small compared with the detail of the face mostly loses that detail. Change and detail are
medians over pixels, so that scratches on a blurred face do not count as detail. The values were chosen on
training people. `benchmarks/strength.py` measures their gain.
"""


def advised_strength(degraded: FloatImage, likeliest: FloatImage, real: BoolArray) -> float:
    """Return the share of the change that improves a face.

    Args:
        degraded: (256, 256, 3) crop before restoring, [-1, 1].
        likeliest: (256, 256, 3) result of the network at fidelity 1, [-1, 1].
        real: (256, 256), true where the crop shows the photo, false in padding.

    Returns:
        From 0.25 for a sharp face to 1 for a bad one.
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
