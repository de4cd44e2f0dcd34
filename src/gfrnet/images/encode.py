"""Encode photos in the formats that are written, and say what each format cannot hold."""

from __future__ import annotations

import struct
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from gfrnet.errors import WriteError
from gfrnet.images import iptc, regions
from gfrnet.images.chunks import Text, chunk, text_chunk
from gfrnet.images.convert import to_eight_bit, to_srgb
from gfrnet.images.exif import with_size, without_orientation
from gfrnet.images.photo import Photo
from gfrnet.images.png import encode_png
from gfrnet.images.tiff import encode_tiff
from gfrnet.types import AnyArray

FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".avif": "AVIF",
}
"""Format of each suffix that is written."""

_LONGEST_SIDE = {"JPEG": 65500, "WEBP": 16383, "AVIF": 32768}
_MOST_PIXELS, _ENDLESS = {"AVIF": 2**28}, 2**62
"""Most pixels that decoders take."""

_LONGEST_JPEG_EXIF = 65533
_LONGEST_JPEG_XMP = 65504
_LONGEST_SEGMENT = 65533
_APP13, _COMMENT = b"\xff\xed", b"\xff\xfe"
_NAMED = 3
"""Number of lost texts that a sentence names."""

_AVIF_SPEED = 8
"""Speed of the encoder, 0..10. It is three times as fast as Pillow's 6 at the same quality, with files about
one percent larger."""


def check_format(photo: Photo, path: Path, file_format: str) -> None:
    """Check whether a format can hold a photo.

    Raises:
        WriteError: It cannot.
    """
    longest = max(photo.height, photo.width)
    if longest > _LONGEST_SIDE.get(file_format, longest):
        limit = _LONGEST_SIDE[file_format]
        raise WriteError(
            f"{path}: {file_format} holds at most {limit} pixels a side, not {longest}. Write a .png instead."
        )
    if photo.height * photo.width > _MOST_PIXELS.get(file_format, _ENDLESS):
        raise WriteError(
            f"{path}: {file_format} holds at most {_MOST_PIXELS[file_format] / 1e6:.0f} megapixels, not "
            f"{photo.height * photo.width / 1e6:.0f}. Write a .png instead."
        )
    if file_format != "JPEG":
        return
    if photo.alpha is not None and photo.alpha.min() < np.iinfo(photo.alpha.dtype).max:
        raise WriteError(f"{path}: JPEG cannot hold transparency. Write a .png or .webp instead.")
    if len(photo.exif or b"") > _LONGEST_JPEG_EXIF:
        raise WriteError(
            f"{path}: JPEG holds at most {_LONGEST_JPEG_EXIF} bytes of EXIF, not {len(photo.exif or b'')}. "
            "Write a .png or .webp instead."
        )


def losses(photo: Photo, path: Path) -> tuple[str, ...]:
    """Return a sentence for all that the format of a file name cannot hold of a photo, beside its pixels.

    A name of an unknown format loses nothing here; `check_output` refuses it.
    """
    file_format = FORMATS.get(path.suffix.lower())
    if file_format is None:
        return ()
    lost = []
    if photo.pixels.dtype == np.uint16 and file_format not in ("PNG", "TIFF"):
        lost.append("its 16 bits, which are rounded to 8")
    if photo.xmp and not _xmp(photo, file_format):
        lost.append("its XMP, which is too long")
    if photo.iptc and not _holds_iptc(photo.iptc, file_format):
        lost.append("its IPTC")
    words = _lost_texts(photo.text, file_format)
    lost += [f"the text {word!r}" for word in words[:_NAMED]]
    if len(words) > _NAMED:
        lost.append(f"{len(words) - _NAMED} more texts")
    if photo.png_colour and file_format != "PNG":
        names = ", ".join(name.decode() for name, _ in photo.png_colour)
        lost.append(f"what it states about its colours ({names})")
    if not lost:
        return ()
    return (f"Its result as {file_format} cannot hold {'; '.join(lost)}. A .png would.",)


def _holds_iptc(records: bytes, file_format: str) -> bool:
    if file_format == "JPEG":
        return len(iptc.as_resources(records)) <= _LONGEST_SEGMENT
    return file_format in ("PNG", "TIFF")


def _lost_texts(texts: tuple[Text, ...], file_format: str) -> list[str]:
    """Return the keywords of texts that a format cannot hold."""
    if file_format == "PNG":
        return []
    held = _comments(texts) if file_format == "JPEG" else []
    return [text.keyword for text in texts if text not in held]


def _comments(texts: tuple[Text, ...]) -> list[Text]:
    """Return the texts that a JPEG can hold: comments that are not too long."""
    return [t for t in texts if t.keyword == "Comment" and len(_bytes_of(t)) <= _LONGEST_SEGMENT]


