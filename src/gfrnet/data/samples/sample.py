"""Make one training sample of its photos: degraded photo, guide, target, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from gfrnet import images
from gfrnet.data.manifest import Portrait
from gfrnet.data.samples.self_guide import make_self_guide, mirrored_points
from gfrnet.degradation import OwnDegradation, Recipe, Setting, degrade, sample_recipe
from gfrnet.errors import ConfigError
from gfrnet.types import BoolArray, FloatArray, UInt8Image

GRID = 8
"""Pixels of the largest factor of table 1, by which `cut_out` places its squares."""

_CIRCLE = 2**4
"""Parts of a pixel in which OpenCV takes places and radii with ``shift=4``."""


@dataclass(frozen=True)
class Sample:
    """Hold one training sample; pictures are (256, 256, 3) in [-1, 1], points are pixel centres.

    Attributes:
        degraded: The degraded photo.
        guide: The guide; all zeros where there is none.
        more_guides: (K - 1, 256, 256, 3) further guides of the same person.
        target: The ground truth.
        weight: (256, 256, 1) loss weight of each pixel; 0 in padding, more on eyes, nose and mouth.
        target_points: (68, 2) landmarks of the target, crop pixels.
        guide_points: (68, 2) landmarks of the guide, crop pixels.
        has_points: 1.0 where the landmarks mean something, 0.0 without a guide.
        known_flow: (256, 256, 2) the exact flow in [-1, 1] for an unmirrored self-guide, else zeros.
        flow_weight: (256, 256, 1), 1 where ``known_flow`` is known.
        text: 1.0 where the target shows printed text instead of a face, else 0.0.
    """

    degraded: FloatArray
    guide: FloatArray
    more_guides: FloatArray
    target: FloatArray
    weight: FloatArray
    target_points: FloatArray
    guide_points: FloatArray
    has_points: FloatArray
    known_flow: FloatArray
    flow_weight: FloatArray
    text: FloatArray


@dataclass(frozen=True)
class SampleOptions:
    """Configure how the photos of a sample are degraded, mirrored and weighed.

    Attributes:
        setting: Degradation setting (section 4.5), or the degradation of a compared method.
        heavy: Share of samples with a scale factor from 4..8; the others have one from 1..8. The setting
            ``blur`` has none and needs 0, and so does the degradation of a compared method.
        flip: Whether half of the samples are mirrored, guide and target together.
        feature_weight: Extra loss weight on eyes, nose and mouth.
        crop: Side in pixels of a square that is cut out of all pictures, at the same random place. None
            leaves them whole. A network without a flow may learn from such squares.
        text: Share of samples whose target is printed text instead of a face, without a guide.

    Raises:
        ConfigError: ``heavy`` and the degradation setting contradict each other.
    """

    setting: Setting | OwnDegradation = "full"
    heavy: float = 0.0
    flip: bool = True
    feature_weight: float = 0.0
    crop: int | None = None
    text: float = 0.0

    def __post_init__(self) -> None:
        if self.heavy and self.setting == "blur":
            raise ConfigError("The degradation setting blur has no scale factors to draw: set heavy to 0.")
        if self.heavy and isinstance(self.setting, OwnDegradation):
            raise ConfigError("The degradation of a compared method has scales of its own: set heavy to 0.")

    def recipe(self, rng: np.random.Generator) -> Recipe:
        """Draw the degradation of a sample."""
        if isinstance(self.setting, OwnDegradation):
            return self.setting.sample(rng)
        scale = round(float(rng.uniform(4, 8)), 1) if rng.random() < self.heavy else None
        return sample_recipe(rng, self.setting, scale)


@dataclass(frozen=True)
class View:
    """Hold a photo as a sample shows it, mirrored or not.

    Attributes:
        pixels: (256, 256, 3) RGB, 0..255.
        real: (256, 256), false in padding.
        points: (68, 2) landmarks, crop pixels.
    """

    pixels: UInt8Image
    real: BoolArray
    points: FloatArray

    @classmethod
    def of_text(cls, pixels: UInt8Image) -> View:
        """Return a picture without a face; its landmarks mean nothing."""
        return cls(pixels, np.ones(pixels.shape[:2], bool), np.zeros((68, 2), np.float32))

    @classmethod
    def of(cls, portrait: Portrait, flip: bool) -> View:
        """Read a portrait, mirrored where asked."""
        view = cls(portrait.pixels(), portrait.mask(), portrait.points())
        if not flip:
            return view
        pixels = np.asarray(cv2.flip(view.pixels, 1), dtype=np.uint8)
        return cls(pixels, view.real[:, ::-1], mirrored_points(view.points, portrait.size))


def make_sample(target: View, guide: View | None, options: SampleOptions, rng: np.random.Generator) -> Sample:
    """Degrade a target and put it beside its guide.

    Args:
        target: The target.
        guide: The guide, None for none.
        options: How the sample is made.
        rng: Source of the degradation.
    """
    degraded = images.to_signed(degrade(target.pixels, options.recipe(rng)))
    real = target.real[..., None].astype(np.float32)
    return Sample(
        degraded=degraded,
        guide=np.zeros_like(degraded) if guide is None else images.to_signed(guide.pixels),
        more_guides=np.zeros((0, *degraded.shape), np.float32),
        target=images.to_signed(target.pixels),
        weight=real * (1 + options.feature_weight * _features(target.points, len(target.pixels))),
        target_points=target.points,
        guide_points=target.points if guide is None else guide.points,
        has_points=np.float32(guide is not None).reshape(1),
        known_flow=np.zeros_like(degraded[..., :2]),
        flow_weight=np.zeros_like(real),
        text=np.zeros(1, np.float32),
    )


def make_self_guided(target: View, mirror: float, options: SampleOptions, rng: np.random.Generator) -> Sample:
    """Degrade a target and guide it by its own warped and relit self.

    Args:
        target: The target.
        mirror: Chance that the guide is a mirror image, 0..1.
        options: How the sample is made.
        rng: Source of warp, light and degradation.
    """
    mirrored = rng.random() < mirror
    made = make_self_guide(target.pixels, target.points, rng, mirrored=mirrored)
    sample = make_sample(target, View(made.pixels, made.known, made.points), options, rng)
    # The flow into a mirror image leads from the left eye to the right one. A network should learn
    # the landmarks instead, which lead from left to left.
    if mirrored:
        return sample
    known = (made.known & target.real)[..., None].astype(np.float32)
    return replace(sample, known_flow=made.flow, flow_weight=known)


def cut_out(sample: Sample, side: int, rng: np.random.Generator) -> Sample:
    """Cut the same square out of all pictures of a sample; the landmarks move along.

    Its place is a multiple of `GRID` pixels, so that the pixels of the small photo stay whole.
    """
    last = (len(sample.target) - side) // GRID + 1
    left, top = (GRID * int(place) for place in rng.integers(last, size=2))
    part = (..., slice(top, top + side), slice(left, left + side), slice(None))
    pictures = ("degraded", "guide", "more_guides", "target", "weight", "known_flow", "flow_weight")
    points = ("target_points", "guide_points")
    moved = {name: getattr(sample, name) - np.array((left, top), np.float32) for name in points}
    return replace(sample, **{name: getattr(sample, name)[part] for name in pictures}, **moved)


def _features(points: FloatArray, size: int) -> FloatArray:
    """Draw a (size, size, 1) picture, 0..1, that is near 1 on brows, eyes, nose and mouth."""
    # At a quarter of the size so smooth a picture is blurred sixteen times as fast.
    small = size // 4
    spots = np.zeros((small, small), dtype=np.float32)
    for x, y in points[17:] / 4 - 0.375:
        cv2.circle(spots, (round(x * _CIRCLE), round(y * _CIRCLE)), small * _CIRCLE // 20, 1.0, -1, shift=4)
    blurred = cv2.GaussianBlur(spots, (0, 0), small / 64)
    large = cv2.resize(blurred, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, dtype=np.float32)[..., None]
