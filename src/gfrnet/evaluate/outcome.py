"""One contender on one pair: what it was given, and what it made of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gfrnet import images
from gfrnet.data import Portrait
from gfrnet.data.self_guide import mirrored_points
from gfrnet.degradation import degrade
from gfrnet.errors import ModelError
from gfrnet.evaluate.models import Contender, open_model
from gfrnet.evaluate.pairs import Pair, Protocol
from gfrnet.runtime import Runtime
from gfrnet.types import FloatArray, UInt8Image


@dataclass(frozen=True)
class Outcome:
    """All pictures of one restoration, (256, 256, 3) RGB, 0..255.

    Attributes:
        degraded: The bad photo.
        guide: The guide that was given; grey without one.
        warped: The guide in the pose of the bad photo.
        restored: The result.
        flow: (256, 256, 2) where in the guide each pixel was sampled, absolute (x, y) in [-1, 1].
    """

    degraded: UInt8Image
    guide: UInt8Image
    warped: UInt8Image
    restored: UInt8Image
    flow: FloatArray


@dataclass(frozen=True)
class Guide:
    """The photo that guides a contender, mirrored or not."""

    portrait: Portrait
    mirrored: bool = False

    def pixels(self) -> UInt8Image:
        """(256, 256, 3) RGB, 0..255."""
        pixels = self.portrait.pixels()
        return np.ascontiguousarray(pixels[:, ::-1]) if self.mirrored else pixels

    def points(self) -> FloatArray:
        """(68, 2) landmarks in crop pixels; in a mirror image the left eye is the one on the left."""
        points = self.portrait.points()
        return mirrored_points(points, self.portrait.size) if self.mirrored else points


def guide_of(contender: Contender, pair: Pair) -> Guide:
    """Who guides: where there is no guide, the right one, which results are then compared with."""
    match contender.variant:
        case "stranger":
            return Guide(pair.stranger)
        case "mirror":
            return Guide(pair.target, mirrored=True)
        case _:
            return Guide(pair.guide)


def restore_pair(
    contender: Contender, pair: Pair, protocol: Protocol, scale: float, threads: int = 1
) -> Outcome:
    """Degrade the target of a pair and restore it.

    Args:
        contender: Who restores.
        pair: What.
        protocol: How it is degraded.
        scale: Downsampling factor.
        threads: CPU threads of the model.

    Raises:
        ImageError: A crop cannot be read.
        ModelError: The model is missing or broken, or gives values that are not finite.
    """
    degraded = degrade(pair.target.pixels(), pair.recipe(protocol, scale))
    return restore(contender, degraded, guide_of(contender, pair), threads)


def restore(contender: Contender, degraded: UInt8Image, guide: Guide, threads: int = 1) -> Outcome:
    """Restore a degraded photo.

    Args:
        contender: Who restores.
        degraded: (256, 256, 3) RGB, 0..255.
        guide: As `guide_of` gives it.
        threads: CPU threads of the model.

    Raises:
        ImageError: The guide's crop cannot be read.
        ModelError: The model is missing or broken, or gives values that are not finite.
    """
    given = images.to_signed(guide.pixels())
    if contender.variant == "no-guide":
        given = np.zeros_like(given)
    found = _model(contender.model, threads).run(images.to_signed(degraded)[None], given[None])
    restored, warped, flow = found.restored[0], found.warped[0], found.flow[0]
    if not all(np.isfinite(values).all() for values in (restored, warped, flow)):
        raise ModelError(
            f"{contender.model} gives values that are not finite (NaN). Train or export it again."
        )
    taken = warped if contender.used == "warped-guide" else restored
    given_pixels, warped_pixels, result = (images.to_uint8(values) for values in (given, warped, taken))
    return Outcome(degraded, given_pixels, warped_pixels, result, flow)


@lru_cache(maxsize=16)
def _model(name: str, threads: int) -> Runtime:
    return open_model(name, threads)
