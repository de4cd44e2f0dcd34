"""Choose what guides a target: another photo of the person, a stranger, nothing, or the target itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gfrnet.data.manifest import Portrait, guide_image
from gfrnet.data.samples.draws import Choice, Draw

GuideKind: TypeAlias = Literal["person", "stranger", "none", "self"]
"""Kind of a guide."""


class Guides(BaseModel):
    """Configure what guides a target: another photo of the person, or by chance something else.

    Attributes:
        choice: Any other photo of the person, or the guide image, which then is no target (section 4.1).
        pose_gap: Preference for a guide in the target's pose, degrees; 0 for none. A photo is chosen
            e times more rarely with so many degrees more between the two poses (yaw and pitch).
        stranger: Share of all samples with a guide of another person.
        none: Share without a guide.
        self_guide: Share guided by the warped and relit target, of people with two photos or more.
        single: Share guided so, of people with one photo; with 0 those photos are not used at all.
        mirror: Share of these self-guides that are mirror images.
        most: Most guides of a sample, for networks with ``guide_fusion``. A whole batch has the same number,
            from 1 to this. The guide is repeated where a person has fewer photos.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

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

    def kind(self, draw: Draw, rng: np.random.Generator) -> GuideKind:
        """Draw the kind of guide of a target."""
        if len(draw.people[draw.target.person]) == 1:
            return "self"
        chance = rng.random() * (1 - self.single)
        if chance < self.self_guide:
            return "self"
        if chance < self.self_guide + self.stranger:
            return "stranger"
        return "none" if chance < self.self_guide + self.stranger + self.none else "person"

    def guide(self, draw: Draw, kind: GuideKind, rng: np.random.Generator) -> Portrait | None:
        """Draw the guide of a target; None for the kind "none"."""
        if kind == "none":
            return None
        group = draw.people[draw.target.person]
        if kind == "stranger":
            others = [name for name in draw.people if name != draw.target.person]
            group = draw.people[others[rng.integers(len(others))]]
        if self.choice == "chosen":
            return guide_image(group)
        candidates = [portrait for portrait in group if portrait is not draw.target]
        return candidates[_pick_by_pose(draw.target, candidates, self.pose_gap, rng)]

    def others(
        self, draw: Draw, guide: Portrait | None, count: int, rng: np.random.Generator
    ) -> list[Portrait]:
        """Draw up to ``count`` further photos of the guide's person, each as a guide is chosen."""
        group = draw.people[guide.person] if guide else ()
        left = [portrait for portrait in group if portrait is not draw.target and portrait is not guide]
        return [
            left.pop(_pick_by_pose(draw.target, left, self.pose_gap, rng))
            for _ in range(min(count, len(left)))
        ]


def _pick_by_pose(
    target: Portrait, candidates: Sequence[Portrait], scale: float, rng: np.random.Generator
) -> int:
    """Draw the index of a guide: evenly, or more often the nearer it is to the target's pose."""
    if not scale:
        return int(rng.integers(len(candidates)))
    gaps = np.array([np.hypot(c.yaw - target.yaw, c.pitch - target.pitch) for c in candidates])
    # The smallest gap is taken off, so that the largest weight is 1 however far all of them are.
    weights = np.exp(-(gaps - gaps.min()) / scale)
    return int(rng.choice(len(candidates), p=weights / weights.sum()))
