"""Keep what the network gave for a face, and blend photos anew from it without running the network.

A result is linear in strength and in fidelity, up to rounding. Let b be the photo before. Let r and t be the
photo with all of the change, at fidelity 1 and at fidelity 0. At strength s and fidelity f it then is

    b + s (f r + (1 - f) t - b)

So a page blends three pictures. The file to keep is made here, in the format and depth of the photo.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from math import cos, radians, sin
from pathlib import Path

import cv2
import numpy as np

from gfrnet import batch, images
from gfrnet.errors import DataError
from gfrnet.faces import CropPlace
from gfrnet.files import read_bytes
from gfrnet.images import Photo
from gfrnet.restore import BegunPhoto, RestoreOptions, Restorer
from gfrnet.restore.face import BegunFace, FaceRun, begin_unguided, cut_face
from gfrnet.runtime import Restoration
from gfrnet.serve.desk import face_folder
from gfrnet.serve.orders import BlendOrder
from gfrnet.types import Box, FloatImage, UInt8Image

NETWORK = "network.npz"
"""Name of the file that holds what the network gave."""

VIEW_SIDE, REGION_SIDE = 2048, 1024
"""Longest side of the pictures of a whole photo and of a region, pixels. Screens show little more."""

_QUALITY = 92


@dataclass(frozen=True, eq=False)
class StoredFace:
    """Hold what the network gave for a face.

    Attributes:
        index: Position of the face in its photo.
        box: Its box in pixels of the photo as it was given.
        place: Its crop in the enlarged photo.
        restored: (256, 256, 3) at fidelity 1, [-1, 1].
        textured: (256, 256, 3) at fidelity 0; None where the model has no texture.
    """

    index: int
    box: Box
    place: CropPlace
    restored: FloatImage = field(repr=False)
    textured: FloatImage | None = field(repr=False)


def store(folder: Path, face: BegunFace, result: Restoration) -> None:
    """Write what the network gave for a face into a folder.

    Half precision is exact to a fifteenth of a level of 8 bit.
    """
    place, file = face.crop.place, BytesIO()
    parts = {"restored": result.restored.astype(np.float16)}
    if result.textured is not None:
        parts["textured"] = result.textured.astype(np.float16)
    about = (*place.center, place.side, place.angle, *face.box.as_tuple())
    np.savez(file, about=np.array(about, np.float64), **parts)  # type: ignore[arg-type]
    images.write_bytes(file.getvalue(), folder / NETWORK)


def stored_faces(out: Path, photo: int) -> tuple[StoredFace, ...]:
    """Return the restored faces of a photo, in their order.

    Raises:
        DataError: There is none, for example because nothing was restored.
    """
    files = [path / NETWORK for path in (out / str(photo) / "faces").glob("*")]
    found = sorted((_loaded(file) for file in files if file.is_file()), key=lambda face: face.index)
    if not found:
        raise DataError("No face of this photo was restored. Restore it first.")
    return tuple(found)


def _loaded(file: Path) -> StoredFace:
    with np.load(BytesIO(read_bytes(file)), allow_pickle=False) as stored:
        x, y, side, angle, *box = stored["about"].tolist()
        textured = stored["textured"].astype(np.float32) if "textured" in stored else None
        restored = stored["restored"].astype(np.float32)
    return StoredFace(int(file.parent.name), Box(*box), CropPlace((x, y), side, angle), restored, textured)


def blended(
    restorer: Restorer, photo: Photo, faces: Sequence[StoredFace], options: Sequence[RestoreOptions]
) -> Photo:
    """Return a photo with its faces at another strength and fidelity.

    Args:
        restorer: Puts the faces back.
        photo: The photo before, enlarged as it was when the network ran.
        faces: Its restored faces.
        options: Options of each face, of which strength and fidelity count.
    """
    begun = tuple(
        begin_unguided(cut_face(photo, face.box, face.place), each)
        for face, each in zip(faces, options, strict=True)
    )
    runs = [
        FaceRun(ready, Restoration(face.restored, textured=face.textured))
        for ready, face in zip(begun, faces, strict=True)
    ]
    return restorer.finish(BegunPhoto(photo, begun, None, "the photo", ()), runs).photo


def layers(
    restorer: Restorer, photo: Photo, faces: Sequence[StoredFace], options: RestoreOptions
) -> Iterator[tuple[str, Photo]]:
    """Yield the pictures that a page blends: before, restored and textured, by these names.

    Where faces have strengths of their own, also yield after: no blend of whole pictures gives it.
    """
    yield "before", photo
    if options.strength is None and len(faces) > 1:
        yield "after", blended(restorer, photo, faces, [options] * len(faces))
    likeliest = RestoreOptions(strength=1, fidelity=1)
    yield "restored", blended(restorer, photo, faces, [likeliest] * len(faces))
    if all(face.textured is not None for face in faces):
        textured = replace(likeliest, fidelity=0)
        yield "textured", blended(restorer, photo, faces, [textured] * len(faces))


def write_layers(restorer: Restorer, photo: Photo, out: Path, index: int, options: RestoreOptions) -> None:
    """Write the pictures that a page blends: of the whole photo, and of the region of each face.

    Args:
        restorer: Puts the faces back.
        photo: The photo before, enlarged.
        out: Folder of the results of the job.
        index: Position of the photo in the job.
        options: How the photo was restored.
    """
    faces = stored_faces(out, index)
    for name, layer in layers(restorer, photo, faces, options):
        shown = for_screens(layer)
        write_view(shown, out / str(index) / f"view-{name}.jpg", VIEW_SIDE)
        for face in () if name == "after" else faces:
            left, top, right, bottom = region(face.place, photo.height, photo.width)
            part = np.ascontiguousarray(shown[top:bottom, left:right])
            write_view(part, face_folder(out, index, face.index) / f"region-{name}.jpg", REGION_SIDE)


def region(place: CropPlace, height: int, width: int) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the upright part of a photo that holds a crop."""
    turn = radians(place.angle)
    reach = place.side / 2 * (abs(cos(turn)) + abs(sin(turn)))
    (x, y), spread = place.center, max(reach, 1.0)
    left, top = (min(max(round(value - spread), 0), most - 1) for value, most in ((x, width), (y, height)))
    right, bottom = (
        max(min(round(value + spread), most), least + 1)
        for value, most, least in ((x, width, left), (y, height, top))
    )
    return left, top, right, bottom


