"""Tell who a bad face shows: compare it with every known person, and state how sure that is.

A bad face is too blurred for one comparison to tell. So more is asked:

1. The face is restored without a guide, and recognised before and after, as it is and mirrored (`trace`).
2. It is compared with the mean of each person's good photos.
3. Distances become probabilities. All people compete with each other, and with nobody of them.
4. Faces of one photo show different people, so they compete for each person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import dlib
import numpy as np

from gfrnet.faces import face_box, models
from gfrnet.faces.detect import shape5
from gfrnet.faces.recognition import CHIP_PADDING, CHIP_SIZE
from gfrnet.images import to_signed, to_uint8
from gfrnet.runtime import Runtime
from gfrnet.types import AnyArray, BoolArray, FloatArray, UInt8Image

BAD_SHARPNESS = 0.30
"""Sharpness below which a face is bad: one comparison does not tell who it is."""

RANKED = 5
"""People that are listed for each face, the likeliest first."""

ACCEPTED = 0.99
"""Probability from which a person is accepted without asking anybody."""

POSSIBLE = 0.05
"""Probability below which a person is not worth a suggestion."""

STRANGERS = 0.2
"""Share of bad faces that are expected to show none of the known people."""

CURVE = ((0.15, 0.74, 25.0), (0.24, 0.69, 39.0), (0.28, 0.66, 46.0), (0.44, 0.64, 46.0))
"""(sharpness of the face, even distance, slope of the log odds), from blurred to sharp."""

SPREAD = 0.15
"""Squared distance that makes up for comparing a face with the mean of many photos, not with one photo."""

BLOCK = 2048
"""Faces that are compared at a time, at least: it bounds the memory."""

ROUNDS = 3
"""Rounds in which the faces of one photo compete."""


class Verdict(StrEnum):
    """State what becomes of a bad face."""

    ACCEPTED = "accepted"
    UNSURE = "unsure"
    NOBODY = "nobody"


@dataclass(frozen=True, eq=False)
class BadFaces:
    """Hold what is known of N bad faces.

    Attributes:
        traces: (N, 2, 128) embeddings before and after restoring, from `trace`.
        sharpness: (N,) sharpness of the face in its photo, from `faces.sharpness`.
        photo: (N,) number of the photo. Faces of one photo show different people.
    """

    traces: FloatArray
    sharpness: FloatArray
    photo: AnyArray


@dataclass(frozen=True, eq=False)
class KnownPeople:
    """Hold the good photos of P people.

    Attributes:
        embeddings: (M, 128) of the good faces.
        person: (M,) number of the person that each shows, 0 to P - 1. Everyone has at least one photo.
    """

    embeddings: FloatArray
    person: AnyArray


@dataclass(frozen=True, eq=False)
class Attachments:
    """Hold who N bad faces show.

    Attributes:
        people: (N, R) numbers of the likeliest people, the likeliest first; -1 where there is none.
        probabilities: (N, R) probability of each, 0..1; 0 where there is none.
        verdicts: (N,) what becomes of each face. An accepted face shows ``people[n, 0]``. Of an unsure
            face, the ranked people are suggestions. They need the word of a human.
    """

    people: AnyArray
    probabilities: FloatArray
    verdicts: tuple[Verdict, ...]


def is_bad(sharpness: float) -> bool:
    """Return whether a face is too blurred to tell by one comparison who it shows.

    Only such a face needs `trace`. A small face is bad too: enlarged, it is blurred.

    Args:
        sharpness: From `faces.sharpness`.
    """
    return sharpness < BAD_SHARPNESS


def trace(crop: UInt8Image, runtime: Runtime) -> FloatArray:
    """Return what tells who a bad face shows: its embeddings before and after restoring without a guide.

    Each is the mean of the face and its mirror image.

    Args:
        crop: (256, 256, 3) RGB, 0..255, placed as by `CropPlace.around`.
        runtime: The restoring network.

    Returns:
        (2, 128), to be stored: it depends on the face, the recogniser and the network alone.
    """
    degraded = to_signed(crop)[None]
    restored = to_uint8(runtime.run(degraded, np.zeros_like(degraded)).restored[0])
    chips = np.stack([_chip(crop), _chip(restored)])
    both = np.concatenate([chips, chips[:, :, ::-1]])
    return models.recognition_network().run(both).reshape(2, 2, -1).mean(axis=0)


def _chip(crop: UInt8Image) -> UInt8Image:
    shape = shape5(crop, face_box(crop.shape[0]))
    return np.asarray(dlib.get_face_chip(np.ascontiguousarray(crop), shape, CHIP_SIZE, CHIP_PADDING))


def attach(
    bad: BadFaces, known: KnownPeople, forbidden: AnyArray | None = None, strangers: float = STRANGERS
) -> Attachments:
    """Rank the people that each bad face may show, with probabilities, and decide what becomes of it.

    The order of the faces does not matter. The memory needed grows with the number of people and the
    results, not with the number of pairs.

    Args:
        bad: The bad faces whose people nobody has confirmed.
        known: The good photos of the known people.
        forbidden: (K, 2) pairs (face, person) that a human has excluded, or that the rest of the photo
            excludes. They get probability 0.
        strangers: Share of bad faces that are expected to show none of the known people, 0..1.

    Raises:
        ValueError: Shapes or numbers do not fit.
    """
    means, spreads = _means(known)
    count = len(bad.photo)
    pairs = np.empty((0, 2), int) if forbidden is None else np.asarray(forbidden).reshape(-1, 2)
    _check(bad, known, pairs, len(means))
    shown = min(RANKED, len(means))
    people, chances = np.full((count, shown), -1), np.zeros((count, shown), np.float32)
    for rows in _blocks(bad.photo):
        odds = _log_odds(bad, rows, means, spreads)
        odds[_within(rows, pairs)] = -np.inf
        found = _compete(odds, bad.photo[rows], strangers)
        best = np.argsort(-found, axis=1, kind="stable")[:, :shown]
        chances[rows] = np.take_along_axis(found, best, axis=1)
        people[rows] = np.where(chances[rows] > 0, best, -1)
    return Attachments(people, chances, tuple(map(_verdict, chances.max(axis=1, initial=0))))


def _verdict(probability: float) -> Verdict:
    if probability >= ACCEPTED:
        return Verdict.ACCEPTED
    return Verdict.UNSURE if probability >= POSSIBLE else Verdict.NOBODY


def _check(bad: BadFaces, known: KnownPeople, pairs: AnyArray, people: int) -> None:
    count = len(bad.photo)
    if bad.traces.shape[:2] != (count, 2) or bad.sharpness.shape != (count,):
        raise ValueError(f"{count} faces came with traces {bad.traces.shape}. Give each (2, 128).")
    if len(known.embeddings) != len(known.person):
        raise ValueError(f"{len(known.embeddings)} photos came with {len(known.person)} people.")
    if len(pairs) and not ((pairs >= 0) & (pairs < (count, people))).all():
        raise ValueError(f"A forbidden pair names none of {count} faces and {people} people.")


def _means(known: KnownPeople) -> tuple[FloatArray, FloatArray]:
    """Return the (P, 128) means of the people's photos, and (P,) what their distances lack."""
    people = int(known.person.max(initial=-1)) + 1
    counts = np.bincount(known.person, minlength=people)
    if not counts.all():
        raise ValueError(f"Person {int(np.argmin(counts))} has no photo. Number only people who have one.")
    sums = np.zeros((people, known.embeddings.shape[1]), np.float64)
    np.add.at(sums, known.person, known.embeddings)
    return (sums / counts[:, None]).astype(np.float32), (SPREAD * (1 - 1 / counts)).astype(np.float32)


