"""Find and embed the faces of folders of people as the program does, and remember them.

`album_people.py` measures on them how the album groups faces.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from gfrnet import faces, images
from gfrnet.faces import CONTEXT, CropPlace
from gfrnet.types import AnyArray, BoolArray, FloatArray


@dataclass(frozen=True)
class FaceTable:
    """Hold all faces of some photos.

    Attributes:
        embedding: (N, 128).
        sharpness: (N,) from `faces.sharpness`.
        frontal: (N,) from `Pose.frontal`.
        size: (N,) side of the detector's box in pixels of the photo.
        score: (N,) the detector's confidence.
        turn: (N,) degrees.
        photo: (N,) number of the photo.
        person: (N,) folder of the photo and the one above it, as a text.
        main: (N,) whether this is the face that the folder is named after: the largest and most central.
    """

    embedding: FloatArray
    sharpness: FloatArray
    frontal: FloatArray
    size: FloatArray
    score: FloatArray
    turn: FloatArray
    photo: AnyArray
    person: AnyArray
    main: BoolArray

    def of(self, rows: AnyArray) -> FaceTable:
        """Return some of the faces."""
        return FaceTable(*(getattr(self, field.name)[rows] for field in fields(self)))


def joined(tables: list[FaceTable]) -> FaceTable:
    """Return the faces of several tables in one. Photos are numbered anew."""
    starts = np.cumsum([0, *(int(table.photo.max()) + 1 for table in tables)])
    columns = {field.name: [getattr(table, field.name) for table in tables] for field in fields(FaceTable)}
    columns["photo"] = [photos + start for photos, start in zip(columns["photo"], starts, strict=False)]
    return FaceTable(**{name: np.concatenate(parts) for name, parts in columns.items()})


def read_faces(folder: Path, cache: Path) -> FaceTable:
    """Return the faces of a folder of people's folders, or of a folder of photos.

    Args:
        folder: The folder.
        cache: Folder in which one file per person remembers the faces.
    """
    people = [path for path in sorted(folder.iterdir()) if path.is_dir()] or [folder]
    tables = [_read_person(person, cache / folder.parent.name / folder.name) for person in people]
    return joined([table for table in tables if table])


def _read_person(folder: Path, cache: Path) -> FaceTable | None:
    path = cache / f"{folder.name}.npz"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(path, **_measured(folder))
    with np.load(path) as stored:
        measured = {name: stored[name] for name in stored.files}
    if not measured:
        return None
    name = f"{folder.parent.name}/{folder.name}"
    return FaceTable(**measured | {"person": np.full(len(measured["photo"]), name)})


def _measured(folder: Path) -> dict[str, AnyArray]:
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    rows = [row | {"photo": number} for number, path in enumerate(files) for row in _faces_of(path)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]} if rows else {}


def _faces_of(path: Path) -> list[dict[str, object]]:
    photo = images.read(path)
    space = images.colour_space(photo.icc)
    pixels = photo.rgb8 if space is None else space.to_srgb(photo.rgb8)
    rows: list[dict[str, object]] = []
    prominent = []
    for face in faces.find_faces(pixels):
        place = CropPlace.around(face.box, face.turn)
        portrait = faces.portray(faces.cut(pixels, place).pixels, place.side / CONTEXT)
        quality = portrait.quality
        rows.append(
            {
                "embedding": portrait.embedding,
                "sharpness": np.float32(quality.sharpness),
                "frontal": np.float32(quality.frontal),
                "size": np.float32(quality.size),
                "score": np.float32(face.score),
                "turn": np.float32(face.turn),
            }
        )
        off = np.hypot(*np.subtract(face.box.center, np.divide(pixels.shape[1::-1], 2)))
        prominent.append(face.box.width - off)
    return [row | {"main": number == int(np.argmax(prominent))} for number, row in enumerate(rows)]
