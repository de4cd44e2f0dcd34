"""Gather from an opened picture what must be written again beside its pixels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from PIL import ImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from gfrnet.images import exif, iptc, xmp
from gfrnet.images.chunks import COLOUR_CHUNKS, Text, read_chunks, text_of

_ENDLESS_DPI = 2**16
"""Lowest resolution that no JPEG can state."""

_CHUNKS = ("exif", "icc_profile", "transparency", "dpi", "gamma", "xmp")
"""Keys under which Pillow keeps the chunks of a PNG that are read here."""

_RAW_PROFILE, _XMP_KEYWORD = "Raw profile type ", "XML:com.adobe.xmp"
_RAW = tuple(_RAW_PROFILE + kind for kind in ("exif", "APP1", "xmp", "iptc", "8bim", "icc", "icm"))
"""Keywords of texts in which older programs put other metadata into a PNG. Pillow reads the first."""

_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"

_GAIN_MAP_SEGMENT = b"urn:iso:std:iso:ts:21496:-1"
_MORE_PICTURES = "Further pictures in its file, such as a preview or another view, are left out."
_MOST_WEBP_CHUNKS = 100


@dataclass(frozen=True)
class Metadata:
    """Hold what a file states beside its pixels, as it is stored: the pixels are not turned yet.

    Attributes:
        exif: EXIF as a JPEG holds it.
        xmp: XMP.
        icc: Colour profile.
        dpi: Resolution across and down.
        iptc: IPTC records.
        text: Texts.
        png_colour: Names and data of chunks of PNG that state colours.
        lossless: Whether the format may lose something of pixels, and here has not.
        remarks: Sentences on what is lost.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    iptc: bytes | None = None
    text: tuple[Text, ...] = ()
    png_colour: tuple[tuple[bytes, bytes], ...] = ()
    lossless: bool = False
    remarks: tuple[str, ...] = ()


def gather(image: ImageFile.ImageFile, file: BinaryIO) -> Metadata:
    """Return the metadata of an opened picture whose pixels are decoded."""
    stored = _Stored()
    # Damaged metadata is no reason to refuse a picture.
    with suppress(Exception):
        png = isinstance(image, PngImageFile)
        stored = _of_png(file) if png else _Stored(tuple(_comments(image)), iptc=_iptc(image))
    stored_xmp = image.info.get("xmp") or stored.xmp
    icc = None if image.mode in ("CMYK", "LAB") else image.info.get("icc_profile") or stored.icc
    return Metadata(
        exif=_exif(image) or stored.exif,
        xmp=stored_xmp if isinstance(stored_xmp, bytes) else None,
        icc=icc,
        dpi=_dpi(image),
        iptc=stored.iptc,
        text=stored.text,
        png_colour=stored.png_colour,
        lossless=isinstance(image, WebPImageFile) and _is_lossless_webp(file),
        remarks=_remarks(image, stored_xmp),
    )


def drop_text(image: ImageFile.ImageFile) -> None:
    """Forget text of a PNG that is named like a chunk, such as `exif`: Pillow mixes both."""
    for key in _CHUNKS:
        if isinstance(image.info.get(key), str):
            del image.info[key]


def _exif(image: ImageFile.ImageFile) -> bytes | None:
    # Damaged EXIF is no reason to refuse a picture.
    try:
        if isinstance(image, TiffImageFile):
            return exif.from_tiff(image)
        return image.info.get("exif") or _exif_from_text(image)
    except Exception:
        return None


def _exif_from_text(image: ImageFile.ImageFile) -> bytes | None:
    """Return EXIF from where older programs put it in a PNG, and an orientation that only XMP states."""
    tags = image.getexif()
    return tags.tobytes() if len(tags) else None


def _dpi(image: ImageFile.ImageFile) -> tuple[float, float] | None:
    """Return the resolution that the file states, not the one that Pillow assumes for a JPEG without one."""
    assumed = isinstance(image, JpegImageFile) and not image.info.get("jfif_unit")
    try:
        across, down = map(float, image.info["dpi"])
    except (KeyError, ValueError, TypeError, ZeroDivisionError):
        return None
    plausible = all(1 < dots < _ENDLESS_DPI for dots in (across, down))
    return (across, down) if plausible and not assumed else None


