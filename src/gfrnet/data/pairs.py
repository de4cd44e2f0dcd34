"""Training samples: who guides whom, degraded how; every sample replayable from (seed, index)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gfrnet import images
from gfrnet.data.manifest import Portrait, by_person
from gfrnet.data.self_guide import SelfGuide, make_self_guide
from gfrnet.degradation import degrade, sample_recipe
from gfrnet.errors import DataError
from gfrnet.types import BoolArray, FloatArray, UInt8Image

GuideKind: TypeAlias = Literal["person", "stranger", "none", "self"]


class Guides(BaseModel):
    """How often the guide is something else than another photo of the same person; shares of all samples."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stranger: float = Field(0.0, ge=0, le=1)
    none: float = Field(0.0, ge=0, le=1)
    self_guide: float = Field(0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _at_most_all(self) -> Guides:
        if self.stranger + self.none + self.self_guide > 1:
            raise ValueError(
                "stranger + none + self_guide are shares of all samples: their sum is at most 1."
            )
        return self


@dataclass(frozen=True)
class Sample:
    """One training sample; pictures are (256, 256, 3) in [-1, 1], points are pixel centres.

    Attributes:
        degraded: The observation.
        guide: The guide; all zeros where there is none.
        target: The ground truth.
        weight: (256, 256, 1) how much each pixel counts; 0 in padding, more on eyes, nose and mouth.
        target_points: (68, 2) landmarks of the target, crop pixels.
        guide_points: (68, 2) landmarks of the guide, crop pixels.
        has_points: 1.0 where the landmarks mean something, 0.0 without a guide.
        known_flow: (256, 256, 2) the exact flow in [-1, 1] for a self-guide, else zeros.
        flow_weight: (256, 256, 1), 1 where ``known_flow`` is known.
    """

    degraded: FloatArray
    guide: FloatArray
    target: FloatArray
    weight: FloatArray
    target_points: FloatArray
    guide_points: FloatArray
    has_points: FloatArray
    known_flow: FloatArray
    flow_weight: FloatArray


class Pairs:
    """An endless, replayable list of training samples.

    Sample ``index`` depends on the seed and the index alone, so training resumes anywhere and any number of
    workers gives the same samples. A person's chance is the square root of the number of their photos:
    neither the much photographed nor those with two photos dominate.
    """

    def __init__(
        self,
        portraits: Sequence[Portrait],
        guides: Guides,
        *,
        seed: int = 0,
        heavy: float = 0.0,
        feature_weight: float = 0.0,
        flip: bool = True,
    ) -> None:
        """Prepare the list.

        Args:
            portraits: The data set.
            guides: Shares of the kinds of guide.
            seed: Of everything random.
            heavy: Share of samples whose scale factor is drawn from 4..8 instead of 1..8.
            feature_weight: Extra loss weight on eyes, nose and mouth.
            flip: Mirror half of the samples, guide and target together.

        Raises:
            DataError: Nobody has two photos, or strangers are asked for and there is only one person.
        """
        self.people = by_person(portraits)
        self.pairable = [name for name, group in self.people.items() if len(group) > 1]
        if not self.pairable:
            raise DataError("Nobody in this data set has two photos, so there is nobody to guide.")
        if guides.stranger and len(self.people) < 2:
            raise DataError("There is only one person, so nobody is a stranger. Set guides.stranger to 0.")
        chances = np.sqrt([len(self.people[name]) for name in self.pairable])
        self.chances = chances / chances.sum()
        self.guides, self.seed = guides, seed
        self.heavy, self.feature_weight, self.flip = heavy, feature_weight, flip

    def __getitem__(self, index: int) -> Sample:
        """Sample number ``index``, 0 and up, without end."""
        rng = np.random.default_rng((self.seed, index))
        group = self.people[rng.choice(self.pairable, p=self.chances)]
        chosen = rng.choice(len(group), 2, replace=False)
        target, guide = group[chosen[0]], group[chosen[1]]
        kind = self._kind(rng)
        if kind == "self":
            return self._self_guided(target, rng)
        if kind == "stranger":
            guide = self._stranger(target, rng)
        return self._paired(target, None if kind == "none" else guide, rng)

    def _kind(self, rng: np.random.Generator) -> GuideKind:
        draw = rng.random()
        for kind, share in (
            ("self", self.guides.self_guide),
            ("stranger", self.guides.stranger),
            ("none", self.guides.none),
        ):
            if draw < share:
                return kind  # type: ignore[return-value]
            draw -= share
        return "person"

    def _stranger(self, target: Portrait, rng: np.random.Generator) -> Portrait:
        others = [name for name in self.people if name != target.person]
        group = self.people[others[rng.integers(len(others))]]
        return group[rng.integers(len(group))]

    def _paired(self, target: Portrait, guide: Portrait | None, rng: np.random.Generator) -> Sample:
        flip = self.flip and rng.random() < 0.5
        pixels, mask, points = _view(target, flip)
        guide_pixels, guide_points = None, points
        if guide is not None:
            guide_pixels, _, guide_points = _view(guide, flip)
        return self._sample(pixels, mask, points, guide_pixels, guide_points, None, rng)

    def _self_guided(self, source: Portrait, rng: np.random.Generator) -> Sample:
        pixels, mask, points = _view(source, self.flip and rng.random() < 0.5)
        made = make_self_guide(pixels, mask, points, rng)
        return self._sample(made.target, made.real, made.target_points, made.guide, points, made, rng)

    def _sample(
        self,
        pixels: UInt8Image,
        mask: BoolArray,
        points: FloatArray,
        guide: UInt8Image | None,
        guide_points: FloatArray,
        known: SelfGuide | None,
        rng: np.random.Generator,
    ) -> Sample:
        scale = round(float(rng.uniform(4, 8)), 1) if rng.random() < self.heavy else None
        degraded = images.to_signed(degrade(pixels, sample_recipe(rng, scale=scale)))
        size = pixels.shape[0]
        weight = mask * (1 + self.feature_weight * _features(points, size))
        return Sample(
            degraded=degraded,
            guide=np.zeros_like(degraded) if guide is None else images.to_signed(guide),
            target=images.to_signed(pixels),
            weight=weight[..., None].astype(np.float32),
            target_points=points,
            guide_points=guide_points,
            has_points=np.float32(guide is not None).reshape(1),
            known_flow=np.zeros((size, size, 2), np.float32) if known is None else known.flow,
            flow_weight=(mask if known is not None else np.zeros_like(mask))[..., None].astype(np.float32),
        )


MIRRORED = np.array(
    [
        *range(16, -1, -1),  # jaw
        *range(26, 16, -1),  # brows
        *range(27, 31),  # bridge of the nose
        *range(35, 30, -1),  # nostrils
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # eyes
        *(*range(54, 47, -1), *range(59, 54, -1)),  # outer lips
        *(*range(64, 59, -1), *range(67, 64, -1)),  # inner lips
    ]
)
"""Index, among the 68 landmarks, of each one's mirror image."""


def _view(portrait: Portrait, flip: bool) -> tuple[UInt8Image, BoolArray, FloatArray]:
    """Pixels, mask and landmarks of a portrait, mirrored where asked."""
    pixels, mask, points = portrait.pixels(), portrait.mask(), portrait.points()
    if not flip:
        return pixels, mask, points
    points = points[MIRRORED] * np.array([-1, 1], np.float32) + np.array([pixels.shape[1] - 1, 0], np.float32)
    return np.ascontiguousarray(pixels[:, ::-1]), np.ascontiguousarray(mask[:, ::-1]), points


def _features(points: FloatArray, size: int) -> FloatArray:
    """(size, size) 0..1: near 1 on brows, eyes, nose and mouth."""
    spots = np.zeros((size, size), dtype=np.float32)
    for x, y in points[17:]:
        cv2.circle(spots, (round(float(x)), round(float(y))), size // 20, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(spots, (0, 0), size / 64), dtype=np.float32)


def sample_order(start: int, batch_size: int, worker: int, workers: int) -> Iterator[int]:
    """The indices that one of several loader workers makes, from ``start`` on.

    Workers take whole batches in turn, as torch's loader collects them, so that the batches and their
    order are the same for any number of workers.
    """
    first = start + worker * batch_size
    while True:
        yield from range(first, first + batch_size)
        first += workers * batch_size