def _blocks(photo: AnyArray) -> Iterator[AnyArray]:
    """Yield rows of at least `BLOCK` faces; the faces of one photo stay together."""
    order = np.argsort(photo, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(photo[order])) + 1, len(order))
    start = 0
    for end in ends:
        if end - start >= BLOCK or end == len(order) > start:
            yield order[start:end]
            start = end


def _within(rows: AnyArray, pairs: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Return those forbidden pairs whose face is in a block, as indices into the block."""
    order = np.argsort(rows)
    at = np.minimum(np.searchsorted(rows, pairs[:, 0], sorter=order), len(rows) - 1)
    here = rows[order[at]] == pairs[:, 0]
    return order[at[here]], pairs[here, 1]


def _log_odds(bad: BadFaces, rows: AnyArray, means: FloatArray, spreads: FloatArray) -> FloatArray:
    """Return (B, P) how much likelier a face is if it shows a person than if it shows a stranger, as logs."""
    face = bad.traces[rows].mean(axis=1)
    squares = (face**2).sum(axis=1)[:, None] + (means**2).sum(axis=1) - 2 * face @ means.T
    distances = np.sqrt(np.maximum(squares, 0) + spreads)
    measured, middles, slopes = zip(*CURVE, strict=True)
    middle = np.interp(bad.sharpness[rows], measured, middles)
    slope = np.interp(bad.sharpness[rows], measured, slopes)
    return np.asarray(slope[:, None] * (middle[:, None] - distances), dtype=np.float32)


def _compete(odds: FloatArray, photo: AnyArray, strangers: float) -> FloatArray:
    """Return (B, P) probabilities: people compete for a face, and the faces of a photo for a person.

    Bayes' rule gives each face's probabilities. Then each person counts less for a face, by the probability
    that no other face of the photo shows them, for a few rounds (a mean-field approximation).

    Args:
        odds: (B, P) log likelihood ratios.
        photo: (B,) photo of each face; equal numbers stand together.
        strangers: Prior probability that a face shows none of the people.
    """
    prior = np.log((1 - strangers) / max(odds.shape[1], 1))
    found = _shares(odds + prior, strangers)
    starts = np.flatnonzero(np.diff(photo, prepend=photo[0] - 1))
    of_photo = np.cumsum(np.isin(np.arange(len(photo)), starts)) - 1
    several: BoolArray = np.bincount(of_photo)[of_photo] > 1
    for _ in range(ROUNDS if several.any() else 0):
        free = np.log(np.maximum(1 - found, 1e-6))
        others = np.add.reduceat(free, starts, axis=0)[of_photo] - free
        found[several] = _shares(odds[several] + prior + others[several], strangers)
    return found


def _shares(logs: FloatArray, strangers: float) -> FloatArray:
    """Return the probability of each person by Bayes' rule; that of nobody is the rest to 1."""
    nobody = np.log(max(strangers, 1e-9))
    top = np.maximum(logs.max(axis=1, initial=-np.inf), nobody)[:, None]
    weights = np.exp(logs - top)
    return np.asarray(weights / (weights.sum(axis=1, keepdims=True) + np.exp(nobody - top)))
