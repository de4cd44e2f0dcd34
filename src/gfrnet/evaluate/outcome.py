"""One contender on one pair: what it was given, and what it made of it."""

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
from gfrnet.restore import run_fused
from gfrnet.runtime import Restoration, Runtime
from gfrnet.types import FloatArray, UInt8Image


@dataclass(frozen=True)
class Outcome:
    """All pictures of one restoration, (256, 256, 3) RGB, 0..255.

    Attributes:
        degraded: The bad photo.
        guide: The guide that was given, of several the one that counts most; grey without one.
        warped: That guide in the pose of the bad photo.
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
    """A photo that guides a contender.

    Attributes:
        portrait: The photo.
        mirrored: Whether its mirror image is given.
        weight: How much its result counts, beside those of others.
    """

    portrait: Portrait
    mirrored: bool = False
    weight: float = 1.0

    def pixels(self) -> UInt8Image:
        """(256, 256, 3) RGB, 0..255."""
        pixels = self.portrait.pixels()
        return np.ascontiguousarray(pixels[:, ::-1]) if self.mirrored else pixels

    def points(self) -> FloatArray:
        """(68, 2) landmarks in crop pixels; in a mirror image the left eye is the one on the left."""
        points = self.portrait.points()
        return mirrored_points(points, self.portrait.size) if self.mirrored else points


def candidates_of(contender: Contender, pair: Pair) -> tuple[Guide, ...]:
    """Who may guide: where there is no guide, the right one, which results are then compared with."""
    match contender.variant:
        case "stranger":
            return (Guide(pair.stranger),)
        case "mirror":
            return (Guide(pair.target, mirrored=True),)
        case "five-guides":
            return tuple(Guide(portrait) for portrait in (pair.guide, *pair.others[:MOST_OTHERS]))
        case "album":
            return tuple(Guide(portrait) for portrait in (pair.guide, *pair.others))
        case _:
            return (Guide(pair.guide),)


def guides_of(contender: Contender, pair: Pair, degraded: UInt8Image, threads: int = 1) -> tuple[Guide, ...]:
    """Who guides, the one that counts most first: of several candidates the fittest for the degraded photo.

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
    """The face of a crop: a person's pairs share it, and it takes as long as a network."""
    return faces.portray(images.read(crop).rgb8)


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
    return restore(contender, degraded, guides_of(contender, pair, degraded, threads), threads)


def restore(contender: Contender, degraded: UInt8Image, guides: Sequence[Guide], threads: int = 1) -> Outcome:
    """Restore a degraded photo.

    Args:
        contender: Who restores.
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
    if not all(np.isfinite(values).all() for values in (restored, warped, flow)):
        raise ModelError(
            f"{contender.model} gives values that are not finite (NaN). Train or export it again."
        )
    taken = warped if contender.used == "warped-guide" else restored
    given_pixels, warped_pixels, result = (images.to_uint8(values) for values in (given[0], warped, taken))
    return Outcome(degraded, given_pixels, warped_pixels, result, flow)


@dataclass(frozen=True)
class _Frozen:
    """A float32 array that can be remembered by its content."""

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
    """What a model makes of a photo, with its texture: contenders that differ in fidelity alone share it."""
    return run_fused(_model(model, threads), photo.thawed(), guides.thawed(), weights, texture=True)


@lru_cache(maxsize=16)
def _model(name: str, threads: int) -> Runtime:
    return open_model(name, threads)
