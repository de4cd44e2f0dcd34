"""Find the faces of one photo, cut them out and measure them."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path
from typing import Literal, TypeAlias

import cv2
import numpy as np

from gfrnet import faces, images
from gfrnet.data.build.layouts import PhotoFile
from gfrnet.data.fingerprint import fingerprint
from gfrnet.data.manifest import CROPS, Portrait
from gfrnet.errors import GfrnetError, ImageError
from gfrnet.faces.detect import WORKING_AREA
from gfrnet.types import AnyArray, Box, UInt8Image

MEASURES = 1
"""Version of crops, measures and fingerprints: raised with every change, so that no data set mixes them."""

UNREADABLE, FAILED = "unreadable", "failed"
"""Kinds of reason that may pass, such as a failing network or too little memory: every build tries again."""

ImageFormat: TypeAlias = Literal["png", "jpg", "webp"]
"""Format of the crops."""

LOOK_SIDE = 200
"""Longest side of the first, small look at a photo, pixels: three times quicker, and finds as many faces."""

LOOK_BORDER = 0.25
"""Border of that look, over the photo's longest side: the detector misses faces that fill the picture."""

LARGE_FACE = 0.28
"""Width of a face, over the longest side, from which the first look has missed no face of similar size."""

FLAT = 0.3
"""Share of the face without texture from which it is no photograph; none of 480 real ones reached 0.02."""

SIMILAR_SIZE = 0.6
"""Width, over the largest face's, from which a second face may be the person."""

_PLAIN = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,98}[a-z0-9_-])?")
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
"""Names that Windows keeps for devices, whatever follows the dot."""


@dataclass(frozen=True)
class Seen:
    """Hold a face of a photo.

    Attributes:
        portrait: Its row of the manifest; without a face it holds only the reason.
        fingerprint: (32, 32) int8; None without a face.
    """

    portrait: Portrait
    fingerprint: AnyArray | None = None


def portray(photo: PhotoFile, root: Path, size: int, image_format: ImageFormat) -> tuple[Seen, ...]:
    """Cut out and measure the faces of a photo that may be the person, the largest first.

    Args:
        photo: The photo.
        root: The data set; crops are written into it.
        size: Side of the crops, pixels.
        image_format: Format of the crops.

    Returns:
        At least one; for a photo that cannot be used, its row says why.

    Raises:
        WriteError: A crop cannot be written.
    """
    nothing = Portrait(photo.person, photo.source, None, (0, 0, 0, 0), None, size=size)
    try:
        pixels = images.read(photo.path, mend=False).rgb8
    except ImageError as error:
        return (Seen(replace(nothing, dropped=f"{UNREADABLE}: {_without_path(error, photo)}")),)
    try:
        return _portrayed(nothing, pixels, photo, root, image_format)
    except GfrnetError:
        raise
    # Whatever OpenCV and dlib make of one photo must not end the build of thousands.
    except Exception as error:
        fault = f"{FAILED}: {type(error).__name__} {_without_path(error, photo)}"
        return (Seen(replace(nothing, dropped=fault)),)


def _portrayed(
    nothing: Portrait, pixels: UInt8Image, photo: PhotoFile, root: Path, image_format: ImageFormat
) -> tuple[Seen, ...]:
    boxes = _faces(pixels)
    if not boxes:
        return (Seen(replace(nothing, dropped="no face found")),)
    names = [_crop_path(photo, root, number, image_format) for number in range(len(boxes))]
    return tuple(
        _seen(replace(nothing, crop=name), pixels, box, photo) for box, name in zip(boxes, names, strict=True)
    )


def _without_path(error: Exception, photo: PhotoFile) -> str:
    return str(error).replace(str(photo.path), photo.path.suffix).encode(errors="replace").decode()


