"""Choose the guides of a face: good pictures of the same person that resemble the face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import cv2
import numpy as np

from gfrnet.errors import NoFaceError
from gfrnet.faces.crop import face_box
from gfrnet.faces.identity import (
    SAME_PERSON,
    certainty,
    embed_crop,
    likeness,
    needed_similarity,
    same_people,
    similarity,
)
from gfrnet.faces.quality import Quality, measure_quality
from gfrnet.types import BoolArray, FloatArray, UInt8Image

GOOD_SHARPNESS = 0.42
"""Sharpness beyond which a guide gains nothing more."""

GOOD_SIZE = 200.0
"""Size of a face in pixels beyond which a guide gains nothing: the crop holds no more."""

OPEN_EYES = 0.25
"""Eye opening from which eyes count as fully open."""

VIEW_SIDE, VIEW_MARGIN = 64, 10
"""Side to which a crop is shrunk for its view, and margin left out on each side, in pixels."""

VIEW_VALUES = (VIEW_SIDE - 2 * VIEW_MARGIN) ** 2
"""Number of values in a view."""

VIEW_FINEST, VIEW_COARSEST = 0.75, 6.0
"""Standard deviations of two Gaussians, in pixels of the shrunk crop. A view holds the detail between them.

Bad photos have no finer detail. Coarser detail is light, which may differ between face and guide.
"""

LEAST = 0.01
"""Floor of resemblance and of clarity, so that a zero in one does not cancel the other."""

FUSED = 8
"""Most guides that are fused for a face."""

SELECTIVITY = 3.0
"""Power to which a guide's fitness is raised for its weight: the higher, the more the fittest guide counts.

The mean of several results is nearer to the truth than one result, but smoother. With this
power the mean keeps the identity of the fittest guide's result, and almost all of its sharpness.
`benchmarks/guides.py` measures this.
"""

LEAST_WEIGHT = 0.05
"""Weight below which a guide is left out: it would cost a run of the network and change little.

A network that fuses guides itself gets all of them, because one guide may show what the others lack.
"""


@dataclass(frozen=True)
class FacePortrait:
    """Hold everything about a face that the choice of its guides needs.

    Attributes:
        embedding: (128,) identity of the person.
        quality: Quality of the picture.
        view: (1936,) pose, expression and shadows, from `view`.
    """

    embedding: FloatArray = field(repr=False)
    quality: Quality
    view: FloatArray = field(repr=False)


class Verdict(StrEnum):
    """State whether a guide shows the person of the photo."""

    SAME = "same person"
    UNSURE = "perhaps the same person: the photo is too blurred to tell"
    ELSEWHERE = "the person of another face of the photo"
    OTHER = "another person"


@dataclass(frozen=True)
class GuideChoice:
    """Hold the guides that were chosen for a face.

    Attributes:
        weights: Weight of each chosen guide by its index, the fittest first. The sum is 1.
        similarity: Similarity of the face to the person of the guides, 0..1: to the mean of ``person``.
        needed: Similarity that a face as sharp as this one needs, 0..1.
        verdict: Whether the guides show this person. It is `Verdict.OTHER` exactly where ``similarity`` is
            less than ``needed``.
        person: Indices of all candidates that show the person of the guides.
        probability: Probability that they show the person of the face, 0..1 (`identity.certainty`).
    """

    weights: Mapping[int, float]
    similarity: float
    needed: float
    verdict: Verdict
    person: tuple[int, ...]
    probability: float

    @property
    def index(self) -> int:
        """Return the index of the guide that counts most."""
        return next(iter(self.weights))

    @property
    def accepted(self) -> bool:
        """Return whether the guides may be used without being forced."""
        return self.verdict in (Verdict.SAME, Verdict.UNSURE)


def portray(image: UInt8Image, size: float | None = None) -> FacePortrait:
    """Return the portrait of a face that is already cut out.

    Args:
        image: (S, S, 3) RGB, 0..255, placed as by `CropPlace.around`.
        size: Larger side of the face's box in the photo, in pixels. None takes it from the crop.
    """
    quality = measure_quality(image, face_box(image.shape[0]))
    if size is not None:
        quality = replace(quality, size=size)
    return FacePortrait(embed_crop(image), quality, view(image))


def view(image: UInt8Image) -> FloatArray:
    """Return how a face looks from afar: its pose, its expression and its shadows, whatever its contrast.

    A view is the brightness in the middle of the crop. Fine detail is removed because a bad photo lacks it,
    and slow changes because they are light. The face is not aligned first, so that
    differences in place count: the network must move the guide by them.

    Args:
        image: (S, S, 3) RGB, 0..255, placed as by `CropPlace.around`.

    Returns:
        (1936,) of mean 0 and length 1, so that the scalar product of two views is their correlation. The
        length is 0 for a face without features.
    """
    small = cv2.resize(image, (VIEW_SIDE, VIEW_SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    band = cv2.GaussianBlur(grey, (0, 0), VIEW_FINEST) - cv2.GaussianBlur(grey, (0, 0), VIEW_COARSEST)
    middle = band[VIEW_MARGIN:-VIEW_MARGIN, VIEW_MARGIN:-VIEW_MARGIN].ravel()
    middle -= middle.mean()
    return np.asarray(middle / max(float(np.linalg.norm(middle)), 1e-3), dtype=np.float32)


def choose_guide(
    face: FacePortrait,
    candidates: Sequence[FacePortrait],
    most: int = FUSED,
    least: float = LEAST_WEIGHT,
    one_person: bool = False,
    alike: BoolArray | None = None,
) -> GuideChoice:
    """Choose the guides of a face: the most similar person first, then the fittest pictures of that person.

    Candidates are good photos, so they are first grouped by person. That is surer than comparing each one
    with the bad photo alone.

    - The similarity of a person is that of the mean of their embeddings (`identity.likeness`). One chance
      likeness among several photos of a stranger then hardly counts.
    - The nearest candidate has the largest sum of its person's similarity and its own. A very similar photo
      then does not lose to a crowd of people who look like it.
    - Where nobody is similar enough, only the nearest candidate is returned, as another person's.

    Args:
        face: The face to restore.
        candidates: Faces that may guide, at least one.
        most: Largest number of guides.
        least: Weight below which a guide is left out (see `fusion_weights`).
        one_person: Whether all candidates are known to show the person of the face. Then all may guide,
            whatever the verdict.
        alike: (N, N), which of the N candidates show the same person; None compares them (`same_people`).

    Raises:
        NoFaceError: There are no candidates.
    """
    if not candidates:
        raise NoFaceError("There is no guide face to choose from. Give a picture that shows this person.")
    likenesses = np.array([similarity(face.embedding, candidate.embedding) for candidate in candidates])
    if one_person:
        alike = np.ones((len(candidates), len(candidates)), dtype=bool)
    elif alike is None:
        alike = same_people(np.stack([candidate.embedding for candidate in candidates]))
    similar = _likenesses(face, candidates, alike)
    nearest = int(np.argmax(similar + likenesses))
    needed = needed_similarity(face.quality.sharpness)
    person = tuple(np.flatnonzero(alike[nearest]).tolist())
    verdict = _verdict(similar[nearest], needed)
    weights = {nearest: 1.0}
    if verdict is not Verdict.OTHER or one_person:
        fitness = {index: guide_fitness(face, candidates[index]) for index in person}
        weights = fusion_weights(fitness, most, least)
    probability = certainty(similar[nearest], face.quality.sharpness)
    return GuideChoice(weights, similar[nearest], needed, verdict, person, probability)


def _likenesses(face: FacePortrait, candidates: Sequence[FacePortrait], together: BoolArray) -> list[float]:
    """Return the similarity to each candidate's person. Each group of photos is compared once."""
    photos = np.stack([candidate.embedding for candidate in candidates])
    known: dict[bytes, float] = {}
    for group in together:
        if group.tobytes() not in known:
            known[group.tobytes()] = likeness(face.embedding, photos[group])
    return [known[group.tobytes()] for group in together]


