"""Accept photos and guides as files, as arrays or as `Photo`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import TypeAlias

import numpy as np

from gfrnet import images
from gfrnet.errors import ConfigError, ImageError, UnreadableImageError
from gfrnet.images import Photo
from gfrnet.types import AnyArray

Source: TypeAlias = Photo | str | Path | AnyArray
"""A file, a photo that was already read, or (H, W, 3) RGB of uint8 or uint16."""

_KINDS = (Photo, str, Path, np.ndarray)


def as_photo(source: Source, max_megabytes: float = images.MAX_MEGABYTES) -> Photo:
    """Return the photo of a source; read it if the source is a file.

    Args:
        source: The source.
        max_megabytes: Largest decoded size of a file's picture.

    Raises:
        ImageError: The file cannot be read, or the array is of another shape or dtype.
    """
    if isinstance(source, Photo):
        return source
    if not isinstance(source, np.ndarray):
        return images.read(Path(source), max_megabytes)
    try:
        photo = Photo(source)
    except ValueError as error:
        raise ImageError(f"The array is no photo. {error}") from error
    return replace(photo, grey=bool((source[..., :1] == source[..., 1:]).all()))


def check_source(source: object, name: str) -> None:
    """Refuse a value that is no source.

    Args:
        source: The value.
        name: Name of the parameter, for the message.

    Raises:
        ConfigError: The value is no file, photo or array.
    """
    if not isinstance(source, _KINDS):
        raise ConfigError(
            f"{name} must be a file, a gfrnet.Photo or a (H, W, 3) RGB array, got {type(source).__name__}. "
            'For an image of Pillow give np.asarray(image.convert("RGB")).'
        )


def as_guides(guides: Source | Sequence[Source]) -> Sequence[Source]:
    """Return the guides as a list. A single guide, such as one path or one array, gives a list of one.

    Raises:
        ConfigError: A guide is no source, or is a folder.
    """
    alone = isinstance(guides, (*_KINDS, bytes)) or not isinstance(guides, Iterable)
    given: list[Source] = [guides] if alone else list(guides)  # type: ignore[list-item,arg-type]
    for guide in given:
        check_source(guide, "guides")
        _check_no_folder(guide)
    return given


def _check_no_folder(guide: Source) -> None:
    if isinstance(guide, (str, Path)) and os.path.isdir(guide):
        raise ConfigError(
            f"guides must be pictures, and {guide} is a folder. Give a list of its files, for example "
            f"list(Path({str(guide)!r}).glob('*.jpg'))."
        )


def file_of(source: Source) -> Path | None:
    """Return the file of a source; None if it has no file."""
    if isinstance(source, Photo):
        return source.path
    return None if isinstance(source, np.ndarray) else Path(source)


def files_of(sources: Iterable[Source]) -> tuple[Path, ...]:
    """Return the files of all sources that have one."""
    return tuple(path for path in map(file_of, sources) if path is not None)


def name_of(source: Source, otherwise: str) -> str:
    """Return the name of a source for people: its path, or ``otherwise`` if it has none."""
    path = file_of(source)
    return str(path) if path is not None else otherwise


def content_hash(source: Source) -> str:
    """Return a hash of a file's bytes, or of the pixels. Equal content has equal hashes.

    Returns:
        32 hexadecimal digits.

    Raises:
        UnreadableImageError: The file cannot be read.
        ImageTooLargeError: The file is larger than any picture.
    """
    if isinstance(source, (str, Path)):
        return _file_hash(Path(source))
    pixels = source.pixels if isinstance(source, Photo) else source
    head = f"{pixels.shape} {pixels.dtype}".encode()
    return bytes_hash(head + np.ascontiguousarray(pixels).tobytes())


def bytes_hash(data: bytes) -> str:
    """Return the hash that `content_hash` gives of a file with these bytes."""
    return blake2b(data, digest_size=16).hexdigest()


def _file_hash(path: Path) -> str:
    with images.opened(path) as file:
        try:
            return file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()
        except OSError as error:
            raise UnreadableImageError(f"{path} cannot be read ({error.strerror}). Copy it again.") from error
