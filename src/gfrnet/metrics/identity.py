"""Measure whether it is still the same person."""

from __future__ import annotations

import numpy as np

from gfrnet.types import FloatArray


def identity_distance(a: FloatArray, b: FloatArray) -> float:
    """Return the Euclidean distance of two face embeddings. With dlib's, below 0.6 is the same person.

    Args:
        a: (D,) embedding.
        b: (D,) embedding.

    Raises:
        ValueError: The embeddings differ in shape.
    """
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"Give two embeddings of one length, not {a.shape} and {b.shape}.")
    return float(np.linalg.norm(a.astype(np.float64) - b))
