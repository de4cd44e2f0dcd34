"""Choose the guides of all faces of a photo together, in which a person appears once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gfrnet import faces
from gfrnet.faces import FacePortrait, GuideChoice, Verdict
from gfrnet.restore.guide_set import GuideSet
from gfrnet.restore.options import RestoreOptions


def choose_together(
    portraits: Sequence[FacePortrait], guides: GuideSet, options: RestoreOptions, least: float
) -> list[GuideChoice]:
    """Choose the guides of faces of one photo, so that nobody guides two faces.

    A photo of one face takes the guides that resemble it most. So does every face where the caller insists on
    the guides. A face whose guides all show other faces gets the verdict `Verdict.ELSEWHERE`.

    Args:
        portraits: The faces, at least one.
        guides: Guides to choose from.
        options: How to restore.
        least: Weight below which a guide is left out.
    """
    candidates = [guide.face.portrait for guide in guides.guides]

    def choose(face: FacePortrait, some: Sequence[int] | None = None) -> GuideChoice:
        if some is None:
            return faces.choose_guide(face, candidates, options.fuse, least, alike=guides.alike)
        part, alike = [candidates[index] for index in some], guides.closely_alike[np.ix_(some, some)]
        return _renumbered(faces.choose_guide(face, part, options.fuse, least, alike=alike), some)

    if len(portraits) == 1 or options.force:
        return [choose(face) for face in portraits]
    allowed = faces.share_out(portraits, candidates, guides.closely_alike)
    choices = []
    for face, row in zip(portraits, allowed, strict=True):
        choice = choose(face, np.flatnonzero(row).tolist()) if row.any() else None
        if choice is None or not choice.accepted:
            closest = choose(face)
            # Accepted here, but not among the guides that are left for this face.
            choice = replace(closest, verdict=Verdict.ELSEWHERE) if closest.accepted else closest
        choices.append(choice)
    return choices


def choose_trusted(
    portrait: FacePortrait, guides: GuideSet, options: RestoreOptions, least: float
) -> GuideChoice:
    """Choose among guides that all show the person of a face, as its caller knows."""
    candidates = [guide.face.portrait for guide in guides.guides]
    return faces.choose_guide(portrait, candidates, options.fuse, least, one_person=True)


def _renumbered(choice: GuideChoice, some: Sequence[int]) -> GuideChoice:
    weights = {some[index]: weight for index, weight in choice.weights.items()}
    return replace(choice, weights=weights, person=tuple(some[index] for index in choice.person))
