"""Tell files that moved from copies and from photos that are gone."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from gfrnet.album.store import KnownPath
from gfrnet.album.walk import Listed

LEAST_MISSED = 3
"""Known photos of a folder from which on it, when empty, is taken for the place of an unplugged disk."""


@dataclass(frozen=True)
class Moves:
    """Count what became of known photos.

    Attributes:
        moved: Known photos whose earlier file is gone now.
        copies: Further files of known photos whose earlier file is still there.
        gone: Files whose photo is nowhere any more.
    """

    moved: int
    copies: int
    gone: int


def count_moves(
    known: Mapping[bytes, KnownPath], found: Mapping[bytes, int], left: Collection[bytes]
) -> Moves:
    """Count what became of known photos.

    Args:
        known: Files that the index knew before the scan.
        found: Photos of new and changed files whose content is known.
        left: Files whose photo is no longer there, because they are gone or have other content.
    """
    before, after = dict[int, set[bytes]](), dict[int, set[bytes]]()
    for path, each in known.items():
        if each.photo is not None:
            before.setdefault(each.photo, set()).add(path)
            if path not in left and path not in found:
                after.setdefault(each.photo, set()).add(path)
    for path, photo in found.items():
        after.setdefault(photo, set()).add(path)
    moved = copies = 0
    for photo in set(found.values()):
        earlier = before.get(photo, set())
        new = len(after[photo] - earlier)
        here = min(new, len(earlier - after[photo]) if earlier else 1)
        moved += here
        copies += new - here
    gone = sum(1 for path in left if path not in found and known[path].photo not in after)
    return Moves(moved, copies, gone)


def missed(
    folder: Path, known: Mapping[bytes, KnownPath], listed: Mapping[bytes, Listed], found: Mapping[bytes, int]
) -> int:
    """Return how many photos an empty folder lacks; 0 unless it looks like the place of a disk without it.

    Photos that lie elsewhere now are not missed.

    Args:
        folder: A folder that was scanned.
        known: Files that the index knew before the scan.
        listed: Files that are there.
        found: Photos of new and changed files whose content is known.
    """
    start = as_prefix(folder)
    if any(path.startswith(start) for path in listed):
        return 0
    photos = {each.photo for path, each in known.items() if path.startswith(start)} - {None}
    elsewhere = {known[path].photo for path in listed if path in known and path not in found}
    return len(photos) if len(photos) >= LEAST_MISSED and photos - elsewhere - set(found.values()) else 0


def as_prefix(folder: Path) -> bytes:
    """Return what the paths of all files below a folder begin with."""
    return os.path.join(os.fsencode(os.path.abspath(folder)), b"")
