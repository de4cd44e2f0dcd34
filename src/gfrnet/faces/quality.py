"""How good a picture of a face is: sharpness, pose, open eyes, size."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, atan2, degrees, exp, hypot

import cv2
import numpy as np

from gfrnet.faces.crop import CropPlace, cut
from gfrnet.faces.detect import landmarks5
from gfrnet.types import AnyArray, BoolArray, Box, FloatArray, UInt8Image

SHARPNESS_SIDE = 192
"""Side, in pixels, of the face at which sharpness is measured."""

DETAIL_ANCHOR = 8.0
"""Cycles per crop from which the spectrum of a face follows its law; still there in a face of 16 pixels."""

DETAIL_BANDS = 5
"""Bands of the spectrum per octave."""

DETAIL_SLOPE = 3.2
"""Powers of ten that the spectrum of a sharp face falls per tenfold frequency.

Measured on 238 sharp training photos of three collections; their power lies within 0.3 of the law.
"""

DETAIL_LOSS = 0.75
"""Powers of ten below that law from which detail counts as missing.

Chosen so that faces shrunk to 24..128 pixels and enlarged again measure as what they were, within a band.
"""

GREY_SPREAD = 2.5
"""Largest spread of colour, in 0..255, that is not explained by brightness in a grey or toned picture."""

SKIN_DISTANCE = 20.0
"""Distance from the colour of the same face's skin from which a pixel is none.

Measured on 175 training photos, as they are and with covers drawn in: the share of pixels beyond it is 0.03
(98 %: below 0.28) in plain photos, 0.16 with dark glasses, 0.25 to 0.45 with a white, black or blue mask.
"""

SKIN_BRIGHTNESS, SKIN_SHADE = 0.3, 40.0
"""Weight of L* in that distance, and what is added to L* where a* and b* are divided by it.

Divided so, the colour of skin stays what it is in shadow.
"""

NOSE_DEPTH = 2.44
"""Sine of the yaw per shift of the nose base along the eye line, in widths between the outer eye corners.

Fitted to `pose68` on 240 training photos: 0.94 correlation, 5 degrees of error.
"""

NOSE_DROP = 0.577
"""Distance of the nose base below the eye line of a level face, in the same unit."""

PITCH_PER_DROP = 108.0
"""Degrees of pitch per unit of nose drop, fitted as above (0.75 correlation: a rough guide only)."""

HEAD_LANDMARKS = (30, 8, 36, 45, 48, 54)
"""Nose tip, chin, outer eye corners, mouth corners among the 68."""

HEAD = np.array(
    [(0, 0, 0), (0, 66, 14), (-44, -38, 43), (44, -38, 43), (-25, 30, 27), (25, 30, 27)], dtype=np.float64
)
"""Those landmarks on an average head in mm: x to the right and y down in the picture, z away from it."""


@dataclass(frozen=True)
class Pose:
    """Where a face looks, in degrees; all 0 is straight into the camera.

    Attributes:
        yaw: Positive towards the right of the picture.
        pitch: Positive downwards.
        roll: Rotation in the picture, clockwise as seen.
    """

    yaw: float
    pitch: float
    roll: float

    @property
    def frontal(self) -> float:
        """1 for a frontal face, 0.6 at 20 degrees of yaw, 0.1 at 40. Roll hides nothing and counts half."""
        return exp(-((self.yaw / 20) ** 2 + (self.pitch / 20) ** 2 + (self.roll / 40) ** 2) / 2)


@dataclass(frozen=True)
class Quality:
    """What makes a face picture a good guide.

    Attributes:
        sharpness: As `sharpness` gives it.
        frontal: 0..1, as `Pose.frontal`.
        size: Larger side of the face's box, in pixels of its photo.
        eyes_open: Eye opening as `eyes_open68` gives it; None where the 68 landmarks are not at hand.
    """

    sharpness: float
    frontal: float
    size: float
    eyes_open: float | None = None


@dataclass(frozen=True)
class Light:
    """How a face is lit.

    Attributes:
        brightness: Mean of the face, 0..1.
        contrast: Standard deviation within the face, 0..1.
        side: Brighter at the right of the picture 0..1, at the left -1..0: difference over sum of the halves.
    """

    brightness: float
    contrast: float
    side: float


def measure_quality(image: UInt8Image, box: Box) -> Quality:
    """The quality of one face, from its five landmarks (which do not tell whether the eyes are open).

    Args:
        image: (H, W, 3) RGB, 0..255.
        box: The detector's box of the face.
    """
    frontal = pose5(landmarks5(image, box)).frontal
    return Quality(sharpness(image, box), frontal, max(box.width, box.height))


def sharpness(image: UInt8Image, box: Box) -> float:
    """Fine detail of a face over its coarse detail: independent of contrast, little moved by noise.

    The face is brought to 192 x 192 grey pixels and its noise removed with a median. Then what a Gaussian
    of 2 pixels removes but one of 1 pixel does not is divided by the same between 8 and 4 pixels.

    Returns:
        0 and more. Typical: 0.42 for a sharp photo, 0.27, 0.24 and 0.15 for photos degraded blindly
        2, 4 and 8 times (of a crop of 256 pixels); 0 for a face without any detail.
    """
    place = CropPlace(box.center, max(box.width, box.height), size=SHARPNESS_SIDE)
    grey = cv2.cvtColor(cut(image, place).pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    blurred = [cv2.GaussianBlur(cv2.medianBlur(grey, 3), (0, 0), sigma) for sigma in (1, 2, 4, 8)]
    coarse = float((blurred[2] - blurred[3]).std())
    return float((blurred[0] - blurred[1]).std()) / coarse if coarse > 0.1 else 0.0


def effective_resolution(crop: UInt8Image) -> float:
    """The side, in pixels, that a face crop would need to hold the detail that it has.

    The power spectrum of a sharp face falls by a steady law; an enlarged photo falls off it at the
    frequency where its own pixels ended, however many it has now. Noise added after enlarging hides that.

    Args:
        crop: (S, S, 3) RGB, 0..255, as `CropPlace.around` places it.

    Returns:
        0..S; S where no detail is missing. Measured in bands, so about 15 % rough.
    """
    frequencies, power = _spectrum(crop)
    if len(power) < 3 or power[0] <= 0:
        return 0.0
    level = (power[:2] + DETAIL_SLOPE * np.log10(frequencies[:2])).mean()
    missing = level - DETAIL_SLOPE * np.log10(frequencies) - power > DETAIL_LOSS
    # One weak band is the chance of one picture; two in a row are the end of its detail.
    ends = missing[2:] & np.append(missing[3:], True)
    if not ends.any():
        return float(crop.shape[0])
    return float(2 * frequencies[2 + int(np.argmax(ends))] / 2 ** (0.5 / DETAIL_BANDS))


def _spectrum(crop: UInt8Image) -> tuple[FloatArray, FloatArray]:
    """Middles of the bands, cycles per crop, and log10 of the mean power in each."""
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
    """How the face inside the 68 landmarks is lit.

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
    """Whether a picture is black and white, or toned: its colour follows from its brightness.

    Args:
        image: (H, W, 3) RGB, 0..255.
    """
    small = cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float32)
    luma = small.mean(axis=1) / 255
    terms = np.stack([np.ones_like(luma), luma, luma**2], axis=1)
    fitted = terms @ np.linalg.lstsq(terms, small, rcond=None)[0]
    return bool((small - fitted).std() < GREY_SPREAD)


