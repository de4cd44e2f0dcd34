"""Draw training scenes for the face detector from labelled photos: turned, shrunk, cut, covered, degraded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np

from gfrnet.train.detector.clutter import drawn_clutter
from gfrnet.train.detector.labels import LabelledPhoto
from gfrnet.train.detector.spoil import spoiled
from gfrnet.types import AnyArray, BoolArray, FloatArray, UInt8Image

SIDE = 256
"""Side of a scene, pixels."""

FACE_SIDES = (13.0, 450.0)
"""Smallest and largest side of the face that a scene is built around, pixels."""

LARGEST = 250.0
"""Side in pixels above which a face is too large to be one: the overview finds it. Its parts are no faces."""

TINY = 11.0
"""Side in pixels below which a face is neither asked for nor forbidden."""

SEEN = (0.3, 0.5)
"""Shares of a face's box that are seen: less is no face, more is one, between is not judged."""

_BORDERS = (cv2.BORDER_REPLICATE, cv2.BORDER_REPLICATE, cv2.BORDER_CONSTANT, cv2.BORDER_REFLECT_101)


@dataclass(frozen=True)
class Scene:
    """Hold a scene and its faces.

    Attributes:
        pixels: (SIDE, SIDE, 3) RGB, 0..255.
        faces: (N, 5): x, y of the middle, side, turn in degrees; 1 for a face, 0 where nothing is judged.
    """

    pixels: UInt8Image
    faces: FloatArray


def draw(photos: Sequence[LabelledPhoto], rng: np.random.Generator) -> Scene:
    """Draw a scene: one photo (5 of 10), several pasted photos (3 of 10), or no face at all."""
    kind = rng.random()
    if kind < 0.5:
        pixels, faces = _one(photos, rng)
    elif kind < 0.8:
        pixels, faces = _several(photos, rng)
    else:
        pixels, faces = _patchwork(photos, rng), np.zeros((0, 5), np.float32)
    if rng.random() < 0.15:
        _cover(pixels, faces, photos, rng)
    return Scene(spoiled(pixels, faces, rng), faces)


def _picked(photos: Sequence[LabelledPhoto], rng: np.random.Generator) -> tuple[UInt8Image, FloatArray]:
    """Return a photo that may be mirrored, and cut through a face; and its faces."""
    photo = photos[int(rng.integers(len(photos)))]
    pixels, faces = photo.pixels(), photo.faces.copy()
    height, width = pixels.shape[:2]
    if rng.random() < 0.5:
        pixels = pixels[:, ::-1]
        faces[:, 0], faces[:, 3] = width - faces[:, 0], -faces[:, 3]
    if rng.random() < 0.25:
        x, y, side = faces[int(rng.integers(len(faces))), :3]
        reach = side * rng.uniform(0.0, 0.6, 4)
        left, top = max(0, int(x - side * 0.1 - reach[0])), max(0, int(y - side * 0.1 - reach[1]))
        keep = int(rng.integers(4))
        left, top = (left, 0) if keep == 0 else (0, top) if keep == 1 else (0, 0)
        right = int(x + side * 0.1 + reach[2]) if keep == 2 else width
        bottom = int(y + side * 0.1 + reach[3]) if keep == 3 else height
        cut = pixels[top : max(top + 8, bottom), left : max(left + 8, right)]
        if min(cut.shape[:2]) >= 8:
            pixels = cut
            faces[:, :2] -= (left, top)
    return np.ascontiguousarray(pixels), faces


def _floats(values: object) -> FloatArray:
    return np.asarray(values, np.float32)


def _turn(rng: np.random.Generator) -> float:
    return float(rng.uniform(0, 360) if rng.random() < 0.6 else rng.normal(0, 12))


