"""Invented people: each is a texture with 68 landmarks on a canonical plane.

On the plane x points right and y down, the nose lies on x = 0, the eyes on y = `EYES`, the mouth on
y = `MOUTH`, and a face is about 1.6 wide. Lengths are in these canonical units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np

from gfrnet.types import AnyArray, FloatArray, UInt8Image

PLANE = 2.0
"""Half the side of the square of the plane that is painted."""

TEXTURE = 384
"""Side of the texture in pixels: about as fine as a picture of 256 pixels needs."""

EYES = -0.2
MOUTH = 0.5

Colour: TypeAlias = tuple[float, float, float]
"""RGB, 0..255."""

_Ink: TypeAlias = Sequence[float] | int
_Place: TypeAlias = Sequence[float] | AnyArray

_BITS = 4
"""Of a pixel's fraction in OpenCV's fixed-point places."""

_PER_UNIT = (TEXTURE - 1) / 2 / PLANE
"""Texture pixels in a canonical unit."""


@dataclass(frozen=True)
class Identity:
    """An invented person; lengths in canonical units.

    Attributes:
        width: Half the width of the face.
        chin: Height of the chin.
        taper: Shape of the jaw, from 0.7 (square) to 1.1 (pointed).
        eye_distance: From the nose to the middle of an eye.
        eye_size: Half the width and half the height of an eye.
        brow: Thickness of the brows.
        nose: Half the width of the nose and its length below the eyes.
        mouth: Half the width of the mouth and the thickness of a lip.
        hairline: Height of the forehead above the plane's origin.
        hair_length: How far the hair reaches below the origin.
        skin: Colour of the skin.
        hair: Colour of hair and brows.
        iris: Colour of the eyes.
        cloth: Colour of the clothes.
        backdrop: Colour of the background.
        detail: Seed of what only a good photo shows: freckles, moles, strands of hair, brows and irises.
    """

    width: float
    chin: float
    taper: float
    eye_distance: float
    eye_size: tuple[float, float]
    brow: float
    nose: tuple[float, float]
    mouth: tuple[float, float]
    hairline: float
    hair_length: float
    skin: Colour
    hair: Colour
    iris: Colour
    cloth: Colour
    backdrop: Colour
    detail: int


def sample_identity(rng: np.random.Generator) -> Identity:
    """Invent a person."""
    skin = np.array([228, 184, 158]) * rng.uniform(0.6, 1.05) + rng.normal(0, 5, 3)
    hair = np.array([130, 92, 60]) * rng.uniform(0.3, 1.4) + rng.normal(0, 8, 3)
    return Identity(
        width=rng.uniform(0.7, 0.84),
        chin=rng.uniform(1.0, 1.14),
        taper=rng.uniform(0.7, 1.1),
        eye_distance=rng.uniform(0.31, 0.37),
        eye_size=(rng.uniform(0.13, 0.17), rng.uniform(0.055, 0.085)),
        brow=rng.uniform(0.04, 0.09),
        nose=(rng.uniform(0.11, 0.17), rng.uniform(0.32, 0.4)),
        mouth=(rng.uniform(0.24, 0.34), rng.uniform(0.05, 0.09)),
        hairline=rng.uniform(0.7, 0.9),
        hair_length=rng.uniform(0.2, 1.5),
        skin=_colour(skin),
        hair=_colour(hair),
        iris=_colour(rng.uniform((30, 60, 40), (120, 130, 190))),
        cloth=_colour(rng.uniform(30, 220, 3)),
        backdrop=_colour(rng.uniform((60, 90, 110), (120, 150, 200))),
        detail=int(rng.integers(2**31)),
    )


def _colour(values: AnyArray) -> Colour:
    red, green, blue = np.clip(values, 15, 240).tolist()
    return red, green, blue


def canonical_landmarks(identity: Identity) -> FloatArray:
    """(68, 2) landmarks on the plane in dlib's order, symmetric about x = 0."""
    (eye_width, eye_height), (nose_width, nose_length) = identity.eye_size, identity.nose
    steps, centre = np.linspace(-1, 1, 5), np.array((identity.eye_distance, 0))
    brow = np.stack((1.4 * eye_width * steps, EYES - 0.17 - 0.05 * (1 - steps**2)), -1)
    bridge = np.stack((np.zeros(4), EYES + np.linspace(0.02, nose_length - 0.08, 4)), -1)
    nostrils = np.stack((nose_width * steps, EYES + nose_length - 0.02 * steps**2), -1)
    eye = np.array([(-1, 0), (-0.4, -1), (0.4, -1), (1, 0), (0.4, 0.8), (-0.4, 0.8)])
    eye = eye * (eye_width, eye_height) + (0, EYES)
    half, lip = identity.mouth
    mouth = [_ring(half, 0.02 + lip, 12), _ring(0.8 * half, 0.02, 8)]
    middle = (brow - centre, brow + centre, bridge, nostrils, eye - centre, eye + centre)
    return np.concatenate((_jaw(identity), *middle, *mouth)).astype(np.float32)


