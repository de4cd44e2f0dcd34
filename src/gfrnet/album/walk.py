"""List the photos below folders, without following links out of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gfrnet.batch.naming import result_stems
from gfrnet.images import READABLE_SUFFIXES

RESULTS = ".gfrnet-results"
"""Name of the mark in a folder of results, which are no photos of the album."""

_SIDECARS = (".xmp", ".XMP")


@dataclass(frozen=True, slots=True)
class Listed:
    """Name a photo file as the disk lists it.

    Attributes:
        path: The file.
        size: Bytes.
        changed: Time of its last change, nanoseconds.
        sidecar: Time of the last change of a sidecar beside it, nanoseconds; 0 where there is none.
    """

    path: Path
    size: int
    changed: int
    sidecar: int = 0


def walk(folder: Path, on_unlisted: Callable[[Path, OSError], None]) -> Iterator[Listed]:
    """Yield the photos in a folder and below it, folder by folder, by name.

    Hidden files and folders are left out, such as the album's own. So are folders of results, and folders
    that links lead to, and results that lie beside their photo. Links to files are followed.

    Args:
        folder: The folder.
        on_unlisted: Hears of every folder that cannot be listed, and why.
    """
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as listed:
                entries = sorted((entry for entry in listed), key=lambda entry: entry.name)
        except OSError as error:
            on_unlisted(here, error)
            continue
        if any(entry.name == RESULTS for entry in entries):
            continue
        shown = [entry for entry in entries if not entry.name.startswith(".")]
        waiting += [Path(entry.path) for entry in reversed(shown) if entry.is_dir(follow_symlinks=False)]
        yield from _photos(shown)


def _photos(entries: list[os.DirEntry[str]]) -> Iterator[Listed]:
    sidecars = {entry.name: entry for entry in entries if entry.name.endswith(_SIDECARS)}
    photos = [(entry, Path(entry.path)) for entry in entries if _has_format(entry)]
    results = result_stems(path for _, path in photos)
    for entry, path in photos:
        if path.stem in results:
            continue
        try:
            if not entry.is_file():
                continue
            found = entry.stat()
        except OSError:
            continue  # gone since it was listed
        beside = (sidecars.get(name + end) for name in (entry.name, path.stem) for end in _SIDECARS)
        times = [_changed(each) for each in beside if each is not None]
        yield Listed(path, found.st_size, found.st_mtime_ns, max(times, default=0))


def _has_format(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(READABLE_SUFFIXES)


def _changed(sidecar: os.DirEntry[str]) -> int:
    """Return the time of a sidecar's last change; 0 where it is a link to nothing, which counts as none."""
    try:
        return sidecar.stat().st_mtime_ns
    except OSError:
        return 0
