"""Degrade a film as old film is: few pixels, grain, flicker and gate weave.

Other benchmarks import this. The weave moves the clean film too, so that both stay aligned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from gfrnet.types import UInt8Image


@dataclass(frozen=True)
class FilmRecipe:
    """Describe how a film is degraded.

    Attributes:
        scale: Factor by which a face crop of 256 pixels is shrunk, 4 or 8.
        grain: Standard deviation of the grain, on the scale of 0..255.
        flicker: Standard deviation of the brightness from frame to frame, as a share.
        weave: Standard deviation of the shift from frame to frame, in pixels of the shrunk crop.
        seed: Seed of all chance.
    """

    scale: float = 4.0
    grain: float = 5.0
    flicker: float = 0.03
    weave: float = 0.2
    seed: int = 0


def degraded(
    frames: Iterable[UInt8Image], side: float, recipe: FilmRecipe
) -> Iterator[tuple[UInt8Image, UInt8Image]]:
    """Yield each frame clean and degraded, both moved by the weave.

    Args:
        frames: (H, W, 3) RGB, 0..255.
        side: Side of the face's crop, in pixels of the frames.
        recipe: How to degrade.
    """
    rng = np.random.default_rng(recipe.seed)
    ratio = max(1.0, recipe.scale * side / 256)
    for frame in frames:
        height, width = frame.shape[:2]
        shift = rng.normal(0, recipe.weave * ratio, 2)
        moving = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
        clean = cv2.warpAffine(
            frame, moving, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        size = (round(width / ratio), round(height / ratio))
        small = cv2.resize(clean, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        small *= 1 + float(np.clip(rng.normal(0, recipe.flicker), -0.15, 0.15))
        small += _grain(rng, size, recipe.grain)[..., None]
        small = np.clip(np.rint(small), 0, 255).astype(np.uint8)
        yield clean, cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def _grain(rng: np.random.Generator, size: tuple[int, int], strength: float) -> np.ndarray:
    """Return grain, (H, W): noise whose grains are a little wider than a pixel."""
    noise = rng.normal(0, 1, (size[1], size[0])).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 0.6)
    return noise * (strength / max(float(noise.std()), 1e-6))
