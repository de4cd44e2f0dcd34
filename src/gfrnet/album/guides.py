"""Choose which good photos of a person guide the restoring of one bad face."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

import numpy as np

from gfrnet.album.attaching import BAD_SHARPNESS
from gfrnet.album.index import Index
from gfrnet.album.model import SURE, AlbumFace
from gfrnet.album.queries import faces_with_ids, person_id
from gfrnet.album.table import UNKNOWN_FROM, UNKNOWN_TO, days_between
from gfrnet.faces import FUSED, Quality, clarity
from gfrnet.types import AnyArray, BoolArray, FloatArray

LEAST_SHARPNESS = BAD_SHARPNESS
"""Sharpness below which a face guides only if somebody has pinned it: it is bad itself."""

LEAST_SIZE = 48.0
"""Side in pixels below which a face guides only if somebody has pinned it."""

LEAST_RESEMBLANCE = 0.05
"""Floor of the correlation of two views, so that a face seen from the other side still counts."""

ALIKE_VIEWS, ALIKE_DISTANCE = 0.8, 0.3
"""Least correlation of views, and largest distance of identities, of two copies of one photo.

They find 79 % of cropped, 92 % of recoloured, and all mirrored and compressed copies of training photos. Of
other pairs they take 12 % for copies: 14 % are two studio portraits of one session, of which one guides.
``benchmarks/album_copies.py`` measures it.
"""

SAME_DAY, SAME_FOLDER = 2.0, 1.25
"""Factors of a guide's fitness where it was taken on the day of the bad photo, or lies beside it.

A guide of the same session brings a multiple of one of another day (docs/results/gfrnet-slim.md). Twice
the fitness lets it go before others of its view, and not before one of a much better view.
"""

HALVED = 20.0
"""Years between two photos that halve a guide's fitness: people change."""

UNDATED = 5.0
"""Years that are taken to lie between two photos where a date is unknown."""

MOST_CANDIDATES = 2000
"""Most faces of a person that are compared, the clearest. One takes 4.5 kB."""

_PEOPLE = 8
"""Number of people whose candidates stay in memory: a photo shows several people."""

_CANDIDATES = f"""
SELECT faces.id, pixels, faces.size, sharpness, taken_from, taken_to, guide = 'pinned' AS pinned,
       (SELECT MIN(path) FROM paths WHERE paths.photo = faces.photo) AS path
FROM belongs JOIN faces ON faces.id = belongs.face JOIN photos ON photos.id = faces.photo
WHERE person = ? AND by IN ({",".join("?" * len(SURE))}) AND guide != 'banned'
  AND (guide = 'pinned' OR (sharpness >= ? AND faces.size >= ?)) AND path IS NOT NULL
ORDER BY content, faces.number
"""

_VIEW_SIDE = 44

_Days: TypeAlias = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Hold N faces that may guide a person's bad faces, in an order that depends on their content alone.

    Attributes:
        ids: (N,) numbers in the index.
        pixels: Hash of the pixels of each face's photo.
        pinned: (N,) whether somebody wants it as guide.
        clarity: (N,) how sharp and large it is, 0..1.
        days: (N, 2) first and last day on which its photo may have been taken, as `date.toordinal`.
        folders: Folder of each face's photo.
        embeddings: (N, 128) identities.
        views: (N, 1936) of float16, as `faces.view`.
    """

    ids: AnyArray
    pixels: tuple[str, ...] = field(repr=False)
    pinned: BoolArray = field(repr=False)
    clarity: FloatArray = field(repr=False)
    days: AnyArray = field(repr=False)
    folders: tuple[bytes, ...] = field(repr=False)
    embeddings: FloatArray = field(repr=False)
    views: AnyArray = field(repr=False)


class GuideFinder:
    """Find the guides of bad faces. It remembers the candidates of the people whom it met last.

    Args:
        index: The index of the album.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._known: OrderedDict[str, Candidates] = OrderedDict()
        self._grouped: str | None = None

    def find(self, face: AlbumFace, most: int = FUSED) -> tuple[AlbumFace, ...]:
        """Return the guides of a face, the fittest first and pinned ones before all others.

        Args:
            face: The face.
            most: Largest number of guides.
        """
        return faces_with_ids(self._index, list(islice(self.ranked(face), most)))

    def ranked(self, face: AlbumFace) -> Iterator[int]:
        """Yield the numbers of all faces that may guide a face, the fittest first, each photo once."""
        given = self.candidates(face.person)
        own = self._index.row(
            "SELECT pixels, embedding, view FROM faces JOIN photos ON photos.id = faces.photo "
            "JOIN portraits ON portraits.face = faces.id WHERE faces.id = ?",
            (face.id,),
        )
        if own is None:
            return
        view = np.frombuffer(own["view"], "<f2").astype(np.float32)
        fitness = given.clarity * _resemblance(given, view, np.frombuffer(own["embedding"], "<f4"))
        fitness *= nearness(given, _days_of(face), os.path.dirname(os.fsencode(face.photo)))
        order = np.lexsort((-fitness, ~given.pinned))
        others = [row for row in order if given.pixels[row] != own["pixels"]]
        yield from (int(given.ids[row]) for row in _without_copies(given, others))

    def has_guide(self, person: str, pixels: str) -> bool:
        """Return whether any face may guide a face.

        Args:
            person: Label of its person.
            pixels: Hash of the pixels of its photo.
        """
        return any(other != pixels for other in self.candidates(person).pixels)

    def candidates(self, person: str) -> Candidates:
        """Return the faces that may guide a person's bad faces; none for an empty label."""
        grouped = self._index.fact("grouped")
        if grouped != self._grouped:
            self._known.clear()
            self._grouped = grouped
        if person not in self._known:
            self._known[person] = _load(self._index, person)
            while len(self._known) > _PEOPLE:
                self._known.popitem(last=False)
        self._known.move_to_end(person)
        return self._known[person]


