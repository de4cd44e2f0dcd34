"""Invent people: the shape, colours and 68 landmarks of a face on a canonical plane.

On the plane x points right and y down. The nose lies on x = 0, the eyes on y = `EYES`, the mouth on y =
`MOUTH`, and a face is about 1.6 wide. Lengths are in these canonical units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from gfrnet.types import AnyArray, FloatArray

PLANE = 2.0
"""Half the side of the square of the plane that is painted."""

EYES = -0.2
"""Height of the eyes on the plane."""

MOUTH = 0.5
"""Height of the mouth on the plane."""

Colour: TypeAlias = tuple[float, float, float]
"""RGB, 0..255."""


@dataclass(frozen=True)
class Identity:
    """Describe an invented person; lengths in canonical units.

    Attributes:
        width: Half the width of the face.
        chin: Height of the chin.
        taper: Shape of the jaw, from 0.7 (square) to 1.1 (pointed).
        eye_distance: Distance from the nose to the middle of an eye.
        eye_size: Half the width and half the height of an eye.
        brow: Thickness of the brows.
        nose: Half the width of the nose and its length below the eyes.
        mouth: Half the width of the mouth and the thickness of a lip.
        hairline: Height of the forehead above the plane's origin.
        hair_length: Reach of the hair below the origin.
        skin: Colour of the skin.
        hair: Colour of hair and brows.
        iris: Colour of the eyes.
        cloth: Colour of the clothes.
        backdrop: Colour of the background.
        detail: Seed of the details that only a good photo shows: freckles, moles, hair, brows and irises.
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
        skin=colour(skin),
        hair=colour(hair),
        iris=colour(rng.uniform((30, 60, 40), (120, 130, 190))),
        cloth=colour(rng.uniform(30, 220, 3)),
        backdrop=colour(rng.uniform((60, 90, 110), (120, 150, 200))),
        detail=int(rng.integers(2**31)),
    )


def colour(values: AnyArray) -> Colour:
    """Bring (3,) values into the range of a colour."""
    red, green, blue = np.clip(values, 15, 240).tolist()
    return red, green, blue


def canonical_landmarks(identity: Identity) -> FloatArray:
    """Return the (68, 2) landmarks on the plane in dlib's order, symmetric about x = 0."""
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
    """Return (17, 2) places of the jaw from ear to ear."""
    angles = np.linspace(0, np.pi, 17)
    across = -np.sign(np.cos(angles)) * np.abs(np.cos(angles)) ** identity.taper
    return np.stack((identity.width * across, EYES + (identity.chin - EYES) * np.sin(angles)), -1)


def _ring(width: float, height: float, count: int) -> AnyArray:
    """Return (count, 2) places around the middle of the mouth, from its left corner over the top."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack((-width * np.cos(angles), MOUTH - height * np.sin(angles)), -1)