def flatness(image: UInt8Image, points: FloatArray) -> float:
    """Share of the face without any texture at all: one colour over 3 x 3 pixels, 0..1.

    Drawings and burnt-out photos are flat; photographs have noise, even smooth skin.

    Args:
        image: (H, W, 3) RGB, 0..255.
        points: (68, 2) in pixels of ``image``.
    """
    around = np.ones((3, 3), dtype=np.uint8)
    flat = (cv2.dilate(image, around) == cv2.erode(image, around)).all(axis=2)
    face = _outline(image.shape[:2], points)
    return float(flat[face].mean()) if face.any() else 0.0


def occlusion(image: UInt8Image, points: FloatArray, real: BoolArray) -> float:
    """Share of the face that is not seen: cut off by the photo's edge, or not of the colour of its skin.

    Eyes, brows and mouth do not count. Masks and other large things in front of the face are found; hands and
    whatever else has the colour of skin are not, and a dense beard or deep shadow is taken for a cover.

    Args:
        image: (H, W, 3) RGB, 0..255.
        points: (68, 2) in pixels of ``image``.
        real: (H, W), false in padding.

    Returns:
        0..1.
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
    """(H, W), true inside the convex hull of the landmarks."""
    return _filled(shape, cv2.convexHull(points.astype(np.float32)))


def _filled(shape: tuple[int, ...], corners: AnyArray) -> BoolArray:
    filled = np.zeros(shape, dtype=np.uint8)
    cv2.fillConvexPoly(filled, cv2.convexHull(np.rint(corners).astype(np.int32)), 1)
    return filled.astype(np.bool_)


def pose5(points: FloatArray) -> Pose:
    """The pose, roughly, from five landmarks: where the nose base stands under the line of the eyes.

    Args:
        points: (5, 2) as `landmarks5` gives them.
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
    """The pose that brings an average head onto six of the 68 landmarks (perspective-n-point).

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
    """Yaw, pitch and roll of Rz(roll) Ry(-yaw) Rx(pitch)."""
    yaw = atan2(rotation[2, 0], hypot(rotation[2, 1], rotation[2, 2]))
    pitch = atan2(rotation[2, 1], rotation[2, 2])
    return Pose(degrees(yaw), degrees(pitch), degrees(atan2(rotation[1, 0], rotation[0, 0])))


def eyes_open68(points: FloatArray) -> float:
    """Height over width of the less open eye: about 0.3 when open, below 0.15 when closed.

    Args:
        points: (68, 2) in pixels.
    """
    return min(_opening(points[36:42]), _opening(points[42:48]))


def _opening(eye: FloatArray) -> float:
    heights = np.hypot(*(eye[1] - eye[5])) + np.hypot(*(eye[2] - eye[4]))
    return float(heights / (2 * max(float(np.hypot(*(eye[0] - eye[3]))), 1e-6)))
