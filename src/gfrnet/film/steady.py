"""Fuse the crops of neighbouring frames along optical flow, without ghosts where something moves.

The flow is found by dense inverse search. Kroeger, Timofte, Dai, Van Gool: Fast optical flow using dense
inverse search (ECCV 2016). Weights fall where the flows forwards and backwards disagree, and where the
pictures do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from gfrnet.faces import face_box
from gfrnet.restore import LOW_FREQUENCIES
from gfrnet.types import AnyArray, BoolArray, FloatArray, FloatImage

CALM = 2.0
"""Standard deviation, in pixels of the crop, of the Gaussian that calms grain before the flow is found."""

LIGHT = 1 / 8
"""Standard deviation of the Gaussian that separates light from content, over the side of the crop."""

SMALL = 8
"""Factor by which pictures are shrunk before low frequencies are found."""

LOOP = 1.0
"""Way in pixels between a place and where the flows there and back lead, at which a weight is halved."""

ODD = 3.0
"""Difference of two crops at which a weight is halved, in usual differences of the face."""

LEAST_USUAL = 0.01
"""Least usual difference, of values in [-1, 1]: the rounding of the film."""


@dataclass(frozen=True, eq=False)
class Link:
    """Hold the way from one crop to another.

    Attributes:
        places: (S, S, 2) where each pixel of the first crop lies in the second.
        trust: (S, S) weight, 0..1, with which the second may stand for the first.
    """

    places: FloatArray = field(repr=False)
    trust: FloatArray = field(repr=False)

    def brought(self, values: FloatArray) -> FloatArray:
        """Return values (S, S, ...) of the second crop at the places of the first."""
        return _at(values, self.places)


def calmed(crop: FloatImage) -> FloatArray:
    """Return the grey picture (S, S) of a crop, [-1, 1], without its grain, for `link`."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), CALM), np.float32)


def link(first: FloatArray, second: FloatArray) -> tuple[Link, Link]:
    """Find the ways between two crops, there and back.

    Args:
        first: (S, S) from `calmed`.
        second: (S, S) from `calmed`, of another frame.
    """
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    a, b = (np.asarray(np.clip(np.rint(one * 127.5 + 127.5), 0, 255), np.uint8) for one in (first, second))
    grid = _grid(first.shape[0])
    there, back = (np.asarray(flow.calc(*pair, None)) for pair in ((a, b), (b, a)))  # type: ignore[call-overload]
    return (
        _judged(first, second, there, back, grid),
        _judged(second, first, back, there, grid),
    )


def _judged(
    first: FloatArray, second: FloatArray, there: FloatArray, back: FloatArray, grid: FloatArray
) -> Link:
    places = grid + there
    loop = there + _at(back, places)
    off = (loop * loop).sum(axis=2) / LOOP**2
    seen = _at(second, places)
    odd = np.abs(first - seen - light(first - seen))
    box = face_box(first.shape[0])
    inside = np.s_[round(box.top) : round(box.bottom), round(box.left) : round(box.right)]
    usual = max(float(np.median(odd[inside])), LEAST_USUAL)
    trust = 1 / ((1 + off * off) * (1 + (odd / (ODD * usual)) ** 4))
    return Link(places, np.asarray(cv2.GaussianBlur(trust, (0, 0), 1.0), np.float32))


def fused(own: FloatImage, others: Sequence[tuple[FloatImage, Link]], share: float = 1.0) -> FloatImage:
    """Return the weighted mean of a crop and of its neighbours, each in the light of the crop itself.

    Args:
        own: (S, S, 3), [-1, 1].
        others: Crops of other frames, each with the way from ``own`` to it.
        share: Weight of the others against the crop itself, 0 (the very crop) to 1.

    Returns:
        (S, S, 3), [-1, 1].
    """
    if not others or share == 0:
        return own
    total, weights = own.copy(), np.ones(own.shape[:2], np.float32)
    for other, way in others:
        seen = way.brought(other)
        weight = np.float32(share) * way.trust
        total += weight[..., None] * (seen + light(own - seen))
        weights += weight
    return np.asarray(total / weights[..., None], np.float32)


def light(values: FloatArray) -> FloatArray:
    """Return the low frequencies of values (S, S, ...), found on a small picture because they are smooth."""
    return _low(values, LIGHT)


def lock_light(restored: FloatImage, degraded: FloatImage, real: BoolArray) -> FloatImage:
    """Lock the colour as `restore.colour.lock_colour` does, in a tenth of the time.

    Args:
        restored: (S, S, 3) result, [-1, 1].
        degraded: (S, S, 3) input, [-1, 1].
        real: (S, S), true where the crop shows the film.
    """
    weight = real.astype(np.float32)
    missing = _low((degraded - restored) * weight[..., None], LOW_FREQUENCIES)
    if not real.all():
        missing /= np.maximum(_low(weight, LOW_FREQUENCIES), 1e-3)[..., None]
    return np.asarray(np.clip(restored + missing, -1, 1), np.float32)


def _low(values: FloatArray, width: float) -> FloatArray:
    """Return values (S, S, ...) after a Gaussian whose standard deviation is a share of their side."""
    side = values.shape[0]
    small = cv2.resize(values, (side // SMALL, side // SMALL), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), width * side / SMALL, borderType=cv2.BORDER_REFLECT)
    return np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)


def _grid(side: int) -> FloatArray:
    return np.asarray(np.dstack(np.meshgrid(np.arange(side), np.arange(side))), np.float32)


def _at(values: AnyArray, places: FloatArray) -> FloatArray:
    found = cv2.remap(values, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(found, np.float32)
