"""Compare people: choose the split of each, and find who may be there twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np

from gfrnet.types import FloatArray

ONE_PERSON = 0.38
"""Distance of two mean embeddings below which they may show one person in two folders."""

_ROWS = 1024
"""Number of people compared with all others at a time, so that memory stays small."""


def split_of(person: str, val: float) -> str:
    """Choose the split of a person by a hash of the name, so that others may come and go.

    Args:
        person: Name.
        val: Share of the people that go to "val"; 0 for no splits.

    Returns:
        "train", "val", or empty without splits.
    """
    if not val:
        return ""
    place = int.from_bytes(hashlib.blake2b(person.encode(), digest_size=8).digest())
    return "val" if place < val * 2**64 else "train"


def one_person_twice(means: Mapping[str, FloatArray]) -> Iterator[str]:
    """Yield a note for every two names that may be one person.

    Args:
        means: (128,) mean embedding by name.
    """
    names = list(means)
    if not names:
        return
    points = np.stack([means[name] for name in names])
    squares = (points**2).sum(axis=1)
    for start in range(0, len(names), _ROWS):
        block = slice(start, start + _ROWS)
        near = squares[block, None] + squares - 2 * points[block] @ points.T < ONE_PERSON**2
        for one, other in np.argwhere(near):
            if start + one < other:
                distance = np.linalg.norm(points[start + one] - points[other])
                yield (
                    f"{names[start + one]} and {names[other]} may be one person (distance {distance:.2f}). "
                    "Put their photos into one folder, or they may end in different splits."
                )
