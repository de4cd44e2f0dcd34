"""Synthetic photos with exact landmarks and exact flow, to try and to test training without photographs.

A view is an invertible map from the canonical plane of `synthetic_people` to the picture, so the landmarks of
a picture, and the flow between two pictures of one person, are known without looking at pixels.
"""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gfrnet import images
from gfrnet.data.manifest import Card, Portrait, read_card, write_card, write_manifest
from gfrnet.data.portray import CROPS
from gfrnet.data.synthetic_people import (
    MOUTH,
    PLANE,
    TEXTURE,
    Identity,
    canonical_landmarks,
    paint,
    sample_identity,
)
from gfrnet.errors import DataError
from gfrnet.types import FloatArray, UInt8Image

LAYOUT = "synthetic"
"""The layout that the card names; `gfrnet.data.build` has none of this name."""

UNIT = 0.68
"""A canonical unit in a picture that reaches from -1 to 1."""

HEAD = 1.3
"""Half the side of the square of the plane in which a head turns."""

UPPER_LIP, CHIN = 0.3, 0.9
"""How far above and below the mouth an expression reaches, canonical units."""


@dataclass(frozen=True)
class Light:
    """The light of a picture.

    Attributes:
        gain: Factor of each channel.
        slope: Logarithm of the factor from the middle to the right and to the lower edge.
    """

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    slope: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class View:
    """Pose, expression and light of one picture; the defaults look straight into the camera.

    Attributes:
        shift: Of the face to the right and down, halves of the picture's side.
        roll: Clockwise, radians.
        zoom: 1 is the usual size.
        yaw: How far the nose moves to the right, halves of the head's side, between -1 and 1.
        pitch: Likewise down.
        smile: How far the middle of the mouth moves down and its corners up, between -1 and 1.
        opening: The gap of the mouth is ``1 + opening`` times its usual height; above -1.
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
    """A picture of an invented person.

    Attributes:
        pixels: (S, S, 3) RGB 0..255.
        landmarks: (68, 2) x, y in pixels, pixel centres.
        places: (S, S, 2) where on the canonical plane each pixel lies, (x, y).
    """

    pixels: UInt8Image
    landmarks: FloatArray
    places: FloatArray


def sample_view(rng: np.random.Generator, spread: float = 1.0) -> View:
    """Invent pose, expression and light; poses differ ``spread`` times as much as usual, 0..2."""
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


def render(identity: Identity, view: View, size: int = 256) -> SyntheticFace:
    """Take a picture of ``size`` x ``size`` pixels."""
    unit = _pixel_grid(size)
    places = to_plane(view, unit)
    x, y = np.moveaxis((places / PLANE + 1) * np.float32((TEXTURE - 1) / 2), -1, 0)
    picture = cv2.remap(paint(identity), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    slope = np.exp(unit @ np.array(view.light.slope, np.float32))[..., None]
    lit = picture * slope * np.array(view.light.gain, np.float32)
    points = (to_picture(view, canonical_landmarks(identity)) + 1) * np.float32((size - 1) / 2)
    return SyntheticFace(np.clip(np.rint(lit), 0, 255).astype(np.uint8), points, places)


def exact_flow(target: View, guide: View, size: int = 256) -> FloatArray:
    """(size, size, 2): where in the guide each pixel of the target lies, absolute (x, y) in [-1, 1].

    The convention is that of gfrnet.nets.warp; places outside the guide become places on its edge.
    """
    return np.clip(to_picture(guide, to_plane(target, _pixel_grid(size))), -1, 1)


def write_synthetic(
    root: Path, people: int, photos: int, seed: int = 0, spread: float = 1.0
) -> tuple[Portrait, ...]:
    """Write a data set of invented people, as `gfrnet.data.build` writes one of photographs.

    A person depends on the seed and the person's number alone; the guide is the photo nearest to frontal. An
    older one of these data sets is replaced, whole or interrupted.

    Args:
        root: Folder of the data set.
        people: How many.
        photos: Of each; pairs need at least two.
        seed: Of everything random. People of different seeds have different names.
        spread: How much poses differ, as `sample_view` takes it.

    Raises:
        DataError: The folder holds something else, the older data set cannot be deleted, or the manifest
            cannot be written.
        WriteError: A file cannot be written.
    """
    card = Card(settings={"layout": LAYOUT, "seed": seed, "spread": spread})
    _check_folder(root)
    _delete_older(root, card)
    # First, so that the next run knows the folder again if this one is interrupted.
    write_card(root, card)
    portraits: list[Portrait] = []
    for index in range(people):
        rng = np.random.default_rng((seed, index))
        identity, views = sample_identity(rng), [sample_view(rng, spread) for _ in range(photos)]
        guide = min(views, key=lambda view: abs(view.yaw) + abs(view.pitch))
        person = f"synthetic-{seed}-{index:03d}"
        for number, view in enumerate(views):
            face, source = render(identity, view), f"{person}/{number:02d}.png"
            portraits.append(
                Portrait(
                    person=person,
                    source=source,
                    crop=images.write(images.Photo(face.pixels), root / CROPS / source),
                    real=(0, 0, 256, 256),
                    landmarks=face.landmarks,
                    role="guide" if view is guide else "target",
                    yaw=math.degrees(math.asin(view.yaw)),
                    pitch=math.degrees(math.asin(view.pitch)),
                    roll=math.degrees(view.roll),
                )
            )
    write_manifest(root, portraits, card)
    return tuple(portraits)


def _check_folder(root: Path) -> None:
    if not root.is_dir() or not any(root.iterdir()):
        return
    try:
        ours = read_card(root).settings.get("layout") == LAYOUT
    except DataError:
        ours = False
    if not ours:
        raise DataError(f"{root} holds files that are no synthetic data set. Choose a new folder.")


def _delete_older(root: Path, card: Card) -> None:
    try:
        # Without its manifest a half-drawn data set cannot be taken for a whole one.
        (root / f"manifest.{card.manifest}").unlink(missing_ok=True)
        if (root / CROPS).exists():
            shutil.rmtree(root / CROPS)
    except OSError as error:
        raise DataError(f"{root} cannot be replaced ({error}). Delete it, or choose a new folder.") from error


def to_picture(view: View, places: FloatArray) -> FloatArray:
    """Canonical places (..., 2) in the picture, (x, y) in [-1, 1] (``align_corners=True``)."""
    x, y = places[..., 0], places[..., 1]
    y = _open(y, view.opening)
    y = _slide(y, _smile(view, x), MOUTH, UPPER_LIP)
    turned = np.stack((_slide(x, view.yaw, 0, HEAD), _slide(y, view.pitch, 0, HEAD)), -1)
    return (turned @ _rotation(view) + view.shift).astype(np.float32)


def to_plane(view: View, unit: FloatArray) -> FloatArray:
    """The exact inverse of `to_picture`."""
    turned = ((unit - view.shift) @ np.linalg.inv(_rotation(view))).astype(np.float32)
    x, y = _slide(turned[..., 0], -view.yaw, 0, HEAD), _slide(turned[..., 1], -view.pitch, 0, HEAD)
    y = _slide(y, -_smile(view, x), MOUTH, UPPER_LIP)
    return np.stack((x, _open(y, -view.opening / (1 + view.opening))), -1).astype(np.float32)


def _pixel_grid(size: int) -> FloatArray:
    """(size, size, 2): (x, y) of every pixel in [-1, 1]."""
    steps = np.linspace(-1, 1, size, dtype=np.float32)
    return np.stack(np.meshgrid(steps, steps), -1)


def _rotation(view: View) -> FloatArray:
    """(2, 2): roll and zoom, to be multiplied from the right."""
    cos, sin = UNIT * view.zoom * np.cos(view.roll), UNIT * view.zoom * np.sin(view.roll)
    return np.array([[cos, sin], [-sin, cos]], np.float32)


def _smile(view: View, x: FloatArray) -> FloatArray:
    """How far the mouth's surroundings slide down, by the distance from the middle of the face."""
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
