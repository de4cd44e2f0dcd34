"""Tell people apart by embeddings of dlib's recognition network, and compare two embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

import dlib
import numpy as np

from gfrnet.faces import models
from gfrnet.faces.crop import face_box
from gfrnet.faces.detect import shape5
from gfrnet.faces.recognition import CHIP_PADDING, CHIP_SIZE
from gfrnet.types import BoolArray, Box, FloatArray, UInt8Image

LIMITS = ((0.15, 0.80), (0.24, 0.71), (0.36, 0.63))
"""(sharpness of the face, largest distance to a sharp guide of the same person), from blurred to sharp.

The limits were chosen on 60 training people, so that they refuse about 3 % of the right guides at most.
`benchmarks/identity_threshold.py` measures them on 10 other people, for sharp photos and for photos that are
blindly degraded 4x and 8x. They refuse 0, 3 and 1 % of the right guides, and let 0.3, 12 and 46 % of the
strangers pass. At 8x, embeddings tell little.
Among sharp official portraits of different people, 5 % pass for one person; among forty old ones, 21 %.
"""

RESTORED_LIMIT = 0.72
"""Largest distance of a restored face to a guide of its person.

A restored face tells better who it is than the degraded one, even if a stranger guided it. This limit is
applied after `LIMITS`. The same command measures it on the same people:

- For 8x degraded photos, 25 instead of 46 % of the strangers pass. 5 instead of 1 % of the right guides are
  refused.
- For 4x degraded photos, 9 instead of 12 % of the strangers pass. 3 % of the right guides are refused, as
  before.
"""


SPREAD = 0.15
"""Squared distance that makes up for comparing a face with the mean of many photos, not with one photo.

Chosen on the training people of `benchmarks/who_is_who.py`. With it, `LIMITS` refuse about 3 % of the right
guides with one guide and with four.
"""

CERTAINTY = ((0.15, 0.74, 25.0), (0.24, 0.69, 39.0), (0.28, 0.66, 46.0), (0.44, 0.64, 46.0))
"""(sharpness of the face, even distance, slope), from blurred to sharp.

At the even distance, right guides and strangers are equally likely. The slope is that of the log odds over
the distance. These logistic curves were fitted on 120 training people, at 8x, 4x, 2x and sharp.
`benchmarks/who_is_who.py` fits them.
"""

SUREST = 0.99
"""Largest probability that is stated. The people measured are too few to tell more."""

GROUP_DISTANCE = 0.55
"""Largest distance of two guides of one person, where a photo shows several people.

Among many people, strangers who look alike are likelier than among the guides of one face. Groups
of 20 training people with one guide each were measured at 4x. With 0.55, strangers are mixed into 2 % of the
faces, and with 0.63 into 8 %.
"""

TWIN_DISTANCE = 0.42
"""Largest distance of two faces of a photo that surely show one person, as in a mirror or a collage.

Of pairs of strangers among 120 training people, 0.02 % lie nearer, sharp and blurred alike.
"""

DOUBTFUL = 0.8
"""Probability below which an accepted guide gets a remark.

