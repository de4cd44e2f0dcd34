"""What tests of restoring share: a network of three lines, and how much a photo changed."""

from __future__ import annotations

import cv2
import numpy as np

from gfrnet.runtime import Restoration
from gfrnet.types import Box, FloatImage, UInt8Image

FACE = Box(176.5, 77, 266.5, 167)
"""Where the portrait's face is."""

BLANK = np.full((200, 200, 3), 128, np.uint8)


class FakeNetwork:
    """Adds a checkered pattern to what it gets, and remembers it."""

    def __init__(
        self, light: float = 0.0, texture: float = 0.0, fuses: bool = False, takes_guide: bool = True
    ) -> None:
        self.fuses, self.takes_guide = fuses, takes_guide
        self.light, self.texture = np.float32(light), texture
        self.calls: list[tuple[FloatImage, FloatImage]] = []

    def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
        self.calls.append((degraded, guide))
        rows, columns = np.indices((256, 256)) // 4
        pattern = np.where((rows + columns) % 2, 0.2, -0.2).astype(np.float32)[None, ..., None]
        restored = np.clip(degraded + pattern * (1, 0.5, 1) + self.light, -1, 1).astype(np.float32)
        shows = texture and self.texture
        textured = degraded + (restored - degraded) * np.float32(self.texture) if shows else None
        warped = guide[:: len(guide) // len(degraded)]
        return Restoration(restored, warped, np.zeros((len(warped), 256, 256, 2), np.float32), textured)


def change(result: UInt8Image, photo: UInt8Image) -> UInt8Image:
    return cv2.absdiff(result, photo)
