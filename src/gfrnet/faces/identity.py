"""Tell people apart by embeddings of dlib's recognition network, and compare two embeddings."""

from __future__ import annotations

from math import exp

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


def same_people(embeddings: FloatArray) -> BoolArray:
    """Return which of N sharp photos show the same person: `similarity` is at least `SAME_PERSON`.

    Args:
        embeddings: (N, 128).

    Returns:
        (N, N), true where two photos show the same person; symmetric, and true on the diagonal.
    """
    points = embeddings.astype(np.float64)
    squares = (points**2).sum(axis=1)
    # |a - b|^2 = |a|^2 + |b|^2 - 2 a b: one matrix product instead of N^2 differences.
    return np.asarray(squares[:, None] + squares - 2 * points @ points.T <= LIMITS[-1][1] ** 2)


def needed_similarity(sharpness: float) -> float:
    """Return the similarity from which face and guide count as one person: less for a more blurred face.

    Blur moves the embeddings of all people towards each other. A limit made for sharp photos would
    therefore refuse most right guides of bad photos. See `LIMITS`.

    Args:
        sharpness: Sharpness of the face to restore, from `quality.sharpness`.

    Returns:
        0..1, at most `SAME_PERSON`.
    """
    measured = [limit[0] for limit in LIMITS]
    farthest = [limit[1] for limit in LIMITS]
    return _similarity_at(float(np.interp(sharpness, measured, farthest)))


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


def _similarity_at(distance: float) -> float:
    return 1 / (1 + exp(10 * (distance - 0.6)))


SAME_PERSON = _similarity_at(LIMITS[-1][1])
"""Similarity from which two sharp photos count as one person (0.43)."""