`benchmarks/who_is_who.py` gives the shares of right guides with a remark and of strangers without one.
"""

WORDS = (
    (0.97, "almost certainly the same person"),
    (0.9, "very likely the same person"),
    (DOUBTFUL, "probably the same person"),
    (0.4, "perhaps the same person"),
    (0.1, "probably another person"),
    (0.0, "very likely another person"),
)
"""(least probability, words) of the same person, the surest first."""


def embed(image: UInt8Image, box: Box) -> FloatArray:
    """Return the identity of one face, from a chip of 150 pixels that is aligned by its five landmarks.

    Args:
        image: (H, W, 3) RGB, 0..255.
        box: The detector's box of the face; it may reach outside the image.

    Returns:
        (128,) embedding. Photos of one person lie within a Euclidean distance of about 0.6.
    """
    chip = dlib.get_face_chip(np.ascontiguousarray(image), shape5(image, box), CHIP_SIZE, CHIP_PADDING)
    return models.recognition_network().run(chip[None]).squeeze(0)


def embed_crop(pixels: UInt8Image) -> FloatArray:
    """Return the identity of a face that is already cut out.

    Args:
        pixels: (size, size, 3) RGB, 0..255, placed as by `CropPlace.around`.

    Returns:
        (128,) embedding, as from `embed`.
    """
    return embed(pixels, face_box(pixels.shape[0]))


def distance(a: FloatArray, b: FloatArray) -> float:
    """Return the Euclidean distance of two embeddings: 0 for the same picture, about 0.85 for strangers."""
    return float(np.linalg.norm(a - b))


def similarity(a: FloatArray, b: FloatArray) -> float:
    """Return how alike two faces are: 1 / (1 + exp(10 (d - 0.6))) of the distance d of their embeddings.

    Returns:
        0..1. It is 0.5 at d = 0.6, dlib's own limit for sharp photos. Good photos of
        one person have about 0.9 (d = 0.38). Strangers have less than 0.1 (d = 0.82 and more).
    """
    return _similarity_at(distance(a, b))


def person_distance(embedding: FloatArray, photos: FloatArray) -> float:
    """Return the distance of a face to a person of whom several photos are known.

    The face is compared with the mean of the photos' embeddings, which is surer than any one of them. A mean
    lies nearer to every face than a single photo does. `SPREAD` makes up for that.

    Args:
        embedding: (128,) of the face.
        photos: (K, 128) embeddings of the person's photos, at least one.

    Returns:
        A distance that compares with that of two single photos; for one photo it is that very distance.
    """
    spread = SPREAD * (1 - 1 / len(photos))
    return float(np.sqrt(np.sum((embedding - photos.mean(axis=0)) ** 2) + spread))


def likeness(embedding: FloatArray, photos: FloatArray) -> float:
    """Return how alike a face and a person are, 0..1: `similarity`, of `person_distance`."""
    return _similarity_at(person_distance(embedding, photos))


def certainty(similarity: float, sharpness: float) -> float:
    """Return the probability that a face shows the person of a guide, from `CERTAINTY`.

    It holds where a right guide and a stranger are equally likely beforehand.

    Args:
        similarity: Similarity of face and person, 0..1.
        sharpness: Sharpness of the face, from `quality.sharpness`. The guides are sharp.

    Returns:
        0..1.
    """
    probability = 1 / (1 + exp(-_log_odds(_distance_at(similarity), sharpness)))
    return min(max(probability, 1 - SUREST), SUREST)


def similarity_for(probability: float, sharpness: float) -> float:
    """Return the similarity at which `certainty` has a value.

    Args:
        probability: The value, between 0 and 1.
        sharpness: Sharpness of the face, from `quality.sharpness`.

    Returns:
        0..1.
    """
    measured, middles, slopes = zip(*CERTAINTY, strict=True)
    middle, slope = np.interp(sharpness, measured, middles), np.interp(sharpness, measured, slopes)
    return _similarity_at(float(middle - log(probability / (1 - probability)) / slope))


def in_words(probability: float) -> str:
    """Return the words for a probability that two faces show the same person."""
    return next(words for least, words in WORDS if probability >= least)


def evidence(distance: float, sharpness: float) -> float:
    """Return how much a distance speaks for the same person, in log odds beyond what accepts a guide.

    Args:
        distance: Distance of face and person, from `person_distance`.
        sharpness: Sharpness of the face.

    Returns:
        A sum of such values compares ways to share out people. It is above 0 exactly where the guide is
        similar enough (`needed_similarity`).
    """
    return _log_odds(distance, sharpness) - _log_odds(_limit(LIMITS, sharpness), sharpness)


def same_people(embeddings: FloatArray, farthest: float = LIMITS[-1][1]) -> BoolArray:
    """Return which of N sharp photos show the same person.

    Args:
        embeddings: (N, 128).
        farthest: Largest distance of two photos of one person. The default is that of `SAME_PERSON`.

    Returns:
        (N, N), true where two photos show the same person; symmetric, and true on the diagonal.
    """
    points = embeddings.astype(np.float64)
    squares = (points**2).sum(axis=1)
    # |a - b|^2 = |a|^2 + |b|^2 - 2 a b: one matrix product instead of N^2 differences.
    alike = np.asarray(squares[:, None] + squares - 2 * points @ points.T <= farthest**2)
    np.fill_diagonal(alike, True)
    return alike


def needed_similarity(sharpness: float) -> float:
    """Return the similarity from which face and guide count as one person: less for a more blurred face.

    Blur moves the embeddings of all people towards each other. A limit made for sharp photos would
    therefore refuse most right guides of bad photos. See `LIMITS`.

    Args:
        sharpness: Sharpness of the face to restore, from `quality.sharpness`.

    Returns:
        0..1, at most `SAME_PERSON`.
    """
    return _similarity_at(_limit(LIMITS, sharpness))


def needed_restored(sharpness: float) -> float:
    """Return the similarity from which a restored face and its guide count as one person.

    See `RESTORED_LIMIT`.

    Args:
        sharpness: Sharpness of the restored face. A face that stayed blurred needs no more than a degraded
            one.

    Returns:
        0..1.
    """
    return min(needed_similarity(sharpness), _similarity_at(RESTORED_LIMIT))


def _limit(limits: Sequence[tuple[float, float]], sharpness: float) -> float:
    measured, values = zip(*limits, strict=True)
    return float(np.interp(sharpness, measured, values))


def _log_odds(distance: float, sharpness: float) -> float:
    measured, middles, slopes = zip(*CERTAINTY, strict=True)
    middle, slope = np.interp(sharpness, measured, middles), np.interp(sharpness, measured, slopes)
    return float(slope * (middle - distance))


def _similarity_at(distance: float) -> float:
    return 1 / (1 + exp(10 * (distance - 0.6)))


def _distance_at(similarity: float) -> float:
    return 0.6 + log(1 / similarity - 1) / 10


SAME_PERSON = _similarity_at(LIMITS[-1][1])
"""Similarity from which two sharp photos count as one person (0.43)."""
