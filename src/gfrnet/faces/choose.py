"""Which guides a face gets: those of its own person that are good pictures and resemble the face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np

from gfrnet.errors import NoFaceError
from gfrnet.faces.crop import face_box
from gfrnet.faces.identity import SAME_PERSON, embed_crop, needed_similarity, same_people, similarity
from gfrnet.faces.quality import Quality, measure_quality
from gfrnet.types import AnyArray, BoolArray, FloatArray, UInt8Image

GOOD_SHARPNESS = 0.42
"""Sharpness beyond which a guide gains nothing more."""

GOOD_SIZE = 200.0
"""Size of a face in pixels beyond which a guide gains nothing: the crop holds no more."""

OPEN_EYES = 0.25
"""Eye opening from which eyes count as fully open."""

VIEW_SIDE, VIEW_MARGIN = 64, 10
"""Pixels: the side to which a crop is shrunk for its view, and what is left out of it on each side."""

VIEW_FINEST, VIEW_COARSEST = 0.75, 6.0
"""Standard deviations of two Gaussians, pixels of that: what lies between them counts in a view.

Bad photos have nothing finer; coarser is light, which the guide need not share.
"""

LEAST = 0.01
"""What resemblance and clarity count as at least, so that of guides without the one the other decides."""

FUSED = 8
"""Most guides that are fused for a face."""

SELECTIVITY = 3.0
"""Power of a guide's fitness that is its weight: the higher, the more the fittest counts.

The mean of several results is nearer to the truth than one, but smoother. By `benchmarks/guides.py` this
power keeps the identity of the fittest guide's result, and almost all of its sharpness.
"""

LEAST_WEIGHT = 0.05
"""Weight below which a guide is left out: it would cost a run of the network and change little.

A network that fuses guides itself is given all: it finds of use in one what the others lack.
"""


@dataclass(frozen=True)
class FacePortrait:
    """All that the choice of a guide needs to know of a face.

    Attributes:
        embedding: (128,), who it is.
        quality: How good a picture it is.
        view: (1936,), how it looks from afar, as `view` gives it.
    """

    embedding: FloatArray
    quality: Quality
    view: FloatArray


class Verdict(StrEnum):
    """Whether a guide shows the person of the photo."""

    SAME = "same person"
    UNSURE = "perhaps the same person: the photo is too blurred to tell"
    OTHER = "another person"


@dataclass(frozen=True)
class GuideChoice:
    """The guides of a face.

    Attributes:
        weights: By index of the candidates that guide how much each counts, the fittest first; together 1.
        similarity: Of face and person, 0..1: the median over ``person``. It decides the verdict.
        needed: The similarity that a face as sharp as this one needs, 0..1.
        verdict: What that means: `Verdict.OTHER` exactly where ``similarity`` is less than ``needed``.
        person: The candidates that show the person of the guide, itself included.
    """

    weights: Mapping[int, float]
    similarity: float
    needed: float
    verdict: Verdict
    person: tuple[int, ...]

    @property
    def index(self) -> int:
        """The candidate that counts most."""
        return next(iter(self.weights))

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
    quality = measure_quality(image, face_box(image.shape[0]))
    if size is not None:
        quality = replace(quality, size=size)
    return FacePortrait(embed_crop(image), quality, view(image))


def view(image: UInt8Image) -> FloatArray:
    """How a face looks from afar: its pose and expression and where its shadows lie, whatever its contrast.

    The brightness of the middle of the crop, without fine detail, which a bad photo lacks, and without what
    changes slowly. It is not turned or shifted: the network must move the guide by what differs.

    Args:
        image: (S, S, 3) RGB, 0..255, as `CropPlace.around` places it.

    Returns:
        (1936,) of mean 0 and length 1 (0 for a face without features), so that the scalar product of two
        is their correlation.
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
) -> GuideChoice:
    """Choose the guides of a face: the most similar person first, then the fittest pictures of that person.

    Candidates are good photos, so whether two of them show one person is known better than whether the
    bad photo shows it. A person is as similar as the median of their photos, so that one chance likeness
    among several photos of a stranger does not count; whose photo is sought by that and by the photo's own
    similarity alike, so that a very similar one does not lose to a crowd of people who look like it. Where
    nobody is similar enough, the nearest guide alone is returned as another person's.

    Args:
        face: The face to restore.
        candidates: At least one.
        most: How many of them may guide.
        least: As `fusion_weights` takes it.
        one_person: Whether all candidates are known to show the person of the face. Then all may guide,
            whatever the verdict.

    Raises:
        NoFaceError: There are no candidates.
    """
    if not candidates:
        raise NoFaceError("There is no guide face to choose from. Give a picture that shows this person.")
    likenesses = np.array([similarity(face.embedding, candidate.embedding) for candidate in candidates])
    together = same_people(np.stack([candidate.embedding for candidate in candidates]))
    if one_person:
        together[:] = True
    similar = _medians(likenesses, together)
    nearest = int(np.argmax(similar + likenesses))
    needed = needed_similarity(face.quality.sharpness)
    person = tuple(np.flatnonzero(together[nearest]).tolist())
    verdict = _verdict(similar[nearest], needed)
    if verdict is Verdict.OTHER and not one_person:
        return GuideChoice({nearest: 1.0}, similar[nearest], needed, verdict, person)
    fitness = {index: guide_fitness(face, candidates[index]) for index in person}
    return GuideChoice(fusion_weights(fitness, most, least), similar[nearest], needed, verdict, person)


