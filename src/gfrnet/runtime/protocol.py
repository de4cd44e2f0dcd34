"""What every runtime promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gfrnet.types import FloatArray, FloatImage

SIZE = 256
"""Height and width of what the network takes and gives (section 3.1)."""


@dataclass(frozen=True)
class Restoration:
    """What the network gives for a batch of N faces.

    Attributes:
        restored: (N, 256, 256, 3) RGB, [-1, 1].
        warped: (N, 256, 256, 3) RGB, [-1, 1]: the guide moved to the pose of the degraded face.
        flow: (N, 256, 256, 2) for every pixel the place (x, y) in the guide that it takes, [-1, 1],
            -1 and 1 being the centres of the outermost pixels (``align_corners``).
    """

    restored: FloatImage
    warped: FloatImage
    flow: FloatArray


class Runtime(Protocol):
    """Runs the network on a batch of face crops."""

    def run(self, degraded: FloatImage, guide: FloatImage) -> Restoration:
        """Restore N degraded faces, each with its guide.

        Args:
            degraded: (N, 256, 256, 3) RGB, [-1, 1].
            guide: (N, 256, 256, 3) RGB, [-1, 1]; all zeros means no guide.

        Raises:
            ValueError: A shape or dtype is another one.
        """
        ...


def check_batch(degraded: FloatImage, guide: FloatImage) -> None:
    """Refuse a batch that no runtime takes.

    Raises:
        ValueError: A shape or dtype is not what `Runtime.run` asks for.
    """
    for name, faces in (("degraded", degraded), ("guide", guide)):
        if faces.ndim != 4 or faces.shape[1:] != (SIZE, SIZE, 3):
            raise ValueError(f"{name} must be (N, {SIZE}, {SIZE}, 3), got {faces.shape}.")
        if faces.dtype != np.float32:
            raise ValueError(f"{name} must be float32 in [-1, 1], got {faces.dtype}. Use images.to_signed.")
    if len(degraded) != len(guide):
        raise ValueError(f"Give one guide a face: {len(degraded)} faces came with {len(guide)} guides.")
