"""Which guide a face gets: one of its own person, and of those the best picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from gfrnet.errors import NoFaceError
from gfrnet.faces.crop import face_box
from gfrnet.faces.identity import SAME_PERSON, embed_crop, needed_similarity, similarity
from gfrnet.faces.quality import Quality, measure, measure68
from gfrnet.types import FloatArray, UInt8Image

GOOD_SHARPNESS = 0.42
"""Sharpness beyond which a guide gains nothing more."""

GOOD_SIZE = 200.0
"""Size of a face in pixels beyond which a guide gains nothing: the crop holds no more."""

OPEN_EYES = 0.25
"""Eye opening from which eyes count as fully open."""


@dataclass(frozen=True)
class FacePortrait:
    """All that the choice of a guide needs to know of a face.

    Attributes:
        embedding: (128,), who it is.
        quality: How good a picture it is.
    """

    embedding: FloatArray
    quality: Quality


class Verdict(StrEnum):
    """Whether a guide shows the person of the photo."""

    SAME = "same person"
    UNSURE = "perhaps the same person: the photo is too blurred to tell"
    OTHER = "another person"


@dataclass(frozen=True)
class GuideChoice:
    """The guide of a face.

    Attributes:
        index: Which of the candidates.
        similarity: Of face and person, 0..1: the median over ``person``. It decides the verdict.
        needed: The similarity that a face as sharp as this one needs, 0..1.
        verdict: What that means: `Verdict.OTHER` exactly where ``similarity`` is less than ``needed``.
        person: The candidates that show the person of the guide, itself included.
    """

    index: int
    similarity: float
    needed: float
    verdict: Verdict
    person: tuple[int, ...]

    @property
    def accepted(self) -> bool:
        """The guide may be used without being forced."""
        return self.verdict is not Verdict.OTHER


def portray(image: UInt8Image, size: float | None = None) -> FacePortrait:
    """The portrait of a face that is already cut out, as `CropPlace.around` places it.

    Args:
        image: (S, S, 3) RGB, 0..255.
        size: Larger side of the face's box in the photo, in pixels; None if the crop is all there is.
    """
    quality = measure(image, face_box(image.shape[0]))
    if size is not None:
        quality = replace(quality, size=size)
    return FacePortrait(embed_crop(image), quality)


def choose_guide(face: FacePortrait, candidates: Sequence[FacePortrait]) -> GuideChoice:
    """The guide for a face: the most similar person is found first, then the best picture of that person.

    Candidates are good photos, so whether two of them show one person is known better than whether the
    bad photo shows it. A person is as similar as the median of their photos, so that one chance likeness
    among several photos of a stranger does not count. Where nobody is similar enough, the guide is
    returned as another person's.

    Args:
        face: The face to restore.
        candidates: At least one.

    Raises:
        NoFaceError: There are no candidates.
    """
    if not candidates:
        raise NoFaceError("There is no guide face to choose from. Give a picture that shows this person.")
    likenesses = [similarity(face.embedding, candidate.embedding) for candidate in candidates]
    people = [_photos_of(one, candidates) for one in candidates]
    similar = [float(np.median([likenesses[index] for index in person])) for person in people]
    nearest = int(np.argmax(similar))
    needed = needed_similarity(face.quality.sharpness)
    person = people[nearest]
    if similar[nearest] < needed:
        return GuideChoice(nearest, similar[nearest], needed, Verdict.OTHER, person)
    best = max(person, key=lambda index: guide_score(candidates[index].quality) * likenesses[index])
    verdict = Verdict.SAME if similar[nearest] >= SAME_PERSON else Verdict.UNSURE
    return GuideChoice(best, similar[nearest], needed, verdict, person)


def _photos_of(one: FacePortrait, candidates: Sequence[FacePortrait]) -> tuple[int, ...]:
    return tuple(index for index, other in enumerate(candidates) if _one_person(one, other))


def _one_person(one: FacePortrait, other: FacePortrait) -> bool:
    return similarity(one.embedding, other.embedding) >= SAME_PERSON


def guide_score(quality: Quality) -> float:
    """How good a guide a picture makes, 0..1: frontal, sharp, large, eyes open (where that is known)."""
    sharp = min(1.0, quality.sharpness / GOOD_SHARPNESS)
    large = min(1.0, quality.size / GOOD_SIZE)
    eyes = 1.0 if quality.eyes_open is None else min(1.0, max(0.1, quality.eyes_open / OPEN_EYES))
    return quality.frontal * sharp * large * eyes


def pick_guide(portraits: Sequence[tuple[UInt8Image, FloatArray]]) -> int:
    """Which of one person's photos is the guide: the frontal one with open eyes (section 4.1), and sharp.

    Args:
        portraits: For each photo the face crop (S, S, 3), RGB, 0..255, and its landmarks (68, 2) in
            pixels of the crop.

    Raises:
        NoFaceError: There are no photos.
    """
    if not portraits:
        raise NoFaceError("There is no photo to choose a guide from. Give at least one with a face.")
    scores = [guide_score(measure68(crop, face_box(crop.shape[0]), points)) for crop, points in portraits]
    return int(np.argmax(scores))
