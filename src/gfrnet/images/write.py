"""Write photos to files, whole or not at all, and never over an input."""

from __future__ import annotations

import errno
import os
import secrets
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from numbers import Integral
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
from PIL import Image

from gfrnet.errors import Advice, ConfigError, WriteError
from gfrnet.images.convert import to_eight_bit, to_srgb
from gfrnet.images.exif import with_size, without_orientation
from gfrnet.images.paths import as_path
from gfrnet.images.photo import Photo
from gfrnet.images.png import encode_png
from gfrnet.images.tiff import encode_tiff
from gfrnet.types import AnyArray

if sys.platform != "win32":
    import fcntl

_FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".avif": "AVIF",
}
WRITABLE_SUFFIXES = tuple(_FORMATS)
"""Suffixes of pictures that can be written, in upper case too."""

_UNTIL_LOCKED = 0.2
"""Seconds in which a new file is certainly locked by its writer."""

_LONGEST_SIDE = {"JPEG": 65500, "WEBP": 16383, "AVIF": 32768}
_LONGEST_JPEG_EXIF = 65533
_LONGEST_JPEG_XMP = 65504
_AVIF_SPEED = 8
"""Speed of the encoder, 0..10. It is three times as fast as Pillow's 6 at the same quality, with files about
one percent larger."""


class Inputs:
    """Know the files that must not be overwritten, each looked up only once.

    Args:
        paths: The files; relative ones are those of the folder that is current now.
    """

    def __init__(self, paths: Iterable[Path | str]) -> None:
        self._by_path: dict[str, Path | str] = {}
        self._by_identity: dict[tuple[int, int], str] = {}
        for path in paths:
            real = os.path.realpath(path)
            self._by_path[real] = path
            identity = _identity(real)
            if identity is not None:
                self._by_identity[identity] = real

    def find(self, path: Path | str) -> Path | str | None:
        """Return the input that a path leads to, by whatever name or link; None if it leads to none."""
        identity = _identity(path)
        known = self._by_identity.get(identity) if identity else None
        # Another file may have got the number of an input that is gone.
        if known is not None and _same_file(path, known):
            return self._by_path[known]
        return self._by_path.get(os.path.realpath(path))


