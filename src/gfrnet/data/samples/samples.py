"""Training samples: who guides whom, degraded how; every sample replayable from (seed, index)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gfrnet import images
from gfrnet.data.draws import Balanced, Choice, Draw, Draws, Streams, guide_image, whole_blocks
from gfrnet.data.manifest import Portrait
from gfrnet.data.self_guide import make_self_guide, mirrored_points
from gfrnet.degradation import Setting, degrade, sample_recipe
from gfrnet.errors import ConfigError, DataError
from gfrnet.types import BoolArray, FloatArray, UInt8Image

GuideKind: TypeAlias = Literal["person", "stranger", "none", "self"]

_FURTHER = 1
"""Sets the draw of how many guides a batch has apart from the draws of its samples."""

_CIRCLE = 2**4
"""Parts of a pixel in which OpenCV takes places and radii with ``shift=4``."""

Order: TypeAlias = Literal["balanced", "epoch"]
"""Which target comes when: by chance balanced over people, or each exactly once an epoch."""


class Guides(BaseModel):
    """What guides a target: another photo of the person, or by chance something else.

    Attributes:
        choice: Any other photo of the person, or the guide image, which then is no target (section 4.1).
        pose_gap: Preference for a guide in the target's pose, degrees: with so many degrees more between
            the yaw and pitch of the two a photo is chosen e times more rarely. 0 is no preference.
        stranger: Share of all samples that have a guide of another person.
        none: Share without a guide.
        self_guide: Share guided by the warped and relit target, of people with two photos or more.
        single: Share guided so, of people with one photo. Without it those photos are not used at all.
        mirror: Share of these self-guides that are mirror images.
        most: Most guides of a sample, for networks with ``guide_fusion``: 1 to so many, as many in a whole
            batch. Who has fewer photos is shown the guide again in their place.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    choice: Choice = "any"
    pose_gap: float = Field(0.0, ge=0)
    stranger: float = Field(0.0, ge=0, le=1)
    none: float = Field(0.0, ge=0, le=1)
    self_guide: float = Field(0.0, ge=0, le=1)
    single: float = Field(0.0, ge=0, lt=1)
    mirror: float = Field(0.5, ge=0, le=1)
    most: int = Field(1, ge=1, le=5)

    @model_validator(mode="after")
    def _at_most_all(self) -> Guides:
        if self.stranger + self.none + self.self_guide + self.single > 1:
            raise ValueError(
                "stranger + none + self_guide + single are shares of all samples: their sum is at most 1."
            )
        return self


