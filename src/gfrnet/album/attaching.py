"""Tell who a bad face shows: compare it with every known person, and state how sure that is.

A bad face is too blurred for one comparison to tell. So more is asked:

1. The face is restored without a guide, and recognised before and after, as it is and mirrored (`trace`).
2. It is compared with the mean of each person's good photos. Each is seen from the centre of its kind.
3. The likenesses become probabilities. All people compete with each other, and with nobody of them.
4. Faces of one photo show different people, so they compete for each person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import dlib
import numpy as np

from gfrnet import weights
from gfrnet.faces import face_box, models
from gfrnet.faces.detect import shape5
from gfrnet.faces.recognition import CHIP_PADDING, CHIP_SIZE
from gfrnet.images import to_signed, to_uint8
from gfrnet.runtime import Runtime
from gfrnet.types import AnyArray, BoolArray, FloatArray, UInt8Image

BAD_SHARPNESS = 0.28
"""Sharpness below which a face is bad: one comparison does not tell who it is.

Of blindly degraded photos, all at 8x and 98 % at 4x lie below. `benchmarks/album_attaching.py` prints their
sharpness.
"""

RANKED = 5
"""People that are listed for each face, the likeliest first."""

ACCEPTED = 0.85
"""Probability from which a person is accepted without asking anybody.

Of training faces in albums of 20 people, 0.6 % (8x) and 0.8 % (4x) then get a wrong person. At 0.8 it is 1.0
and 0.9 %. The probabilities of faces at 8x are too modest. `benchmarks/album_attaching.py --fit` prints it.
"""

POSSIBLE = 0.05
"""Probability below which a person is not worth a suggestion."""

STRANGERS = 0.2
"""Share of bad faces that are expected to show none of the known people."""

CURVE = ((0.154, 0.25, 15.0), (0.234, 0.39, 27.0))
"""(sharpness of the face, even likeness, slope of the log odds), from blurred to sharp.

At the even likeness, a person and a stranger are equally likely. Fitted at 8x and 4x on training people.
`benchmarks/album_attaching.py --fit` fits it, and measures the centres of the faces at the same sharpness.
"""

SHARES = (0.3, 0.7)
"""Weights of the embeddings before and after restoring, in the mean that is compared.

Of 0.3, 0.5 and 0.7 for the second one, the last makes the right answers of training people likeliest.
"""

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
    embeddings = models.recognition_network().run(both)
    return np.asarray(embeddings.reshape(2, 2, -1).mean(axis=0), dtype=np.float32)


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
    means = _means(known)
    count = len(bad.photo)
    pairs = np.empty((0, 2), int) if forbidden is None else np.asarray(forbidden).reshape(-1, 2)
    _check(bad, known, pairs, len(means))
    shown = min(RANKED, len(means))
    people, chances = np.full((count, shown), -1), np.zeros((count, shown), np.float32)
    for rows in _blocks(bad.photo):
        odds = _log_odds(bad, rows, means)
        odds[_within(rows, pairs)] = -np.inf
        found = _compete(odds, bad.photo[rows], strangers)
        best = np.argsort(-found, axis=1, kind="stable")[:, :shown]
        chances[rows] = np.take_along_axis(found, best, axis=1)
        people[rows] = np.where(chances[rows] > 0, best, -1)
    return Attachments(people, chances, tuple(map(_verdict, chances.max(axis=1, initial=0))))


def likenesses(bad: BadFaces, known: KnownPeople, centres: FloatArray) -> FloatArray:
    """Return how alike bad faces and people are: the cosine of both, each seen from the centre of its kind.

    Blur moves all faces the same way, and towards each other. Seen from their own centre, they differ again.

    Args:
        bad: N bad faces.
        known: The good photos of P people.
        centres: (1 + C, 128) mean embedding of good faces, and of bad ones at each sharpness of `CURVE`.

    Returns:
        (N, P), -1..1.
    """
    return _likenesses(bad, np.arange(len(bad.photo)), _means(known), centres)


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


def _means(known: KnownPeople) -> FloatArray:
    """Return the (P, 128) means of the people's photos."""
    people = int(known.person.max(initial=-1)) + 1
    counts = np.bincount(known.person, minlength=people)
    if not counts.all():
        raise ValueError(f"Person {int(np.argmin(counts))} has no photo. Number only people who have one.")
    sums = np.zeros((people, known.embeddings.shape[1]), np.float64)
    np.add.at(sums, known.person, known.embeddings)
    return (sums / counts[:, None]).astype(np.float32)


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


def _log_odds(bad: BadFaces, rows: AnyArray, means: FloatArray) -> FloatArray:
    """Return (B, P) log likelihood ratios: of each person to a stranger."""
    measured, middles, slopes = zip(*CURVE, strict=True)
    middle = np.interp(bad.sharpness[rows], measured, middles)
    slope = np.interp(bad.sharpness[rows], measured, slopes)
    alike = _likenesses(bad, rows, means, _centres())
    return np.asarray(slope[:, None] * (alike - middle[:, None]), dtype=np.float32)


def _likenesses(bad: BadFaces, rows: AnyArray, means: FloatArray, centres: FloatArray) -> FloatArray:
    measured = [sharpness for sharpness, _, _ in CURVE]
    place = np.interp(bad.sharpness[rows], measured, range(len(measured)))
    between = np.maximum(0, 1 - np.abs(place[:, None] - np.arange(len(measured))))
    faces = np.einsum("nkd,k->nd", bad.traces[rows], SHARES) - between @ centres[1:]
    return np.asarray(_unit(faces) @ _unit(means - centres[0]).T, dtype=np.float32)


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-6), dtype=np.float32)


@lru_cache(maxsize=1)
def _centres() -> FloatArray:
    centres: FloatArray = np.load(weights.check_installed(weights.BAD_FACES))
    return centres


def _compete(odds: FloatArray, photo: AnyArray, strangers: float) -> FloatArray:
    """Return (B, P) probabilities: people compete for a face, and the faces of a photo for a person.

    Bayes' rule gives each face's probabilities. Then a person counts less for a face, the likelier another
    face of the photo shows them. That is repeated for a few rounds (a mean-field approximation).

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
