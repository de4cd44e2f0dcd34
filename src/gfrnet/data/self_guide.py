"""A photo as the guide of its own warped, relit self: pairs whose flow is known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from gfrnet.types import BoolArray, FloatArray, UInt8Image


@dataclass(frozen=True)
class SelfGuide:
    """A pair made from one photo.

    Attributes:
        target: (H, W, 3) the photo under a smooth warp, RGB 0..255.
        guide: (H, W, 3) the photo itself, relit and recoloured.
        flow: (H, W, 2) where in the guide each target pixel lies, absolute (x, y) in [-1, 1].
        target_points: (68, 2) landmarks carried along, crop pixels.
        real: (H, W) mask of the target's unpadded part.
    """

    target: UInt8Image
    guide: UInt8Image
    flow: FloatArray
    target_points: FloatArray
    real: BoolArray


def make_self_guide(
    pixels: UInt8Image, real: BoolArray, points: FloatArray, rng: np.random.Generator
) -> SelfGuide:
    """Warp a photo (H, W, 3) with its mask and landmarks smoothly, and relight the original."""
    places = smooth_places(pixels.shape[0], rng)
    x, y = places[..., 0], places[..., 1]
    target = cv2.remap(pixels, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    size = pixels.shape[0]
    moved_real = cv2.remap(real.astype(np.uint8), x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    flow = np.clip(places * (2 / (size - 1)) - 1, -1, 1)
    return SelfGuide(
        np.asarray(target, dtype=np.uint8),
        relight(pixels, rng),
        flow.astype(np.float32),
        carried_points(places, points),
        moved_real.astype(np.bool_),
    )


def smooth_places(size: int, rng: np.random.Generator) -> FloatArray:
    """(size, size, 2): for each target pixel the source pixel (x, y); an affine and a bent part."""
    angle, zoom = rng.normal(0, 0.12), np.exp(rng.normal(0, 0.08))
    squeeze = np.exp(rng.normal(0, 0.08))
    shift = rng.normal(0, 0.03 * size, 2)
    c, s = np.cos(angle) * zoom, np.sin(angle) * zoom
    rows, columns = np.mgrid[:size, :size].astype(np.float32) - (size - 1) / 2
    x = (c * columns - s * rows) * squeeze + shift[0] + (size - 1) / 2
    y = (s * columns + c * rows) / squeeze + shift[1] + (size - 1) / 2
    coarse = rng.normal(0, 0.022 * size, (5, 5, 2)).astype(np.float32)
    fine = rng.normal(0, 0.005 * size, (10, 10, 2)).astype(np.float32)
    bend = sum(cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC) for grid in (coarse, fine))
    return (np.stack((x, y), -1) + bend).astype(np.float32)


def carried_points(places: FloatArray, points: FloatArray) -> FloatArray:
    """Landmarks (K, 2) of the source in the target, pixels, by inverting ``places`` at each point."""
    found = points.copy()
    for _ in range(12):
        here = cv2.remap(
            places, found[None, :, 0], found[None, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        found = found + (points - here[0])
    return found.astype(np.float32)


def relight(pixels: UInt8Image, rng: np.random.Generator) -> UInt8Image:
    """Another exposure, white balance and direction of light; (H, W, 3) RGB 0..255."""
    size = pixels.shape[0]
    gain = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.06, 3))
    corners = np.exp(rng.normal(0, 0.25, (2, 2))).astype(np.float32)
    light = cv2.resize(corners, (size, size), interpolation=cv2.INTER_LINEAR)[..., None]
    lit = 255 * (pixels / np.float32(255)) ** np.float32(np.exp(rng.normal(0, 0.2))) * gain * light
    return np.clip(np.rint(lit), 0, 255).astype(np.uint8)
