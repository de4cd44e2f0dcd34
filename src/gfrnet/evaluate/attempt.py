"""Let one contender restore one pair, with the guides that its variant gives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from gfrnet import faces, images
from gfrnet.data import Portrait
from gfrnet.data.samples.self_guide import mirrored_points
from gfrnet.degradation import degrade
from gfrnet.errors import ModelError
from gfrnet.evaluate.models import Contender, open_model
from gfrnet.evaluate.pairs import MOST_OTHERS, Pair, Protocol
from gfrnet.faces import FacePortrait
from gfrnet.restore import NetworkInput, run_fused
from gfrnet.runtime import Restoration, Runtime
from gfrnet.types import FloatArray, UInt8Image


@dataclass(frozen=True)
class Attempt:
    """Hold the pictures of one restoration, (256, 256, 3) RGB, 0..255.

    Attributes:
        degraded: The bad photo.
        guide: The given guide; of several the one of the largest weight; grey without one.
        restored: The result.
        warped: That guide in the pose of the bad photo; None where the model warps nothing.
        flow: (256, 256, 2) place in the guide that each pixel takes, absolute (x, y) in [-1, 1]; or None.
    """

    degraded: UInt8Image
    guide: UInt8Image
    restored: UInt8Image
    warped: UInt8Image | None = None
    flow: FloatArray | None = None


@dataclass(frozen=True)
class GuidePhoto:
    """Hold a photo that guides a contender.

    Attributes:
        portrait: The photo.
        mirrored: Whether its mirror image is given.
        weight: Share of its result in the mean, 0..1.
    """

    portrait: Portrait
    mirrored: bool = False
    weight: float = 1.0

    def pixels(self) -> UInt8Image:
        """Return the guide as given, (256, 256, 3) RGB, 0..255."""
        pixels = self.portrait.pixels()
        return np.ascontiguousarray(pixels[:, ::-1]) if self.mirrored else pixels

    def points(self) -> FloatArray:
        """Return (68, 2) landmarks in crop pixels; in a mirror image the left eye is the one on the left."""
        points = self.portrait.points()
        return mirrored_points(points, self.portrait.size) if self.mirrored else points


def candidates_of(contender: Contender, pair: Pair) -> tuple[GuidePhoto, ...]:
    """List the photos that may guide.

    A contender without a guide gets the right one too: its results are compared with that.
    """
    match contender.variant:
        case "stranger":
            return (GuidePhoto(pair.stranger),)
        case "mirror":
            return (GuidePhoto(pair.target, mirrored=True),)
        case "five-guides":
            return tuple(GuidePhoto(portrait) for portrait in (pair.guide, *pair.others[:MOST_OTHERS]))
        case "album":
            return tuple(GuidePhoto(portrait) for portrait in (pair.guide, *pair.others))
        case _:
            return (GuidePhoto(pair.guide),)


def guides_of(
    contender: Contender, pair: Pair, degraded: UInt8Image, threads: int = 1
) -> tuple[GuidePhoto, ...]:
    """Choose the guides, the one of the largest weight first.

    Of several candidates the fittest for the degraded photo are taken.

    Raises:
        ImageError: The crop of one of several candidates cannot be read.
    """
    candidates = candidates_of(contender, pair)
    if len(candidates) == 1:
        return candidates
    face = faces.portray(degraded)
    fitness = [faces.guide_fitness(face, _portrayed(guide.portrait.crop)) for guide in candidates]
    least = 0.0 if _model(contender.model, threads).fuses else faces.LEAST_WEIGHT
    weights = faces.fusion_weights(dict(enumerate(fitness)), least=least)
    return tuple(replace(candidates[index], weight=weight) for index, weight in weights.items())


@lru_cache(maxsize=2048)
def _portrayed(crop: Path) -> FacePortrait:
    """Describe the face of a crop, once for all pairs of the person: it takes as long as a network."""
    return faces.portray(images.read(crop, mend=False).rgb8)


def restore_pair(
    contender: Contender, pair: Pair, protocol: Protocol, scale: float, threads: int = 1
) -> Attempt:
    """Degrade the target of a pair and restore it.

    Args:
        contender: The contender that restores.
        pair: The pair to restore.
        protocol: How the target is degraded.
        scale: Downsampling factor.
        threads: CPU threads of the model.

    Raises:
        ImageError: A crop cannot be read.
        ModelError: The model is missing or broken, or gives values that are not finite.
    """
    degraded = degrade(pair.target.pixels(), pair.recipe(protocol, scale))
    return restore(contender, degraded, guides_of(contender, pair, degraded, threads), threads)


def restore(
    contender: Contender, degraded: UInt8Image, guides: Sequence[GuidePhoto], threads: int = 1
) -> Attempt:
    """Restore a degraded photo.

    Args:
        contender: The contender that restores.
        degraded: (256, 256, 3) RGB, 0..255.
        guides: As `guides_of` gives them.
        threads: CPU threads of the model.

    Raises:
        ImageError: A guide's crop cannot be read.
        ModelError: The model is missing or broken, or gives values that are not finite.
    """
    given = images.to_signed(np.stack([guide.pixels() for guide in guides]))
    if contender.variant == "no-guide":
        given = np.zeros_like(given)
    weights, photo = tuple(guide.weight for guide in guides), images.to_signed(degraded)
    found = _found(contender.model, threads, _Frozen.of(photo), _Frozen.of(given), weights)
    restored, warped, flow = found.at_fidelity(contender.fidelity), found.warped, found.flow
    if not all(np.isfinite(values).all() for values in (restored, warped, flow) if values is not None):
        raise ModelError(
            f"{contender.model} gives values that are not finite (NaN). Train or export it again."
        )
    taken = warped if contender.used == "warped-guide" else restored
    if taken is None:
        raise ModelError(
            f"{contender.model} warps no guide, so there is none to measure. Leave this contender out."
        )
    given_pixels, result = images.to_uint8(given[0]), images.to_uint8(taken)
    return Attempt(degraded, given_pixels, result, None if warped is None else images.to_uint8(warped), flow)


@dataclass(frozen=True)
class _Frozen:
    """Hold a float32 array that can be remembered by its content."""

    data: bytes
    shape: tuple[int, ...]

    @classmethod
    def of(cls, values: FloatArray) -> _Frozen:
        return cls(values.tobytes(), values.shape)

    def thawed(self) -> FloatArray:
        return np.frombuffer(self.data, np.float32).reshape(self.shape).copy()


@lru_cache(maxsize=8)
def _found(
    model: str, threads: int, photo: _Frozen, guides: _Frozen, weights: tuple[float, ...]
) -> Restoration:
    """Run a model once, with its texture, for all contenders that differ in fidelity alone."""
    face = NetworkInput(photo.thawed(), guides.thawed(), weights, texture=True)
    (found,) = run_fused(_model(model, threads), [face])
    return found


@lru_cache(maxsize=16)
def _model(name: str, threads: int) -> Runtime:
    return open_model(name, threads)
