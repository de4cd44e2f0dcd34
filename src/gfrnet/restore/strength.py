"""Choose how much of the change to apply if the user does not say: less if little detail is missing."""

from __future__ import annotations

import cv2
import numpy as np

from gfrnet.faces import face_box
from gfrnet.types import AnyArray, BoolArray, FloatArray, FloatImage

FINE = 1.5
"""Standard deviation, in pixels of the crop, of the Gaussian blur that removes fine detail."""

CHANGES, STRENGTHS = (1.6, 3.0), (0.25, 1.0)
"""Two ratios of change to fine detail in a face, and the strength at each; linear between them.

A change that is small compared with the detail of the face mostly loses that detail. Change and detail are
medians over pixels, so that scratches on a blurred face do not count as detail. Grain is no detail either
(`EVENNESS`). The values were chosen on training people. `benchmarks/strength.py` measures their gain.
"""


BLOCK = 12
"""Side of the blocks in which grain is looked for, pixels of the crop."""

EVENNESS = (0.72, 0.86)
"""Two ratios of the fine detail in the smoothest blocks of a face to the detail of the whole face.

Real detail lies in some blocks more than in others. Grain is the same everywhere: the smoothest blocks have
0.88 of it. From the first ratio on, a growing share of the detail counts as grain. At the second all of it
does. The values were chosen on training people. `benchmarks/strength.py` measures their gain.
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
    if not face.any():
        return STRENGTHS[-1]
    grey = cv2.cvtColor(degraded, cv2.COLOR_RGB2GRAY)
    fine = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), FINE))
    detail = float(np.median(fine[face]))
    detail *= 1 - _share_of_grain(fine, face, detail)
    change = np.sqrt(np.mean((likeliest[face] - degraded[face]) ** 2, axis=1))
    ratio = float(np.median(change)) / max(detail, 1e-6)
    return float(np.interp(ratio, CHANGES, STRENGTHS))


def _share_of_grain(fine: FloatArray, face: BoolArray, detail: float) -> float:
    """Return the share of a face's fine detail that counts as grain, 0..1."""
    blocks, inside = (_blocks(values) for values in (fine, face))
    blocks = blocks[inside.mean(axis=1) > 0.9]
    if not len(blocks):
        return 0.0
    evenness = float(np.percentile(np.median(blocks, axis=1), 10)) / max(detail, 1e-6)
    return float(np.interp(evenness, EVENNESS, (0, 1)))


def _blocks(values: AnyArray) -> AnyArray:
    """Return (N, BLOCK * BLOCK) values of overlapping blocks, half a block apart."""
    step = BLOCK // 2
    windows = np.lib.stride_tricks.sliding_window_view(values, (BLOCK, BLOCK))[::step, ::step]
    return windows.reshape(-1, BLOCK * BLOCK)
