"""Who a face is: embeddings of dlib's recognition network, and how alike two of them are."""

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

Chosen on 60 training people so that about 3 % of the right guides are refused at most. On 10 other people
`benchmarks/identity_threshold.py` found that they refuse 0, 3 and 1 % of the right guides of sharp, 4x and
8x blindly degraded photos, and let 0.3, 12 and 46 % of the strangers pass: at 8x embeddings tell little.
Of sharp official portraits of different people 5 % pass for one person, of forty old ones 21 %.
"""

RESTORED_LIMIT = 0.72
"""Largest distance of a restored face to a guide of its person.

Restored, even with a stranger's guide, a face tells better who it is than degraded. Asked after `LIMITS`,
this one lets 25 instead of 46 % of the strangers of 8x degraded photos pass and refuses 5 instead of 1 % of
the right guides; of 4x degraded ones 9 instead of 12 %, and 3 as before (the same command and people).
"""


def embed(image: UInt8Image, box: Box) -> FloatArray:
    """The identity of one face, from the 150 px chip that its five landmarks align.

    Args:
        image: (H, W, 3) RGB, 0..255.
        box: The detector's box of the face; it may reach outside the image.

    Returns:
        (128,) point; photos of one person lie within about 0.6 of each other (Euclidean).
    """
    chip = dlib.get_face_chip(np.ascontiguousarray(image), shape5(image, box), CHIP_SIZE, CHIP_PADDING)
    return models.recognition_network().run(chip[None]).squeeze(0)


def embed_crop(pixels: UInt8Image) -> FloatArray:
    """The identity of a face that is already cut out, as `CropPlace.around` places it.

    Args:
        pixels: (size, size, 3) RGB, 0..255.

    Returns:
        (128,), as `embed`.
    """
    return embed(pixels, face_box(pixels.shape[0]))


def distance(a: FloatArray, b: FloatArray) -> float:
    """Euclidean distance of two embeddings: 0 for the same picture, about 0.85 for strangers."""
    return float(np.linalg.norm(a - b))


def similarity(a: FloatArray, b: FloatArray) -> float:
    """How alike two faces are: 1 / (1 + exp(10 (d - 0.6))) of the distance d of their embeddings.

    Returns:
        0..1: 0.5 at dlib's own limit for sharp photos (d = 0.6), about 0.9 for good photos of one
        person (0.38), below 0.1 for strangers (0.82 and more).
    """
    return _similarity_at(distance(a, b))


def same_people(embeddings: FloatArray) -> BoolArray:
    """Which of N sharp photos show one person: those with a `similarity` of at least `SAME_PERSON`.

    Args:
        embeddings: (N, 128).

    Returns:
        (N, N), symmetric, true on the diagonal.
    """
    points = embeddings.astype(np.float64)
    squares = (points**2).sum(axis=1)
    # |a - b|^2 = |a|^2 + |b|^2 - 2 a b: one matrix product instead of N^2 differences.
    return np.asarray(squares[:, None] + squares - 2 * points @ points.T <= LIMITS[-1][1] ** 2)


def needed_similarity(sharpness: float) -> float:
    """The similarity from which face and guide count as one person: the lower, the more blurred the face.

    Blur moves the embeddings of all people towards each other, so a limit made for sharp photos would
    refuse most right guides of bad ones. See `LIMITS`.

    Args:
        sharpness: Of the face to restore, as `quality.sharpness` measures it.

    Returns:
        0..1, at most `SAME_PERSON`.
    """
    measured = [limit[0] for limit in LIMITS]
    farthest = [limit[1] for limit in LIMITS]
    return _similarity_at(float(np.interp(sharpness, measured, farthest)))


def needed_restored(sharpness: float) -> float:
    """The similarity from which a restored face and its guide count as one person; see `RESTORED_LIMIT`.

    Args:
        sharpness: Of the restored face; one that stayed blurred needs no more than a degraded one.

    Returns:
        0..1.
    """
    return min(needed_similarity(sharpness), _similarity_at(RESTORED_LIMIT))


def _similarity_at(distance: float) -> float:
    return 1 / (1 + exp(10 * (distance - 0.6)))


SAME_PERSON = _similarity_at(LIMITS[-1][1])
"""similarity from which two sharp photos count as one person (0.43)."""
