"""Hold all known faces of an album as arrays, one row a face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from gfrnet.album.decisions import FaceKey, as_box, key_of
from gfrnet.album.index import Index
from gfrnet.faces.find import SAME_FACE
from gfrnet.types import AnyArray, Box, FloatArray

_FACES = """
SELECT faces.id, faces.photo, faces.number, left, top, right, bottom, turn, score, sharpness, frontal,
       faces.size, content, pixels, taken_from, COALESCE(likely_to, taken_to), COALESCE(grouped, -1)
FROM faces JOIN photos ON photos.id = faces.photo LEFT JOIN belongs ON belongs.face = faces.id
WHERE EXISTS (SELECT 1 FROM paths WHERE paths.photo = faces.photo)
ORDER BY content, faces.number
"""

UNKNOWN_FROM, UNKNOWN_TO = date.min.toordinal(), date.max.toordinal()
"""Days that stand for an unknown date: the face may be of any time."""


@dataclass(frozen=True, eq=False)
class FaceTable:
    """Hold N faces whose photos are there, in an order that depends on nothing but their content.

    Attributes:
        ids: (N,) numbers in the index.
        photos: (N,) numbers of their photos in the index.
        numbers: (N,) place in the photo in reading order, from 1.
        boxes: (N, 4) left, top, right, bottom in pixels of the upright photo.
        sharpness: (N,) as `faces.Quality`.
        frontal: (N,) as `faces.Quality`.
        sizes: (N,) side of the face in pixels of its photo.
        scores: (N,) the detector's confidence, 0..1.
        days: (N, 2) first day on which the photo may have been taken, and last day on which it probably was.
            Both are as `date.toordinal`.
        contents: Hash of each face's photo.
        pixels: Hash of the pixels of each face's photo.
        embeddings: (N, 128) identities.
        groups: (N,) groups that likeness alone has made of the faces; -1 for none.
        traces: (2, 128) of each bad face by its row (`attaching.trace`).
    """

    ids: AnyArray
    photos: AnyArray
    numbers: AnyArray
    boxes: AnyArray
    sharpness: FloatArray
    frontal: FloatArray
    sizes: FloatArray
    scores: FloatArray
    days: AnyArray
    groups: AnyArray
    contents: tuple[str, ...] = field(repr=False)
    pixels: tuple[str, ...] = field(repr=False)
    embeddings: FloatArray = field(repr=False)
    traces: Mapping[int, FloatArray] = field(repr=False)

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.ids)

    def key(self, row: int) -> FaceKey:
        """Return the lasting name of a face."""
        return key_of(self.contents[row], self.pixels[row], Box(*map(float, self.boxes[row])))

    def keys(self, rows: Sequence[int]) -> tuple[FaceKey, ...]:
        """Return the lasting names of faces."""
        return tuple(self.key(row) for row in rows)


class Finder:
    """Find the row of a face by its lasting name.

    Args:
        table: The faces.
    """

    def __init__(self, table: FaceTable) -> None:
        self._boxes = [Box(*map(float, box)) for box in table.boxes]
        self._rows: dict[str, list[int]] = {}
        for row, (content, pixels) in enumerate(zip(table.contents, table.pixels, strict=True)):
            for photo in {content, pixels}:
                self._rows.setdefault(photo, []).append(row)

    def __call__(self, key: FaceKey) -> int | None:
        """Return the row; None where no known face overlaps the box of the name."""
        rows = self._rows.get(key.photo) or (self._rows.get(key.pixels) if key.pixels else None) or ()
        box = as_box(key)
        overlaps = [(box.overlap(self._boxes[row]), -row) for row in rows]
        best = max(overlaps, default=(0.0, 0))
        return -best[1] if best[0] >= SAME_FACE else None


def load_table(index: Index) -> FaceTable:
    """Load all faces whose photos are there.

    Raises:
        DataError: The index cannot be read, or is damaged.
    """
    with index.parsed():
        return _loaded(index)


def _loaded(index: Index) -> FaceTable:
    rows = [tuple(row) for row in index.rows(_FACES)]
    columns = list(zip(*rows, strict=True)) if rows else [()] * 17

    def floats(column: int) -> FloatArray:
        return np.array(columns[column], dtype=np.float32)

    ids = np.array(columns[0], dtype=np.int64)
    embeddings, traces = _identities(index, ids)
    return FaceTable(
        ids=ids,
        photos=np.array(columns[1], dtype=np.int64),
        numbers=np.array(columns[2], dtype=np.int64),
        boxes=_boxes(columns[3:7]),
        scores=floats(8),
        sharpness=floats(9),
        frontal=floats(10),
        sizes=floats(11),
        contents=tuple(columns[12]),
        pixels=tuple(columns[13]),
        days=np.array(list(map(days_between, columns[14], columns[15])), dtype=np.int64).reshape(-1, 2),
        groups=np.array(columns[16], dtype=np.int64),
        embeddings=embeddings,
        traces=traces,
    )


def _boxes(sides: Sequence[Sequence[float]]) -> AnyArray:
    boxes = np.array(sides, dtype=np.float64).T.reshape(-1, 4)
    if not (np.isfinite(boxes).all() and (boxes[:, :2] < boxes[:, 2:]).all()):
        raise ValueError("the box of a face is none")
    return boxes


def days_between(first: str | None, last: str | None) -> tuple[int, int]:
    """Return two days that the index stores, as `date.toordinal`."""
    return (
        UNKNOWN_FROM if first is None else date.fromisoformat(first).toordinal(),
        UNKNOWN_TO if last is None else date.fromisoformat(last).toordinal(),
    )


def _identities(index: Index, ids: AnyArray) -> tuple[FloatArray, dict[int, FloatArray]]:
    """Return embeddings of all faces and traces of bad ones, read in the order of the disk."""
    places = {int(face): place for place, face in enumerate(ids)}
    embeddings, traces = np.zeros((len(ids), 128), dtype=np.float32), dict[int, FloatArray]()
    for row in index.rows("SELECT face, embedding, trace FROM portraits"):
        place = places.get(row["face"])
        if place is not None:
            embeddings[place] = np.frombuffer(row["embedding"], "<f4").reshape(128)
            if row["trace"] is not None:
                traces[place] = np.frombuffer(row["trace"], "<f4").reshape(2, 128)
    if not all(np.isfinite(values).all() for values in (embeddings, *traces.values())):
        raise ValueError("an identity is no row of numbers")
    return embeddings, traces
