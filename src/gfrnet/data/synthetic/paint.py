"""Paint the face of an invented person as a texture of the canonical plane."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np

from gfrnet.data.synthetic.person import EYES, PLANE, Colour, Identity, canonical_landmarks, colour
from gfrnet.types import AnyArray, FloatArray, UInt8Image

TEXTURE = 384
"""Side of the texture in pixels: about as fine as a picture of 256 pixels needs."""

_Ink: TypeAlias = Sequence[float] | int
_Place: TypeAlias = Sequence[float] | AnyArray

_BITS = 4
"""Bits of a pixel's fraction in OpenCV's fixed-point places."""

_PER_UNIT = (TEXTURE - 1) / 2 / PLANE
"""Texture pixels in a canonical unit."""


@lru_cache(maxsize=8)
def paint(identity: Identity) -> UInt8Image:
    """Paint the (TEXTURE, TEXTURE, 3) texture of the plane from -PLANE to PLANE, RGB 0..255."""
    rng, points = np.random.default_rng(identity.detail), canonical_landmarks(identity)
    canvas = np.full((TEXTURE, TEXTURE, 3), identity.backdrop, np.uint8)
    _paint_body(canvas, identity, rng)
    face = _paint_face(canvas, identity, points)
    _paint_freckles(canvas, identity, face, rng)
    _shade(canvas, identity, points)
    _paint_mouth(canvas, identity, points)
    for eye in (points[36:42], points[42:48]):
        _paint_eye(canvas, identity, eye, rng)
    for brow in (points[17:22], points[22:27]):
        _paint_brow(canvas, identity, brow, rng)
    texture = np.asarray(cv2.GaussianBlur(canvas, (0, 0), 0.6), dtype=np.uint8)
    texture.flags.writeable = False
    return texture


def _paint_body(canvas: UInt8Image, identity: Identity, rng: np.random.Generator) -> None:
    """Paint shoulders, hair behind the face in light and dark strands, and neck."""
    _ellipse(canvas, (0, 2.1), (1.7, 0.75), identity.cloth)
    strands = rng.uniform(0.45, 1, (6, TEXTURE // 4)).astype(np.float32)
    light = cv2.resize(strands, (TEXTURE, TEXTURE), interpolation=cv2.INTER_LINEAR)
    painted = np.full(canvas.shape, _times(identity.hair, 1.3), np.uint8)
    painted[:] = cv2.multiply(painted, cv2.merge([light] * 3), dtype=cv2.CV_8U)
    mask, bottom = np.zeros(canvas.shape[:2], np.uint8), identity.hair_length
    _ellipse(mask, (0, (bottom - 1.25) / 2), (identity.width + 0.2, (bottom + 1.25) / 2), 255)
    cv2.copyTo(painted, mask, canvas)
    _ellipse(canvas, (0, 1.2), (0.42, 0.5), _times(identity.skin, 0.75))


def _paint_face(canvas: UInt8Image, identity: Identity, points: FloatArray) -> UInt8Image:
    """Paint ears and face; return the (TEXTURE, TEXTURE) mask of the face, 0..255."""
    for side in (-1, 1):
        _ellipse(canvas, (side * (identity.width + 0.02), 0), (0.1, 0.2), _times(identity.skin, 0.85))
    angles = np.linspace(0, np.pi, 17)[1:-1]
    forehead = (identity.width * np.cos(angles), EYES - (identity.hairline + EYES) * np.sin(angles))
    outline = _smooth(np.concatenate((points[:17], np.stack(forehead, -1))))
    _fill(canvas, outline, identity.skin)
    face = np.zeros(canvas.shape[:2], np.uint8)
    _fill(face, outline, 255)
    return face


def _paint_freckles(
    canvas: UInt8Image, identity: Identity, face: UInt8Image, rng: np.random.Generator
) -> None:
    """Paint freckles and a few moles, in the face only."""
    spotted, count = canvas.copy(), rng.integers(40, 120)
    places = rng.normal((0, 0.15), 0.4, (count, 2))
    inks = np.outer(rng.uniform(0.65, 0.88, count), identity.skin)
    inks[:4] *= 0.6
    for place, radius, ink in zip(places, rng.uniform(0.012, 0.028, count), inks.tolist(), strict=True):
        _disc(spotted, place, radius, ink)
    cv2.copyTo(spotted, face, canvas)


def _shade(canvas: UInt8Image, identity: Identity, points: FloatArray) -> None:
    """Paint soft shadows around the face, in the eye sockets, beside the nose and below mouth and chin."""
    shade = np.full(canvas.shape[:2], 255, np.uint8)
    _stroke(shade, points[:17], 0.16, 190)
    for eye, side in ((points[36:42], -1), (points[42:48], 1)):
        _ellipse(shade, eye.mean(0), (1.3 * identity.eye_size[0], 0.12), 200)
        _stroke(shade, _moved(points[[27, 30]], side * 0.09, 0), 0.06, 215)
    _stroke(shade, _moved(points[31:36], 0, 0.03), 0.05, 165)
    _stroke(shade, _moved(points[55:60], 0, 0.05), 0.05, 200)
    shade[:] = cv2.GaussianBlur(shade, (0, 0), 0.045 * _PER_UNIT)
    for nostril in (points[32], points[34]):
        _ellipse(shade, nostril, (0.035, 0.02), 90)
    canvas[:] = cv2.multiply(canvas, cv2.merge([shade] * 3), scale=1 / 255)


def _paint_mouth(canvas: UInt8Image, identity: Identity, points: FloatArray) -> None:
    _fill(canvas, _smooth(points[48:60]), _times(identity.skin, (0.85, 0.5, 0.5)))
    _fill(canvas, _smooth(points[60:68]), (60, 20, 20))
    _stroke(canvas, points[61:64], 0.012, (225, 220, 205))


def _paint_eye(canvas: UInt8Image, identity: Identity, eye: FloatArray, rng: np.random.Generator) -> None:
    """Paint white, iris with its pattern, pupil, reflection and lid."""
    painted, mask, outline = canvas.copy(), np.zeros(canvas.shape[:2], np.uint8), _smooth(eye)
    _fill(mask, outline, 255)
    _fill(painted, outline, (232, 228, 224))
    centre, radius = eye.mean(0), 0.95 * identity.eye_size[1]
    _disc(painted, centre, radius, identity.iris)
    for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        rim = centre + radius * np.array((np.cos(angle), np.sin(angle)))
        _stroke(painted, np.stack((centre, rim)), 0.015, _times(identity.iris, rng.uniform(0.4, 1.7)))
    _disc(painted, centre, 0.4 * radius, (12, 10, 10))
    _disc(painted, _moved(centre, -0.02, -0.02), 0.014, (250, 250, 250))
    cv2.copyTo(painted, mask, canvas)
    _stroke(canvas, outline[: len(outline) // 2 + 1], 0.025, _times(identity.hair, 0.5))


def _paint_brow(canvas: UInt8Image, identity: Identity, brow: FloatArray, rng: np.random.Generator) -> None:
    """Paint light and dark hairs across the line of the brow."""
    _stroke(canvas, brow, identity.brow, identity.hair)
    for along in np.linspace(0, 4, 24):
        at = [np.interp(along, range(5), brow[:, axis]) for axis in range(2)]
        hair = identity.brow * rng.uniform((-0.5, 0.4), (0.5, 0.8))
        _stroke(canvas, np.stack((at - hair, at + hair)), 0.012, _times(identity.hair, rng.uniform(0.3, 1.6)))


def _times(base: Colour, factor: float | Colour) -> Colour:
    return colour(np.array(base) * factor)


def _moved(points: AnyArray, x: float, y: float) -> AnyArray:
    return np.asarray(points + np.array((x, y)))


def _smooth(points: AnyArray) -> AnyArray:
    """Draw a smooth closed curve (8 K, 2) through K points, by three rounds of the four-point scheme."""
    for _ in range(3):
        before, after, beyond = (np.roll(points, shift, 0) for shift in (1, -1, -2))
        middles = (9 * (points + after) - before - beyond) / 16
        points = np.stack((points, middles), 1).reshape(-1, 2)
    return np.asarray(points)


def _fixed(values: _Place) -> AnyArray:
    """Convert canonical places to texture pixels in OpenCV's fixed-point numbers."""
    pixels = (np.asarray(values) + PLANE) * _PER_UNIT
    return np.asarray(np.rint(pixels * 2**_BITS), dtype=np.int32)


def _fill(canvas: UInt8Image, outline: AnyArray, ink: _Ink) -> None:
    cv2.fillPoly(canvas, [_fixed(outline)], ink, cv2.LINE_AA, _BITS)


def _stroke(canvas: UInt8Image, line: AnyArray, width: float, ink: _Ink) -> None:
    thick = max(1, round(width * _PER_UNIT))
    cv2.polylines(canvas, [_fixed(line)], False, ink, thick, cv2.LINE_AA, _BITS)


def _ellipse(canvas: UInt8Image, centre: _Place, radii: tuple[float, float], ink: _Ink) -> None:
    x, y = _fixed(centre).tolist()
    across, down = (round(radius * _PER_UNIT * 2**_BITS) for radius in radii)
    cv2.ellipse(canvas, (x, y), (across, down), 0, 0, 360, ink, -1, cv2.LINE_AA, _BITS)


def _disc(canvas: UInt8Image, centre: _Place, radius: float, ink: _Ink) -> None:
    _ellipse(canvas, centre, (radius, radius), ink)