@dataclass(frozen=True)
class Sample:
    """One training sample; pictures are (256, 256, 3) in [-1, 1], points are pixel centres.

    Attributes:
        degraded: The observation.
        guide: The guide; all zeros where there is none.
        more_guides: (K - 1, 256, 256, 3) further ones of the same person.
        target: The ground truth.
        weight: (256, 256, 1) how much each pixel counts; 0 in padding, more on eyes, nose and mouth.
        target_points: (68, 2) landmarks of the target, crop pixels.
        guide_points: (68, 2) landmarks of the guide, crop pixels.
        has_points: 1.0 where the landmarks mean something, 0.0 without a guide.
        known_flow: (256, 256, 2) the exact flow in [-1, 1] for an unmirrored self-guide, else zeros.
        flow_weight: (256, 256, 1), 1 where ``known_flow`` is known.
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


class Pairs:
    """An endless, replayable list of training samples.

    Sample ``index`` depends on the seed and the index alone (with several guides on the batch size too), so
    training resumes anywhere and any number of workers gives the same samples.

    Attributes:
        epoch: Number of targets, which is the number of samples an epoch.
    """

    def __init__(
        self,
        portraits: Sequence[Portrait] | Streams,
        guides: Guides,
        *,
        seed: int = 0,
        heavy: float = 0.0,
        feature_weight: float = 0.0,
        flip: bool = True,
        setting: Setting = "full",
        order: Order = "balanced",
        batch_size: int = 1,
    ) -> None:
        """Prepare the list.

        Args:
            portraits: The data set, or streams of it, which have an order of their own.
            guides: What guides a target.
            seed: Of everything random.
            heavy: Share of samples whose scale factor is drawn from 4..8 instead of 1..8; 0 where ``setting``
                is ``blur``, which has none.
            feature_weight: Extra loss weight on eyes, nose and mouth.
            flip: Mirror half of the samples, guide and target together.
            setting: Degradation setting (section 4.5).
            order: Which target comes when.
            batch_size: So many samples after one another have equally many guides, where ``guides.most`` is
                above 1: those of a step, so that its processes and parts take equally long.

        Raises:
            ConfigError: ``heavy`` and the degradation setting contradict each other.
            DataError: Nobody has two photos, or guides are asked for that there are none of: strangers where
                there is only one person, singles where everybody has two photos.
        """
        if heavy and setting == "blur":
            raise ConfigError("The degradation setting blur has no scale factors to draw: set heavy to 0.")
        self.draws = _draws(portraits, guides, seed, order)
        if guides.stranger and self.draws.fewest < 2:
            raise DataError(
                "There is only one person, or only one in a part that is read together, so nobody is a "
                "stranger. Set guides.stranger to 0."
            )
        self.guides, self.seed = guides, seed
        self.heavy, self.feature_weight, self.flip = heavy, feature_weight, flip
        self.setting, self.batch_size = setting, batch_size
        self.epoch = self.draws.epoch

    def __getitem__(self, index: int) -> Sample:
        """Sample number ``index``, 0 and up, without end."""
        rng = np.random.default_rng((self.seed, index))
        draw = self.draws.draw(index, rng)
        kind = self._kind(draw, rng)
        flip = self.flip and rng.random() < 0.5
        target = _view(draw.target, flip)
        guide: Portrait | None
        if kind == "self":
            guide, sample = draw.target, self._self_guided(target, rng)
        else:
            guide = self._guide(draw, kind, rng)
            sample = self._sample(target, _view(guide, flip) if guide else None, rng)
        count = self._further(index)
        if not count:
            return sample
        more = [images.to_signed(_view(p, flip).pixels) for p in self._others(draw, guide, count, rng)]
        return replace(sample, more_guides=np.stack([*more, *[sample.guide] * (count - len(more))]))

    def _further(self, index: int) -> int:
        """How many guides the samples of a batch have besides the first."""
        if self.guides.most == 1:
            return 0
        rng = np.random.default_rng((self.seed, _FURTHER, index // self.batch_size))
        return int(rng.integers(self.guides.most))

    def _others(
        self, draw: Draw, guide: Portrait | None, count: int, rng: np.random.Generator
    ) -> list[Portrait]:
        """Up to so many further photos of the guide's person, each chosen as a guide is."""
        group = draw.people[guide.person] if guide else ()
        left = [portrait for portrait in group if portrait is not draw.target and portrait is not guide]
        return [
            left.pop(_pick_by_pose(draw.target, left, self.guides.pose_gap, rng))
            for _ in range(min(count, len(left)))
        ]

    def _kind(self, draw: Draw, rng: np.random.Generator) -> GuideKind:
        if len(draw.people[draw.target.person]) == 1:
            return "self"
        guides = self.guides
        chance = rng.random() * (1 - guides.single)
        if chance < guides.self_guide:
            return "self"
        if chance < guides.self_guide + guides.stranger:
            return "stranger"
        return "none" if chance < guides.self_guide + guides.stranger + guides.none else "person"

    def _guide(self, draw: Draw, kind: GuideKind, rng: np.random.Generator) -> Portrait | None:
        if kind == "none":
            return None
        group = draw.people[draw.target.person]
        if kind == "stranger":
            others = [name for name in draw.people if name != draw.target.person]
            group = draw.people[others[rng.integers(len(others))]]
        if self.guides.choice == "chosen":
            return guide_image(group)
        candidates = [portrait for portrait in group if portrait is not draw.target]
        return candidates[_pick_by_pose(draw.target, candidates, self.guides.pose_gap, rng)]

    def _self_guided(self, target: _View, rng: np.random.Generator) -> Sample:
        mirrored = rng.random() < self.guides.mirror
        made = make_self_guide(target.pixels, target.points, rng, mirrored=mirrored)
        sample = self._sample(target, _View(made.pixels, made.known, made.points), rng)
        # The flow into a mirror image leads from the left eye to the right one; the landmarks, from left to
        # left, are what a network should learn of it.
        if mirrored:
            return sample
        known = (made.known & target.real)[..., None].astype(np.float32)
        return replace(sample, known_flow=made.flow, flow_weight=known)

    def _sample(self, target: _View, guide: _View | None, rng: np.random.Generator) -> Sample:
        scale = round(float(rng.uniform(4, 8)), 1) if rng.random() < self.heavy else None
        degraded = images.to_signed(degrade(target.pixels, sample_recipe(rng, self.setting, scale)))
        real = target.real[..., None].astype(np.float32)
        return Sample(
            degraded=degraded,
            guide=np.zeros_like(degraded) if guide is None else images.to_signed(guide.pixels),
            more_guides=np.zeros((0, *degraded.shape), np.float32),
            target=images.to_signed(target.pixels),
            weight=real * (1 + self.feature_weight * _features(target.points, len(target.pixels))),
            target_points=target.points,
            guide_points=target.points if guide is None else guide.points,
            has_points=np.float32(guide is not None).reshape(1),
            known_flow=np.zeros_like(degraded[..., :2]),
            flow_weight=np.zeros_like(real),
        )


