"""Read files as photos. Whatever the file is, the answer is a photo or an error that says what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from gfrnet.errors import Advice, GfrnetError, ImageError, ImageTooLargeError, UnreadableImageError
from gfrnet.files import as_path
from gfrnet.files import opened as opened_file
from gfrnet.images import exif, heic
from gfrnet.images.chunks import SIGNATURE
from gfrnet.images.convert import oriented
from gfrnet.images.identify import identified, is_heic, read_head
from gfrnet.images.layouts import is_ours
from gfrnet.images.mend import CUT_SHORT, WITHOUT_TEXTS, completed, without_texts
from gfrnet.images.metadata import Metadata, drop_text, gather
from gfrnet.images.photo import Photo
from gfrnet.images.pieces import JPEG
from gfrnet.images.samples import depth_of, samples_of, split
from gfrnet.images.xmp import DAMAGED, portable
from gfrnet.types import AnyArray

_ALWAYS = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".tif", ".tiff", ".avif", ".bmp", ".gif")

READABLE_SUFFIXES = (*_ALWAYS, *(heic.HEIC_SUFFIXES if heic.is_installed() else ()))
"""Suffixes of pictures that folders are searched for. `read` itself goes by content."""

_ORIENTATION = 274
_BLANKS = b"\0 \t\r\n"
_TRUNCATED = "image file is truncated"
"""What Pillow says of a file without an end."""

MAX_MEGABYTES = 300.0
"""Largest decoded size of a picture, in megabytes: 100 megapixels of 8-bit RGB, or 50 of 16-bit RGB."""

_MOST_FILE_BYTES = 2**31
"""Largest file that is read. No camera writes a larger picture, but a file with holes can claim any size."""


def read(path: Path | str, max_megabytes: float = MAX_MEGABYTES, *, mend: bool = True) -> Photo:
    """Read a photo by content and not by name: JPEG, PNG, WebP, TIFF, AVIF, BMP, GIF; HEIC with its extra.

    The pixels come upright. EXIF, XMP, IPTC, texts, profile and resolution are kept. CMYK and LAB become
    sRGB. Of an animation or a file of several pages the first picture is taken. 16-bit PNG and TIFF keep
    their 16 bits. `Photo.remarks` says what is lost.

    Args:
        path: The file.
        max_megabytes: Pictures of a larger decoded size (width x height x 3 or 4 samples x 1 or 2 bytes) are
            refused before they are decoded. Decoding takes up to five times as much memory.
        mend: Whether a JPEG or PNG whose end is missing is read as far as it goes, or refused.

    Raises:
        ConfigError: ``path`` is neither text nor a path.
        UnreadableImageError: The file is missing, empty, damaged or not a picture.
        MissingExtraError: It is a HEIC, and the extra ``heic`` is not installed.
        ImageTooLargeError: The picture needs more than ``max_megabytes``, or its file has more than 2 GB.
    """
    path = as_path(path)
    with opened(path) as file:
        return _read(path, file, max_megabytes, mend)


def decode(data: bytes, name: str, max_megabytes: float = MAX_MEGABYTES, *, mend: bool = True) -> Photo:
    """Read a photo from the bytes of a file, as `read` does.

    Args:
        data: The bytes.
        name: Name of the photo in errors.
        max_megabytes: As `read` takes it.
        mend: As `read` takes it.

    Raises:
        UnreadableImageError: It is empty, damaged or not a picture.
        ImageTooLargeError: The picture needs more than ``max_megabytes``.
    """
    return replace(_read(Path(name), BytesIO(data), max_megabytes, mend), path=None)


@dataclass(frozen=True)
class _Decoded:
    """Hold what a decoder gives.

    Attributes:
        samples: (H, W, C), upright.
        metadata: Metadata, which are not turned yet.
        orientation: Orientation of the pixels as they were stored, 1..8.
        file_format: As `Photo.format`.
        several: As `Photo.first_of_several`.
    """

    samples: AnyArray
    metadata: Metadata
    orientation: int
    file_format: str
    several: bool


def _read(path: Path, file: BinaryIO, max_megabytes: float, mend: bool) -> Photo:
    with _explained(path, file):
        head = read_head(path, file)
        if is_heic(head):
            decoded = _decoded_heic(path, file, head, max_megabytes)
        else:
            decoded = _decoded_without_faulty_texts(path, file, head, max_megabytes, mend)
    metadata, orientation = decoded.metadata, decoded.orientation
    # Lossy WebP knows no grey, and adds a difference between its channels.
    tolerance = int(decoded.file_format == "WEBP" and not metadata.lossless)
    pixels, alpha, grey = split(decoded.samples, tolerance)
    dpi, xmp = metadata.dpi, portable(metadata.xmp, orientation, (pixels.shape[1], pixels.shape[0]))
    lost = metadata.xmp is not None and metadata.xmp.strip(_BLANKS) and xmp is None
    return Photo(
        pixels,
        alpha,
        grey,
        exif=exif.upright(metadata.exif),
        xmp=xmp,
        icc=metadata.icc,
        dpi=(dpi[1], dpi[0]) if dpi and orientation >= 5 and decoded.file_format != "TIFF" else dpi,
        iptc=metadata.iptc,
        text=metadata.text,
        png_colour=metadata.png_colour,
        lossless=metadata.lossless,
        orientation=orientation,
        first_of_several=decoded.several,
        remarks=(*metadata.remarks, DAMAGED) if lost else metadata.remarks,
        format=decoded.file_format,
        path=path,
    )


def _decoded_without_faulty_texts(
    path: Path, file: BinaryIO, head: bytes, max_megabytes: float, mend: bool
) -> _Decoded:
    """Decode a picture; a PNG that fails once more without its texts, where all fault may lie."""
    try:
        return _decoded(path, file, head, max_megabytes, mend)
    except (GfrnetError, MemoryError):
        raise
    except Exception:
        bare = without_texts(file)
        if bare is None:
            raise
    decoded = _decoded(path, bare, head, max_megabytes, mend)
    remarks = (WITHOUT_TEXTS, *decoded.metadata.remarks)
    return replace(decoded, metadata=replace(decoded.metadata, remarks=remarks))


def _decoded(path: Path, file: BinaryIO, head: bytes, max_megabytes: float, mend: bool) -> _Decoded:
    """Decode with Pillow, and with OpenCV what Pillow does not know."""
    image = identified(path, file, head)
    size = image.width, image.height
    _check_size(path, size, _samples_in_memory(image), depth_of(image, file), max_megabytes)
    drop_text(image)
    # Pillow turns a TIFF when it loads it, and forgets the orientation then.
    tags = image.tag_v2 if isinstance(image, TiffImageFile) else {}
    orientation = _valid(tags.get(_ORIENTATION))
    image, file, cut_short = _loaded(path, image, file, head, mend)
    drop_text(image)
    samples = samples_of(path, image, file, orientation)
    metadata = gather(image, file)
    several = _several(image)
    # The pixels are in ``samples`` now; the decoder's copy would double the memory.
    image.close()
    if image.format != "TIFF":
        orientation = exif.orientation(metadata.exif)
        samples = oriented(samples, orientation)
    if cut_short:
        metadata = replace(metadata, remarks=(CUT_SHORT, *metadata.remarks))
    return _Decoded(samples, metadata, orientation, str(image.format), several)


def _loaded(
    path: Path, image: ImageFile.ImageFile, file: BinaryIO, head: bytes, mend: bool
) -> tuple[ImageFile.ImageFile, BinaryIO, bool]:
    """Decode the pixels; where the end of the file is missing and ``mend`` is set, those that are there.

    Returns:
        The picture, its file, and whether the end was missing.

    Raises:
        Exception: The file is damaged.
    """
    if isinstance(image, TiffImageFile) and is_ours(image):
        return image, file, False
    try:
        image.load()
    except OSError as error:
        # Pillow reads on behind missing data only by a global variable, which other threads would feel.
        whole = completed(file, str(image.format)) if mend and _TRUNCATED in str(error) else None
        if whole is None:
            raise
        image = identified(path, whole, head)
        drop_text(image)
        image.load()
        return image, whole, True
    return image, file, False


def _decoded_heic(path: Path, file: BinaryIO, head: bytes, max_megabytes: float) -> _Decoded:
    frame, several = heic.opened(path, file)
    bands = max(3, len(frame.mode.split(";")[0]))
    _check_size(path, frame.size, bands, heic.depth_of(frame), max_megabytes)
    metadata, orientation = heic.gather(frame)
    return _Decoded(heic.samples_of(frame), metadata, orientation, "HEIC", several)


def _valid(orientation: object) -> int:
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """Open a picture's file: a regular file of at most 2 GB, never an endless device or pipe.

    Raises:
        UnreadableImageError: There is no such file, or it may not be read.
        ImageTooLargeError: The file is larger.
    """
    if os.path.isdir(path):
        raise UnreadableImageError(f"{path} is a folder. Give the name of a picture file.")
    with ExitStack() as stack:
        try:
            file = stack.enter_context(opened_file(path, _MOST_FILE_BYTES))
        except (OSError, ValueError) as error:
            raise _unopened(path, error) from error
        yield file


def _unopened(path: Path, error: OSError | ValueError) -> ImageError:
    reason = getattr(error, "strerror", None) or error
    if getattr(error, "errno", None) == errno.EFBIG:
        return ImageTooLargeError(f"{path} is no picture ({reason}). Give the name of a picture file.")
    if isinstance(error, FileNotFoundError):
        return UnreadableImageError(f"{path} does not exist. Check the name and the folder.")
    if isinstance(error, PermissionError):
        return UnreadableImageError(f"{path} may not be read. Ask its owner for the permission.")
    return UnreadableImageError(f"{path} cannot be opened ({reason}). Give the name of a picture file.")


@contextmanager
def _explained(path: Path, file: BinaryIO) -> Iterator[None]:
    try:
        yield
    except (GfrnetError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise ImageTooLargeError(f"{path} has too many pixels ({error}). Make it smaller first.") from error
    # Pillow's decoders answer damaged files with almost any exception there is.
    except Exception as error:
        file.seek(0)
        mendable = file.read(len(SIGNATURE)).startswith((JPEG, SIGNATURE))
        advice = "" if mendable else " Only a cut JPEG or PNG can be read in part."
        raise UnreadableImageError(
            f"{path} is damaged or incomplete ({error}). Copy or download it again.{advice}"
        ) from error


def _samples_in_memory(image: ImageFile.ImageFile) -> int:
    """Return the samples a pixel that decoding takes."""
    # Grey becomes RGB and a palette RGBA at most; the decoder of WebP always gives RGBA.
    four = image.mode in ("P", "PA") or image.format == "WEBP"
    return 4 if four else max(3, len(image.getbands()))


def _check_size(path: Path, size: tuple[int, int], samples: int, depth: int, max_megabytes: float) -> None:
    width, height = size
    megabytes = width * height * samples * -(-depth // 8) / 1e6
    if megabytes > max_megabytes:
        raise ImageTooLargeError(
            f"{path} has {width} x {height} pixels, {megabytes:.0f} MB when decoded, "
            f"more than the limit of {max_megabytes:g}. "
            "Make it smaller first, cut out the part with the faces, or allow larger pictures.",
            advice=(Advice.ALLOW_LARGER,),
        )


def _several(image: ImageFile.ImageFile) -> bool:
    # Damage behind the first picture is no reason to refuse it.
    with suppress(Exception):
        return bool(getattr(image, "is_animated", False))
    return False