def _placed(
    pixels: UInt8Image, faces: FloatArray, scale: float, turn: float, source: FloatArray, target: FloatArray
) -> tuple[UInt8Image, FloatArray, FloatArray]:
    """Scale and turn a photo so that a point of it comes to a point of the scene.

    Returns:
        The photo, shrunk beforehand where that avoids aliasing. Its faces in the scene. The (2, 3) matrix
        from its edge coordinates to those of the scene.
    """
    if scale < 0.7:
        size = (max(2, round(pixels.shape[1] * scale)), max(2, round(pixels.shape[0] * scale)))
        ratio = _floats([size[0] / pixels.shape[1], size[1] / pixels.shape[0]])
        pixels = np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
        faces = faces * _floats([*ratio, ratio.mean(), 1, 1])
        source, scale = source * ratio, scale / float(ratio.mean())
    angle = np.radians(turn)
    rotation = scale * _floats([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.column_stack([rotation, target - rotation @ source]).astype(np.float32)
    moved = faces.copy()
    moved[:, :2] = faces[:, :2] @ rotation.T + matrix[:, 2]
    moved[:, 2] *= scale
    moved[:, 3] = (faces[:, 3] + turn) % 360
    return pixels, moved, matrix


def _warped(
    pixels: AnyArray,
    matrix: FloatArray,
    border: int,
    size: tuple[int, int] = (SIDE, SIDE),
    value: tuple[int, ...] = (0, 0, 0),
) -> AnyArray:
    centred = matrix.astype(np.float64).copy()
    centred[:, 2] += centred[:, :2] @ (0.5, 0.5) - 0.5
    return cv2.warpAffine(pixels, centred, size, flags=cv2.INTER_LINEAR, borderMode=border, borderValue=value)


def _judged(faces: FloatArray, shape: tuple[int, ...], matrix: FloatArray) -> FloatArray:
    """Drop the faces that cannot be seen, and mark those that are not judged."""
    offsets = np.linspace(-0.45, 0.45, 9)
    grid = np.stack(np.meshgrid(offsets, offsets), axis=-1).reshape(-1, 2)
    points = faces[:, None, :2] + grid[None] * faces[:, None, 2:3]
    inverse = cv2.invertAffineTransform(matrix.astype(np.float64))
    there = points @ inverse[:, :2].T + inverse[:, 2]
    in_scene = ((points >= 0) & (points <= SIDE)).all(axis=-1)
    in_photo = ((there >= 0) & (there <= (shape[1], shape[0]))).all(axis=-1)
    seen = (in_scene & in_photo).mean(axis=1)
    faces = faces.copy()
    middle = ((faces[:, :2] > 0) & (faces[:, :2] < SIDE)).all(axis=1)
    faces[:, 4] *= (seen >= SEEN[1]) & (faces[:, 2] >= TINY) & middle
    return _floats(faces[(seen > SEEN[0]) & (faces[:, 2] <= LARGEST)])


def _one(photos: Sequence[LabelledPhoto], rng: np.random.Generator) -> tuple[UInt8Image, FloatArray]:
    pixels, faces = _picked(photos, rng)
    side = float(np.exp(rng.uniform(*np.log(FACE_SIDES))))
    face = faces[int(rng.integers(len(faces)))]
    reach = 0.2 * side
    target = rng.uniform(reach, SIDE - reach, 2).astype(np.float32)
    scale = side / float(face[2])
    pixels, moved, matrix = _placed(pixels, faces, scale, _turn(rng), face[:2], target)
    border = _BORDERS[int(rng.integers(len(_BORDERS)))]
    around = pixels.shape[:2]
    if border == cv2.BORDER_REFLECT_101:
        # Mirroring would show faces that have no label.
        border, background = cv2.BORDER_CONSTANT, _background(photos, rng)
        seen = _warped(np.full(around, 255, np.uint8), matrix, cv2.BORDER_CONSTANT)
        scene = np.where(seen[..., None] > 127, _warped(pixels, matrix, cv2.BORDER_REPLICATE), background)
    else:
        colour = tuple(int(v) for v in rng.choice(np.array([[0] * 3, [255] * 3, rng.integers(0, 256, 3)])))
        scene = _warped(pixels, matrix, border, value=colour)
    return np.ascontiguousarray(scene), _judged(moved, around, matrix)


def _several(photos: Sequence[LabelledPhoto], rng: np.random.Generator) -> tuple[UInt8Image, FloatArray]:
    """Paste photos beside each other on a background, as in groups and on pages."""
    scene = _background(photos, rng)
    columns = int(rng.choice([2, 3, 4, 5]))
    cell = SIDE / columns
    upright = rng.random() < 0.5
    kept: list[FloatArray] = []
    for index in range(columns * columns):
        if rng.random() < 0.2:
            continue
        pixels, faces = _picked(photos, rng)
        face = faces[int(rng.integers(len(faces)))]
        side = max(FACE_SIDES[0], cell * rng.uniform(0.3, 0.75))
        middle = _floats([(index % columns + 0.5) * cell, (index // columns + 0.5) * cell])
        target = (middle + rng.uniform(-0.15, 0.15, 2) * cell).astype(np.float32)
        turn = float(rng.normal(0, 10)) if upright else _turn(rng)
        pixels, moved, matrix = _placed(pixels, faces, side / float(face[2]), turn, face[:2], target)
        window = _window(_floats([*middle, cell]), 0.5)
        part = _paste(scene[window], pixels, matrix, (window[1].start, window[0].start))
        shown = np.zeros((SIDE, SIDE), np.uint8)
        shown[window] = part
        near = np.abs(moved[:, :2] - middle).max(axis=1) < cell / 2
        for row in _judged(moved[near], pixels.shape[:2], matrix):
            seen = shown[_window(row, 0.45)]
            row[4] *= seen.size > 0 and seen.mean() > 0.5
            kept.append(row)
    return np.ascontiguousarray(scene), np.array(kept, np.float32).reshape(-1, 5)


def _paste(part: UInt8Image, pixels: UInt8Image, matrix: FloatArray, corner: tuple[int, int]) -> BoolArray:
    """Paste a photo into a part of a scene, in place; return where it lies there."""
    height, width = part.shape[:2]
    moved = matrix - _floats([[0, 0, corner[0]], [0, 0, corner[1]]])
    mask = (
        _warped(np.full(pixels.shape[:2], 255, np.uint8), moved, cv2.BORDER_CONSTANT, (width, height)) > 127
    )
    photo = _warped(pixels, moved, cv2.BORDER_REPLICATE, (width, height))
    part[mask] = photo[mask]
    return mask


def _window(face: FloatArray, half: float) -> tuple[slice, slice]:
    x, y, side = face[:3]
    low_x, high_x = np.clip([x - half * side, x + half * side + 1], 0, SIDE).astype(int)
    low_y, high_y = np.clip([y - half * side, y + half * side + 1], 0, SIDE).astype(int)
    return slice(low_y, high_y), slice(low_x, high_x)


def _patchwork(photos: Sequence[LabelledPhoto], rng: np.random.Generator) -> UInt8Image:
    """Return a picture without faces, made of one background or of several beside each other."""
    columns = int(rng.choice([1, 2, 3]))
    side = ceil(SIDE / columns)
    rows = [
        np.hstack([cv2.resize(_background(photos, rng), (side, side)) for _ in range(columns)])
        for _ in range(columns)
    ]
    return np.ascontiguousarray(np.vstack(rows)[:SIDE, :SIDE], np.uint8)


def _background(photos: Sequence[LabelledPhoto], rng: np.random.Generator) -> UInt8Image:
    """Return a picture without faces: something drawn, a part of a face, its parts mixed, or surroundings."""
    for _ in range(6):
        kind = rng.random()
        if kind < 0.2:
            break
        photo = photos[int(rng.integers(len(photos)))]
        if kind < 0.4:
            return _part_of_face(photo, rng)
        if kind < 0.5:
            return _mixed_face(photo, rng)
        pixels = photo.pixels()
        side = min(photo.faces[:, 2].max() * rng.uniform(0.4, 2.0), *pixels.shape[:2])
        low = rng.uniform(0, 1, 2) * (_floats(pixels.shape[1::-1]) - side)
        distance = np.abs(photo.faces[:, :2] - (low + side / 2)).max(axis=1)
        if (distance >= side / 2 + 0.6 * photo.faces[:, 2]).all():
            return _window_of(pixels, low, side, rng)
    return drawn_clutter(SIDE, rng)


def _window_of(pixels: UInt8Image, low: FloatArray, side: float, rng: np.random.Generator) -> UInt8Image:
    """Cut a square out of a photo, turn it, and bring it to the side of a scene."""
    x, y = np.clip(low, 0, np.maximum(0, _floats(pixels.shape[1::-1]) - 4)).astype(int)
    window = pixels[y : y + max(4, int(side)), x : x + max(4, int(side))]
    turned = np.ascontiguousarray(np.rot90(window, int(rng.integers(4))))
    return np.asarray(cv2.resize(turned, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)


def _part_of_face(photo: LabelledPhoto, rng: np.random.Generator) -> UInt8Image:
    """Return less than a quarter of a face: eyes and mouths alone are no faces."""
    face = photo.faces[int(rng.integers(len(photo.faces)))]
    side = face[2] * rng.uniform(0.1, 0.45)
    middle = face[:2] + rng.uniform(-0.5, 0.5, 2) * face[2]
    return _window_of(photo.pixels(), (middle - side / 2).astype(np.float32), float(side), rng)


def _mixed_face(photo: LabelledPhoto, rng: np.random.Generator) -> UInt8Image:
    """Return a face whose parts have changed places."""
    face = photo.faces[int(rng.integers(len(photo.faces)))]
    side = 1.2 * float(face[2])
    whole = _window_of(photo.pixels(), face[:2] - np.float32(side / 2), side, np.random.default_rng(0))
    count = int(rng.choice([3, 4, 5]))
    step = SIDE // count
    blocks = [
        whole[i * step : (i + 1) * step, j * step : (j + 1) * step]
        for i in range(count)
        for j in range(count)
    ]
    order = rng.permutation(len(blocks))
    mixed = np.vstack([np.hstack([blocks[k] for k in order[i::count]]) for i in range(count)])
    size = int(rng.uniform(0.15, 1.0) * SIDE)
    tile = cv2.resize(mixed, (max(16, size), max(16, size)), interpolation=cv2.INTER_AREA)
    copies = ceil(SIDE / tile.shape[0])
    return np.ascontiguousarray(np.tile(tile, (copies, copies, 1))[:SIDE, :SIDE], np.uint8)


def _cover(
    pixels: UInt8Image, faces: FloatArray, photos: Sequence[LabelledPhoto], rng: np.random.Generator
) -> None:
    """Cover up to half of a face, as a hand, a scarf or a stain does."""
    if not len(faces):
        return
    face = faces[int(rng.integers(len(faces)))]
    patch = _background(photos, rng)
    half = face[2] * rng.uniform(0.1, 0.3, 2)
    middle = face[:2] + rng.uniform(-0.6, 0.6, 2) * face[2]
    mask = np.zeros(pixels.shape[:2], np.uint8)
    centre, axes = tuple(int(v) for v in middle), tuple(max(1, int(v)) for v in half)
    cv2.ellipse(mask, centre, axes, float(rng.uniform(0, 180)), 0, 360, 255, -1)
    pixels[mask > 0] = patch[mask > 0]