def _verdict(similar: float, needed: float) -> Verdict:
    if similar < needed:
        return Verdict.OTHER
    return Verdict.SAME if similar >= SAME_PERSON else Verdict.UNSURE


def guide_fitness(face: FacePortrait, guide: FacePortrait) -> float:
    """Return how well a picture can guide this very face, above 0 and up to 1.

    A fit guide resembles the face in pose and expression, and shows the same person. It is sharp and large,
    and has open eyes, where that is known. `benchmarks/guides.py` compares this with other choices.
    """
    resemblance, clear = float(face.view @ guide.view), clarity(guide.quality)
    return max(LEAST, resemblance) * similarity(face.embedding, guide.embedding) * max(LEAST, clear)


def fusion_weights(
    fitness: Mapping[int, float], most: int = FUSED, least: float = LEAST_WEIGHT
) -> dict[int, float]:
    """Return the weight of each guide's result in the mean of all results.

    Args:
        fitness: Fitness of each guide by its index, above 0; at least one.
        most: Largest number of guides to fuse, 1 or more.
        least: Weight below which a guide is left out, at most 1 / ``most``.

    Returns:
        The weights of the fused guides by their index, the fittest first. The sum is 1.
    """
    fittest = sorted(fitness, key=lambda index: -fitness[index])[:most]
    weights = _shares({index: (fitness[index] / fitness[fittest[0]]) ** SELECTIVITY for index in fittest})
    return _shares({index: weight for index, weight in weights.items() if weight >= least})


def _shares(weights: Mapping[int, float]) -> dict[int, float]:
    total = sum(weights.values())
    return {index: weight / total for index, weight in weights.items()}


def guide_score(quality: Quality) -> float:
    """Return how good a guide a picture is, 0..1: frontal, sharp, large, and with open eyes, if known."""
    return quality.frontal * clarity(quality)


def clarity(quality: Quality) -> float:
    """Return how clear a picture is, 0..1: sharp, large, and with open eyes, if known."""
    sharp = min(1.0, quality.sharpness / GOOD_SHARPNESS)
    large = min(1.0, quality.size / GOOD_SIZE)
    eyes = 1.0 if quality.eyes_open is None else min(1.0, max(0.1, quality.eyes_open / OPEN_EYES))
    return sharp * large * eyes
