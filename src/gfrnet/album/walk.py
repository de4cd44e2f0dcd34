"""List the photos below folders, without following links out of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

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
    that links lead to. Links to files are followed.

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
    for entry in entries:
        if not entry.name.lower().endswith(READABLE_SUFFIXES):
            continue
        try:
            if not entry.is_file():
                continue
            found = entry.stat()
            stem = entry.name.rpartition(".")[0]
            beside = (sidecars.get(name + end) for name in (entry.name, stem) for end in _SIDECARS)
            times = [each.stat().st_mtime_ns for each in beside if each is not None]
        except OSError:
            continue  # gone since it was listed
        yield Listed(Path(entry.path), found.st_size, found.st_mtime_ns, max(times, default=0))