def _medians(likenesses: AnyArray, together: BoolArray) -> list[float]:
    """Return for each candidate the median over the photos of its person; equal groups are asked once."""
    known: dict[bytes, float] = {}
    for photos in together:
        if photos.tobytes() not in known:
            known[photos.tobytes()] = float(np.median(likenesses[photos]))
    return [known[photos.tobytes()] for photos in together]


def _verdict(similar: float, needed: float) -> Verdict:
    if similar < needed:
        return Verdict.OTHER
    return Verdict.SAME if similar >= SAME_PERSON else Verdict.UNSURE


def guide_fitness(face: FacePortrait, guide: FacePortrait) -> float:
    """How well a picture guides the restoring of this very face, above 0 and up to 1.

    It resembles the face in pose and expression, shows the same person, is sharp and large, and has open
    eyes (where that is known). `benchmarks/guides.py` compares this with other choices.
    """
    resemblance, clarity = float(face.view @ guide.view), _clarity(guide.quality)
    return max(LEAST, resemblance) * similarity(face.embedding, guide.embedding) * max(LEAST, clarity)


def fusion_weights(
    fitness: Mapping[int, float], most: int = FUSED, least: float = LEAST_WEIGHT
) -> dict[int, float]:
    """How much the result with each guide counts in their mean.

    Args:
        fitness: Of each guide, above 0; at least one.
        most: How many guides are fused at most, 1 or more.
        least: Weight below which a guide is left out, at most 1 / ``most``.

    Returns:
        The weights of those that are fused, the fittest first; together 1.
    """
    fittest = sorted(fitness, key=lambda index: -fitness[index])[:most]
    weights = _shares({index: (fitness[index] / fitness[fittest[0]]) ** SELECTIVITY for index in fittest})
    return _shares({index: weight for index, weight in weights.items() if weight >= least})


def _shares(weights: Mapping[int, float]) -> dict[int, float]:
    total = sum(weights.values())
    return {index: weight / total for index, weight in weights.items()}


def guide_score(quality: Quality) -> float:
    """How good a guide a picture makes, 0..1: frontal, sharp, large, eyes open (where that is known)."""
    return quality.frontal * _clarity(quality)


def _clarity(quality: Quality) -> float:
    sharp = min(1.0, quality.sharpness / GOOD_SHARPNESS)
    large = min(1.0, quality.size / GOOD_SIZE)
    eyes = 1.0 if quality.eyes_open is None else min(1.0, max(0.1, quality.eyes_open / OPEN_EYES))
    return sharp * large * eyes