def guides_of(index: Index, person: str) -> tuple[AlbumFace, ...]:
    """Return all faces that may guide a person: pinned ones, then the clearest, and banned ones last.

    Raises:
        PlanError: There is no such person.
    """
    number, given = person_id(index, person), GuideFinder(index).candidates(person)
    order = np.lexsort((-given.clarity, ~given.pinned))
    banned = index.rows(
        "SELECT face FROM belongs WHERE person = ? AND guide = 'banned' ORDER BY face", (number,)
    )
    return faces_with_ids(index, [*given.ids[order].tolist(), *(int(row["face"]) for row in banned)])


def _load(index: Index, person: str) -> Candidates:
    values = (*SURE, LEAST_SHARPNESS, LEAST_SIZE)
    rows = list(index.rows(_CANDIDATES, (person_id(index, person), *values))) if person else []
    clear = [clarity(Quality(row["sharpness"], 1.0, row["size"])) for row in rows]
    if len(rows) > MOST_CANDIDATES:
        best = sorted(range(len(rows)), key=lambda n: (not rows[n]["pinned"], -clear[n]))[:MOST_CANDIDATES]
        rows, clear = [rows[n] for n in sorted(best)], [clear[n] for n in sorted(best)]
    embeddings, views = _portraits(index, [row["id"] for row in rows])
    return Candidates(
        ids=np.array([row["id"] for row in rows], dtype=np.int64),
        pixels=tuple(row["pixels"] for row in rows),
        pinned=np.array([row["pinned"] for row in rows], dtype=bool),
        clarity=np.array(clear, dtype=np.float32),
        days=np.array([days_between(row["taken_from"], row["taken_to"]) for row in rows]).reshape(-1, 2),
        folders=tuple(os.path.dirname(bytes(row["path"])) for row in rows),
        embeddings=embeddings,
        views=views,
    )


def _portraits(index: Index, ids: Sequence[int]) -> tuple[FloatArray, AnyArray]:
    embeddings = np.zeros((len(ids), 128), np.float32)
    views = np.zeros((len(ids), _VIEW_SIDE**2), np.float16)
    for row, face in enumerate(ids):
        found = index.row("SELECT embedding, view FROM portraits WHERE face = ?", (face,))
        if found is not None:
            embeddings[row] = np.frombuffer(found["embedding"], "<f4")
            views[row] = np.frombuffer(found["view"], "<f2")
    return embeddings, views


def _resemblance(given: Candidates, view: FloatArray, embedding: FloatArray) -> FloatArray:
    """Return how alike candidates and a face are in view and identity, as `faces.guide_fitness` has it."""
    alike = np.maximum(_correlations(given.views, view), LEAST_RESEMBLANCE)
    distances = np.linalg.norm(given.embeddings - embedding, axis=1)
    return np.asarray(alike / (1 + np.exp(10 * (distances - 0.6))), dtype=np.float32)


def _correlations(views: AnyArray, view: FloatArray) -> FloatArray:
    """Multiply views of float16 in blocks, because NumPy is slow at that type and copies are large."""
    blocks = [views[start : start + 256].astype(np.float32) @ view for start in range(0, len(views), 256)]
    return np.concatenate([np.zeros(0, np.float32), *blocks])


def nearness(given: Candidates, days: _Days, folder: bytes) -> FloatArray:
    """Return how near candidates were taken to a bad photo, as a factor of their fitness.

    Args:
        given: The candidates.
        days: First and last day on which the bad photo may have been taken.
        folder: Its folder.

    Returns:
        (N,) above 0. A photo without a date counts as one that was taken `UNDATED` years apart.
    """
    gap = np.maximum(given.days[:, 0] - days[1], days[0] - given.days[:, 1]).clip(min=0)
    known = (given.days[:, 0] != UNKNOWN_FROM) & (days[0] != UNKNOWN_FROM)
    years = np.where(known, gap / 365.25, UNDATED)
    exact = known & (days[0] == days[1]) & (given.days[:, 0] == given.days[:, 1])
    factor = np.where(exact & (gap <= 1), SAME_DAY, 0.5 ** (years / HALVED))
    beside = np.array([other == folder for other in given.folders], dtype=bool)
    return np.asarray(np.where(beside, SAME_FOLDER, 1.0) * factor, dtype=np.float32)


def _without_copies(given: Candidates, rows: Sequence[int]) -> Iterator[int]:
    """Yield rows without copies of those before; a pinned face stays."""
    kept: list[int] = []
    for row in rows:
        if given.pinned[row] or not _is_copy(given, row, kept):
            kept.append(row)
            yield row


def _is_copy(given: Candidates, row: int, kept: Sequence[int]) -> bool:
    """Return whether a face is a copy of a kept one, perhaps of another crop, format or side."""
    near = [
        other
        for other in kept
        if np.linalg.norm(given.embeddings[other] - given.embeddings[row]) <= ALIKE_DISTANCE
    ]
    if not near:
        return False
    view = given.views[row].astype(np.float32)
    mirrored = view.reshape(_VIEW_SIDE, _VIEW_SIDE)[:, ::-1].ravel()
    others = given.views[near].astype(np.float32)
    return bool(np.maximum(others @ view, others @ mirrored).max() >= ALIKE_VIEWS)


def _days_of(face: AlbumFace) -> _Days:
    if face.taken is None:
        return UNKNOWN_FROM, UNKNOWN_TO
    return face.taken[0].toordinal(), face.taken[1].toordinal()