def _faces(pixels: UInt8Image) -> list[Box]:
    """Find the largest face and others of similar size, the largest first.

    The first look is at a small copy with a border, the second at the photo as it is. The third is at a copy
    with a border, as large as the detector's working area.
    """
    (height, width), longest = pixels.shape[:2], max(pixels.shape[:2])
    borders = 2 * LOOK_BORDER * longest
    found = _bordered_faces(pixels, min(1.0, LOOK_SIDE / (longest + borders)))
    if not found or max(box.width for box in found) < LARGE_FACE * longest:
        plain = [face.box for face in faces.detect(pixels)]
        largest = min(1.0, sqrt(WORKING_AREA / ((height + borders) * (width + borders))))
        found = plain or found or _bordered_faces(pixels, largest)
    found.sort(key=lambda box: -box.width)
    return [box for box in found if box.width >= SIMILAR_SIZE * found[0].width]


def _bordered_faces(pixels: UInt8Image, scale: float) -> list[Box]:
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    border = round(LOOK_BORDER * max(height, width))
    padded = cv2.copyMakeBorder(small, border, border, border, border, cv2.BORDER_REPLICATE)
    across, down = pixels.shape[1] / width, pixels.shape[0] / height
    boxes = (face.box for face in faces.detect(np.asarray(padded, dtype=np.uint8)))
    return [
        Box(
            (box.left - border) * across,
            (box.top - border) * down,
            (box.right - border) * across,
            (box.bottom - border) * down,
        )
        for box in boxes
    ]


def _seen(portrait: Portrait, pixels: UInt8Image, box: Box, photo: PhotoFile) -> Seen:
    """Cut out one face, write the crop and measure it."""
    crop = faces.cut(pixels, faces.CropPlace.around(box, size=portrait.size))
    face = np.asarray(crop.pixels, dtype=np.uint8)
    if not crop.real.any() or portrait.crop is None:
        return Seen(replace(portrait, crop=None, dropped="no face found"))
    points = crop.place.points_to_crop(faces.landmarks68(pixels, box))
    images.write(images.Photo(face), portrait.crop, inputs=[photo.path])
    rows, columns = np.flatnonzero(crop.real.any(1)), np.flatnonzero(crop.real.any(0))
    pose, light = faces.pose68(points), faces.light(face, points)
    measured = replace(
        portrait,
        real=(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1),
        landmarks=points,
        yaw=pose.yaw,
        pitch=pose.pitch,
        roll=pose.roll,
        eyes_open=faces.eyes_open68(points),
        sharpness=faces.sharpness(face, faces.face_box(portrait.size)),
        resolution=min(faces.effective_resolution(face), crop.place.side),
        occlusion=faces.occlusion(face, points, crop.real),
        brightness=light.brightness,
        contrast=light.contrast,
        side_light=light.side,
        grey=faces.is_grey(face),
        embedding=faces.embed_crop(face),
        dropped="a drawing, or burnt out" if faces.flatness(face, points) > FLAT else "",
    )
    return Seen(measured, fingerprint(face, points, crop.real))


def _crop_path(photo: PhotoFile, root: Path, number: int, image_format: ImageFormat) -> Path:
    """Return the place of a crop; names that differ in case or Unicode form alone stay apart."""
    name = _safe(photo.path.name) + (f".{number + 1}" if number else "")
    folders = photo.source.split("/")[:-1]
    below = folders[1:] if folders[:1] == [photo.person] else folders
    return root.joinpath(CROPS, _safe(photo.person), *map(_safe, below), f"{name}.{image_format}")


def _safe(name: str) -> str:
    """Return a name that every system takes; others become plain letters and a hash of their bytes."""
    if _PLAIN.fullmatch(name) and not _DEVICE.match(name):
        return name
    plain = re.sub(r"[^a-z0-9]+", "-", unicodedata.normalize("NFKD", name).lower())[:60].strip("-")
    return f"{plain}-{hashlib.blake2b(os.fsencode(name), digest_size=5).hexdigest()}".lstrip("-")
