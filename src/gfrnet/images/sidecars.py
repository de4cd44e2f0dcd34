"""Find and read the files beside a photo in which other programs keep its XMP."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gfrnet.files import as_path, read_bytes
from gfrnet.images.markup import as_utf8
from gfrnet.printable import without_controls

MOST_SIDECAR_BYTES = 2**24
"""Longest sidecar that is read. Long histories of edits with drawn masks take some megabytes."""

_SUFFIXES = (".xmp", ".XMP")


@dataclass(frozen=True)
class Sidecar:
    """Hold the XMP that lies beside a photo.

    Attributes:
        path: The file.
        xmp: Its XMP as UTF-8; None if it cannot be read.
        remark: A sentence on what is wrong with it, or nothing.
    """

    path: Path
    xmp: bytes | None = field(default=None, repr=False)
    remark: str = ""


def sidecar_path(photo: Path | str) -> Path:
    """Return where digiKam, darktable and others keep the XMP of a photo: ``photo.jpg.xmp``."""
    path = as_path(photo)
    return path.with_name(path.name + _SUFFIXES[0])


def sidecar_paths(photo: Path | str) -> tuple[Path, ...]:
    """Return the sidecars that a photo has.

    The first is ``photo.jpg.xmp``, as digiKam and darktable name it, and the second ``photo.xmp``, as
    Lightroom does. Either may be missing.
    """
    path = as_path(photo)
    found = [_first_file(path.with_name(path.name + suffix) for suffix in _SUFFIXES)]
    if path.suffix.lower() != _SUFFIXES[0]:
        found.append(_first_file(path.with_suffix(suffix) for suffix in _SUFFIXES))
    return tuple(dict.fromkeys(each for each in found if each is not None))


def read_sidecars(photo: Path | str) -> tuple[Sidecar, ...]:
    """Read the sidecars of a photo, in the order of `sidecar_paths`. A faulty one has a remark and no XMP."""
    return tuple(map(read_sidecar, sidecar_paths(photo)))


def read_sidecar(path: Path) -> Sidecar:
    """Read a sidecar, of UTF-8, UTF-16 or UTF-32."""
    reason: object
    try:
        return Sidecar(path, as_utf8(read_bytes(path, MOST_SIDECAR_BYTES)))
    except OSError as error:
        large = error.errno == errno.EFBIG
        reason = f"it has more than {MOST_SIDECAR_BYTES / 1e6:.0f} MB" if large else error.strerror or error
    except ValueError:
        reason = "it is no text"
    return Sidecar(path, remark=f"{without_controls(path.name)} cannot be read ({reason}).")


def _first_file(paths: Iterable[Path]) -> Path | None:
    return next((path for path in paths if os.path.isfile(path)), None)
