"""Apply equation 4: blur, shrink, add noise, compress, enlarge back."""

from __future__ import annotations

from math import ceil

import cv2
import numpy as np

from gfrnet.degradation.bicubic import as_dtype, resample
from gfrnet.degradation.motion import blur_motion, motion_kernel
from gfrnet.degradation.recipe import Recipe
from gfrnet.types import FloatArray, UInt8Image

UINT8 = np.dtype(np.uint8)


def degrade(image: UInt8Image, recipe: Recipe) -> UInt8Image:
    """Degrade a photo by equation 4 and enlarge it to its old size with a bicubic filter.

    The factor of the enlargement is exactly the recipe's, so that nothing moves. The small photo is
    rounded up to whole pixels, and what hangs over after the enlargement is cut off. The same recipe gives
    the same bits, with the same versions of numpy and OpenCV.

    Args:
        image: (H, W, 3) RGB, 0..255.
        recipe: The degradation.

    Raises:
        ValueError: The image is not (H, W, 3) uint8.
    """
    small = degrade_small(image, recipe)
    if recipe.scale == 1:
        return small
    size = image.shape[0], image.shape[1]
    return as_dtype(resample(small, size, (recipe.scale, recipe.scale)), UINT8)


def degrade_small(image: UInt8Image, recipe: Recipe) -> UInt8Image:
    """Degrade a photo without enlarging it again: ((I * k) downsampled by s, + n) through JPEG.

    Args:
        image: (H, W, 3) RGB, 0..255.
        recipe: The degradation.

    Returns:
        (ceil(H / s), ceil(W / s), 3) RGB, 0..255.

    Raises:
        ValueError: The image is not (H, W, 3) uint8.
    """
    if image.dtype != UINT8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f"Give an (H, W, 3) uint8 image to degrade, not {image.shape} {image.dtype}.")
    pixels = _turn(image.astype(np.float32), recipe.turn, recipe.zoom)
    if recipe.motion:
        pixels = blur_motion(pixels, motion_kernel(np.random.default_rng(recipe.seed), recipe.motion))
    pixels = _blur(pixels, recipe.blur)
    pixels = _shrink(pixels, recipe.scale)
    pixels = _add_noise(pixels, recipe)
    return _compress(as_dtype(pixels, UINT8), recipe.jpeg)


def _turn(pixels: FloatArray, angle: float, zoom: float) -> FloatArray:
    if angle == 0 and zoom == 1:
        return pixels
    height, width = pixels.shape[:2]
    # OpenCV counts angles against the clock, and places from the centre of the first pixel.
    moved = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -angle, zoom)
    flags, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpAffine(pixels, moved, (width, height), flags=flags, borderMode=border))


def _blur(pixels: FloatArray, sigma: float) -> FloatArray:
    if sigma == 0:
        return pixels
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REFLECT))


def _shrink(pixels: FloatArray, scale: float) -> FloatArray:
    # Rounded, so that 256 / 1.6 is 160 and no float error makes it 161.
    size = ceil(round(pixels.shape[0] / scale, 9)), ceil(round(pixels.shape[1] / scale, 9))
    return resample(pixels, size, (1 / scale, 1 / scale))


def _add_noise(pixels: FloatArray, recipe: Recipe) -> FloatArray:
    if recipe.noise == 0:
        return pixels
    shape = (*pixels.shape[:2], 1) if recipe.grey_noise else pixels.shape
    noise = np.random.default_rng(recipe.seed).standard_normal(shape, dtype=np.float32)
    return pixels + np.float32(recipe.noise) * noise


def _compress(image: UInt8Image, quality: int) -> UInt8Image:
    if quality == 0:
        return image
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    encoded = np.asarray(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)
