"""Measure restored tracks while they are made: who they show, and how much they flicker."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gfrnet import faces
from gfrnet.film.deciding import TrackPlan
from gfrnet.film.steady import calmed, light, link
from gfrnet.images import to_uint8
from gfrnet.types import FloatImage

SAMPLE_EVERY = 12
"""Frames from one measure to the next: measures take a twentieth of the time that restoring takes."""


@dataclass(frozen=True)
class TrackMeasures:
    """Hold what was measured while a track was restored.

    Attributes:
        track: Number of the track.
        frames: Frames on which it was restored.
        similarity_after: Mean similarity of restored faces to the person of the portraits, 0..1; None
            without portraits.
        similarity_spread: Standard deviation of this similarity over the track.
        flicker_before: Root mean square difference of a face and its next frame along the flow, 0..255,
            before restoring. The flicker of the light does not count.
        flicker_after: The same after restoring.
    """

    track: int
    frames: int
    similarity_after: float | None
    similarity_spread: float
    flicker_before: float
    flicker_after: float


class Gauge:
    """Measure one track, on some of its frames.

    Args:
        plan: What is to become of the track.
    """

    def __init__(self, plan: TrackPlan) -> None:
        self._plan, self._frames = plan, 0
        self._similar: list[float] = []
        self._flickers: list[tuple[float, float]] = []
        self._before: tuple[FloatImage, FloatImage] | None = None

    def add(self, index: int, degraded: FloatImage, restored: FloatImage) -> None:
        """Take the next finished face.

        Args:
            index: Index of the frame.
            degraded: (256, 256, 3) the face before, [-1, 1].
            restored: (256, 256, 3) the face after, [-1, 1].
        """
        self._frames += 1
        step = (index - self._plan.track.first) % SAMPLE_EVERY
        if self._before is not None and step == 1 % SAMPLE_EVERY:
            self._flickers.append(_flicker(self._before, (degraded, restored)))
        self._before = None
        if step == 0:
            self._before = degraded, restored
            if self._plan.guides and self._plan.face is not None:
                embedding = faces.embed_crop(to_uint8(restored))
                self._similar.append(faces.likeness(embedding, self._plan.face.person))

    def measures(self) -> TrackMeasures:
        """Return what was measured; no flicker where there were not two neighbours."""
        before, after = np.mean(self._flickers, axis=0) if self._flickers else (0.0, 0.0)
        return TrackMeasures(
            self._plan.track.number,
            self._frames,
            float(np.mean(self._similar)) if self._similar else None,
            float(np.std(self._similar)) if self._similar else 0.0,
            float(before),
            float(after),
        )


def _flicker(
    first: tuple[FloatImage, FloatImage], second: tuple[FloatImage, FloatImage]
) -> tuple[float, float]:
    """Return the difference of two frames along one flow, before and after restoring, 0..255.

    Args:
        first: A face before and after restoring.
        second: The next face, likewise.
    """
    way, _ = link(calmed(first[0]), calmed(second[0]))
    box = faces.face_box(way.trust.shape[0])
    inside = np.s_[round(box.top) : round(box.bottom), round(box.left) : round(box.right)]
    weight = way.trust[inside]
    found = []
    for a, b in zip(first, second, strict=True):
        apart = a - way.brought(b)
        square = ((apart - light(apart)) ** 2).mean(axis=2)[inside]
        found.append(127.5 * float(np.sqrt((square * weight).sum() / max(float(weight.sum()), 1e-6))))
    return found[0], found[1]
