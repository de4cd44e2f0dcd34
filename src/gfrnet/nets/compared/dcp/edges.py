"""Choose the strong edges of a latent picture, from which the kernel is found."""

from __future__ import annotations

import numpy as np

from gfrnet.types import FloatArray

EDGES_PER_SIDE = 20
"""Pixels that each direction must keep, for each pixel of the kernel's side (Cho and Lee, 2009)."""

SOFTER = 0.81
"""Factor of the threshold while no edge is left (the authors' code)."""


def differences(picture: FloatArray) -> FloatArray:
    """Return the differences to the right and lower neighbour, (2, H - 1, W - 1), of (H, W)."""
    corner = picture[:-1, :-1]
    return np.stack((picture[:-1, 1:] - corner, picture[1:, :-1] - corner))


def edge_threshold(picture: FloatArray, kernel_size: int) -> float:
    """Return the largest threshold that leaves enough edges of every direction.

    Args:
        picture: (H, W), 0..1, the blurred picture.
        kernel_size: Side of the kernel. Each quarter of the directions keeps 20 times as many pixels, or 10.

    Returns:
        Square of a difference; 0 where a direction has too few edges at all.
    """
    right, down = differences(picture)
    strength = np.square(right) + np.square(down)
    # Opposite directions are the same edge, so half the circle has four quarters.
    quarter = np.floor(np.arctan2(down, right) % np.pi / (np.pi / 4)).astype(int).clip(0, 3)
    needed = max(EDGES_PER_SIDE * kernel_size, 10)
    weakest = []
    for each in range(4):
        found = np.sort(strength[(quarter == each) & (strength > 0)])
        weakest.append(float(found[-needed]) if len(found) >= needed else 0.0)
    return min(weakest)


def strong_edges(picture: FloatArray, threshold: float) -> FloatArray:
    """Return the `differences` of a picture with 0 where they are weaker than a threshold.

    Args:
        picture: (H, W).
        threshold: Square of a difference. It is lowered until an edge is left, if there is any.

    Returns:
        (2, H - 1, W - 1).
    """
    edges = differences(picture)
    strength = np.square(edges).sum(0)
    strongest = float(strength.max())
    while threshold > strongest > 0:
        threshold *= SOFTER
    return np.where(strength >= threshold, edges, np.float32(0))
