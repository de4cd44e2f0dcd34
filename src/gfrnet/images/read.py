"""Read files as photos. Whatever the file is, the answer is a photo or an error that says what to do."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image, ImageFile, TiffImagePlugin
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from gfrnet.errors import Advice, GfrnetError, ImageTooLargeError, UnreadableImageError
from gfrnet.images import exif
from gfrnet.images.convert import oriented, to_srgb
from gfrnet.images.paths import as_path
from gfrnet.images.photo import Photo
from gfrnet.images.xmp import portable
from gfrnet.types import AnyArray

READABLE_SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".tif", ".tiff", ".avif", ".bmp", ".gif")
"""Suffixes of pictures that folders are searched for. `read` itself goes by content."""

_SIGNATURES: tuple[tuple[int, bytes, type[ImageFile.ImageFile]], ...] = (
    (0, b"\xff\xd8\xff", JpegImageFile),
    (0, b"\x89PNG\r\n\x1a\n", PngImageFile),
    (8, b"WEBP", WebPImageFile),
    (0, b"II*\0", TiffImageFile),
    (0, b"MM\0*", TiffImageFile),
    (0, b"II+\0", TiffImageFile),
    (0, b"MM\0+", TiffImageFile),
    (0, b"BM", BmpImageFile),
    (0, b"GIF8", GifImageFile),
)
"""Position and bytes that a file of each kind begins with. The classes are used directly: `Image.open`
has a limit on pixels of its own, in a global variable."""

_HEAD_BYTES = 512
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

_ENDLESS_DPI = 2**16
"""Lowest resolution that no JPEG can state."""

_CHUNKS = ("exif", "icc_profile", "transparency", "dpi", "gamma", "xmp")
"""Keys under which Pillow keeps the chunks of a PNG that are read here."""

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
"""How files are opened: a pipe is opened without waiting for a writer. Not every system has every flag."""

_GREY_MODES = ("1", "L", "LA", "La")
_PNG_DEPTH_AT = 24
_STRIP_ROWS = 64
_WHITE_IS_ZERO, _ASSOCIATED_ALPHA = 0, 1


MAX_MEGABYTES = 300.0
"""Largest decoded size of a picture, in megabytes: 100 megapixels of 8-bit RGB, or 50 of 16-bit RGB."""

_MOST_FILE_BYTES = 2**31
"""Largest file that is read. No camera writes a larger picture, but a file with holes can claim any size."""


def read(path: Path | str, max_megabytes: float = MAX_MEGABYTES) -> Photo:
    """Read a photo: JPEG, PNG, WebP, TIFF, AVIF, BMP or GIF, by content and not by name.

    The pixels come upright. EXIF, XMP, profile and resolution are kept; CMYK and LAB become sRGB. Of an
    animation or a file of several pages the first picture is taken. 16-bit PNG and TIFF keep their 16 bits.

    Args:
        path: The file.
        max_megabytes: Pictures of a larger decoded size (width x height x 3 or 4 samples x 1 or 2 bytes) are
            refused before they are decoded. Decoding takes up to five times as much memory.

    Raises:
        ConfigError: ``path`` is neither text nor a path.
        UnreadableImageError: The file is missing, empty, damaged or not a picture.
        ImageTooLargeError: The picture needs more than ``max_megabytes``, or its file has more than 2 GB.
    """
    path = as_path(path)
    with opened(path) as file:
        return _read(path, file, max_megabytes)


def decode(data: bytes, name: str, max_megabytes: float = MAX_MEGABYTES) -> Photo:
    """Read a photo from the bytes of a file, as `read` does.

    Args:
        data: The bytes.
        name: Name of the photo in errors.
        max_megabytes: As `read` takes it.

    Raises:
        UnreadableImageError: It is empty, damaged or not a picture.
        ImageTooLargeError: The picture needs more than ``max_megabytes``.
    """
    return replace(_read(Path(name), BytesIO(data), max_megabytes), path=None)


def _read(path: Path, file: BinaryIO, max_megabytes: float) -> Photo:
    with _explained(path):
        image = _identified(path, file)
        _check_size(path, image, _depth(image, file), max_megabytes)
        _drop_text(image)
        image.load()
        _drop_text(image)
        samples = _samples(path, image, file)
        stored_exif, dpi = _exif(image), _dpi(image)
        several = _several(image)
        # The pixels are in ``samples`` now; the decoder's copy would double the memory.
        image.close()
    # Pillow turns TIFF itself.
    if image.format != "TIFF":
        orientation = exif.orientation(stored_exif)
        samples = oriented(samples, orientation)
        dpi = (dpi[1], dpi[0]) if dpi and orientation >= 5 else dpi
    pixels, alpha, grey = _split(samples, tolerance=int(image.format == "WEBP"))
    icc = None if image.mode in ("CMYK", "LAB") else image.info.get("icc_profile") or None
    return Photo(
        pixels,
        alpha,
        grey,
        exif=exif.upright(stored_exif),
        xmp=portable(image.info.get("xmp")),
        icc=icc,
        dpi=dpi,
        first_of_several=several,
        format=str(image.format),
        path=path,
    )


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """Open a picture's file: a regular file of at most 2 GB, never a device or a pipe that has no end.

    Raises:
        UnreadableImageError: There is no such file, or it may not be read.
        ImageTooLargeError: The file is larger.
    """
    if os.path.isdir(path):
        raise UnreadableImageError(f"{path} is a folder. Give the name of a picture file.")
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError as error:
        raise UnreadableImageError(f"{path} does not exist. Check the name and the folder.") from error
    except PermissionError as error:
        raise UnreadableImageError(f"{path} may not be read. Ask its owner for the permission.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadableImageError(f"{path} cannot be opened ({reason}). Check the name.") from error
    with open(descriptor, "rb") as file:
        _check_file(path, os.fstat(descriptor))
        yield file


def _check_file(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableImageError(f"{path} is a device or a pipe. Give the name of a picture file.")
    if found.st_size > _MOST_FILE_BYTES:
        raise ImageTooLargeError(
            f"{path} has {found.st_size / 1e9:.1f} GB, more than any picture that gfrnet reads. "
            "Give the name of a picture file."
        )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (GfrnetError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(f"{path} has too many pixels ({error}). Make it smaller first.") from error
    # Pillow's decoders answer damaged files with almost any exception there is.
    except Exception as error:
        raise UnreadableImageError(
            f"{path} is damaged or incomplete ({error}). Copy or download it again."
        ) from error


def _identified(path: Path, file: BinaryIO) -> ImageFile.ImageFile:
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    if not head:
        raise UnreadableImageError(f"{path} is empty. Copy or download it again.")
    for position, signature, reader in _SIGNATURES:
        if head[position:].startswith(signature):
            return reader(file)
    brands = _brands(head)
    if brands & _AVIF_BRANDS:
        return AvifImageFile(file)
    if brands & _HEIC_BRANDS:
        raise UnreadableImageError(f"{path} is a HEIC, which gfrnet does not read. Save it as JPEG or PNG.")
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


def _check_size(path: Path, image: ImageFile.ImageFile, depth: int, max_megabytes: float) -> None:
    # Grey becomes RGB and a palette RGBA at most; the decoder of WebP always gives RGBA.
    four = image.mode in ("P", "PA") or image.format == "WEBP"
    samples = 4 if four else max(3, len(image.getbands()))
    megabytes = image.width * image.height * samples * -(-depth // 8) / 1e6
    if megabytes > max_megabytes:
        raise ImageTooLargeError(
            f"{path} has {image.width} x {image.height} pixels, {megabytes:.0f} MB when decoded, "
            f"more than the limit of {max_megabytes:g}. "
            "Make it smaller first, cut out the part with the faces, or allow larger pictures.",
            advice=(Advice.ALLOW_LARGER,),
        )


def _drop_text(image: ImageFile.ImageFile) -> None:
    """Forget text of a PNG that is named like a chunk, such as `exif`: Pillow mixes both."""
    for key in _CHUNKS:
        if isinstance(image.info.get(key), str):
            del image.info[key]


def _samples(path: Path, image: ImageFile.ImageFile, file: BinaryIO) -> AnyArray:
    """Return (H, W, C) of uint8 or uint16: grey, grey and alpha, RGB, or RGB and alpha."""
    depth = _depth(image, file)
    if image.mode in ("I", "F") or (image.mode.startswith("I;16") and depth != 16):
        raise UnreadableImageError(
            f"{path} has samples of {depth} bit, whose range is not known. Convert it to 8 or 16 bit."
        )
    if depth == 16 and image.mode in ("RGB", "RGBA"):
        return _deep_colour(image, file)
    if depth == 16 and image.mode.startswith("I;16"):
        return _deep_grey(image)
    return _eight_bit(image)


def _depth(image: ImageFile.ImageFile, file: BinaryIO) -> int:
    """Return the bits per sample. Only PNG and TIFF have more than 8."""
    if isinstance(image, TiffImageFile):
        return int(image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (1,))[0])
    if isinstance(image, PngImageFile):
        file.seek(_PNG_DEPTH_AT)
        return file.read(1)[0]
    return 8


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


def _deep_colour(image: ImageFile.ImageFile, file: BinaryIO) -> AnyArray:
    """Decode 16-bit colour with OpenCV, of a file that Pillow found whole; Pillow keeps only 8 bits."""
    file.seek(0)
    decoded = cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.dtype != np.uint16 or decoded.ndim != 3:
        raise ValueError("its 16-bit samples cannot be decoded")
    samples = decoded[..., [2, 1, 0, 3][: decoded.shape[2]]]
    if image.mode == "RGB":
        return _with_key(samples[..., :3], image.info.get("transparency"))
    if _tag(image, TiffImagePlugin.EXTRASAMPLES) == (_ASSOCIATED_ALPHA,):
        opacity = np.maximum(samples[..., 3:].astype(np.float64), 1) / 65535
        samples[..., :3] = np.minimum(np.rint(samples[..., :3] / opacity), 65535)
    return samples


def _tag(image: ImageFile.ImageFile, tag: int) -> object:
    return image.tag_v2.get(tag) if isinstance(image, TiffImageFile) else None


def _with_key(samples: AnyArray, key: int | tuple[int, ...] | None) -> AnyArray:
    """Add the alpha of a PNG that declares one colour transparent."""
    if key is None:
        return samples
    alpha = np.where((samples == np.array(key)).all(axis=2), 0, 65535).astype(np.uint16)
    return np.dstack((samples, alpha))


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


def _several(image: ImageFile.ImageFile) -> bool:
    # Damage behind the first picture is no reason to refuse it.
    with suppress(Exception):
        return bool(getattr(image, "is_animated", False))
    return False


def _split(samples: AnyArray, tolerance: int) -> tuple[AnyArray, AnyArray | None, bool]:
    """Return pixels (H, W, 3), alpha (H, W) or None, and whether the picture is grey.

    Three equal channels are grey too, since WebP knows no other grey.
    Lossy WebP adds a difference of up to ``tolerance``.
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
