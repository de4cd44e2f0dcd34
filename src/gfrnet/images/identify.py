"""Tell which kind of picture a file is, by content and not by name, and open it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from PIL import ImageFile, TiffImagePlugin
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from gfrnet.errors import UnreadableImageError
from gfrnet.images import chunks, pieces
from gfrnet.images.layouts import GreyAlphaTiff, is_deep_grey_alpha
from gfrnet.images.raw import refuse_raw, refuse_raw_tags

_SIGNATURES: tuple[tuple[int, bytes, type[ImageFile.ImageFile]], ...] = (
    (0, pieces.JPEG, JpegImageFile),
    (0, chunks.SIGNATURE, PngImageFile),
    (8, b"WEBP", WebPImageFile),
    (0, b"BM", BmpImageFile),
    (0, b"GIF8", GifImageFile),
)
"""Position and bytes that a file of each kind begins with. The classes are used directly: `Image.open`
has a limit on pixels of its own, in a global variable."""

_TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEAD_BYTES = 512
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_FLOATING_POINT = 3
_BIG = ord("+")


def read_head(path: Path, file: BinaryIO) -> bytes:
    """Return the first bytes of a file.

    Raises:
        UnreadableImageError: It is empty.
    """
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    if not head:
        raise UnreadableImageError(f"{path} is empty. Copy or download it again.")
    return head


def is_heic(head: bytes) -> bool:
    """Return whether a file that begins so is a HEIC or HEIF, and no AVIF, which may share its brands."""
    brands = _brands(head)
    return bool(brands & _HEIC_BRANDS) and not brands & _AVIF_BRANDS


def identified(path: Path, file: BinaryIO, head: bytes) -> ImageFile.ImageFile:
    """Open a picture; its pixels are not decoded yet.

    Args:
        path: The file, for the message.
        file: The file, at its start.
        head: Its first bytes.

    Raises:
        UnreadableImageError: It is no picture, one of a kind that is not read, or one of too many pieces.
        Exception: It is damaged.
    """
    refuse_raw(path, head)
    pieces.refuse_many_pieces(path, file, head)
    for position, signature, reader in _SIGNATURES:
        if head.startswith(signature, position):
            return reader(file)
    if head.startswith(_TIFF_SIGNATURES):
        return _tiff(path, file)
    if _brands(head) & _AVIF_BRANDS:
        return AvifImageFile(file)
    raise UnreadableImageError(
        f"{path} is not a picture that gfrnet can read. "
        "Convert it to JPEG, PNG, WebP, TIFF, AVIF, BMP or GIF."
    )


def _brands(head: bytes) -> set[bytes]:
    """Return the brands that a HEIC or AVIF file declares, and none for any other file."""
    if head[4:8] != b"ftyp":
        return set()
    (length,) = struct.unpack(">I", head[:4])
    brands = head[8:length]
    return {brands[at : at + 4] for at in range(0, len(brands), 4)}


def _tiff(path: Path, file: BinaryIO) -> ImageFile.ImageFile:
    try:
        image = TiffImageFile(file)
    except SyntaxError:
        tags = _first_directory(file)
        refuse_raw_tags(path, tags)
        if is_deep_grey_alpha(tags):
            file.seek(0)
            return GreyAlphaTiff(file)
        _refuse_layout(path, tags)
        raise
    refuse_raw_tags(path, image.tag_v2)
    return image


def _first_directory(file: BinaryIO) -> TiffImagePlugin.ImageFileDirectory_v2:
    file.seek(0)
    head = file.read(16)
    big = head[2] == _BIG or head[3] == _BIG
    tags = TiffImagePlugin.ImageFileDirectory_v2(head if big else head[:8])
    file.seek(tags.next)
    tags.load(file)
    return tags


def _refuse_layout(path: Path, tags: TiffImagePlugin.ImageFileDirectory_v2) -> None:
    """Refuse a TIFF that is whole, but of a kind that is not read.

    Raises:
        UnreadableImageError: It is of such a kind.
    """
    depths, packing = tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,)), tags.get(TiffImagePlugin.COMPRESSION, 1)
    if TiffImagePlugin.IMAGEWIDTH not in tags or TiffImagePlugin.IMAGELENGTH not in tags:
        return
    if _FLOATING_POINT in tags.get(TiffImagePlugin.SAMPLEFORMAT, ()):
        reason = f"has floating-point samples of {depths[0]} bit, whose range is not known"
    elif packing not in TiffImagePlugin.COMPRESSION_INFO:
        reason = f"is a TIFF that is compressed in a way that gfrnet does not read (number {packing})"
    else:
        layout = f"{len(depths)} samples of {depths[0]} bit"
        reason = f"is a TIFF with {layout} a pixel, a layout that gfrnet does not read"
    raise UnreadableImageError(f"{path} {reason}. Convert it to grey or RGB of 8 or 16 bit.")