@dataclass(frozen=True)
class _Stored:
    """Hold what is not in the place where Pillow finds it."""

    text: tuple[Text, ...] = ()
    png_colour: tuple[tuple[bytes, bytes], ...] = ()
    iptc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    icc: bytes | None = None


def _of_png(file: BinaryIO) -> _Stored:
    """Return the texts and the chunks of colours of a PNG, and what texts hold as hexadecimal digits."""
    chunks = list(read_chunks(file))
    colour = {name: data for name, data in chunks if name in COLOUR_CHUNKS}
    found = [text for name, data in chunks if name not in COLOUR_CHUNKS if (text := text_of(name, data))]
    raw = {text.keyword.removeprefix(_RAW_PROFILE): text.value for text in found if text.keyword in _RAW}
    block = iptc.raw_profile(raw.get("APP1", ""))
    return _Stored(
        text=tuple(text for text in found if text.keyword not in (*_RAW, _XMP_KEYWORD)),
        png_colour=tuple(colour.items()),
        iptc=iptc.from_raw_profile(raw.get("iptc", "")) or iptc.from_raw_profile(raw.get("8bim", "")),
        exif=block if block.startswith(exif.PREFIX) else None,
        xmp=iptc.raw_profile(raw.get("xmp", "")) or (block.partition(_XMP_HEADER)[2] or None),
        icc=iptc.raw_profile(raw.get("icc", "") or raw.get("icm", "")) or None,
    )


def _comments(image: ImageFile.ImageFile) -> Iterator[Text]:
    """Yield the comments of a JPEG or GIF."""
    comments: list[object] = []
    if isinstance(image, JpegImageFile):
        comments = [data for name, data in image.applist if name == "COM"]
    elif isinstance(image, GifImageFile):
        comments = [image.info.get("comment")]
    for comment in comments:
        if isinstance(comment, bytes) and comment.strip(b"\0"):
            yield Text("Comment", comment.rstrip(b"\0").decode("utf-8", "surrogateescape"))


def _iptc(image: ImageFile.ImageFile) -> bytes | None:
    if isinstance(image, JpegImageFile):
        segments = (data for name, data in image.applist if name == "APP13")
        return next((found for data in segments if (found := iptc.from_resources(data))), None)
    if not isinstance(image, TiffImageFile):
        return None
    # Many programs call the bytes numbers, of which Pillow's own interface returns only the first.
    stored: dict[int, bytes] = getattr(image.tag_v2, "_tagdata", {})
    return stored.get(iptc.TIFF_TAG) or iptc.from_resources(stored.get(iptc.TIFF_RESOURCES, b""))


def _is_lossless_webp(file: BinaryIO) -> bool:
    """Return whether the first picture of a WebP is packed without loss, by the name of its chunk."""
    file.seek(12)
    for _ in range(_MOST_WEBP_CHUNKS):
        head = file.read(8)
        if len(head) < 8 or head[:4] in (b"VP8 ", b"VP8L"):
            return head[:4] == b"VP8L"
        size = int.from_bytes(head[4:], "little")
        # A frame of an animation holds further chunks behind its own numbers.
        file.seek(16 if head[:4] == b"ANMF" else size + size % 2, 1)
    return False


def _remarks(image: ImageFile.ImageFile, stored_xmp: object) -> tuple[str, ...]:
    found = xmp.remarks(stored_xmp)
    if not isinstance(image, JpegImageFile):
        return found
    iso = any(name == "APP2" and data.startswith(_GAIN_MAP_SEGMENT) for name, data in image.applist)
    if iso and xmp.GAIN_MAP not in found:
        return (xmp.GAIN_MAP, *found)
    if "mp" in image.info and xmp.GAIN_MAP not in found:
        return (*found, _MORE_PICTURES)
    return found