@dataclass(frozen=True)
class _View:
    """A photo as a sample shows it: pixels, mask of the real part, and landmarks."""

    pixels: UInt8Image
    real: BoolArray
    points: FloatArray


def _draws(portraits: Sequence[Portrait] | Streams, guides: Guides, seed: int, order: Order) -> Draws:
    if isinstance(portraits, Streams):
        return portraits
    if order == "epoch":
        return Streams(whole_blocks(portraits), guides.choice, guides.single, seed=seed)
    return Balanced(portraits, guides.choice, guides.single)


def _pick_by_pose(
    target: Portrait, candidates: Sequence[Portrait], scale: float, rng: np.random.Generator
) -> int:
    """The index of a guide: by chance alike, or more often the nearer it is to the target's pose."""
    if not scale:
        return int(rng.integers(len(candidates)))
    gaps = np.array([np.hypot(c.yaw - target.yaw, c.pitch - target.pitch) for c in candidates])
    # The smallest gap is taken off, so that the largest weight is 1 however far all of them are.
    weights = np.exp(-(gaps - gaps.min()) / scale)
    return int(rng.choice(len(candidates), p=weights / weights.sum()))


def _view(portrait: Portrait, flip: bool) -> _View:
    """A portrait, mirrored where asked."""
    view = _View(portrait.pixels(), portrait.mask(), portrait.points())
    if not flip:
        return view
    pixels = np.asarray(cv2.flip(view.pixels, 1), dtype=np.uint8)
    return _View(pixels, view.real[:, ::-1], mirrored_points(view.points, portrait.size))


def _features(points: FloatArray, size: int) -> FloatArray:
    """(size, size, 1) 0..1: near 1 on brows, eyes, nose and mouth."""
    # Drawn at a quarter of the size, where so smooth a picture is blurred sixteen times as fast.
    small = size // 4
    spots = np.zeros((small, small), dtype=np.float32)
    for x, y in points[17:] / 4 - 0.375:
        cv2.circle(spots, (round(x * _CIRCLE), round(y * _CIRCLE)), small * _CIRCLE // 20, 1.0, -1, shift=4)
    blurred = cv2.GaussianBlur(spots, (0, 0), small / 64)
    large = cv2.resize(blurred, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, dtype=np.float32)[..., None]


def sample_order(start: int, batch_size: int, worker: int, workers: int) -> Iterator[int]:
    """The indices that one of several loader workers makes, from ``start`` on.

    Workers take whole batches in turn, as torch's loader collects them, so that the batches and their
    order are the same for any number of workers.
    """
    first = start + worker * batch_size
    while True:
        yield from range(first, first + batch_size)
        first += workers * batch_size
