"""Make a guide of the photo itself, warped, relit and recoloured: pairs whose flow is known exactly."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from gfrnet.types import AnyArray, BoolArray, FloatArray, UInt8Image

MIRRORED = np.array(
    [
        *range(16, -1, -1),  # jaw
        *range(26, 16, -1),  # brows
        *range(27, 31),  # bridge of the nose
        *range(35, 30, -1),  # nostrils
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # eyes
        *(*range(54, 47, -1), *range(59, 54, -1)),  # outer lips
        *(*range(64, 59, -1), *range(67, 64, -1)),  # inner lips
    ]
)
"""Index of each landmark's mirror image among the 68."""

_MIRROR_X = np.array([-1, 1], dtype=np.float32)

_NODE_STEP = 4
"""Step between pixels at which a warp is inverted; it is so smooth that the others follow."""


@dataclass(frozen=True)
class SelfGuide:
    """Hold a guide made from the photo that it guides.

    Attributes:
        pixels: (H, W, 3) the photo warped, mirrored or not, relit and recoloured, RGB 0..255.
        points: (68, 2) its landmarks. In a mirror image the left eye is the one on the left, as in every
            other photo; but the flow leads from the left eye of the photo to the right one.
        flow: (H, W, 2) place of each pixel of the photo in the guide, absolute (x, y) in [-1, 1].
        known: (H, W), false where the guide does not show that pixel.
    """

    pixels: UInt8Image
    points: FloatArray
    flow: FloatArray
    known: BoolArray


def make_self_guide(
    photo: UInt8Image, points: FloatArray, rng: np.random.Generator, *, mirrored: bool = False
) -> SelfGuide:
    """Warp a photo smoothly and relight it, carrying its landmarks along.

    Args:
        photo: (H, W, 3) RGB 0..255.
        points: (68, 2) its landmarks.
        rng: Source of warp and light.
        mirrored: Whether the guide is a mirror image too.
    """
    size = photo.shape[0]
    places = smooth_places(size, rng)
    pixels = relight(_sampled(photo, places, cv2.INTER_CUBIC), rng)
    landing = inverted(places)
    carried = carried_points(landing, points)
    flow = landing * np.float32(2 / (size - 1)) - 1
    if mirrored:
        pixels = np.asarray(cv2.flip(pixels, 1), dtype=np.uint8)
        carried, flow = mirrored_points(carried, size), flow * _MIRROR_X
    known = (np.abs(flow) <= 1).all(axis=-1)
    return SelfGuide(pixels, carried, np.clip(flow, -1, 1), known)


def mirrored_points(points: FloatArray, width: int) -> FloatArray:
    """Mirror (68, 2) landmarks of a crop that is ``width`` pixels wide."""
    mirrored: FloatArray = points[MIRRORED] * _MIRROR_X
    mirrored[:, 0] += width - 1
    return mirrored


def smooth_places(size: int, rng: np.random.Generator) -> FloatArray:
    """Draw a smooth warp: (size, size, 2), for each pixel of the warped photo its place (x, y) in the photo.

    It has an affine and a bent part, drawn within bounds that leave no room for folds.
    """
    turn, widen, squeeze = rng.uniform(-1, 1, 3) * (0.35, 0.25, 0.15)
    cos, sin = np.exp(widen) * np.cos(turn), np.exp(widen) * np.sin(turn)
    affine = np.array([[cos, -sin], [sin, cos]]) * np.exp([[squeeze], [-squeeze]])
    shift = rng.uniform(-0.08, 0.08, 2) * size
    steps = np.arange(size) - (size - 1) / 2
    places = _outer_sum(steps[:, None] * affine[:, 1], steps[:, None] * affine[:, 0] + shift + (size - 1) / 2)
    for nodes, reach in ((4, 0.04), (10, 0.005)):
        grid = (rng.uniform(-reach, reach, (nodes, nodes, 2)) * size).astype(np.float32)
        places += cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC)
    return places


def _outer_sum(rows: AnyArray, columns: AnyArray) -> FloatArray:
    return rows.astype(np.float32)[:, None] + columns.astype(np.float32)[None]


def inverted(places: FloatArray) -> FloatArray:
    """Invert a warp: (size, size, 2), for each pixel of the photo its place (x, y) in the warped photo.

    Places may lie beyond the warped photo.

    Exact to a tenth of a pixel, as a rule.
    """
    size, step = len(places), _NODE_STEP
    # A node more on each side, so that the edges lie between nodes.
    nodes = step * np.arange(-1, -(-size // step) + 1, dtype=np.float32) + (step - 1) / 2
    found = wanted = np.stack(np.broadcast_arrays(nodes, nodes[:, None]), axis=-1)
    for _ in range(12):
        found = _nearer(found, places, wanted)
    fine = cv2.resize(found, None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)
    return np.asarray(fine[step : step + size, step : step + size], dtype=np.float32)


def carried_points(landing: FloatArray, points: FloatArray) -> FloatArray:
    """Carry points (K, 2), pixels of the photo, to where they land in the warped photo."""
    inside = np.clip(points, 0, len(landing) - 1)
    # Beyond the edge the warp goes on with its mean slope.
    carried = _sampled(landing, inside[None], cv2.INTER_LINEAR)[0] + (points - inside) @ _slope(landing)
    return np.asarray(carried, dtype=np.float32)


def _nearer(found: FloatArray, places: FloatArray, wanted: FloatArray) -> FloatArray:
    """Step towards where ``places`` is ``wanted``, by Newton's method with the mean slope of the warp."""
    inside = np.clip(found, 0, len(places) - 1)
    missed = wanted - _sampled(places, inside, cv2.INTER_LINEAR)
    return np.asarray(inside + cv2.transform(missed, np.linalg.inv(_slope(places)).T), dtype=np.float32)


def _slope(places: FloatArray) -> FloatArray:
    """Return (2, 2): the mean movement of places for a step right and for a step down."""
    steps = np.stack([(places[:, -1] - places[:, 0]).mean(0), (places[-1] - places[0]).mean(0)])
    return np.asarray(steps / (len(places) - 1), dtype=np.float32)


def _sampled(picture: AnyArray, places: FloatArray, method: int) -> AnyArray:
    x, y = places[..., 0], places[..., 1]
    return np.asarray(cv2.remap(picture, x, y, method, borderMode=cv2.BORDER_REPLICATE))


def relight(pixels: UInt8Image, rng: np.random.Generator) -> UInt8Image:
    """Change exposure, contrast, white balance, saturation and direction of light; (H, W, 3) RGB 0..255."""
    size = pixels.shape[0]
    gain = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.08, 3))
    levels = (np.arange(256) / 255)[:, None] ** np.exp(rng.normal(0, 0.2)) * gain * 255
    lit = cv2.LUT(pixels, levels.astype(np.float32)[None])
    grey = cv2.cvtColor(cv2.cvtColor(lit, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    saturation = max(0.0, rng.normal(1, 0.25))
    recoloured = cv2.addWeighted(lit, saturation, grey, 1 - saturation, 0)
    corners = np.exp(rng.normal(0, 0.25, (2, 2))).astype(np.float32)
    light = cv2.resize(corners, (size, size), interpolation=cv2.INTER_LINEAR)
    shaded = cv2.multiply(recoloured, cv2.cvtColor(light, cv2.COLOR_GRAY2RGB), dtype=cv2.CV_8U)
    return np.asarray(shaded, dtype=np.uint8)
