"""Degrade training scenes as photos are degraded: colour, light, blur, grain, low resolution, compression."""

from __future__ import annotations

import cv2
import numpy as np

from gfrnet.types import FloatArray, UInt8Image

SMALLEST_REAL = 9.0
"""Side in pixels to which the smallest face of a scene may be shrunk before it is enlarged again."""


def spoiled(pixels: UInt8Image, faces: FloatArray, rng: np.random.Generator) -> UInt8Image:
    """Degrade a scene.

    Args:
        pixels: (H, W, 3) RGB, 0..255.
        faces: (N, 5) as `Scene` has them.
        rng: Source of chance.
    """
    picture = _recoloured(pixels.astype(np.float32), rng)
    sides = faces[faces[:, 4] > 0, 2]
    smallest = float(sides.min()) if len(sides) else 64.0
    if rng.random() < 0.4:
        picture = _enlarged(picture, float(rng.uniform(1, max(1.0, min(8.0, smallest / SMALLEST_REAL)))))
    if rng.random() < 0.3:
        sigma = float(rng.uniform(0.3, max(0.4, smallest / 22)))
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), min(sigma, 6.0)), np.float32)
    if rng.random() < 0.4:
        grain = rng.normal(0, rng.uniform(1, 25), (*picture.shape[:2], int(rng.choice([1, 3]))))
        picture = picture + grain.astype(np.float32)
    result = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        _, data = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(12, 95))])
        result = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return result


def _recoloured(picture: FloatArray, rng: np.random.Generator) -> FloatArray:
    if rng.random() < 0.3:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2)
    if rng.random() < 0.3:
        picture = picture * rng.uniform(0.75, 1.2, 3).astype(np.float32)
    if rng.random() < 0.5:
        gamma = float(np.exp(rng.normal(0, 0.4)))
        picture = np.asarray(255 * np.clip(picture / 255, 0, 1) ** gamma, np.float32)
    if rng.random() < 0.5:
        middle = picture.mean()
        picture = (
            (picture - middle) * np.float32(rng.uniform(0.3, 1.4)) + middle + np.float32(rng.normal(0, 20))
        )
    return np.asarray(picture, np.float32)


def _enlarged(picture: FloatArray, factor: float) -> FloatArray:
    height, width = picture.shape[:2]
    small = (max(2, round(width / factor)), max(2, round(height / factor)))
    shrunk = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
