"""Faces of people who do not exist."""

import numpy as np
from album_drawn import BETWEEN, drawn_embeddings

from gfrnet.album.grouping import FaceRows


def drawn(people: int, photos: int, seed: int = 0, alike: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """(N, 128) embeddings and (N,) people; with ``alike`` above 1, people are more alike than real ones."""
    person = np.repeat(np.arange(people), photos)
    return drawn_embeddings(person, np.random.default_rng(seed), BETWEEN / alike), person


def rows_of(embeddings: np.ndarray, photos: np.ndarray | None = None) -> FaceRows:
    """Good faces, each in a photo of its own unless told."""
    count = len(embeddings)
    return FaceRows(
        embeddings=embeddings,
        photos=np.arange(count) if photos is None else photos,
        sharpness=np.full(count, 0.4, np.float32),
        size=np.full(count, 150, np.float32),
        score=np.ones(count, np.float32),
    )
