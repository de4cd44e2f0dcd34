"""Make tracks of what was seen: cut at the ends of shots, linked over gaps, and smoothed without a lag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gfrnet.faces import distance, guide_score
from gfrnet.film.following import EVERY, Chain, Sample, Sight
from gfrnet.film.records import Shot, Spot, Track
from gfrnet.film.smoothing import smoothed
from gfrnet.types import Box, FloatArray

GAP = 25
"""Longest gap in frames over which two sights of a face are linked: one second. The face is carried over."""

NEAR, ALIKE = 0.8, 0.65
"""Largest distance of embeddings of a face that went on at its place, and of one that moved.

Blur makes embeddings unlike, so the place counts for more.
"""

OVERLAP = 0.25
"""Least intersection over union of a face before and after a gap that is at its place."""

FARTHEST = 2.0
"""Largest way of a face in a gap, in its sides."""

SIZES = 1.6
"""Largest ratio of the sizes of a face before and after a gap."""

SHORTEST, LEAST_SCORE = 5, 0.5
"""Frames and mean score below which a track is dropped as false. `benchmarks/film_tracks.py` counts them."""

PLACE_REACH, SIZE_REACH, TURN_REACH = 2.0, 6.0, 6.0
"""Reach of the smoothing in frames: for the middle, the side and the turn of a face.

`benchmarks/film_tracks.py` measures how much the boxes shake with it, and how far they are off.
"""


@dataclass(frozen=True, eq=False)
class _Piece:
    """Hold a part of a track, in one shot."""

    shot: Shot
    sights: tuple[Sight, ...]
    samples: tuple[Sample, ...]

    @property
    def first(self) -> Sight:
        return self.sights[0]

    @property
    def last(self) -> Sight:
        return self.sights[-1]

    @property
    def embedding(self) -> FloatArray | None:
        found = [sample.embedding for sample in self.samples]
        return np.mean(found, axis=0) if found else None

    def followed_by(self, other: _Piece) -> _Piece:
        samples = sorted((*self.samples, *other.samples), key=lambda sample: -guide_score(sample.quality))
        return _Piece(self.shot, self.sights + other.sights, tuple(samples))


def make_tracks(chains: Sequence[Chain], shots: Sequence[Shot]) -> tuple[Track, ...]:
    """Make the tracks of a film.

    Args:
        chains: What was seen.
        shots: All shots, in order.
    """
    tracks: list[_Piece] = []
    pieces = sorted(_pieces(chains, shots), key=lambda piece: (piece.shot, piece.first.frame))
    start = 0
    for stop in range(1, len(pieces) + 1):
        if stop == len(pieces) or pieces[stop].shot != pieces[start].shot:
            tracks += _linked(pieces[start:stop])
            start = stop
    kept = sorted(filter(_is_sure, tracks), key=lambda piece: (piece.first.frame, piece.first.box.left))
    return tuple(_track(number, piece) for number, piece in enumerate(kept))


def _pieces(chains: Sequence[Chain], shots: Sequence[Shot]) -> Iterator[_Piece]:
    """Cut chains where shots end."""
    starts = np.array([shot.start for shot in shots])
    for chain in chains:
        numbers = np.searchsorted(starts, [sight.frame for sight in chain.sights], side="right") - 1
        for number in np.unique(numbers):
            shot = shots[number]
            sights = tuple(s for s, n in zip(chain.sights, numbers, strict=True) if n == number)
            yield _Piece(shot, sights, tuple(sample for sample in chain.samples if sample.frame in shot))


def _linked(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Link the pieces of one shot, in order of their first frames; each goes on with the nearest before."""
    done: list[_Piece] = []
    for piece in pieces:
        fits = [(price, n) for n, before in enumerate(done) if (price := _price(before, piece)) is not None]
        if fits:
            _, best = min(fits)
            done[best] = done[best].followed_by(piece)
        else:
            done.append(piece)
    return done


def _price(before: _Piece, after: _Piece) -> float | None:
    """Return how unlike two pieces are; None if they do not show one face."""
    a, b = before.last, after.first
    gap = b.frame - a.frame
    if not 0 < gap <= GAP:
        return None
    sides = a.box.width, b.box.width
    way = float(np.hypot(*np.subtract(a.box.center, b.box.center))) / max(sides)
    if way > FARTHEST or max(sides) > SIZES * min(sides):
        return None
    known = before.embedding is not None and after.embedding is not None
    apart = distance(before.embedding, after.embedding) if known else ALIKE  # type: ignore[arg-type]
    limit = NEAR if a.box.overlap(b.box) > OVERLAP else ALIKE
    return apart + 0.1 * way if apart < limit or (not known and limit == NEAR) else None


def _is_sure(piece: _Piece) -> bool:
    """Return whether a track is no chance likeness of a face."""
    least = min(SHORTEST, len(piece.shot) // 2 + 1)
    score = float(np.mean([sight.score for sight in piece.sights]))
    return len(piece.sights) >= least and score >= LEAST_SCORE and bool(piece.samples)


def _track(number: int, piece: _Piece) -> Track:
    samples = piece.samples
    embeddings = np.stack([sample.embedding for sample in samples]).astype(np.float32)
    return Track(
        number,
        piece.shot,
        tuple(_spots(piece)),
        embeddings.mean(axis=0),
        embeddings,
        tuple(sample.frame for sample in samples),
        samples[0].quality,
        tuple(sample.picture for sample in samples),
    )


def _spots(piece: _Piece) -> Iterator[Spot]:
    """Yield a smoothed place for every frame. A track that begins near a cut begins at the cut."""
    shot, sights = piece.shot, piece.sights
    first, last = piece.first.frame, piece.last.frame
    first = shot.start if first - shot.start < EVERY else first
    last = shot.stop - 1 if shot.stop - 1 - last < EVERY else last
    frames = np.array([sight.frame for sight in sights]) - first
    boxes = [sight.box for sight in sights]
    count = last - first + 1
    side = np.exp(smoothed(frames, np.log([max(b.width, b.height) for b in boxes]), count, SIZE_REACH))
    scale = float(np.median(side))
    x, y = (
        smoothed(frames, np.array([b.center[i] for b in boxes]) / scale, count, PLACE_REACH) * scale
        for i in (0, 1)
    )
    angle = _angles(frames, [sight.turn for sight in sights], count)
    scores = dict(zip(frames.tolist(), [sight.score for sight in sights], strict=True))
    for n in range(count):
        half = float(side[n]) / 2
        box = Box(float(x[n]) - half, float(y[n]) - half, float(x[n]) + half, float(y[n]) + half)
        yield Spot(first + n, box, float(angle[n]), scores.get(n, 0.0), n in scores)


def _angles(frames: FloatArray, turns: Sequence[float], count: int) -> FloatArray:
    """Return the turn on each frame. A head that is upright on most frames is upright on all."""
    found = np.array(turns)
    turned = found != 0
    if turned.mean() <= 0.5:
        return np.zeros(count, np.float32)
    steady = np.rad2deg(np.unwrap(np.deg2rad(found[turned])))
    return smoothed(frames[turned], steady, count, TURN_REACH)
