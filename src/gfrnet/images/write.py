"""Write photos to files, whole or not at all, and never over an input."""

from __future__ import annotations

import errno
import os
import secrets
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from numbers import Integral
from pathlib import Path
from typing import IO

from gfrnet.errors import Advice, ConfigError, WriteError
from gfrnet.files import as_path, opened
from gfrnet.images.encode import FORMATS, check_format, encoded
from gfrnet.images.photo import Photo

if sys.platform != "win32":
    import fcntl

WRITABLE_SUFFIXES = tuple(FORMATS)
"""Suffixes of pictures that can be written, in upper case too."""

_UNTIL_LOCKED = 0.2
"""Seconds in which a new file is certainly locked by its writer."""


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
    photo: Photo,
    path: Path | str,
    *,
    inputs: Inputs | Iterable[Path | str] = (),
    quality: int = 95,
    replace: bool = True,
) -> Path:
    """Write a photo, in the format that the name ends with. Its folder is made where it is missing.

    An existing file is replaced, unless it is an input. The file appears whole or not at all.
    For that it is written under another name in the same folder, flushed to the disk and renamed.
    PNG and TIFF keep 16 bit, and the other formats round to 8. `losses` says what else a format cannot hold.

    Args:
        photo: The photo to write.
        path: The new file.
        inputs: Files that must not be overwritten; the photo's own path never is. For many photos make one
            `Inputs` of them.
        quality: 1..100 for JPEG, WebP and AVIF. At 100 WebP has no loss; neither has one that had none.
        replace: Whether to replace a file that exists. If false, of several processes that write one file
            only the first succeeds.

    Returns:
        ``path``.

    Raises:
        ConfigError: ``quality`` is none of 1..100, or ``path`` neither text nor a path.
        WriteError: The folder is read-only, the disk is full, or the format cannot hold the photo. Or the
            name is an input's or of no known format. The file exists, and ``replace`` is false.
    """
    path = as_path(path)
    check_quality(quality)
    check_output(photo, path, inputs)
    return _write_whole(_encoded(photo, path, quality), path, replace)


def as_file(photo: Photo, name: str, quality: int = 95) -> bytes:
    """Return the bytes of a photo's file, as `write` writes them.

    Args:
        photo: The photo.
        name: Name of the file; it decides on the format, and stands in errors.
        quality: As `write` takes it.

    Raises:
        ConfigError: ``quality`` is none of 1..100.
        WriteError: The name ends with no known format, or the format cannot hold the photo.
    """
    check_quality(quality)
    path = Path(name)
    check_format(photo, path, _format_of(path))
    return _encoded(photo, path, quality)


def _encoded(photo: Photo, path: Path, quality: int) -> bytes:
    # The encoders refuse a picture with either.
    try:
        return encoded(photo, FORMATS[path.suffix.lower()], quality)
    except (OSError, ValueError, struct.error) as error:
        raise WriteError(f"{path} cannot be encoded ({error}). Write a .png instead.") from error


def write_text(
    text: str, path: Path | str, inputs: Inputs | Iterable[Path | str] = (), *, replace: bool = True
) -> Path:
    """Write a text as UTF-8, whole or not at all.

    Raises:
        WriteError: As `write`.
    """
    return write_bytes(text.encode(), path, inputs, replace=replace)


def write_bytes(
    data: bytes, path: Path | str, inputs: Inputs | Iterable[Path | str] = (), *, replace: bool = True
) -> Path:
    """Write bytes as they are, whole or not at all.

    Raises:
        WriteError: As `write`.
    """
    path = Path(path)
    _check_inputs(path, inputs)
    return _write_whole(data, path, replace)


def check_output(photo: Photo, path: Path | str, inputs: Inputs | Iterable[Path | str] = ()) -> None:
    """Check whether `write` could write this photo there, as far as is known before trying.

    Raises:
        WriteError: The name ends with no known format, or is an input's or a folder's. Or its format cannot
            hold the photo, or its folder cannot be written to.
    """
    path = Path(path)
    _check_no_folder(path)
    file_format = _format_of(path)
    _check_inputs(path, inputs)
    _check_inputs(path, [photo.path] if photo.path else [])
    check_format(photo, path, file_format)
    _check_folder(path)


def _format_of(path: Path) -> str:
    file_format = FORMATS.get(path.suffix.lower())
    if file_format is None:
        raise WriteError(
            f"{path} ends with no format that gfrnet writes. Use {', '.join(WRITABLE_SUFFIXES)}."
        )
    return file_format


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
        raise WriteError(
            f"{path} is an input ({source}) and is not overwritten. Choose another name or folder."
        )


def _check_no_folder(path: Path) -> None:
    # `Path.is_dir` raises where a folder may not be looked into.
    if os.path.isdir(path):
        raise WriteError(f"{path} is a folder. Give the name of a file.")


def _check_folder(path: Path) -> None:
    _check_no_folder(path)
    # `Path.exists` raises where a folder may not be looked into.
    folder = next((parent for parent in path.absolute().parents if os.path.exists(parent)), path.parent)
    if not os.path.isdir(folder):
        raise WriteError(f"{path} cannot be written ({folder} is a file). Choose another folder.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise WriteError(f"{folder} may not be written to. Choose another folder.")


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
        with opened(part) as file:
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


def _write_whole(data: bytes, path: Path, replace: bool) -> Path:
    try:
        with whole(path, replace=replace) as part:
            part.write_bytes(data)
    except OSError as error:
        if isinstance(error, FileExistsError):
            check_free(path, replace)
        raise WriteError(_reason(error, path)) from error
    return path


@contextmanager
def whole(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """Give a file to write to, which gets its name only when all is written and flushed to the disk.

    Its folder is made where it is missing. An interrupted writer leaves nothing behind, and `clear_parts`
    leaves a living one alone.

    Args:
        path: The name.
        replace: Whether to replace a file that has the name already.

    Raises:
        FileExistsError: The name is taken, and ``replace`` is false.
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".gfrnet-{secrets.token_hex(8)}.part"
    try:
        with part.open("xb") as file:
            # Some network disks know no locks.
            with suppress(OSError):
                _lock(file)
            yield part
            os.fsync(file.fileno())
            # Windows renames no open file; elsewhere the lock must last until the name is right.
            if sys.platform != "win32":
                put_in_place(part, path, replace)
        if sys.platform == "win32":
            put_in_place(part, path, replace)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def put_in_place(part: Path, path: Path, replace: bool) -> None:
    """Give a finished file its name, in one step that no other process can come between.

    Args:
        part: The file, on the same disk.
        path: Its name.
        replace: Whether to replace a file that has the name already.

    Raises:
        FileExistsError: The name is taken, and ``replace`` is false.
        OSError: The disk refuses it.
    """
    if replace:
        part.replace(path)
        return
    if sys.platform == "win32":
        # Here alone it replaces nothing.
        part.rename(path)
        return
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:
        # Some disks know no links. An empty file then holds the name for a moment.
        path.touch(exist_ok=False)
        part.replace(path)
        return
    part.unlink()


def _reason(error: OSError, path: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{path} does not fit on the disk. Free some space or choose another folder."
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"{path.parent} may not be written to. Choose another folder."
    if os.path.isdir(path):
        return f"{path} is a folder. Give the name of a file."
    return f"{path} cannot be written ({error.strerror}). Choose another name or folder."
