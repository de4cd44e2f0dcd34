"""Draw embeddings of people who do not exist, as far apart as those of real ones."""

from __future__ import annotations

import numpy as np

from gfrnet.album.closeness import crowds
from gfrnet.types import AnyArray, FloatArray

WITHIN, BETWEEN = 0.11, 0.2
"""Squared distances of a face to its person, and of a person to their crowd, about as in LFW."""


def drawn_embeddings(person: AnyArray, rng: np.random.Generator, between: float = BETWEEN) -> FloatArray:
    """Draw faces of people around the crowds.

    Args:
        person: (N,) number of each face's person, from 0.
        rng: Source of randomness.
        between: Squared distance of a person to their crowd. A smaller one draws people who look more alike.

    Returns:
        (N, 128) float32.
    """
    middles = crowds()
    # The first directions vary most, as in real embeddings.
    shares = 1 / np.arange(5, 5 + middles.shape[1])
    shares /= shares.sum()
    people = int(person.max(initial=-1)) + 1
    own = rng.standard_normal((people, len(shares)), np.float32) * np.sqrt(between * shares)
    own += middles[rng.integers(len(middles), size=people)]
    noise = rng.standard_normal((len(person), len(shares)), np.float32) * np.sqrt(WITHIN * shares)
    return (own[person] + noise).astype(np.float32)
