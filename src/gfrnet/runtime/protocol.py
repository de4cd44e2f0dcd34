"""What every runtime promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gfrnet.errors import ModelError
from gfrnet.types import FloatArray, FloatImage

SIZE = 256
"""Height and width of what the network takes and gives (section 3.1)."""

BALANCED = 0.5
"""Fidelity where none is asked for, of models that have texture."""


@dataclass(frozen=True)
class Restoration:
    """What the network gives for a batch of N faces.

    Attributes:
        restored: (N, 256, 256, 3) RGB, [-1, 1].
        warped: (N, 256, 256, 3) RGB, [-1, 1]: the guide moved to the pose of the degraded face.
        flow: (N, 256, 256, 2) for every pixel the place (x, y) in the guide that it takes, [-1, 1],
            -1 and 1 being the centres of the outermost pixels (``align_corners``).
        textured: (N, 256, 256, 3) RGB, [-1, 1]: the restored face with texture as photographs have it; None
            where it was not asked for or the model has none.
    """

    restored: FloatImage
    warped: FloatImage
    flow: FloatArray
    textured: FloatImage | None = None

    def __getitem__(self, faces: slice) -> Restoration:
        """Some faces of the batch."""
        textured = None if self.textured is None else self.textured[faces]
        return Restoration(self.restored[faces], self.warped[faces], self.flow[faces], textured)

    def at_fidelity(self, fidelity: float | None) -> FloatImage:
        """Between what is likeliest in every pixel, hence smooth (1), and what looks like a photograph (0).

        The perception-distortion trade-off (Blau and Michaeli, CVPR 2018), as a mean of both ends.

        Args:
            fidelity: 0..1; None is `BALANCED`, or 1 where there is no texture.

        Returns:
            RGB, [-1, 1], in the shape of ``restored``.

        Raises:
            ModelError: ``fidelity`` is below 1, and the model gives no texture.
        """
        if fidelity is None:
            fidelity = 1.0 if self.textured is None else BALANCED
        if fidelity == 1:
            return self.restored
        if self.textured is None:
            raise ModelError("This model has no texture to give. Use --fidelity 1, or another model.")
        return self.textured + np.float32(fidelity) * (self.restored - self.textured)


class Runtime(Protocol):
    """Runs the network on a batch of face crops.

    Attributes:
        fuses: Whether the network takes several guides of a face at once.
    """

    fuses: bool

    def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
        """Restore N degraded faces, each with its guide.

        Args:
            degraded: (N, 256, 256, 3) RGB, [-1, 1].
            guide: (N, 256, 256, 3) RGB, [-1, 1]; all zeros means no guide. If the network fuses,
                (N * K, 256, 256, 3): the K guides of a face after one another, the fittest first.
            texture: Whether `Restoration.textured` is wanted too, from models that have it.

        Raises:
            ValueError: A shape or dtype is another one.
        """
        ...


def check_batch(degraded: FloatImage, guide: FloatImage, fuses: bool) -> None:
    """Refuse a batch that no runtime takes.

    Raises:
        ValueError: A shape or dtype is not what `Runtime.run` asks for.
    """
    for name, faces in (("degraded", degraded), ("guide", guide)):
        if faces.ndim != 4 or faces.shape[1:] != (SIZE, SIZE, 3):
            raise ValueError(f"{name} must be (N, {SIZE}, {SIZE}, 3), got {faces.shape}.")
        if faces.dtype != np.float32:
            raise ValueError(f"{name} must be float32 in [-1, 1], got {faces.dtype}. Use images.to_signed.")
    count, guides = len(degraded), len(guide)
    if count != guides and not (fuses and count and guides and guides % count == 0):
        each = "as many guides for every" if fuses else "one guide a"
        raise ValueError(f"Give {each} face: {count} faces came with {guides} guides.")
