"""Take pictures of invented people, with exact landmarks and exact flow.

A view is an invertible map from the canonical plane of a person to the picture. So the landmarks of a picture
are known without looking at pixels. So is the flow between two pictures of one person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from gfrnet.data.synthetic.paint import TEXTURE, paint
from gfrnet.data.synthetic.person import MOUTH, PLANE, Identity, canonical_landmarks
from gfrnet.types import CROP_SIZE, FloatArray, UInt8Image

UNIT = 0.68
"""Length of a canonical unit in a picture that reaches from -1 to 1."""

HEAD = 1.3
"""Half the side of the square of the plane in which a head turns."""

UPPER_LIP, CHIN = 0.3, 0.9
"""Reach of an expression above and below the mouth, canonical units."""


@dataclass(frozen=True)
class Light:
    """Describe the light of a picture.

    Attributes:
        gain: Factor of each channel.
        slope: Logarithm of the factor from the middle to the right and to the lower edge.
    """

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    slope: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class View:
    """Describe pose, expression and light of one picture; the defaults look straight into the camera.

    Attributes:
        shift: Shift of the face to the right and down, halves of the picture's side.
        roll: Clockwise turn, radians.
        zoom: Size of the face; 1 is the usual size.
        yaw: Shift of the nose to the right, halves of the head's side, between -1 and 1.
        pitch: Shift of the nose down, likewise.
        smile: Shift of the middle of the mouth down and of its corners up, between -1 and 1.
        opening: Opening of the mouth: its gap is ``1 + opening`` times the usual height; above -1.
        light: The light.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    roll: float = 0.0
    zoom: float = 1.0
    yaw: float = 0.0
    pitch: float = 0.0
    smile: float = 0.0
    opening: float = 0.0
    light: Light = Light()


@dataclass(frozen=True)
class SyntheticFace:
    """Hold a picture of an invented person.

    Attributes:
        pixels: (S, S, 3) RGB 0..255.
        landmarks: (68, 2) x, y in pixels, pixel centres.
        places: (S, S, 2) place (x, y) of each pixel on the canonical plane.
    """

    pixels: UInt8Image
    landmarks: FloatArray
    places: FloatArray


def sample_view(rng: np.random.Generator, spread: float = 1.0) -> View:
    """Invent pose, expression and light; ``spread`` scales how much poses differ, 0..2."""
    red, green, blue = np.exp(rng.normal(0, 0.08) + rng.normal(0, 0.03, 3)).tolist()
    x, y, roll, zoom, yaw, pitch = (spread * rng.uniform(-1, 1, 6)).tolist()
    return View(
        shift=(0.08 * x, 0.08 * y),
        roll=0.15 * roll,
        zoom=math.exp(0.1 * zoom),
        yaw=0.25 * yaw,
        pitch=0.12 * pitch,
        smile=rng.uniform(-0.2, 0.5),
        opening=rng.uniform(-0.4, 1.5),
        light=Light((red, green, blue), (rng.uniform(-0.2, 0.2), rng.uniform(-0.15, 0.15))),
    )


def render(identity: Identity, view: View, size: int = CROP_SIZE) -> SyntheticFace:
    """Take a picture of ``size`` x ``size`` pixels."""
    unit = _pixel_grid(size)
    places = to_plane(view, unit)
    x, y = np.moveaxis((places / PLANE + 1) * np.float32((TEXTURE - 1) / 2), -1, 0)
    picture = cv2.remap(paint(identity), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    slope = np.exp(unit @ np.array(view.light.slope, np.float32))[..., None]
    lit = picture * slope * np.array(view.light.gain, np.float32)
    points = (to_picture(view, canonical_landmarks(identity)) + 1) * np.float32((size - 1) / 2)
    return SyntheticFace(np.clip(np.rint(lit), 0, 255).astype(np.uint8), points, places)


def exact_flow(target: View, guide: View, size: int = CROP_SIZE) -> FloatArray:
    """Return the (size, size, 2) place of each target pixel in the guide, absolute (x, y) in [-1, 1].

    The convention is the one of gfrnet.nets.warp; places outside the guide become places on its edge.
    """
    return np.clip(to_picture(guide, to_plane(target, _pixel_grid(size))), -1, 1)


def to_picture(view: View, places: FloatArray) -> FloatArray:
    """Map canonical places (..., 2) to the picture, (x, y) in [-1, 1] (``align_corners=True``)."""
    x, y = places[..., 0], places[..., 1]
    y = _open(y, view.opening)
    y = _slide(y, _smile(view, x), MOUTH, UPPER_LIP)
    turned = np.stack((_slide(x, view.yaw, 0, HEAD), _slide(y, view.pitch, 0, HEAD)), -1)
    return (turned @ _rotation(view) + view.shift).astype(np.float32)


def to_plane(view: View, unit: FloatArray) -> FloatArray:
    """Map places (..., 2) of the picture to the plane: the exact inverse of `to_picture`."""
    turned = ((unit - view.shift) @ np.linalg.inv(_rotation(view))).astype(np.float32)
    x, y = _slide(turned[..., 0], -view.yaw, 0, HEAD), _slide(turned[..., 1], -view.pitch, 0, HEAD)
    y = _slide(y, -_smile(view, x), MOUTH, UPPER_LIP)
    return np.stack((x, _open(y, -view.opening / (1 + view.opening))), -1).astype(np.float32)


def _pixel_grid(size: int) -> FloatArray:
    """Return the (size, size, 2) places (x, y) of all pixels, in [-1, 1]."""
    steps = np.linspace(-1, 1, size, dtype=np.float32)
    return np.stack(np.meshgrid(steps, steps), -1)


def _rotation(view: View) -> FloatArray:
    """Return the (2, 2) matrix of roll and zoom, to multiply from the right."""
    cos, sin = UNIT * view.zoom * np.cos(view.roll), UNIT * view.zoom * np.sin(view.roll)
    return np.array([[cos, sin], [-sin, cos]], np.float32)


def _smile(view: View, x: FloatArray) -> FloatArray:
    """Return how far the mouth's surroundings slide down, by the distance from the middle of the face."""
    square = np.square(x / 0.4)
    return np.asarray(view.smile * (0.45 - square) * np.exp(-square), dtype=np.float32)


def _slide(values: FloatArray, by: float | FloatArray, middle: float, half: float) -> FloatArray:
    """Move the middle of an interval towards an end, crowding one half as a turning head does.

    A Moebius map of the interval onto itself: ``by`` is undone by ``-by``. Outside nothing moves.
    """
    t = np.clip((values - middle) / half, -1, 1)
    return np.asarray(values + half * ((t + by) / (1 + by * t) - t), dtype=np.float32)


def _open(y: FloatArray, by: float) -> FloatArray:
    """Stretch the surroundings of the mouth's line by ``1 + by``, undone by ``-by / (1 + by)``."""
    half = np.where(y < MOUTH, UPPER_LIP, CHIN)
    t = np.clip((y - MOUTH) / half, -1, 1)
    return np.asarray(y + half * (t * (1 + by) / (1 + by * np.abs(t)) - t), dtype=np.float32)
