"""From folders of photographs, one a person, to a data set of face crops (section 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from gfrnet import faces, images
from gfrnet.data.manifest import Portrait, by_person, write_manifest
from gfrnet.errors import DataError, ImageError
from gfrnet.types import Box, FloatArray, UInt8Image

CROPS = "crops"
"""Folder of the crops in a data set."""

NEAR_DUPLICATE = 0.97
"""Correlation of two aligned grey faces of one person above which they are one photograph."""

ALIGNED_SIDE = 64
"""Side, in pixels, of the aligned faces that are compared to find near-duplicates."""


def build(source: Path, target: Path, workers: int = 2, on_photo: Callable[[], None] = lambda: None) -> int:
    """Build a data set: find, crop and landmark the face of every photo and choose each person's guide.

    Photos without a face, unreadable files and near-duplicates of a kept photo stay in the manifest with
    the reason; they have no crop.

    Args:
        source: A folder with one folder of photos per person.
        target: Where crops and manifest go; must not be inside ``source``.
        workers: Processes.
        on_photo: Called after every photo.

    Returns:
        The number of photos in use.

    Raises:
        DataError: There are no photos, or ``target`` overlaps ``source``.
    """
    if _overlap(source.resolve(), target.resolve()):
        raise DataError(
            f"{target} and {source} overlap, and photos are never touched. Choose another -o folder."
        )
    photos = list(_photos(source))
    if not photos:
        raise DataError(f"No photos in {source}. It must hold one folder of photos per person.")
    # Spawned, not forked: OpenCV's and ONNX Runtime's threads do not survive a fork.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        portraits = []
        for portrait in pool.map(
            _portray, *zip(*((p, source, target) for p in photos), strict=True), chunksize=8
        ):
            portraits.append(portrait)
            on_photo()
        people = by_person(portraits).values()
        finished = [p for group in pool.map(_finish_person, people) for p in group]
    write_manifest(target, finished)
    return sum(not portrait.dropped for portrait in finished)


def _overlap(source: Path, target: Path) -> bool:
    return target.is_relative_to(source) or source.is_relative_to(target / CROPS)


def _photos(source: Path) -> Iterator[Path]:
    if not source.is_dir():
        raise DataError(f"{source} is not a folder. It must hold one folder of photos per person.")
    for person in sorted(path for path in source.iterdir() if path.is_dir()):
        yield from sorted(
            path for path in person.iterdir() if path.suffix.lower() in images.READABLE_SUFFIXES
        )


def _portray(photo: Path, source: Path, target: Path) -> Portrait:
    """Crop and landmark the largest face of one photo."""
    name = photo.relative_to(source)
    nothing = Portrait(photo.parent.name, name.as_posix(), None, (0, 0, 0, 0), None)
    try:
        pixels = images.read(photo).rgb8
    except ImageError as error:
        return replace(nothing, dropped=f"unreadable: {error}")
    box = _largest_face(pixels)
    if box is None:
        return replace(nothing, dropped="no face found")
    crop = faces.cut(pixels, faces.CropPlace.around(box))
    landmarks = crop.place.points_to_crop(faces.landmarks68(pixels, box))
    path = target / CROPS / name.with_name(f"{name.name}.png")
    images.write(images.Photo(np.asarray(crop.pixels, dtype=np.uint8)), path, inputs=[photo])
    rows, columns = np.flatnonzero(crop.real.any(1)), np.flatnonzero(crop.real.any(0))
    real = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return replace(nothing, crop=path, real=real, landmarks=landmarks)


def _largest_face(pixels: UInt8Image) -> Box | None:
    """The largest face; a tight crop is looked at again with a border, which the detector needs."""
    found = faces.detect(pixels)
    if found:
        return max(found, key=lambda face: face.box.width).box
    border = max(pixels.shape) // 3
    padded = cv2.copyMakeBorder(pixels, border, border, border, border, cv2.BORDER_REPLICATE)
    found = faces.detect(np.asarray(padded, dtype=np.uint8))
    if not found:
        return None
    box = max(found, key=lambda face: face.box.width).box
    return Box(box.left - border, box.top - border, box.right - border, box.bottom - border)


def _finish_person(group: tuple[Portrait, ...]) -> list[Portrait]:
    """Drop near-duplicates and mark the guide."""
    kept: list[Portrait] = []
    aligned: list[FloatArray] = []
    finished: list[Portrait] = []
    for portrait in group:
        if portrait.dropped:
            finished.append(portrait)
            continue
        face = _aligned(portrait.pixels(), portrait.points())
        if face is None:
            finished.append(replace(portrait, dropped="its landmarks coincide"))
            continue
        twin = next((k for k, a in zip(kept, aligned, strict=True) if _same_photo(a, face)), None)
        if twin is not None:
            finished.append(replace(portrait, dropped=f"near-duplicate of {twin.source}"))
            continue
        kept.append(portrait)
        aligned.append(face)
    guide = faces.pick_guide([(p.pixels(), p.points()) for p in kept]) if kept else -1
    finished += [replace(portrait, guide=index == guide) for index, portrait in enumerate(kept)]
    return sorted(finished, key=lambda portrait: portrait.source)


def _aligned(pixels: UInt8Image, points: FloatArray) -> FloatArray | None:
    """(64, 64) grey face with the eyes and mouth at fixed places, zero mean and unit norm.

    None where eyes and mouth coincide, which no face does.
    """
    eyes_and_mouth = np.stack([points[36:42].mean(0), points[42:48].mean(0), points[48:60].mean(0)])
    fixed = np.array([[0.31, 0.35], [0.69, 0.35], [0.5, 0.76]], dtype=np.float32) * ALIGNED_SIDE
    matrix, _ = cv2.estimateAffinePartial2D(eyes_and_mouth.astype(np.float32), fixed)
    if matrix is None:
        return None
    grey = cv2.cvtColor(cv2.GaussianBlur(pixels, (0, 0), 2), cv2.COLOR_RGB2GRAY)
    face = cv2.warpAffine(grey, matrix, (ALIGNED_SIDE, ALIGNED_SIDE)).astype(np.float32)
    face -= face.mean()
    return np.asarray(face / max(float(np.linalg.norm(face)), 1e-6), dtype=np.float32)


def _same_photo(one: FloatArray, other: FloatArray) -> bool:
    return bool(max((one * other).sum(), (one[:, ::-1] * other).sum()) > NEAR_DUPLICATE)
