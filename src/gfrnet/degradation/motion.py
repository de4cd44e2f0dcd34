"""Blur photos by a shake of the camera, as DeblurGAN does (Kupyn et al., CVPR 2018, section 4).

A kernel is the trace of a point of light during the exposure. The point has constant speed and turns at
random. The model is that of Boracchi and Foi, Modeling the performance of image restoration from motion blur
(TIP 2012).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gfrnet.types import FloatArray

STEPS = 2000
"""Steps of a whole trajectory, as in the authors' code."""

LENGTH = 60.0
"""Length of a whole trajectory in the authors' pixels."""

SHAKES = (0.01, 0.009, 0.008, 0.007, 0.005, 0.003, 0.002, 0.001)
"""Strengths of the random forces, as in the authors' script.

Their class draws up to 0.1 by default, which curls paths up to dots. Of 200 whole paths, half then lie within
6 px; within 21 px with these strengths.
"""

EXPOSURES = (0.01, 0.1, 0.5, 1.0)
"""Parts of a trajectory during which light comes in, as in the authors' code."""

GAMMA = 2.2
"""Exponent that makes pixel values proportional to light."""


def motion_kernel(rng: np.random.Generator, side: int) -> FloatArray:
    """Draw a kernel; the same generator gives the same kernel.

    The authors' kernels are 64 px wide, for frames of 720 rows. For faces of 256 px take a side of 31 or
    less: the whole path is then 29 px long.

    Args:
        rng: Source of chance.
        side: Side of the kernel in pixels, odd and at least 3.

    Returns:
        (side, side), none negative, of sum 1. Their centroid is the middle pixel, so that the blur moves
        nothing.

    Raises:
        ValueError: The side is even or less than 3.
    """
    if side < 3 or side % 2 == 0:
        raise ValueError(f"Give an odd side of at least 3 pixels for a kernel, not {side}.")
    path = _trajectory(rng, round(rng.choice(EXPOSURES) * STEPS))
    # No point is farther from the centroid than half the length of the path, so that all fit.
    return _trace((path - path.mean()) * ((side - 2) / LENGTH), side)


def blur_motion(pixels: FloatArray, kernel: FloatArray) -> FloatArray:
    """Convolve a photo with a kernel in linear light; the border is mirrored.

    Args:
        pixels: (H, W, 3) RGB, 0..255.
        kernel: (K, K), K odd, of sum 1.

    Returns:
        (H, W, 3) RGB, 0..255.

    Raises:
        ValueError: The pixels are not (H, W, 3) float32.
    """
    if pixels.dtype != np.float32 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise ValueError(f"Give (H, W, 3) float32 pixels to blur, not {pixels.shape} {pixels.dtype}.")
    light = np.power(pixels / np.float32(255), np.float32(GAMMA))
    turned = np.ascontiguousarray(kernel[::-1, ::-1])  # because OpenCV correlates
    blurred = cv2.filter2D(light, -1, turned, borderType=cv2.BORDER_REFLECT)
    # Large kernels go by FFT, whose rounding leaves values just below 0.
    light = np.clip(blurred, 0, 1)
    return np.asarray(np.power(light, np.float32(1 / GAMMA)) * np.float32(255))


def _trajectory(rng: np.random.Generator, count: int) -> NDArray[np.complex128]:
    """Return the first ``count`` places of a point, x + iy in the authors' pixels.

    Two forces turn it at each step: chance, and a pull to where it began. Seldom a jerk sends it back.
    """
    step, shake = LENGTH / (STEPS - 1), rng.choice(SHAKES)
    strengths = rng.random(3) * (0.7 * shake * step, 10 * shake * step, 0.2 * shake)
    pull, chance, jerk = strengths.tolist()  # Python's numbers are faster one by one
    velocity = complex(step * np.exp(2j * np.pi * rng.random()))
    forces = chance * (rng.standard_normal(count - 1) + 1j * rng.standard_normal(count - 1))
    jerks = np.where(rng.random(count - 1) < jerk, 2 * np.exp(1j * (np.pi - 0.5 + rng.random(count - 1))), 0)
    place = 0j
    places = [place]
    for force, turn in zip(forces.tolist(), (1 + jerks).tolist(), strict=True):
        velocity = velocity * turn + force - pull * place
        velocity *= step / abs(velocity)
        place += velocity
        places.append(place)
    return np.array(places)


def _trace(places: NDArray[np.complex128], side: int) -> FloatArray:
    """Share each place, measured from the middle, out among the four pixels around it; (side, side)."""
    places = places + (1 + 1j) * ((side - 1) / 2)
    lines = []
    for values in (places.imag, places.real):
        first = np.floor(values).astype(np.intp)
        lines.append(((first, first + 1 - values), (first + 1, values - first)))
    kernel = np.zeros(side * side)
    for row, row_share in lines[0]:
        for column, column_share in lines[1]:
            kernel += np.bincount(row * side + column, row_share * column_share, side * side)
    return np.asarray(kernel.reshape(side, side) / len(places), np.float32)
