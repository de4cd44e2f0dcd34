"""Measure how good a picture of a face is: sharpness, pose, open eyes, size, light and cover."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, atan2, degrees, exp, hypot

import cv2
import numpy as np

from gfrnet.faces.crop import CropPlace, cut
from gfrnet.faces.detect import landmarks5
from gfrnet.types import AnyArray, BoolArray, Box, FloatArray, UInt8Image

SHARPNESS_SIDE = 192
"""Side, in pixels, to which a face is resized before its sharpness is measured."""

DETAIL_ANCHOR = 8.0
"""Cycles per crop from which the spectrum of a face follows its law.

A face of 16 pixels still has this frequency.
"""

DETAIL_BANDS = 5
"""Bands of the spectrum per octave."""

DETAIL_SLOPE = 3.2
"""Powers of ten by which the spectrum of a sharp face falls per tenfold frequency.

Measured on 238 sharp training photos of three collections. Their power lies within 0.3 of the law.
"""

DETAIL_LOSS = 0.75
"""Powers of ten below that law from which detail counts as missing.

Chosen so that faces shrunk to 24..128 pixels and enlarged again measure as what they were, within a band.
"""

GREY_SPREAD = 2.5
"""Largest spread of colour, in 0..255, that brightness may leave unexplained in a grey or toned picture."""

SKIN_DISTANCE = 20.0
"""Distance from the colour of the face's skin beyond which a pixel is not skin.

Measured on 175 training photos, plain and with covers drawn in. The share of pixels beyond this distance is:

- 0.03 in plain photos, and below 0.28 in 98 % of them,
- 0.16 with dark glasses,
- 0.25 to 0.45 with a white, black or blue mask.
"""

SKIN_BRIGHTNESS, SKIN_SHADE = 0.3, 40.0
"""Weight of L* in that distance, and the amount added to L* before a* and b* are divided by it.

With this division, the colour of skin stays the same in shadow.
"""

NOSE_DEPTH = 2.44
"""Sine of the yaw per shift of the nose base along the eye line.

The unit of the shift is the distance between the outer eye corners. Fitted to `pose68` on 240 training
photos: 0.94 correlation, 5 degrees of error.
"""

NOSE_DROP = 0.577
"""Distance of the nose base below the eye line of a level face, in the same unit."""

PITCH_PER_DROP = 108.0
"""Degrees of pitch per unit of nose drop, fitted like `NOSE_DEPTH` (0.75 correlation, so only rough)."""

HEAD_LANDMARKS = (30, 8, 36, 45, 48, 54)
"""Indices of nose tip, chin, outer eye corners and mouth corners among the 68 landmarks."""

HEAD = np.array(
    [(0, 0, 0), (0, 66, 14), (-44, -38, 43), (44, -38, 43), (-25, 30, 27), (25, 30, 27)], dtype=np.float64
)
"""`HEAD_LANDMARKS` of an average head, in mm.

