"""Read HEIC and HEIF, the pictures of iPhones, with the package `pillow_heif` of the extra ``heic``."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from gfrnet.errors import INSTALL_EXTRA, MissingExtraError
from gfrnet.files import opened as opened_file
from gfrnet.images import exif, xmp
from gfrnet.images.metadata import Metadata
from gfrnet.images.samples import undo_alpha
from gfrnet.types import AnyArray

HEIC_SUFFIXES = (".heic", ".heif", ".hif")
"""Suffixes of HEIC and HEIF."""

_MOST_BYTES = 2**28
"""Largest file that is opened only to name its result."""

_APPLE_GAIN_MAP = "hdrgainmap"
_SDR_TRANSFERS = (1, 2, 6, 13, 14, 15)
_PRIMARIES_OF_SRGB = (1, 2)
_OTHER_COLOURS = (
    "Its colours have no ICC profile and are none of sRGB; they are taken for sRGB and may look paler."
)


class Frame(Protocol):
    """Stand for a picture of `pillow_heif`.

    Attributes:
        mode: Channels, as Pillow names them, with ";16" for 16 bit.
        size: Width and height, upright.
        info: Metadata.
        premultiplied_alpha: Whether the colours are multiplied by the alpha.
    """

    mode: str
    size: tuple[int, int]
    info: dict[str, Any]
    premultiplied_alpha: bool


def is_installed() -> bool:
    """Return whether the extra ``heic`` is installed."""
    return importlib.util.find_spec("pillow_heif") is not None


def opened(path: Path, file: BinaryIO) -> tuple[Frame, bool]:
    """Open a HEIC; its pixels are not decoded yet.

    Returns:
        The main picture, and whether there are more.

    Raises:
        MissingExtraError: The extra is not installed.
        Exception: The file is damaged.
    """
    if not is_installed():
        raise MissingExtraError(
            f"{path} is a HEIC, which needs the extra heic. {INSTALL_EXTRA.format('heic')}, "
            "or save the picture as JPEG or PNG."
        )
    import pillow_heif

    heif = pillow_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=True)
    return heif[heif.primary_index], len(heif) > 1


def fits_jpeg(path: Path) -> bool:
    """Return whether a JPEG can hold a HEIC: 8 bit without alpha. True where it cannot be read."""
    if not is_installed() or not os.path.isfile(path) or os.path.getsize(path) > _MOST_BYTES:
        return True
    try:
        with opened_file(path) as file:
            frame, _ = opened(path, file)
    # The file is read again later, and what is wrong with it is said then.
    except Exception:
        return True
    return frame.mode in ("L", "RGB")


def depth_of(frame: Frame) -> int:
    """Return the bits per sample in memory: 16 for a picture of 10 or 12."""
    return 16 if ";16" in frame.mode else 8


def samples_of(frame: Frame) -> AnyArray:
    """Return (H, W, C) of uint8 or uint16, upright: turned as the file says."""
    samples = np.array(frame)
    samples = samples[..., None] if samples.ndim == 2 else samples
    if samples.dtype == np.uint16:
        # The upper bits are repeated in the lower ones, so that white of 10 bit is white of 16.
        samples |= samples >> frame.info["bit_depth"]
    if frame.premultiplied_alpha:
        undo_alpha(samples)
    return samples


def gather(frame: Frame) -> tuple[Metadata, int]:
    """Return the metadata, and the orientation of the stored pixels; those of `samples_of` are upright."""
    info = frame.info
    stored = info.get("exif")
    if stored and not stored.startswith(exif.PREFIX):
        stored = exif.PREFIX + stored
    icc = info.get("icc_profile") or None
    remarks = list(xmp.remarks(info.get("xmp")))
    if any(_APPLE_GAIN_MAP in str(name).lower() for name in info.get("aux", ())):
        remarks.insert(0, xmp.GAIN_MAP)
    nclx = info.get("nclx_profile") or {}
    primaries, transfer = (int(nclx.get(key, 2)) for key in ("color_primaries", "transfer_characteristics"))
    if icc is None and (primaries not in _PRIMARIES_OF_SRGB or transfer not in _SDR_TRANSFERS):
        remarks.append(_OTHER_COLOURS)
    metadata = Metadata(exif=stored, xmp=info.get("xmp"), icc=icc, remarks=tuple(dict.fromkeys(remarks)))
    return metadata, exif.orientation(stored)
