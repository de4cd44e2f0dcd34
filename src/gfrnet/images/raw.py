"""Tell RAW files of cameras from pictures: many are TIFFs by signature, with a thumbnail as first picture."""

from __future__ import annotations

from pathlib import Path

from PIL import TiffImagePlugin

from gfrnet.errors import UnreadableImageError

RAW_SUFFIXES = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef"),
    *(".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf"),
    *(".srw", ".x3f"),
)
"""Suffixes of RAW files."""

_SIGNATURES = (
    (8, b"CR\x02"),
    (0, b"IIRO"),
    (0, b"IIRS"),
    (0, b"MMOR"),
    (0, b"IIU\0"),
    (0, b"FUJIFILMCCD-RAW"),
    (0, b"FOVb"),
    (0, b"\0MRM"),
    (6, b"HEAPCCDR"),
    (4, b"ftypcrx "),
)
"""Positions and bytes that RAW files of Canon, Olympus, Panasonic, Fujifilm, Sigma and Minolta begin with."""

_KIND, _SUBDIRECTORIES, _DNG_VERSION = 254, 330, 50706
_REDUCED = 1
_SENSOR_COLOURS = (32803, 34892)


def refuse_raw(path: Path, head: bytes) -> None:
    """Refuse a file that its first bytes, or its name and the signature of a TIFF, show to be RAW.

    Raises:
        UnreadableImageError: It is RAW.
    """
    signed = any(head.startswith(signature, position) for position, signature in _SIGNATURES)
    is_tiff = head.startswith((b"II*\0", b"MM\0*"))
    if signed or (is_tiff and path.suffix.lower() in RAW_SUFFIXES):
        raise _refusal(path)


def refuse_raw_tags(path: Path, tags: TiffImagePlugin.ImageFileDirectory_v2) -> None:
    """Refuse a TIFF whose first directory shows that it is RAW: a DNG, or a thumbnail before the samples.

    Raises:
        UnreadableImageError: It is RAW.
    """
    kind = tags.get(_KIND)
    thumbnail = isinstance(kind, int) and kind & _REDUCED and _SUBDIRECTORIES in tags
    sensor = tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) in _SENSOR_COLOURS
    if thumbnail or sensor or _DNG_VERSION in tags:
        raise _refusal(path)


def _refusal(path: Path) -> UnreadableImageError:
    return UnreadableImageError(
        f"{path} is a RAW file of a camera, which gfrnet does not develop. "
        "Save it as JPEG or 16-bit TIFF with the program of the camera, and give that."
    )