def for_screens(photo: Photo) -> UInt8Image:
    """Return (H, W, 3) in sRGB, 0..255."""
    space = images.colour_space(photo.icc)
    return photo.rgb8 if space is None else space.to_srgb(photo.rgb8)


def write_view(pixels: UInt8Image, path: Path, longest: int) -> None:
    """Write a picture for screens, shrunk where its longer side is above ``longest`` pixels."""
    scale = longest / max(pixels.shape[:2])
    if scale < 1:
        size = tuple(max(1, round(side * scale)) for side in (pixels.shape[1], pixels.shape[0]))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    images.write(Photo(pixels), path, quality=_QUALITY)


def chosen(
    order: BlendOrder, faces: Sequence[StoredFace], options: RestoreOptions
) -> tuple[RestoreOptions, ...]:
    """Return the options of each face: its own ones where the order has some, else those of the photo."""
    own = {each.face: each for each in order.faces}
    found = (own.get(face.index, order) for face in faces)
    return tuple(replace(options, strength=each.strength, fidelity=each.fidelity) for each in found)


def result_name(photo: Path) -> str:
    """Return the name of a photo's result, in a format that can be written, and not that of the photo."""
    name = batch.name_outputs([photo], Path("results"))[0].output
    return f"{name.stem}_restored{name.suffix}"