def _bytes_of(text: Text) -> bytes:
    return text.value.encode("utf-8", "surrogateescape")


def encoded(photo: Photo, file_format: str, quality: int) -> bytes:
    """Return the file of a photo.

    Args:
        photo: The photo.
        file_format: A format of `FORMATS`.
        quality: As `write` takes it.

    Raises:
        OSError: The encoder refuses it.
        ValueError: Likewise.
    """
    exif = with_size(photo.exif, photo.width, photo.height)
    if photo.xmp:
        photo = replace(photo, xmp=regions.with_size(photo.xmp, photo.width, photo.height))
    if file_format == "PNG":
        return encode_png(_samples(photo), exif, photo.icc, photo.dpi, photo.xmp, _further_chunks(photo))
    if file_format == "TIFF":
        return _encoded_tiff(photo, exif)
    if file_format == "AVIF":
        # Pillow keeps the bytes only where they hold no orientation; else it writes them anew, with losses.
        exif = without_orientation(exif)
    image, icc = _eight_bit_image(photo, file_format)
    options: dict[str, dict[str, Any]] = {
        "JPEG": {"subsampling": "4:4:4", "dpi": photo.dpi or (0, 0), "extra": _segments(photo)},
        "WEBP": {"lossless": photo.lossless or quality == 100, "exact": True},
        "AVIF": {"subsampling": "4:0:0" if image.mode == "L" else "4:4:4", "speed": _AVIF_SPEED},
    }
    metadata = {"exif": exif or b"", "xmp": _xmp(photo, file_format), "icc_profile": icc}
    file = BytesIO()
    image.save(file, file_format, quality=quality, **metadata, **options[file_format])
    return file.getvalue()


def _further_chunks(photo: Photo) -> bytes:
    """Return the chunks of a PNG for colours, texts and IPTC."""
    chunks = [chunk(name, data) for name, data in photo.png_colour]
    chunks += [text_chunk(text) for text in photo.text]
    if photo.iptc:
        chunks.append(text_chunk(Text(iptc.PNG_KEYWORD, iptc.as_raw_profile(photo.iptc))))
    return b"".join(chunks)


def _segments(photo: Photo) -> bytes:
    """Return the segments of a JPEG for IPTC and comments."""
    segments = [(_COMMENT, _bytes_of(text)) for text in _comments(photo.text)]
    if photo.iptc and _holds_iptc(photo.iptc, "JPEG"):
        segments.append((_APP13, iptc.as_resources(photo.iptc)))
    return b"".join(marker + struct.pack(">H", len(data) + 2) + data for marker, data in segments)


def _xmp(photo: Photo, file_format: str) -> bytes:
    too_long = file_format == "JPEG" and len(photo.xmp or b"") > _LONGEST_JPEG_XMP
    return b"" if too_long else photo.xmp or b""


def _samples(photo: Photo) -> AnyArray:
    """Return samples (H, W, C) as the file holds them: one channel for grey, one more for alpha."""
    samples: AnyArray = photo.pixels
    if photo.grey and _profile_space(photo.icc) != b"RGB ":
        samples = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY)[..., None]
    return samples if photo.alpha is None else np.dstack((samples, photo.alpha))


def _profile_space(icc: bytes | None) -> bytes | None:
    return icc[16:20] if icc else None


def _encoded_tiff(photo: Photo, exif: bytes | None) -> bytes:
    samples = _samples(photo)
    if samples.shape[2] == 2 and samples.dtype == np.uint16:
        # Neither Pillow nor OpenCV can read 16-bit grey with alpha back.
        if _profile_space(photo.icc) == b"GRAY":
            raise ValueError("16-bit grey with alpha and a profile fits no TIFF")
        samples = samples[..., [0, 0, 0, 1]]
    return encode_tiff(samples, exif, photo.icc, photo.dpi, photo.xmp, photo.iptc)


def _eight_bit_image(photo: Photo, file_format: str) -> tuple[Image.Image, bytes | None]:
    """Return the picture for Pillow's encoders, and the profile that fits it."""
    samples = to_eight_bit(_samples(photo))
    if file_format == "JPEG" and photo.alpha is not None:
        samples = samples[..., :-1]
    image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    if file_format == "JPEG" or _profile_space(photo.icc) != b"GRAY":
        return image, photo.icc
    return _grey_as_srgb(image, photo.icc), None


def _grey_as_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Convert grey to sRGB: WebP has no grey, and readers of AVIF disagree about grey profiles."""
    converted = to_srgb(image.getchannel(0), icc)
    if image.mode == "LA":
        converted.putalpha(image.getchannel(1))
    return converted