In the picture, x points to the right and y down; z points away from the camera.
"""


@dataclass(frozen=True)
class Pose:
    """Describe where a face looks, in degrees. All angles are 0 for a look straight into the camera.

    Attributes:
        yaw: Turn to the side, positive towards the right of the picture.
        pitch: Nod, positive downwards.
        roll: Rotation in the picture, positive clockwise as seen.
    """

    yaw: float
    pitch: float
    roll: float

    @property
    def frontal(self) -> float:
        """Return how frontal the face is: 1 if frontal, 0.6 at 20 degrees of yaw, 0.1 at 40.

        Roll hides no part of the face, so each degree of it counts half.
        """
        return exp(-((self.yaw / 20) ** 2 + (self.pitch / 20) ** 2 + (self.roll / 40) ** 2) / 2)


@dataclass(frozen=True)
class Quality:
    """Hold the measures of a picture that make it a good guide.

    Attributes:
        sharpness: Fine over coarse detail, from `sharpness`.
        frontal: How frontal the face is, 0..1, from `Pose.frontal`.
        size: Larger side of the face's box, in pixels of its photo.
        eyes_open: Eye opening from `eyes_open68`; None where the 68 landmarks are unknown.
    """

    sharpness: float
    frontal: float
    size: float
    eyes_open: float | None = None


@dataclass(frozen=True)
class Light:
    """Describe how a face is lit.

    Attributes:
        brightness: Mean brightness of the face, 0..1.
        contrast: Standard deviation of the brightness within the face, 0..1.
        side: Difference of the right and the left half over their sum, -1..1. It is above 0 if the face is
            brighter at the right of the picture.
    """

    brightness: float
    contrast: float
    side: float


def measure_quality(image: UInt8Image, box: Box) -> Quality:
    """Measure the quality of one face with its five landmarks, which do not show whether eyes are open.

    Args:
        image: (H, W, 3) RGB, 0..255.
        box: The detector's box of the face.
    """
    frontal = pose5(landmarks5(image, box)).frontal
    return Quality(sharpness(image, box), frontal, max(box.width, box.height))


def sharpness(image: UInt8Image, box: Box) -> float:
    """Measure the fine detail of a face over its coarse detail. Contrast does not change it, noise hardly.

    The face is resized to 192 x 192 grey pixels, and a median filter removes its noise. Fine detail is the
    difference of two Gaussian blurs, of 1 and 2 pixels. For coarse detail the blurs are of 4 and 8 pixels.
    The result is the ratio of their standard deviations.

    Returns:
        0 or more. A sharp photo has about 0.42, and a face without any detail has 0. Blindly degraded photos
        have about 0.27, 0.24 and 0.15 at 2x, 4x and 8x (of a crop of 256 pixels).
    """
    place = CropPlace(box.center, max(box.width, box.height), size=SHARPNESS_SIDE)
    grey = cv2.cvtColor(cut(image, place).pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    clean = cv2.medianBlur(grey, 3)
    blurred = [cv2.GaussianBlur(clean, (0, 0), sigma) for sigma in (1, 2, 4, 8)]
    coarse = float((blurred[2] - blurred[3]).std())
    return float((blurred[0] - blurred[1]).std()) / coarse if coarse > 0.1 else 0.0


def effective_resolution(crop: UInt8Image) -> float:
    """Return the smallest side, in pixels, that could hold the detail of a face crop.

    The power spectrum of a sharp face falls by a steady law. The spectrum of an enlarged photo leaves this
    law at the highest frequency that its original pixels could hold. Noise added after enlarging hides this.

    Args:
        crop: (S, S, 3) RGB, 0..255, placed as by `CropPlace.around`.

    Returns:
        0..S; S where no detail is missing. Frequencies are measured in bands, so the error is about 15 %.
    """
    frequencies, power = _spectrum(crop)
    if len(power) < 3 or power[0] <= 0:
        return 0.0
    level = (power[:2] + DETAIL_SLOPE * np.log10(frequencies[:2])).mean()
    missing = level - DETAIL_SLOPE * np.log10(frequencies) - power > DETAIL_LOSS
    # One weak band may be chance; two in a row are the end of the detail.
    ends = missing[2:] & np.append(missing[3:], True)
    if not ends.any():
        return float(crop.shape[0])
    return float(2 * frequencies[2 + int(np.argmax(ends))] / 2 ** (0.5 / DETAIL_BANDS))


def _spectrum(crop: UInt8Image) -> tuple[FloatArray, FloatArray]:
    """Return the middle of each band, in cycles per crop, and log10 of the mean power in it."""
    size, margin = crop.shape[0], crop.shape[0] // 8
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)[margin:-margin, margin:-margin]
    window = np.outer(np.hanning(grey.shape[0]), np.hanning(grey.shape[1]))
    power = np.abs(np.fft.rfft2((grey - grey.mean()) * window)) ** 2
    y, x = np.fft.fftfreq(grey.shape[0])[:, None], np.fft.rfftfreq(grey.shape[1])
    octaves = np.log2(size / 2 / DETAIL_ANCHOR)
    edges = DETAIL_ANCHOR * 2 ** (np.arange(int(octaves * DETAIL_BANDS) + 1) / DETAIL_BANDS)
    band = np.digitize(np.hypot(x, y).ravel() * size, edges)
    total = np.bincount(band, power.ravel(), len(edges) + 1)[1:-1]
    count = np.bincount(band, minlength=len(edges) + 1)[1:-1]
    middles = np.sqrt(edges[1:] * edges[:-1])
    return middles.astype(np.float32), np.log10(total / np.maximum(count, 1) + 1e-3).astype(np.float32)


def light(image: UInt8Image, points: FloatArray) -> Light:
    """Measure how the face inside the 68 landmarks is lit.

    Args:
        image: (H, W, 3) RGB, 0..255.
        points: (68, 2) in pixels of ``image``.
    """
    face = _outline(image.shape[:2], points)
    luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    if not face.any():
        return Light(0.0, 0.0, 0.0)
    rows, columns = np.nonzero(face)
    (x, y), (down_x, down_y) = points[27], points[8] - points[27]
    right = (columns - x) * down_y - (rows - y) * down_x > 0
    values = luma[face]
    halves = [float(values[half].mean()) if half.any() else float(values.mean()) for half in (right, ~right)]
    side = (halves[0] - halves[1]) / max(sum(halves), 1e-3)
    return Light(float(values.mean()), float(values.std()), side)


def is_grey(image: UInt8Image) -> bool:
    """Return whether a picture is black and white, or toned: its colour follows from its brightness.

    Args:
        image: (H, W, 3) RGB, 0..255.
    """
    small = cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float32)
    luma = small.mean(axis=1) / 255
    terms = np.stack([np.ones_like(luma), luma, luma**2], axis=1)
    fitted = terms @ np.linalg.lstsq(terms, small, rcond=None)[0]
    return bool((small - fitted).std() < GREY_SPREAD)


def flatness(image: UInt8Image, points: FloatArray) -> float:
    """Return the share of the face without any texture, 0..1: one colour over 3 x 3 pixels.

    Drawings and overexposed photos are flat. Other photographs have noise, even in smooth skin.

    Args:
        image: (H, W, 3) RGB, 0..255.
        points: (68, 2) in pixels of ``image``.
    """
    around = np.ones((3, 3), dtype=np.uint8)
    flat = (cv2.dilate(image, around) == cv2.erode(image, around)).all(axis=2)
    face = _outline(image.shape[:2], points)
    return float(flat[face].mean()) if face.any() else 0.0


def occlusion(image: UInt8Image, points: FloatArray, real: BoolArray) -> float:
    """Return the share of the face that is hidden: beyond the photo's edge, or not of its skin colour.

    Eyes, brows and mouth do not count. Masks and other large things in front of the face are found. Hands and
    other things with the colour of skin are not found. A dense beard or a deep shadow counts as a cover.

    Args:
        image: (H, W, 3) RGB, 0..255.
        points: (68, 2) in pixels of ``image``.
        real: (H, W), false in padding.

    Returns:
        0 for a face that is wholly visible, to 1.
    """
    face = _outline(image.shape[:2], points)
    for part in (points[17:22], points[22:27], points[36:42], points[42:48], points[48:60]):
        face &= ~_filled(image.shape[:2], part)
    if not face.any():
        return 1.0
    smooth = cv2.GaussianBlur(image, (0, 0), image.shape[0] / 128).astype(np.float32) / 255
    lab = cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB)
    tints = 100 * lab[..., 1:] / (lab[..., :1] + SKIN_SHADE)
    colours = np.dstack((SKIN_BRIGHTNESS * lab[..., :1], tints))
    seen = face & real
    skin = np.median(colours[seen], axis=0) if seen.any() else np.zeros(3, np.float32)
    covered = np.linalg.norm(colours - skin, axis=2) > SKIN_DISTANCE
    return float((covered | ~real)[face].mean())


def _outline(shape: tuple[int, ...], points: FloatArray) -> BoolArray:
    """Return a (H, W) mask, true inside the convex hull of the landmarks."""
    return _filled(shape, cv2.convexHull(points.astype(np.float32)))


def _filled(shape: tuple[int, ...], corners: AnyArray) -> BoolArray:
    filled = np.zeros(shape, dtype=np.uint8)
    cv2.fillConvexPoly(filled, cv2.convexHull(np.rint(corners).astype(np.int32)), 1)
    return filled.astype(np.bool_)


def pose5(points: FloatArray) -> Pose:
    """Estimate the pose roughly from five landmarks: from the place of the nose base below the eye line.

    Args:
        points: (5, 2) in pixels, from `landmarks5`.
    """
    right, left = points[2].astype(float), points[0].astype(float)
    width = max(float(np.hypot(*(left - right))), 1.0)
    along = (left - right) / width
    nose = (points[4] - points[:4].mean(axis=0)) / width
    shift = float(nose @ along)
    drop = float(nose @ (-along[1], along[0]))
    yaw = degrees(asin(float(np.clip(NOSE_DEPTH * shift, -1, 1))))
    return Pose(yaw, PITCH_PER_DROP * (drop - NOSE_DROP), degrees(atan2(along[1], along[0])))


def pose68(points: FloatArray) -> Pose:
    """Return the pose in which an average head fits six of the 68 landmarks (perspective-n-point).

    Args:
        points: (68, 2) in pixels.
    """
    focal = 4 * max(float(np.ptp(points[:, 0])), 1.0)
    x, y = points.mean(axis=0)
    camera = np.array([[focal, 0, x], [0, focal, y], [0, 0, 1]], dtype=np.float64)
    seen = points[list(HEAD_LANDMARKS)].astype(np.float64)
    _, rotation, _ = cv2.solvePnP(HEAD, seen, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    return _angles(np.asarray(cv2.Rodrigues(rotation)[0]))


def _angles(rotation: AnyArray) -> Pose:
    """Return yaw, pitch and roll of the rotation Rz(roll) Ry(-yaw) Rx(pitch)."""
    yaw = atan2(rotation[2, 0], hypot(rotation[2, 1], rotation[2, 2]))
    pitch = atan2(rotation[2, 1], rotation[2, 2])
    return Pose(degrees(yaw), degrees(pitch), degrees(atan2(rotation[1, 0], rotation[0, 0])))


def eyes_open68(points: FloatArray) -> float:
    """Return the height over the width of the less open eye: about 0.3 if open, below 0.15 if closed.

    Args:
        points: (68, 2) in pixels.
    """
    return min(_opening(points[36:42]), _opening(points[42:48]))


def _opening(eye: FloatArray) -> float:
    heights = np.hypot(*(eye[1] - eye[5])) + np.hypot(*(eye[2] - eye[4]))
    return float(heights / (2 * max(float(np.hypot(*(eye[0] - eye[3]))), 1e-6)))