def _identity(path: Path | str) -> tuple[int, int] | None:
    """Return the device and number of a file, the same for every spelling; None if it does not exist."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _same_file(path: Path | str, other: str) -> bool:
    with suppress(OSError):
        return os.path.samefile(path, other)
    return False


def write(
    photo: Photo, path: Path | str, *, inputs: Inputs | Iterable[Path | str] = (), quality: int = 95
) -> Path:
    """Write a photo, in the format that the name ends with. Its folder is made where it is missing.

    An existing file is replaced, unless it is an input. The file appears whole or not at all.
    For that it is written under another name in the same folder, flushed to the disk and renamed.
    PNG and TIFF keep 16 bit, and the other formats round to 8. XMP that is too long for a JPEG (64 kB) is
    left out of it.

    Args:
        photo: The photo to write.
        path: The new file.
        inputs: Files that must not be overwritten; the photo's own path never is. For many photos make one
            `Inputs` of them.
        quality: 1..100 for JPEG, WebP and AVIF. At 100 WebP has no loss.

    Returns:
        ``path``.

    Raises:
        ConfigError: ``quality`` is none of 1..100, or ``path`` neither text nor a path.
        WriteError: The folder is read-only, the disk is full, or the format cannot hold the photo. Or the
            name is an input's or of no known format.
    """
    path = as_path(path)
    check_quality(quality)
    check_output(photo, path, inputs)
    # The encoders refuse a picture with either.
    try:
        data = _encoded(photo, _FORMATS[path.suffix.lower()], quality)
    except (OSError, ValueError) as error:
        raise WriteError(f"{path} cannot be encoded ({error}). Write a .png instead.") from error
    return _write_whole(data, path)


def write_text(text: str, path: Path | str, inputs: Inputs | Iterable[Path | str] = ()) -> Path:
    """Write a text as UTF-8, whole or not at all.

    Raises:
        WriteError: As `write`.
    """
    return write_bytes(text.encode(), path, inputs)


def write_bytes(data: bytes, path: Path | str, inputs: Inputs | Iterable[Path | str] = ()) -> Path:
    """Write bytes as they are, whole or not at all.

    Raises:
        WriteError: As `write`.
    """
    path = Path(path)
    _check_inputs(path, inputs)
    return _write_whole(data, path)


def check_output(photo: Photo, path: Path | str, inputs: Inputs | Iterable[Path | str] = ()) -> None:
    """Check whether `write` could write this photo there, as far as is known before trying.

    Raises:
        WriteError: The name ends with no known format, or is an input's or a folder's. Or its format cannot
            hold the photo, or its folder cannot be written to.
    """
    path = Path(path)
    file_format = _FORMATS.get(path.suffix.lower())
    if file_format is None:
        raise WriteError(
            f"{path} ends with no format that gfrnet writes. Use {', '.join(WRITABLE_SUFFIXES)}."
        )
    _check_inputs(path, inputs)
    _check_inputs(path, [photo.path] if photo.path else [])
    _check_format(photo, path, file_format)
    _check_folder(path)


def check_place(path: Path | str, inputs: Inputs | Iterable[Path | str] = ()) -> None:
    """Check whether `write_text` could write there, as far as is known before trying.

    Raises:
        WriteError: The name is an input's or a folder's, or its folder cannot be written to.
    """
    _check_inputs(Path(path), inputs)
    _check_folder(Path(path))


def check_free(path: Path, overwrite: bool) -> None:
    """Refuse to replace a file, unless a caller asks for it.

    Raises:
        WriteError: The file exists, and ``overwrite`` is false.
    """
    if os.path.exists(path) and not overwrite:
        raise WriteError(
            f"{path} exists already. Replace it, or choose another name.",
            advice=(Advice.OVERWRITE, Advice.CHOOSE_ANOTHER_NAME),
        )


def check_quality(quality: object) -> None:
    """Refuse a wrong quality of JPEG, WebP and AVIF.

    Raises:
        ConfigError: ``quality`` is no whole number, 1..100.
    """
    if isinstance(quality, bool) or not (isinstance(quality, Integral) and 1 <= int(quality) <= 100):
        raise ConfigError(f"quality must be a whole number between 1 and 100, got {quality!r}.")


def _check_inputs(path: Path, inputs: Inputs | Iterable[Path | str]) -> None:
    source = (inputs if isinstance(inputs, Inputs) else Inputs(inputs)).find(path)
    if source is not None:
        raise WriteError(f"{path} is an input ({source}) and is not overwritten. Choose another name.")


def _check_folder(path: Path) -> None:
    # `Path.exists` and `Path.is_dir` raise where a folder may not be looked into.
    if os.path.isdir(path):
        raise WriteError(f"{path} is a folder. Give the name of a file.")
    folder = next((parent for parent in path.absolute().parents if os.path.exists(parent)), path.parent)
    if not os.path.isdir(folder):
        raise WriteError(f"{path} cannot be written ({folder} is a file). Choose another folder.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise WriteError(f"{folder} may not be written to. Choose another folder.")


def _check_format(photo: Photo, path: Path, file_format: str) -> None:
    longest = max(photo.height, photo.width)
    if longest > _LONGEST_SIDE.get(file_format, longest):
        limit = _LONGEST_SIDE[file_format]
        raise WriteError(
            f"{path}: {file_format} holds at most {limit} pixels a side, not {longest}. Write a .png instead."
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


def _encoded(photo: Photo, file_format: str, quality: int) -> bytes:
    exif = with_size(photo.exif, photo.width, photo.height)
    if file_format == "PNG":
        return encode_png(_samples(photo), exif, photo.icc, photo.dpi, photo.xmp)
    if file_format == "TIFF":
        return _encoded_tiff(photo, exif)
    if file_format == "AVIF":
        # Pillow keeps the bytes only where they hold no orientation; else it writes them anew, with losses.
        exif = without_orientation(exif)
    image, icc = _eight_bit_image(photo, file_format)
    options: dict[str, dict[str, Any]] = {
        "JPEG": {"subsampling": "4:4:4", "dpi": photo.dpi or (0, 0)},
        "WEBP": {"lossless": quality == 100, "exact": True},
        "AVIF": {"subsampling": "4:0:0" if image.mode == "L" else "4:4:4", "speed": _AVIF_SPEED},
    }
    metadata = {"exif": exif or b"", "xmp": _xmp(photo, file_format), "icc_profile": icc}
    file = BytesIO()
    image.save(file, file_format, quality=quality, **metadata, **options[file_format])
    return file.getvalue()


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
    return encode_tiff(samples, exif, photo.icc, photo.dpi, photo.xmp)


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


def clear_parts(folder: Path) -> None:
    """Delete what killed processes left half-written in a folder. What another process writes now stays.

    A folder that is missing, or may not be read or changed, stays as it is.
    """
    with suppress(OSError):
        for part in folder.glob(".gfrnet-*.part"):
            with suppress(OSError):
                _delete_unlocked(part)


def _delete_unlocked(part: Path) -> None:
    """Delete a file that no process holds; Windows by itself deletes no file that is open.

    Raises:
        OSError: A process holds it, or it may not be deleted.
    """
    # A writer makes the file a moment before it locks it.
    if time.time() - part.stat().st_mtime < _UNTIL_LOCKED:
        return
    if sys.platform != "win32":
        with part.open("rb") as file:
            _lock(file)
            part.unlink()
    else:
        part.unlink()


def _lock(file: IO[bytes]) -> None:
    """Lock a file until it is closed.

    Raises:
        OSError: Another process holds it, or the disk knows no locks.
    """
    if sys.platform != "win32":
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _write_whole(data: bytes, path: Path) -> Path:
    part = path.parent / f".gfrnet-{secrets.token_hex(8)}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_and_rename(data, part, path)
    except OSError as error:
        raise WriteError(_reason(error, path)) from error
    return path


def _write_and_rename(data: bytes, part: Path, path: Path) -> None:
    try:
        with part.open("xb") as file:
            # Some network disks know no locks.
            with suppress(OSError):
                _lock(file)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            # Windows renames no open file; elsewhere the lock must last until the name is right.
            if sys.platform != "win32":
                part.replace(path)
        if sys.platform == "win32":
            part.replace(path)
    # An interrupted run (KeyboardInterrupt) leaves nothing behind either.
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _reason(error: OSError, path: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{path} does not fit on the disk. Free some space or choose another folder."
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{path.parent} may not be written to. Choose another folder."
    if os.path.isdir(path):
        return f"{path} is a folder. Give the name of a file."
    return f"{path} cannot be written ({error.strerror}). Choose another name or folder."
