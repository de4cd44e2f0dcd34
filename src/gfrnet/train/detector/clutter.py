"""Draw pictures without faces: noise, stripes, shapes and writing."""

from __future__ import annotations

import cv2
import numpy as np

from gfrnet.types import FloatArray, UInt8Image

_LETTERS = "ABCDEFGHKLMNPQRSTUVWXYZabdeghnoqru0123456789&?@#%"


def drawn_clutter(side: int, rng: np.random.Generator) -> UInt8Image:
    """Draw a (side, side, 3) picture, RGB 0..255, that shows no face."""
    picture = _noise(side, rng) if rng.random() < 0.7 else _stripes(side, rng)
    for _ in range(int(rng.integers(0, 25))):
        _draw_shape(picture, rng)
    if rng.random() < 0.5:
        sigma = float(rng.uniform(0.3, 2.5))
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)
    return picture


def _noise(side: int, rng: np.random.Generator) -> UInt8Image:
    """Add up noise of many sizes, as clouds, plaster and foliage have."""
    half = side // 2
    total: FloatArray = np.zeros((half, half, 3), np.float32)
    decay, size, grey = rng.uniform(0.4, 1.0), 2, rng.random() < 0.5
    while size <= half:
        layer = rng.normal(0, 1, (size, size, 1 if grey else 3)).astype(np.float32)
        enlarged = cv2.resize(layer, (half, half), interpolation=cv2.INTER_LINEAR)
        total += decay * enlarged.reshape(half, half, -1)
        decay *= rng.uniform(0.4, 1.0)
        size *= 2
    total = np.asarray(cv2.resize(total, (side, side), interpolation=cv2.INTER_LINEAR), np.float32)
    total *= rng.uniform(5, 60) / max(1e-6, float(total.std()))
    return np.clip(total + rng.uniform(20, 235, 3), 0, 255).astype(np.uint8)


def _stripes(side: int, rng: np.random.Generator) -> UInt8Image:
    """Draw waves across each other, as on cloth, blinds and brickwork."""
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    total: FloatArray = np.zeros((side, side), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        angle, length = rng.uniform(0, np.pi), rng.uniform(4, 90)
        wave = np.sin(
            (columns * np.cos(angle) + rows * np.sin(angle)) * 2 * np.pi / length + rng.uniform(0, 6)
        )
        total += np.sign(wave) if rng.random() < 0.5 else wave
    colours = rng.uniform(0, 255, (2, 3))
    share = (total - total.min())[..., None] / max(1e-6, float(np.ptp(total)))
    return np.asarray(colours[0] * share + colours[1] * (1 - share), np.uint8)


def _draw_shape(picture: UInt8Image, rng: np.random.Generator) -> None:
    side = picture.shape[0]
    colour = tuple(int(value) for value in rng.integers(0, 256, 3))
    x, y = (int(value) for value in rng.integers(0, side, 2))
    reach = int(np.exp(rng.uniform(np.log(3), np.log(side / 2))))
    width = int(rng.choice([-1, 1, 2, 4]))
    kind = int(rng.integers(5))
    if kind == 0:
        axes = (reach, max(1, int(reach * rng.uniform(0.2, 1))))
        cv2.ellipse(picture, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, colour, width, cv2.LINE_AA)
    elif kind == 1:
        points = (np.array([x, y]) + rng.integers(-reach, reach + 1, (int(rng.integers(3, 6)), 2))).astype(
            np.int32
        )
        cv2.fillPoly(picture, [points], colour, cv2.LINE_AA)
    elif kind == 2:
        end = (x + int(rng.integers(-side, side)), y + int(rng.integers(-side, side)))
        cv2.line(picture, (x, y), end, colour, abs(width), cv2.LINE_AA)
    elif kind == 3:
        text = "".join(rng.choice(list(_LETTERS), int(rng.integers(1, 9))))
        size, font = float(reach / 25), int(rng.integers(8))
        cv2.putText(picture, text, (x, y), font, size, colour, max(1, reach // 12), cv2.LINE_AA)
    else:
        # Two equal discs side by side, such as wheels, lamps and buttons.
        gap, radius = reach, max(1, int(reach * rng.uniform(0.15, 0.45)))
        for centre in ((x - gap // 2, y), (x + gap // 2, y)):
            cv2.circle(picture, centre, radius, colour, width, cv2.LINE_AA)
