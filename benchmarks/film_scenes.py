"""Draw moving scenes of film, for measures and without any photograph: textures that pan, zoom and shake."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from gfrnet.types import AnyArray, FloatArray, UInt8Image

SIZE = (240, 180)
"""Width and height of a frame in pixels."""


def scene(rng: np.random.Generator, frames: int, things: int = 6) -> Iterator[FloatArray]:
    """Draw one scene: a ground that the camera passes, and things that move before it.

    Yields:
        (180, 240, 3) RGB, 0..255.
    """
    ground = _ground(rng)
    pan, start = rng.normal(0, rng.choice([0, 0.3, 1]), 2), np.array([120.0, 90.0])
    zoom = rng.choice([0, 0, 0.002, -0.0015])
    places, ways = rng.uniform(0, 1, (things, 2)) * SIZE, rng.normal(0, 0.8, (things, 2))
    radii, colours = rng.uniform(6, 40, things), rng.uniform(0, 255, (things, 3))
    for frame in range(frames):
        scale = float(np.exp(-zoom * frame))
        corner = start + pan * frame
        matrix = np.array([[scale, 0, corner[0]], [0, scale, corner[1]]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        picture = cv2.warpAffine(ground, matrix, SIZE, flags=flags, borderMode=cv2.BORDER_REFLECT)
        for place, way, radius, colour in zip(places, ways, radii, colours, strict=True):
            x, y = place + way * frame + 4 * np.sin(frame / 7 + radius)
            cv2.ellipse(
                picture, (int(x), int(y)), (int(radius), int(radius * 1.4)), 0, 0, 360, colour.tolist(), -1
            )
        yield np.asarray(picture, np.float32)


def _ground(rng: np.random.Generator) -> AnyArray:
    """Draw a texture with the spectrum of photographs, of large and small shapes, (480, 640, 3)."""
    ground = np.zeros((480, 640, 3), np.float32)
    for size in (2, 4, 8, 16, 32, 64):
        small = rng.normal(0, 1, (size * 3 // 2 + 1, size * 2, 3)).astype(np.float32)
        ground += cv2.resize(small, (640, 480), interpolation=cv2.INTER_CUBIC) / size**0.7
    tint, contrast = rng.uniform(60, 190, 3), rng.uniform(25, 60)
    return np.clip(tint + contrast * ground, 0, 255)


def flickering(
    rng: np.random.Generator, frames: Iterator[FloatArray], flicker: float
) -> Iterator[UInt8Image]:
    """Add flicker, grain and weave.

    Args:
        rng: Source of chance.
        frames: (H, W, 3), 0..255.
        flicker: Standard deviation of the brightness from frame to frame, as a share.
    """
    for frame in frames:
        gain = max(0.2, 1 + rng.normal(0, flicker))
        move = rng.normal(0, 0.7, 2)
        matrix = np.array([[1, 0, move[0]], [0, 1, move[1]]], np.float32)
        moved = cv2.warpAffine(frame, matrix, frame.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
        grain = rng.normal(0, 8, frame.shape[:2])[..., None]
        yield np.asarray(np.clip(moved * gain + grain, 0, 255), np.uint8)
