"""Define the interface of every runtime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Protocol

import numpy as np

from gfrnet.errors import Advice, ConfigError, ModelError
from gfrnet.types import CROP_SIZE, FloatArray, FloatImage

MOST_THREADS = 1024
"""Most CPU threads that a caller may ask for. Far more would only exhaust the memory."""

BALANCED = 0.5
"""Fidelity of models with texture where the user chooses none."""


@dataclass(frozen=True)
class Restoration:
    """Hold a network's output for a batch of N faces; only ``restored`` comes from every network.

    Attributes:
        restored: (N, 256, 256, 3) RGB, [-1, 1].
        warped: (N, 256, 256, 3) RGB, [-1, 1], the guide moved to the pose of the degraded face; None from a
            network that warps nothing.
        flow: (N, 256, 256, 2), the place (x, y) in the guide from which each pixel is taken, [-1, 1]. At the
            ends are the centres of the outermost pixels (``align_corners``). None from a network that warps
            nothing.
        textured: (N, 256, 256, 3) RGB, [-1, 1], the restored face with texture as photographs have it. None
            where it was not asked for, or the network has none.
    """

    restored: FloatImage
    warped: FloatImage | None = None
    flow: FloatArray | None = None
    textured: FloatImage | None = None

    def __getitem__(self, faces: slice) -> Restoration:
        """Return some faces of the batch."""
        rest = (None if part is None else part[faces] for part in (self.warped, self.flow, self.textured))
        return Restoration(self.restored[faces], *rest)

    @property
    def finite(self) -> bool:
        """Return whether all values are finite numbers, so that they can be colours and places."""
        parts = (self.restored, self.warped, self.flow, self.textured)
        return all(bool(np.isfinite(part).all()) for part in parts if part is not None)

    def at_fidelity(self, fidelity: float | None) -> FloatImage:
        """Mix the restored face with the textured one.

        The restored face is likeliest in every pixel, and smooth; the textured one looks like a photograph.
        This is the perception-distortion trade-off (Blau and Michaeli, CVPR 2018). The result is a weighted
        mean of both.

        Args:
            fidelity: Weight of the restored face, 0..1. None is `BALANCED`, or 1 where there is no texture.

        Returns:
            RGB, [-1, 1], in the shape of ``restored``.

        Raises:
            ModelError: ``fidelity`` is below 1, and the network gives no texture.
        """
        if fidelity is None:
            fidelity = 1.0 if self.textured is None else BALANCED
        if fidelity == 1:
            return self.restored
        if self.textured is None:
            raise ModelError(
                "This model has no texture to give. Restore at fidelity 1, or choose another model.",
                advice=(Advice.FULL_FIDELITY,),
            )
        return self.textured + np.float32(fidelity) * (self.restored - self.textured)


class Runtime(Protocol):
    """Run a network on a batch of face crops.

    Attributes:
        fuses: Whether the network takes several guides of a face at once.
        takes_guide: Whether the network sees a guide at all.
    """

    fuses: bool
    takes_guide: bool

    def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
        """Restore N degraded faces, each with its guide.

        Args:
            degraded: (N, 256, 256, 3) RGB, [-1, 1].
            guide: (N, 256, 256, 3) RGB, [-1, 1]; all zeros means no guide. A network that fuses takes K
                guides of each face, (N * K, 256, 256, 3). The guides of a face follow one another, the
                fittest first. A network without a guide ignores it.
            texture: Whether to return `Restoration.textured` too, where the model has texture.

        Raises:
            ValueError: A shape or dtype is wrong.
        """
        ...


def empty_outputs(outputs: Mapping[str, int], faces: int, texture: bool) -> dict[str, FloatArray]:
    """Return an array (faces, 256, 256, channels) to fill for each output, without ``textured`` if unwanted.

    Args:
        outputs: Number of channels by the name of the output.
        faces: Number of faces.
        texture: Whether ``textured`` is wanted.
    """
    return {
        name: np.empty((faces, CROP_SIZE, CROP_SIZE, channels), np.float32)
        for name, channels in outputs.items()
        if texture or name != "textured"
    }


def check_batch(degraded: FloatImage, guide: FloatImage, fuses: bool) -> None:
    """Refuse a batch that does not fit `Runtime.run`.

    Raises:
        ValueError: A shape or dtype is wrong, or the number of guides does not fit.
    """
    for name, faces in (("degraded", degraded), ("guide", guide)):
        if faces.ndim != 4 or faces.shape[1:] != (CROP_SIZE, CROP_SIZE, 3):
            raise ValueError(f"{name} must be (N, {CROP_SIZE}, {CROP_SIZE}, 3), got {faces.shape}.")
        if faces.dtype != np.float32:
            raise ValueError(f"{name} must be float32 in [-1, 1], got {faces.dtype}. Use images.to_signed.")
    count, guides = len(degraded), len(guide)
    if count != guides and not (fuses and count and guides and guides % count == 0):
        each = "the same number of guides for every" if fuses else "one guide for every"
        raise ValueError(f"Give {each} face: {count} faces came with {guides} guides.")


def check_threads(threads: int | None) -> None:
    """Refuse a wrong number of CPU threads.

    Raises:
        ConfigError: ``threads`` is no whole number between 1 and `MOST_THREADS`.
    """
    if threads is None:
        return
    whole = isinstance(threads, Integral) and not isinstance(threads, bool)
    if not (whole and 1 <= int(threads) <= MOST_THREADS):
        raise ConfigError(f"threads must be a whole number between 1 and {MOST_THREADS}, got {threads!r}.")