def _jaw(identity: Identity) -> AnyArray:
    """(17, 2) from ear to ear."""
    angles = np.linspace(0, np.pi, 17)
    across = -np.sign(np.cos(angles)) * np.abs(np.cos(angles)) ** identity.taper
    return np.stack((identity.width * across, EYES + (identity.chin - EYES) * np.sin(angles)), -1)


def _ring(width: float, height: float, count: int) -> AnyArray:
    """(count, 2) around the middle of the mouth, from its left corner over the top."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack((-width * np.cos(angles), MOUTH - height * np.sin(angles)), -1)


@lru_cache(maxsize=8)
def paint(identity: Identity) -> UInt8Image:
    """The (TEXTURE, TEXTURE, 3) texture of the plane from -PLANE to PLANE, RGB 0..255."""
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
    """Shoulders, hair behind the face in light and dark strands, and neck."""
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
    """Paint ears and face; returns the (TEXTURE, TEXTURE) mask of the face, 0..255."""
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
    """Freckles and a few moles, in the face only."""
    spotted, count = canvas.copy(), rng.integers(40, 120)
    places = rng.normal((0, 0.15), 0.4, (count, 2))
    inks = np.outer(rng.uniform(0.65, 0.88, count), identity.skin)
    inks[:4] *= 0.6
    for place, radius, ink in zip(places, rng.uniform(0.012, 0.028, count), inks.tolist(), strict=True):
        _disc(spotted, place, radius, ink)
    cv2.copyTo(spotted, face, canvas)


def _shade(canvas: UInt8Image, identity: Identity, points: FloatArray) -> None:
    """Soft shadows around the face, in the eye sockets, beside the nose and below mouth and chin."""
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
    """White, iris with its pattern, pupil, reflection and lid."""
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
    """Light and dark hairs across the line of the brow."""
    _stroke(canvas, brow, identity.brow, identity.hair)
    for along in np.linspace(0, 4, 24):
        at = [np.interp(along, range(5), brow[:, axis]) for axis in range(2)]
        hair = identity.brow * rng.uniform((-0.5, 0.4), (0.5, 0.8))
        _stroke(canvas, np.stack((at - hair, at + hair)), 0.012, _times(identity.hair, rng.uniform(0.3, 1.6)))


def _times(colour: Colour, factor: float | Colour) -> Colour:
    return _colour(np.array(colour) * factor)


def _moved(points: AnyArray, x: float, y: float) -> AnyArray:
    return np.asarray(points + np.array((x, y)))


def _smooth(points: AnyArray) -> AnyArray:
    """(8 K, 2): a smooth closed curve through K points, by three rounds of the four-point scheme."""
    for _ in range(3):
        before, after, beyond = (np.roll(points, shift, 0) for shift in (1, -1, -2))
        middles = (9 * (points + after) - before - beyond) / 16
        points = np.stack((points, middles), 1).reshape(-1, 2)
    return np.asarray(points)


def _fixed(values: _Place) -> AnyArray:
    """Canonical places as texture pixels in OpenCV's fixed-point numbers."""
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
