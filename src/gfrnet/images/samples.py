"""Turn an opened picture into samples: an array of 8 or 16 bit, grey or RGB, with or without alpha."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image, ImageFile, TiffImagePlugin
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from gfrnet.errors import UnreadableImageError
from gfrnet.images.convert import oriented, to_srgb
from gfrnet.images.layouts import deep_samples, is_ours
from gfrnet.types import AnyArray

_GREY_MODES = ("1", "L", "LA", "La")
_PNG_DEPTH_AT = 24
_STRIP_ROWS = 64
_WHITE_IS_ZERO, _ASSOCIATED_ALPHA = 0, 1


def depth_of(image: ImageFile.ImageFile, file: BinaryIO) -> int:
    """Return the bits per sample. Only PNG and TIFF have more than 8."""
    if isinstance(image, TiffImageFile):
        return int(image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (1,))[0])
    if isinstance(image, PngImageFile):
        file.seek(_PNG_DEPTH_AT)
        return file.read(1)[0]
    return 8


def samples_of(path: Path, image: ImageFile.ImageFile, file: BinaryIO, orientation: int) -> AnyArray:
    """Return (H, W, C) of uint8 or uint16: grey, grey and alpha, RGB, or RGB and alpha.

    Args:
        path: The file, for the message.
        image: The picture; its pixels are decoded, except where `layouts.is_ours`.
        file: The file.
        orientation: Orientation of a TIFF, which is upright afterwards; the others stay as they are stored.

    Raises:
        UnreadableImageError: The range of the samples is not known.
        Exception: The file is damaged.
    """
    depth = depth_of(image, file)
    if image.mode in ("I", "F") or (image.mode.startswith("I;16") and depth != 16):
        raise UnreadableImageError(
            f"{path} has samples of {depth} bit, whose range is not known. Convert it to 8 or 16 bit."
        )
    if isinstance(image, TiffImageFile) and is_ours(image):
        return _finished(oriented(deep_samples(image.tag_v2, file), orientation), image)
    if depth == 16 and image.mode in ("RGB", "RGBA"):
        return _finished(_deep_colour(image, file, orientation), image)
    if depth == 16 and image.mode.startswith("I;16"):
        return _deep_grey(image)
    return _eight_bit(image)


def _eight_bit(image: Image.Image) -> AnyArray:
    grey, transparent = image.mode in _GREY_MODES, image.has_transparency_data
    if image.mode in ("CMYK", "LAB"):
        image = to_srgb(image, image.info.get("icc_profile"))
    mode = ("L" if grey else "RGB") + ("A" if transparent else "")
    samples = np.empty((image.height, image.width, len(mode)), np.uint8)
    # Strips need little memory beside the picture. A whole copy would need its size twice.
    for top in range(0, image.height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, image.height)
        strip = (0, top, image.width, bottom)
        # `Image.crop` has the limit on pixels that `Image.open` has.
        rows = image.resize((image.width, bottom - top), Image.Resampling.NEAREST, box=strip)
        samples[top : top + _STRIP_ROWS] = np.asarray(rows.convert(mode)).reshape(-1, *samples.shape[1:])
    return samples


def _deep_grey(image: ImageFile.ImageFile) -> AnyArray:
    samples = np.array(image).astype(np.uint16)[..., None]
    if _tag(image, TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == _WHITE_IS_ZERO:
        samples = 65535 - samples
    return _with_key(samples, image.info.get("transparency"))


def _deep_colour(image: ImageFile.ImageFile, file: BinaryIO, orientation: int) -> AnyArray:
    """Decode 16-bit colour with OpenCV, of a file that Pillow found whole; Pillow keeps only 8 bits."""
    file.seek(0)
    decoded = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is not None and decoded.dtype == np.uint16 and decoded.ndim == 3:
        return decoded[..., [2, 1, 0, 3][: decoded.shape[2]]]
    if isinstance(image, TiffImageFile):
        return oriented(deep_samples(image.tag_v2, file), orientation)
    raise ValueError("its 16-bit samples cannot be decoded")


def _finished(samples: AnyArray, image: ImageFile.ImageFile) -> AnyArray:
    """Return 16-bit samples with the transparency that the file states, and without one that it lacks."""
    if image.mode == "RGB":
        return _with_key(samples[..., :3], image.info.get("transparency"))
    if _tag(image, TiffImagePlugin.EXTRASAMPLES) == (_ASSOCIATED_ALPHA,):
        undo_alpha(samples)
    return samples


def undo_alpha(samples: AnyArray) -> None:
    """Divide the colours by the alpha in the last channel, in place."""
    limit = np.iinfo(samples.dtype).max
    opacity = np.maximum(samples[..., -1:].astype(np.float64), 1) / limit
    samples[..., :-1] = np.minimum(np.rint(samples[..., :-1] / opacity), limit)


def _tag(image: ImageFile.ImageFile, tag: int) -> object:
    return image.tag_v2.get(tag) if isinstance(image, TiffImageFile) else None


def _with_key(samples: AnyArray, key: int | tuple[int, ...] | None) -> AnyArray:
    """Add the alpha of a PNG that declares one colour transparent."""
    if key is None:
        return samples
    alpha = np.where((samples == np.array(key)).all(axis=2), 0, 65535).astype(np.uint16)
    return np.dstack((samples, alpha))


def split(samples: AnyArray, tolerance: int) -> tuple[AnyArray, AnyArray | None, bool]:
    """Return pixels (H, W, 3), alpha (H, W) or None, and whether the picture is grey.

    Three equal channels are grey too, since WebP knows no other grey.

    Args:
        samples: (H, W, C).
        tolerance: Largest difference between the channels of grey; lossy WebP adds one of 1.
    """
    alpha = np.ascontiguousarray(samples[..., -1]) if samples.shape[2] in (2, 4) else None
    grey = samples.shape[2] < 3 or _is_grey(samples, tolerance)
    if grey:
        return np.repeat(samples[..., :1], 3, axis=2), alpha, True
    return np.ascontiguousarray(samples[..., :3]), alpha, False


def _is_grey(samples: AnyArray, tolerance: int) -> bool:
    # Most colour pictures give themselves away in a sparse sample.
    for part in (samples[::16, ::16, :3], samples[..., :3]):
        spread = part.max(axis=2) - part.min(axis=2)
        if spread.max() > tolerance:
            return False
    return True
